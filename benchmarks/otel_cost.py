"""What exporting to an OpenTelemetry collector costs a request: CPU of the gateway's process, with and without, in one run.

Requests go through the whole gateway but for sockets: callers and target are in this process, the collector is one of its own and on
another core if there is one. Blocks of the contenders take turns; the number is the median over blocks of the difference to the block
without that stands next to it. `python -m benchmarks.otel_cost`
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import msgspec
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider

from gateway.config.addresses import LOCAL_NETWORKS
from gateway.config.compile import compile_text
from gateway.config.prices import Prices
from gateway.http.chat import Hot
from gateway.http.downstream import AsgiDownstream
from gateway.http.headers import Headers
from gateway.http.ids import new_id
from gateway.live import Live
from gateway.observers.otel import Otlp
from gateway.plan import Plan
from gateway.runtime import Runtime
from gateway.telemetry.exporting import Exporter
from gateway.telemetry.places import places
from gateway.telemetry.plan import OtelPlan
from gateway.telemetry.spans import Span, spans
from gateway.tracing import begun
from gateway.upstreams.upstream import Call, Downstream
from router.attempt import Attempt, Outcome, Served, Timing, Usage
from router.clearance import ClearedBody
from router.names import TargetName

BLOCK = 256
TRACER = TracerProvider().get_tracer("tidegate")
PARENT = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0%d"
CONFIG = {
    "version": 1,
    "destinations": {
        "qwen": {
            "kind": "openai_compatible",
            "zone": "local",
            "url": "http://127.0.0.1:1/v1",
            "model": "qwen3-8b",
            "clearance": "restricted",
            "cost": "unknown",
        }
    },
    "routes": [{"name": "all", "to": ["qwen"]}],
    "observers": {"log": False},
    "canaries": {"every_s": 0},
}
BODY = msgspec.json.encode({"model": "auto", "messages": [{"role": "user", "content": "Write a haiku about the sea."}]})
ANSWER = (
    b'{"id":"c","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"ok"},"finish_reason":"stop"}]}'
)


class Instant:
    """An upstream that answers at once."""

    async def relay(self, attempt: Attempt, payload: ClearedBody, call: Call, out: Downstream) -> Outcome:
        """Answer. The header lines for the target are made as for a real one."""
        _ = payload.for_target(attempt.target.name), call.trace.trace_id and call.trace.lines(attempt.number, is_local=True)
        await out.answer(200, b"application/json", ANSWER, Usage(7, 3))
        return Served(200, Usage(7, 3), None, "stop", Timing(0.1, 0.2, 0.3))

    async def close(self) -> None:
        """Nothing is open."""


class Once:
    """A caller."""

    async def receive(self) -> dict[str, object]:
        """The whole body, once."""
        self.receive = asyncio.Event().wait  # type: ignore[assignment,method-assign]  # then nothing more
        return {"type": "http.request", "body": BODY, "more_body": False}

    async def send(self, message: object) -> None:
        """Take the answer."""


async def ask(hot: Hot, parent: bytes | None) -> None:
    """One request."""
    named = [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())]
    headers, caller = Headers([*named, (b"traceparent", parent)] if parent else named), Once()
    await hot.serve(headers, AsgiDownstream(caller.receive, caller.send, new_id()))


async def block(hot: Hot, exporter: Exporter | None, parent: bytes | None) -> float:
    """CPU per request in us, until the collector has everything."""
    began = time.process_time()
    for _ in range(BLOCK):
        await ask(hot, parent)
    while exporter is not None and (exporter._queue or exporter._under_way):  # noqa: SLF001, ASYNC110
        await asyncio.sleep(0.002)
    return (time.process_time() - began) * 1e6 / BLOCK


def planned(plan: Plan, otel: OtelPlan | None) -> Plan:
    """The plan with this collector."""
    return replace(plan, observing=replace(plan.observing, otel=otel))


async def contend(url: str, blocks: int) -> dict[str, float]:
    """The medians."""
    plan = compile_text(json.dumps(CONFIG), {}, prices=Prices(None))
    whole = OtelPlan(url, networks=LOCAL_NETWORKS)
    contenders = {
        "without": (None, None),
        "without, again": (None, None),
        "without, caller sends a trace": (None, PARENT % 1),
        "with, sampled": (whole, None),
        "with, sampled, caller sends a trace": (whole, PARENT % 1),
        "with, sampled out": (replace(whole, sample=0.0), None),
        "with, sampled out, no metrics": (replace(whole, sample=0.0, metrics=False), None),
    }
    lives = {name: Live(planned(plan, otel)) for name, (otel, _) in contenders.items()}
    found: dict[str, list[float]] = {name: [] for name in lives}
    for live in lives.values():
        object.__setattr__(live.runtime, "upstreams", {TargetName("qwen"): Instant()})
        await live.start()
    for turn in range(blocks + 1):
        for name, live in lives.items():
            took = await block(Hot("chat", _runtime(live)), live._telemetry._exporter, contenders[name][1])  # noqa: SLF001
            found[name] += [took] if turn else []
    for live in lives.values():
        await live.close()
        assert not sum(value for _, labels, value in live._telemetry.samples() if labels[0] != "metrics"), "traces were lost"  # noqa: SLF001
    base = found.pop("without")
    print(f"{statistics.median(base):7.1f} us of CPU per request without a collector, sockets left out")
    return {name: statistics.median(one - other for one, other in zip(took, base, strict=True)) for name, took in found.items()}


def _runtime(live: Live) -> Callable[[], Runtime]:
    return lambda: live.runtime


def parts(url: str) -> Iterable[tuple[str, float]]:
    """What the event loop pays, and what the thread, alone."""
    plan = planned(compile_text(json.dumps(CONFIG), {}, prices=Prices(None)), OtelPlan(url, networks=LOCAL_NETWORKS))
    from tests.fakes.told import EXCHANGE, PLACES

    exporter, otlp, sampled_out = Exporter.__new__(Exporter), Otlp("a", "1", "b"), msgspec.structs.replace(EXCHANGE, is_sampled=False)
    Exporter.__init__(exporter, None, otlp, places(plan))  # type: ignore[arg-type]  # nothing is sent
    trace = begun([PARENT % 1], [], plan.observing.otel)
    yield "loop: ids for a new trace", _timed(lambda: begun([], [], plan.observing.otel))
    yield "loop: a caller's traceparent", _timed(lambda: begun([PARENT % 1], [], plan.observing.otel))
    yield "loop: header lines for an engine", _timed(lambda: trace.lines(1, is_local=True))
    yield "loop: the observer, sampled out", _timed(lambda: exporter(sampled_out))
    yield "loop: the observer, sampled", _timed(lambda: exporter(EXCHANGE) if len(exporter._queue) < BLOCK else exporter._queue.clear())  # noqa: SLF001
    yield "thread: the spans of a request, made and encoded", _timed(lambda: otlp.traces([(EXCHANGE, 10**18)] * 100, PLACES), 20) / 100
    yield "OpenTelemetry's SDK: the same spans, made and encoded", _timed(lambda: by_sdk(list(spans(EXCHANGE, 10**18, PLACES))), 200)


def by_sdk(found: Sequence[Span]) -> bytes:
    """The same by OpenTelemetry's own library, as its exporter would, without the parents."""
    made = [TRACER.start_span(one.name, start_time=one.start, attributes=one.attributes) for one in found]
    for one, span in zip(found, made, strict=True):
        for name, at in one.events:
            span.add_event(name, timestamp=at)
        span.end(one.end)
    return bytes(encode_spans([span for span in made if isinstance(span, ReadableSpan)]).SerializeToString())


def _timed(call: Callable[[], object], times: int = 20_000) -> float:
    """The least of five means, in us."""
    best = []
    for _ in range(5):
        began = time.process_time()
        for _ in range(times):
            call()
        best.append((time.process_time() - began) * 1e6 / times)
    return min(best)


async def _collector() -> None:
    """Take everything, until killed."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not reader.at_eof():
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                break
            length = next(line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            await reader.readexactly(int(length))
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")

    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=1 << 24)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--blocks", type=int, default=40, help=f"blocks of {BLOCK} requests of each contender")
    options.add_argument("--collect", action="store_true", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.collect:
        asyncio.run(_collector())
        return
    with subprocess.Popen([sys.executable, "-m", "benchmarks.otel_cost", "--collect"], stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            url = f"http://127.0.0.1:{int(server.stdout.readline())}"
            for name, more in asyncio.run(contend(url, given.blocks)).items():
                print(f"{more:+7.1f} us {name}")
            for name, took in parts(url):
                print(f"{took:7.2f} us {name}")
        finally:
            server.kill()


if __name__ == "__main__":
    main()
