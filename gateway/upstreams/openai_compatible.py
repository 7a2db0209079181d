"""Every engine and vendor that speaks OpenAI's API over HTTP: vLLM, TGI, SGLang, llama.cpp, Ollama, OpenAI, Azure, Mistral, Groq, ...

Bytes are passed through; what the gateway must know of an answer it reads beside the relay. The upstream's paths are a closed set.
"""

import asyncio
import contextlib
import re
import time
from collections.abc import Mapping, Sequence

from gateway.plan import UpstreamPlan
from gateway.tracing import NO_TRACE
from gateway.upstreams.http1 import Answer, Barred, Http1Client, Origin, UpstreamFault
from gateway.upstreams.relaying import JSON, KINDS, Watch, broke, is_dropped, left, relay_stream, relay_whole
from gateway.upstreams.upstream import Call, Downstream
from gateway.wire.forms import FORMED
from gateway.wire.sse import Stream
from router.attempt import Attempt, Failed, Outcome, Refused
from router.clearance import ClearedBody
from router.decision import Target
from router.facts import NEVER
from router.failures import FAILURES, Kind, parse_retry_after, recognise
from router.names import Endpoint, Zone

PATHS: Mapping[Endpoint, bytes] = {
    "chat": b"/chat/completions",
    "completions": b"/completions",
    "embeddings": b"/embeddings",
    "responses": b"/responses",
    "messages": b"/messages",
    "count_tokens": b"/messages/count_tokens",
    "rerank": b"/rerank",
    "score": b"/score",
    "moderations": b"/moderations",
    "tokenize": b"//tokenize",
    "images": b"/images/generations",
    "image_edits": b"/images/edits",
    "speech": b"/audio/speech",
    "transcriptions": b"/audio/transcriptions",
    "translations": b"/audio/translations",
}
"""Below the API base; with two slashes beside it, where engines have what is no part of OpenAI's API."""
SPOKEN: frozenset[Endpoint] = frozenset({"speech", "transcriptions", "translations"})
"""Endpoints whose answers need not be JSON: sound, or a transcript as subtitles."""
_MEDIA_TYPE = re.compile(rb"[\w.+-]{1,60}/[\w.+-]{1,60}(?:; ?[\w-]{1,30}=[\w.-]{1,60})?", re.ASCII)
_AS_JSON = b"content-type: application/json\r\n"
ERROR_BYTES = 64_000
"""As much of a refusal's body as is read."""


class OpenAICompatible:
    """A target behind one or more API bases, one client (and pool) per replica."""

    def __init__(self, target: Target, zone: Zone, clients: Sequence[Http1Client]) -> None:
        self._target = target
        self._is_local = zone == "local"
        self._clients = list(clients)
        self._retired: list[Http1Client] = []

    async def close(self) -> None:
        """End every connection."""
        for client in (*self._clients, *self._retired):
            await client.close()

    def put(self, replica: int, client: Http1Client) -> None:
        """The replica of that number, or the one after the last, is reached so from now on. Who had the number keeps what is under way."""
        self._retired += self._clients[replica : replica + 1]
        self._clients[replica : replica + 1] = [client]

    async def retire(self) -> None:
        """Close the clients whose numbers were given to others. What is under way there comes to its end."""
        gone, self._retired = self._retired, []
        for client in gone:
            await client.close()

    async def relay(self, attempt: Attempt, payload: ClearedBody, call: Call, out: Downstream) -> Outcome:
        """Post the body to the attempt's replica and relay what comes."""
        target = self._target
        body = payload.for_target(target.name)
        watch = Watch()
        stream = call.stream() if call.is_stream else None
        answer: Answer | None = None
        try:
            client, most = self._clients[attempt.replica], 0 if stream is not None else call.answer_bytes
            clocks = target.clocks if call.due == NEVER else call.clocks(target)
            answer = await client.post(PATHS[call.endpoint], body, self._lines(call, attempt), clocks, most, (call.bar, target))
            watch.headers_at = answer.headers_at
            if stream is not None or not 200 <= answer.status < 300:
                return await _streamed(answer, stream, out, watch)
            whole = answer.whole(most) or await answer.read(most)
            return await relay_whole(whole, call.endpoint, out, watch, _kind_of(answer) if call.endpoint in SPOKEN else JSON)
        except UpstreamFault as fault:
            fault.__traceback__ = None  # the connection keeps its fault, whose frames hold the connection and the request
            barred = call.bar(self._target) if isinstance(fault, Barred) else None
            return await broke(barred or _kind(fault, call, watch), stream, out, watch)
        except asyncio.CancelledError:
            if not out.is_gone:
                raise
            return left(stream, watch)
        finally:
            if answer is not None and not answer.is_over:
                _let_go(answer, stream)

    def _lines(self, call: Call, attempt: Attempt) -> bytes:
        """Only a local engine is told the request id; outside it would be one more thing that links requests. So it is with a trace."""
        named = f"x-request-id: {call.request_id}\r\n".encode() if self._is_local else b""
        named += call.lines if call.endpoint in FORMED else _AS_JSON + call.lines
        return named + call.trace.lines(attempt.number, is_local=self._is_local) if call.trace is not NO_TRACE else named


async def _streamed(answer: Answer, stream: Stream | None, out: Downstream, watch: Watch) -> Outcome:
    """What came of a stream that was asked for, or of an answer that is no success."""
    if stream is None or not 200 <= answer.status < 300:
        return await _declined(answer, watch)
    if not (answer.header(b"content-type") or b"").lower().startswith(b"text/event-stream"):
        return Failed(FAILURES["BAD_ANSWER"], answer.status, None, watch.timing())
    return await relay_stream(answer, stream, out, watch)


def _kind(fault: UpstreamFault, call: Call, watch: Watch) -> Kind:
    """What to call a fault: the caller's own deadline counts before the target's."""
    if call.is_overdue():
        return "OVERDUE"
    return "DROPPED" if is_dropped(fault, watch) else KINDS[type(fault)]


async def _declined(answer: Answer, watch: Watch) -> Outcome:
    """An answer that is no success: whose fault it is decides between `Refused` and `Failed`."""
    body = await _beginning(answer, ERROR_BYTES)
    failure = recognise(answer.status, body)
    if failure.is_about_request:
        return Refused(failure, answer.status, body, watch.timing())
    retry_after = parse_retry_after(dict(answer.headers), time.time())
    return Failed(failure, answer.status, retry_after, watch.timing())


async def _beginning(answer: Answer, most: int) -> bytes:
    """As much of a body as is wanted and comes: an error may echo the whole request, and its status says enough without."""
    pieces: list[bytes] = []
    with contextlib.suppress(UpstreamFault):
        while sum(map(len, pieces)) < most and (piece := await answer.chunk()):
            pieces.append(piece)
    return b"".join(pieces)[:most]


def _kind_of(answer: Answer) -> bytes:
    """The content type of an answer, where it is one that can be handed on."""
    said = (answer.header(b"content-type") or b"").lower()
    if said.startswith(JSON):
        return JSON
    return said if _MEDIA_TYPE.fullmatch(said) else b"application/octet-stream"


def _let_go(answer: Answer, stream: Stream | None) -> None:
    """After `[DONE]` the connection may still come to its end and serve again; any other unfinished answer is stopped."""
    if stream is not None and stream.is_done:
        answer.linger()
    else:
        answer.close()


def connect(target: Target, plan: UpstreamPlan) -> OpenAICompatible:
    """The upstream of `plan`. Opens no connection yet."""
    return OpenAICompatible(target, target.zone, [client(plan, url) for url in plan.urls])


def client(plan: UpstreamPlan, address: str) -> Http1Client:
    """The client of one replica: `address` is an API base, or one of the addresses of the destination's only host name.

    Raises `ValueError` for an API base that is none.
    """
    headers = [(b"accept", b"application/json, text/event-stream"), *headers_of(plan)]
    return client_at(Origin.parse(address if "://" in address else plan.urls[0], plan.networks), address, headers)


def client_at(origin: Origin, address: str, headers: Sequence[tuple[bytes, bytes]]) -> Http1Client:
    """A client of an origin, at this address alone unless it is an API base."""

    async def known(_origin: Origin) -> Sequence[str]:
        return [address]

    return Http1Client(origin, headers) if "://" in address else Http1Client(origin, headers, resolve=known)


def headers_of(plan: UpstreamPlan) -> list[tuple[bytes, bytes]]:
    """The headers by which a destination knows us."""
    return [(name.encode(), value.reveal().encode()) for name, value in plan.known_by]
