"""The fault matrix, before the first content: what a target does, what is made of it, and what a caller is told when nobody else answers."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from typing import Any, Literal

from router.failures import Kind
from tests.fakes.dialects import Dialect, Flow
from tests.fakes.sockets import Close, Reset, Sleep
from tests.fakes.upstream import HEAD, Script, answer, chunk, failing, stream

Form = Literal["whole", "streamed"]
Made = Script | Callable[[Dialect], Script] | None
"""What a target does, whatever it speaks, or in the words of what it speaks; None where the fault exists only in the other form."""
NOT_REPEATED_OUTSIDE = frozenset({"CUT", "BAD_ANSWER"})
"""After these an external target is not asked for the same work twice."""
CLOCK_S = 0.15
"""A clock that is to run out; longer ones are tried where a machine is too slow for it."""
PROMPT = "Say something."


def clocks(**short: float) -> Mapping[str, float]:
    """Clocks of which only these run out."""
    return {"connect_s": 60, "headers_s": 60, "first_token_s": 60, "between_chunks_s": 60, "total_s": 120} | short


@dataclass(frozen=True, slots=True)
class Fault:
    """A row.

    `does` is what the target does with a request for a whole answer and for a stream. `told` is the HTTP status and the error code when nobody else can answer, `seen` the status in the attempt's record. `tries` counts
    requests at the target, `goes_on` says whether the next target is asked. `waits_s` passes between two tries at least (besides jitter),
    `lasts_s` before the fault is known; `retry_after` is the range of what the caller is told of that. `place` is where the target is.
    """

    say: str
    kind: Kind
    told: tuple[int, str]
    does: tuple[Made, Made]
    seen: int = 0
    tries: int = 1
    goes_on: bool = True
    waits_s: float = 0.0
    lasts_s: float = 0.0
    retry_after: range = range(0)
    place: Literal["here", "refused", "unknown host", "no TLS"] = "here"
    clocks: Mapping[str, float] = field(default_factory=clocks)
    edits: Mapping[str, Any] = field(default_factory=dict)

    def at(self, pace: float) -> "Fault":
        """The same with clocks that run out so many times later."""
        short = {name: seconds * pace for name, seconds in self.clocks.items() if seconds < 60}
        return replace(self, clocks={**self.clocks, **short}, lasts_s=self.lasts_s * pace)

    def script(self, form: Form, dialect: Dialect) -> Script | None:
        """What a target that speaks so does in this form. None where the fault does not exist there."""
        made = self.does[form == "streamed"]
        if form == "streamed" and dialect.flow is None:
            return None
        return made(dialect) if callable(made) else made


def _flowing(said: Callable[[Flow], Script]) -> Callable[[Dialect], Script]:
    """What is made of the pieces of a stream."""

    def made(dialect: Dialect) -> Script:
        assert dialect.flow is not None
        return said(dialect.flow)

    return made


def _both(script: Script) -> tuple[Script, Script]:
    return script, script


def _bytes(*pieces: bytes | Sleep | Reset | Close) -> Script:
    return pieces


_TIMEOUT = (504, "upstream_timeout")
_CUT = (502, "upstream_interrupted")
_BAD = (502, "upstream_bad_answer")
_LENGTH = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n"
_SSE = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"

_CONNECTION = (
    Fault("connection refused", "UNREACHABLE", (502, "upstream_unreachable"), _both(()), tries=2, place="refused"),
    Fault("a host that has no address", "UNREACHABLE", (502, "upstream_unreachable"), _both(()), tries=2, place="unknown host"),
    Fault("a server without TLS", "UNREACHABLE", (502, "upstream_unreachable"), _both(()), tries=2, place="no TLS"),
    Fault("reset before the headers", "CUT", _CUT, _both(_bytes(Reset())), tries=2),
    Fault("closed before the headers", "CUT", _CUT, _both(_bytes(Close())), tries=2),
    Fault("closed inside the headers", "CUT", _CUT, _both(_bytes(b"HTTP/1.1 200 OK\r\ncontent-ty", Close())), tries=2),
    Fault("reset after the headers", "CUT", _CUT, (_bytes(_LENGTH, Reset()), _bytes(HEAD, Reset())), tries=2),
    Fault("closed inside the body", "CUT", _CUT, (_bytes(_LENGTH + b'{"id"', Close()), None), tries=2),
    Fault("reset after the opening", "CUT", _CUT, (None, _flowing(lambda flow: (HEAD, chunk(flow.opening), Reset()))), tries=2),
    Fault("ended after the opening", "CUT", _CUT, (None, _flowing(lambda flow: stream(flow.opening))), tries=2),
    Fault("an empty stream", "CUT", _CUT, (None, stream()), tries=2),
    Fault(
        "closed inside the first event", "CUT", _CUT, (None, _flowing(lambda flow: stream(flow.opening + flow.word("Hello")[:-9]))), tries=2
    ),
)
_SILENCE = (
    Fault(
        "silence before the headers", "SLOW_START", _TIMEOUT, _both(_bytes(Sleep(120))), lasts_s=CLOCK_S, clocks=clocks(headers_s=CLOCK_S)
    ),
    Fault(
        "silence after the headers",
        "SLOW_START",
        _TIMEOUT,
        (_bytes(_LENGTH, Sleep(120)), _bytes(HEAD, Sleep(120))),
        lasts_s=CLOCK_S,
        clocks=clocks(first_token_s=CLOCK_S),
    ),
    Fault(
        "silence after the opening",
        "STALLED",
        _TIMEOUT,
        (None, _flowing(lambda flow: (HEAD, chunk(flow.opening), Sleep(120)))),
        lasts_s=CLOCK_S,
        clocks=clocks(between_chunks_s=CLOCK_S),
    ),
    Fault(
        "silence inside the body",
        "STALLED",
        _TIMEOUT,
        (_bytes(_LENGTH + b"{", Sleep(120)), None),
        lasts_s=CLOCK_S,
        clocks=clocks(between_chunks_s=CLOCK_S),
    ),
    Fault(
        "drops for longer than the total clock",
        "STALLED",
        _TIMEOUT,
        (_bytes(_LENGTH, *(b" ", Sleep(0.05)) * 20), _bytes(HEAD, *(chunk(b": wait\n\n"), Sleep(0.05)) * 20)),
        lasts_s=2 * CLOCK_S,
        clocks=clocks(total_s=2 * CLOCK_S),
    ),
)


def _bad(say: str, whole: Made, streamed: Made, seen: int = 0, edits: Mapping[str, Any] | None = None) -> Fault:
    return Fault(say, "BAD_ANSWER", _BAD, (whole, streamed), seen, tries=2, edits=edits or {})


_MANY = b"x-filler: " + b"a" * 7_000 + b"\r\n"
_NONSENSE = (
    _bad("garbage instead of HTTP", *_both(_bytes(b"\x00\x01\x02 garbage\r\n\r\n"))),
    _bad("another protocol", *_both(_bytes(b"HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n"))),
    _bad("headers without an end", *_both(_bytes(b"HTTP/1.1 200 OK\r\n" + _MANY * 12))),
    _bad("a compressed body", *_both(answer(200, b"\x1f\x8b\x08\x00" + b"\x00" * 60, {"content-encoding": "gzip"}))),
    _bad("two lengths", *_both(_bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}x"))),
    _bad("a body that is framed wrongly", None, _bytes(HEAD, b"zz\r\n")),
    _bad("no body at all", answer(200, b""), answer(200, b""), 200),
    _bad("204", answer(204, b""), None, 200),
    _bad("204 to a stream", None, answer(204, b""), 204),
    _bad("null", *_both(answer(200, b"null")), 200),
    _bad("broken JSON", *_both(answer(200, b'{"choices": [')), 200),
    _bad("JSON that nests without an end", answer(200, b"[" * 100_000), None, 200),
    _bad("no content", *_both(answer(200, b'{"choices": [], "data": []}')), 200),
    _bad("an error object under a 200", *_both(answer(200, b'{"error": {"message": "no", "code": 500}}')), 200),
    _bad("a page of HTML", *_both(answer(200, b"<html>502</html>", kind="text/html")), 200),
    _bad("a whole answer to a stream", None, lambda dialect: dialect.good, 200),
    _bad("an answer that is too large", lambda dialect: dialect.large, None, edits={"limits.answer_bytes": 5_000}),
    _bad(
        "an event that is too large", None, _flowing(lambda flow: stream(flow.word("x" * 9_000)[:-2])), edits={"limits.event_bytes": 5_000}
    ),
    _bad("a megabyte of comments", None, _bytes(HEAD, *[chunk(b": " + b"x" * 60_000 + b"\n\n")] * 20, Sleep(120))),
)


def _status(status: int, kind: Kind, told: tuple[int, str], tries: int = 1, say: str = "") -> Fault:
    return Fault(say or str(status), kind, told, _both(failing(status)), status, tries)


_ERROR, _LOAD, _AUTH, _MODEL = "upstream_error", "upstream_overloaded", "upstream_auth", "upstream_model"
_STATUSES = (
    *(
        Fault(
            str(status), "REDIRECT", (502, "upstream_redirect"), _both(answer(status, b"", {"location": "http://127.0.0.1:9/v1"})), status
        )
        for status in (300, 301, 302, 304, 307, 308)
    ),
    *(_status(status, "OUR_KEY", (502, _AUTH)) for status in (401, 402, 403)),
    *(_status(status, "NO_MODEL", (502, _MODEL)) for status in (404, 405, 410)),
    *(_status(status, "SERVER_FAULT", (502, _ERROR), 2) for status in (408, 409, 425, 500, 501, 502, 505, 520)),
    _status(504, "SERVER_FAULT", (504, _ERROR), 2),
    *(_status(status, "OVERLOADED", (503, _LOAD), 2) for status in (498, 503, 529)),
    _status(429, "OVERLOADED", (429, _LOAD), say="429 that names no time"),
    _status(600, "BAD_ANSWER", _BAD, 2, say="a status that does not exist"),
)


def _patient(say: str, headers: Mapping[str, str], told: range, tries: int = 1, waits_s: float = 0.0, status: int = 429) -> Fault:
    keeps = status if status == 429 else 503
    return Fault(
        say,
        "OVERLOADED",
        (keeps, _LOAD),
        _both(failing(status, headers=headers)),
        status,
        tries,
        waits_s=waits_s,
        retry_after=told,
    )


_RETRY_AFTER = (
    _patient("429 with much patience in seconds", {"retry-after": "30"}, range(20, 31)),
    _patient("429 with much patience as a date", {"retry-after": formatdate(time.time() + 3_600, usegmt=True)}, range(50, 61)),
    _patient("429 with much patience in milliseconds", {"retry-after-ms": "20000"}, range(10, 21)),
    _patient("429 with a time that is over", {"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, range(1, 2), 2),
    _patient("429 with little patience", {"retry-after-ms": "120"}, range(1, 2), 2, 0.12),
    _patient("429 with little patience in parts of seconds", {"retry-after": "0.2"}, range(1, 2), 2, 0.2),
    _patient("429 with a time nobody can read", {"retry-after": "soon"}, range(0)),
    _patient("503 with little patience", {"retry-after-ms": "120"}, range(1, 2), 2, 0.12, 503),
    _patient("503 with much patience", {"retry-after": "25"}, range(15, 26), status=503),
    _patient("529 with much patience", {"retry-after": "25"}, range(15, 26), status=529),
    _patient("429 with more patience than anybody has", {"retry-after": "86400"}, range(50, 61)),
)


def _about(say: str, kind: Kind, told: str, message: str, status: int = 400, **more: Any) -> Fault:
    """A refusal that is about the request: it stays one, and nobody else is asked."""
    return Fault(say, kind, (status, told), _both(failing(status, message, **more)), status, goes_on=False)


_VLLM = "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens. Please reduce the length of the messages."
_WINDOWS = {"destinations.qwen.window": 1_000, "destinations.gpt.window": 100_000}
_LONG = "context_length_exceeded"
_REQUEST = (
    *(_about(str(status), "BAD_REQUEST", "bad_request", "too hot", status) for status in (400, 413, 418, 422)),
    _about("too long, as vLLM says it", "TOO_LONG", _LONG, _VLLM),
    _about(
        "too long, as SGLang says it",
        "TOO_LONG",
        _LONG,
        "The input (5000 tokens) is longer than the model's context length (4096 tokens).",
    ),
    _about("too long, as OpenAI says it", "TOO_LONG", _LONG, "Your input exceeds the context window of this model.", code=_LONG),
    _about("too long, as Anthropic says it", "TOO_LONG", _LONG, "prompt is too long: 210000 tokens > 200000 maximum"),
    _about("too long, as llama.cpp says it", "TOO_LONG", _LONG, "the request exceeds the available context size"),
    _about("too long under 413", "TOO_LONG", _LONG, "Prompt is too long", 413),
    _about("too long under 422", "TOO_LONG", _LONG, "`inputs` must have less than 1024 tokens", 422),
    Fault(
        "too long where the next window is larger",
        "TOO_LONG",
        (400, _LONG),
        _both(failing(400, _VLLM)),
        400,
        edits=_WINDOWS,
    ),
    _about("filtered, as OpenAI says it", "FILTERED", "content_filter", "flagged", code="content_filter"),
    _about(
        "filtered, as Azure says it", "FILTERED", "content_filter", "The response was filtered due to Azure's content management policy."
    ),
    _about("filtered under 403", "FILTERED", "content_filter", "Your request was flagged as unsafe.", 403),
    Fault(
        "an account without credit under 400",
        "OUR_KEY",
        (502, _AUTH),
        _both(failing(400, "Your credit balance is too low to access the API.")),
        400,
    ),
    Fault("a model that is unknown under 400", "NO_MODEL", (502, _MODEL), _both(failing(400, "x is not a valid model ID")), 400),
    Fault("a quota that is used up", "OUR_KEY", (502, _AUTH), _both(failing(429, "You exceeded it", code="insufficient_quota")), 429),
)


def _told_inside(say: str, kind: Kind, told: tuple[int, str], error: Mapping[str, object], seen: int, tries: int = 1) -> Sequence[Fault]:
    """An error event inside of a 200: at once, and after the opening."""
    goes_on = kind not in ("BAD_REQUEST", "TOO_LONG", "FILTERED")
    error = {"message": "too hot", "type": "t", "param": None, "code": None, **error}
    at_once = _flowing(lambda flow: stream(flow.error(error)))
    after = _flowing(lambda flow: stream(flow.opening, flow.error(error), *flow.closing[-1:]))
    return (
        Fault(f"{say}, at once", kind, told, (None, at_once), seen, tries, goes_on),
        Fault(f"{say}, after the opening", kind, told, (None, after), seen, tries, goes_on),
    )


_EVENTS = (
    *_told_inside("an error event", "SERVER_FAULT", (502, _ERROR), {"code": 500}, 500, 2),
    *_told_inside("an error event that names nothing", "SERVER_FAULT", (502, _ERROR), {}, 500, 2),
    *_told_inside("an event of overload", "OVERLOADED", (503, _LOAD), {"type": "overloaded_error"}, 529, 2),
    *_told_inside("an event of a rate limit", "OVERLOADED", (429, _LOAD), {"code": "rate_limit_exceeded"}, 429),
    *_told_inside("an event about the key", "OUR_KEY", (502, _AUTH), {"code": 401}, 401),
    *_told_inside("an event about the context", "TOO_LONG", (400, _LONG), {"code": _LONG}, 400),
    *_told_inside("an event of the filter", "FILTERED", (400, "content_filter"), {"code": "content_filter"}, 400),
)

FAULTS: Sequence[Fault] = (*_CONNECTION, *_SILENCE, *_NONSENSE, *_STATUSES, *_RETRY_AFTER, *_REQUEST, *_EVENTS)
ALIKE = {fault.say for index, fault in enumerate(_STATUSES) if fault.kind in [one.kind for one in _STATUSES[:index]]}
"""Statuses that mean the same as another one: recognising them is one thing, and what follows is looked at for one of each."""
BY_NAME: Mapping[str, Fault] = {fault.say: fault for fault in FAULTS}
