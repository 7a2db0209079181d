"""What a collector gets of requests: spans with the right parents, within one another, metrics that add up, and nothing that was said."""

import asyncio
import itertools
import json
import secrets
import signal
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from gateway.config.compile import load
from gateway.live import Live
from tests.fakes.client import ask, caller, post
from tests.fakes.collector import TAKEN, Collected, collector, said, telling
from tests.fakes.gateway import Gateway, compiled, configuration, gateway, process, total
from tests.fakes.secrets import Canary
from tests.fakes.sockets import Reset, Sleep
from tests.fakes.told import EXCHANGE
from tests.fakes.upstream import HEAD, Script, Upstream, answer, chat, chunk, delta, failing, upstream, words

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def between(local: Upstream, cloud: Upstream, url: str, **more: Any) -> Any:
    return gateway(plan=telling(compiled(configuration(local.url, cloud.url)), url, **more))


def trees(spans: list[Span]) -> list[tuple[Span, list[Span]]]:
    """Every request's span, and those below it."""
    roots = [span for span in spans if span.kind == Span.SPAN_KIND_SERVER]
    below = {span.span_id: [one for one in spans if one.trace_id == span.trace_id and one.parent_span_id == span.span_id] for span in roots}
    assert len(spans) == len(roots) + sum(map(len, below.values())), "every span is a request's, or directly below one"
    return [(root, below[root.span_id]) for root in roots]


async def leaving(gate: Gateway, local: Upstream) -> None:
    before = len(local.bodies)
    async with caller(gate.port) as one:
        one.post(ask(model="qwen", stream=True))
        await local.until(requests=before + 1)
        await one.leave()


MIX: list[tuple[Script, dict[str, Any] | bytes | None, str]] = [
    (chat(usage=(1000, 100)), ask(), "served"),
    (words("a", "b"), ask(stream=True), "served"),
    (chat(), ask("x" * 60), "served"),
    (failing(500), ask(), "served"),
    (failing(500), ask(model="qwen"), "failed"),
    (failing(400), ask(model="qwen"), "refused"),
    ((HEAD, chunk(delta("a")), Reset()), ask(stream=True), "broken"),
    ((Sleep(30),), None, "abandoned"),
    (chat(), b"nonsense", "invalid"),
    (chat(), ask(Canary().say), "served"),
    (answer(200, b"[]"), ask(Canary().say), "failed"),
]


async def test_every_request_is_a_tree_of_spans_whose_times_nest_and_metrics_add_up(local: Upstream, cloud: Upstream) -> None:
    async with collector() as told:
        async with between(local, cloud, told.url) as gate:
            for count, (script, body, result) in enumerate(MIX, 1):
                local.then(script)
                await (leaving(gate, local) if body is None else gate.post(body))
                assert (await gate.until_observed(count)).result == result
            metrics = await gate.metrics()
        found = trees(told.spans)
        assert len(found) == len(MIX)
        by_id = {said(root.attributes)["tidegate.request_id"]: (root, below) for root, below in found}
        for exchange in gate.exchanges:
            root, below = by_id[exchange.request_id]
            attempts = [span for span in below if "tidegate.ending" in said(span.attributes)]
            assert [said(span.attributes)["tidegate.ending"] for span in attempts] == [one.ending for one in exchange.attempts]
            assert root.end_time_unix_nano - root.start_time_unix_nano == pytest.approx(exchange.times.total_s * 1e9, abs=2)
            assert (root.status.code == Status.STATUS_CODE_ERROR) == (exchange.result in ("failed", "broken"))
            assert said(root.attributes)["tidegate.result"] == exchange.result
            error = {"broken": "CUT", "abandoned": "abandoned"}.get(exchange.result, exchange.code)
            assert said(root.attributes).get("error.type", "") == error
            assert {span.kind for span in attempts} <= {Span.SPAN_KIND_CLIENT}
            for span, record in zip(attempts, exchange.attempts, strict=True):
                assert said(span.attributes)["gen_ai.request.model"] == {"qwen": "qwen3-8b", "gpt": "gpt-5"}[record.target]
                assert said(span.attributes).get("error.type", "") == record.failure
                assert (said(span.attributes)["server.address"], said(span.attributes)["server.port"]) == (
                    "127.0.0.1",
                    {"qwen": local.port, "gpt": cloud.port}[record.target],
                )
            for span in below:
                assert root.start_time_unix_nano <= span.start_time_unix_nano <= span.end_time_unix_nano <= root.end_time_unix_nano
                for event in span.events:
                    assert span.start_time_unix_nano <= event.time_unix_nano <= span.end_time_unix_nano
            for before, after in itertools.pairwise(attempts):
                assert before.end_time_unix_nano <= after.start_time_unix_nano, "one after the other"
        ids = [span.span_id for span in told.spans]
        assert len(set(ids)) == len(ids)
        assert {len(one) for one in ids} == {8}
        assert_metrics_add_up(told, metrics, gate)


def assert_metrics_add_up(told: Collected, metrics: Any, gate: Gateway) -> None:
    attempts = [one for exchange in gate.exchanges for one in exchange.attempts]
    assert told.total("gen_ai.server.request.duration")[0] == len(gate.exchanges)
    assert told.total("gen_ai.server.request.duration")[1] == pytest.approx(sum(one.times.total_s for one in gate.exchanges))
    assert told.total("gen_ai.client.operation.duration")[0] == len(attempts)
    assert told.total("gen_ai.client.operation.duration")[1] == pytest.approx(sum(one.total_s for one in attempts))
    for kind, name in (("input", "prompt"), ("output", "completion")):
        counted = told.total("gen_ai.client.token.usage", gen_ai__token__type=kind)
        assert counted[1] == total(metrics, "tidegate_tokens_total", kind=name) > 0
    assert told.total("gen_ai.server.time_to_first_token")[0] == 1
    assert told.total("gen_ai.server.time_per_output_token")[0] == 1
    for points in told.metrics.values():
        for point in points:
            assert sum(point.bucket_counts) == point.count
            assert len(point.bucket_counts) == len(point.explicit_bounds) + 1
            assert 0 < point.start_time_unix_nano < point.time_unix_nano


async def test_a_trace_goes_on_from_the_caller_to_the_engine_and_nowhere_else(local: Upstream, cloud: Upstream) -> None:
    async with collector() as told:
        async with between(local, cloud, told.url) as gate:
            reply = await gate.post(ask(), headers={"traceparent": PARENT, "tracestate": "a=1, b=2", "baggage": "user=me"})
            assert b"0af7651916cd43dd8448eb211c80319c" not in reply.head, "nothing is echoed"
            await gate.post(ask("x" * 60), headers={"traceparent": PARENT, "tracestate": "a=1"})
            await gate.until_observed(2)
        assert len(cloud.heads) == len(local.heads) == 1
        assert b"trace" not in cloud.heads[0].lower()
        heads = dict(line.split(": ", 1) for line in local.heads[0].decode().split("\r\n")[1:] if line)
        version, trace, span, flags = heads["traceparent"].split("-")
        assert (version, trace, flags) == ("00", "0af7651916cd43dd8448eb211c80319c", "01")
        assert heads["tracestate"] == "a=1,b=2"
        assert "baggage" not in heads
        for root, _ in trees(told.spans):
            assert (root.trace_id.hex(), root.parent_span_id.hex()) == (trace, "b7ad6b7169203331")
            assert root.flags & 0x300 == 0x300, "the parent is known to be elsewhere"
        [attempt] = [
            one for one in told.spans if said(one.attributes).get("tidegate.target") == "qwen" and one.kind == Span.SPAN_KIND_CLIENT
        ]
        assert attempt.span_id.hex() == span != "b7ad6b7169203331"
        assert [json.loads(line)["trace_id"] for line in gate.log.getvalue().splitlines()] == [trace] * 2


async def test_each_attempt_tells_a_span_of_its_own(local: Upstream, cloud: Upstream) -> None:
    async with collector() as told:
        async with between(local, cloud, told.url, propagate="external") as gate:
            local.then(failing(500))
            await gate.post(ask(), headers={"traceparent": PARENT, "tracestate": "a=1"})
            await gate.until_observed()
        parents = [line for head in [*local.heads, *cloud.heads] for line in head.split(b"\r\n") if line.startswith(b"traceparent")]
        assert len(parents) == len(set(parents)) == len(local.heads) + len(cloud.heads) >= 2
        assert b"tracestate" not in cloud.heads[0], "which is free text"
        spans = {one.span_id.hex().encode() for one in told.spans if one.kind == Span.SPAN_KIND_CLIENT}
        assert {line.split(b"-")[2] for line in parents} == spans


async def test_a_trace_is_told_to_nobody_where_it_is_not_asked_for(local: Upstream, cloud: Upstream) -> None:
    async with collector() as told, between(local, cloud, told.url, propagate="none") as gate:
        await gate.post(ask(), headers={"traceparent": PARENT})
        assert b"trace" not in local.heads[0].lower()
    async with gateway(configuration(local.url, cloud.url)) as gate:
        local.then(chat())
        await gate.post(ask(), headers={"traceparent": PARENT})
        await gate.post(ask(), headers={"traceparent": PARENT.upper()})
        await gate.until_observed(2)
        assert b"trace" not in local.heads[0].lower()
        lines = [json.loads(line) for line in gate.log.getvalue().splitlines()]
        assert lines[0]["trace_id"] == "0af7651916cd43dd8448eb211c80319c"
        assert not lines[0].keys() & {"span_id", "parent_span_id", "is_sampled"}
        assert "trace_id" not in lines[1], "without an exporter a trace that begins here is nobody's"


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
async def test_nothing_that_was_said_is_told(local: Upstream, cloud: Upstream, stream: bool) -> None:
    canary, word = Canary(), secrets.token_hex(12)
    plain = "z".join(word[at : at + 3] for at in range(0, 24, 3))  # no hexadecimal digits only
    async with collector() as told:
        async with between(local, cloud, told.url) as gate:
            tool = {"type": "function", "function": {"name": f"tool_{word}", "description": canary.say, "parameters": {"type": "object"}}}
            hidden = {
                "traceparent": f"00-{plain}-b7ad6b7169203331-01",
                "tracestate": f"x={plain}",
                "baggage": f"user={plain}",
                "x-request-id": plain,
                "user-agent": plain,
                "x-tidegate-note": canary.email,
                "authorization": f"Bearer {plain}",
            }
            bodies = [
                ask(canary.say, stream=stream, tools=[tool], user=plain, metadata={plain: plain}),
                ask(f"What is {plain}?", stream=stream, user=plain),
                ask("hello", model=f"model-{plain}", stream=stream),
                ask("hello", model="qwen", stream=stream, **{plain: canary.say}),
            ]
            answers = [words(plain, canary.say), (HEAD, chunk(delta(plain)), Reset())] if stream else [chat(plain, model=plain)]
            for script in [*answers, failing(500, canary.say, code=plain, headers={"x-note": plain})]:
                for body in bodies:
                    for headers in (hidden, {**hidden, "traceparent": PARENT}):
                        local.then(script)
                        cloud.then(script)
                        await gate.post(body, headers=headers)
            await gate.post(b'{"' + plain.encode(), headers=hidden)
            await gate.post(ask(canary.say), path=f"/v1/{plain}", headers=hidden)
            log = gate.log.getvalue()
        assert len(trees(told.spans)) >= 17
        heads = b"".join(told.server.heads)
        canary.assert_nowhere(exported=bytes(told.server.received), log=log)
        for secret in (word, plain, plain[::-1], f"tool_{word}"):
            assert secret.encode() not in bytes(told.server.received) + log
            assert secret.encode().hex().encode() not in bytes(told.server.received) + log
        assert b"tracestate" not in heads
        assert {one.trace_state for one in told.spans} == {""}


async def test_the_flag_and_the_share_decide_what_is_exported_and_metrics_have_all(local: Upstream, cloud: Upstream) -> None:
    async with collector() as told:
        async with between(local, cloud, told.url, sample=0.0) as gate:
            await gate.post(ask())
            await gate.post(ask(), headers={"traceparent": PARENT})
            await gate.post(ask(), headers={"traceparent": PARENT[:-1] + "0"})
            await gate.until_observed(3)
        [(root, _)] = trees(told.spans)
        assert root.trace_id.hex() == "0af7651916cd43dd8448eb211c80319c"
        flags = [line[-2:] for head in local.heads for line in head.split(b"\r\n") if line.startswith(b"traceparent")]
        assert flags == [b"00", b"01", b"00"], "engines hear of it too"
        assert told.total("gen_ai.server.request.duration")[0] == 3
    async with collector() as told:
        async with between(local, cloud, told.url, metrics=False) as gate:
            await gate.post(ask())
        assert len(told.traces) == 1
        assert told.metrics == {}


ILL: dict[str, tuple[list[Script], str]] = {
    "it is down": ([], "unreachable"),
    "it answers 500": ([answer(500, b"")], "refused"),
    "it answers 503": ([answer(503, b"", {"retry-after": "0"})], "unreachable"),
    "it redirects": ([answer(307, b"", {"location": "http://127.0.0.1:1/v1/traces"})], "refused"),
    "it does not answer": ([(Sleep(60),)], "closing"),
}


@pytest.mark.parametrize(("scripts", "kind"), [pytest.param(*row, id=name) for name, row in ILL.items()])
async def test_a_collector_that_is_ill_harms_no_request_and_what_it_lacks_is_counted(
    local: Upstream, cloud: Upstream, scripts: list[Script], kind: str
) -> None:
    async with collector(*scripts) as told:
        url = told.url if scripts else "http://127.0.0.1:1"
        async with between(local, cloud, url) as gate:
            for _ in range(5):
                assert (await gate.post(ask())).status == 200
            await gate.until_observed(5)
            if scripts and kind == "closing":
                await told.server.until(requests=1)
        dropped = {labels[0]: value for _, labels, value in gate.live._telemetry.samples()}
    assert dropped[kind] == 5
    assert sum(dropped.values()) - dropped["metrics"] == 5


async def test_what_a_collector_drops_of_what_it_took_is_counted(local: Upstream, cloud: Upstream) -> None:
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTracePartialSuccess, ExportTraceServiceResponse

    partly = ExportTraceServiceResponse(partial_success=ExportTracePartialSuccess(rejected_spans=2)).SerializeToString()
    async with collector(answer(200, partly, kind="application/x-protobuf"), TAKEN) as told:
        async with between(local, cloud, told.url) as gate:
            await gate.post(ask())
            await told.server.until(requests=1)
            metrics = await gate.metrics()
            assert total(metrics, "tidegate_otel_dropped_total", kind="closing") == 0
        dropped = {labels[0]: value for _, labels, value in gate.live._telemetry.samples()}
    assert dropped["rejected"] == 2


@pytest.mark.parametrize("workers", [1, 2], ids=["one process", "two workers"])
async def test_a_process_tells_its_collector_and_heeds_nothing_of_its_environment(
    local: Upstream, cloud: Upstream, tmp_path: Path, workers: int
) -> None:
    async with collector() as told, upstream() as elsewhere:
        url = f"http://127.0.0.1:{elsewhere.port}"
        env = dict.fromkeys(
            ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"), url
        )
        env |= {"OTEL_EXPORTER_OTLP_HEADERS": "x-leak=yes", "OTEL_SDK_DISABLED": "true", "OTEL_SERVICE_NAME": "other", "KEY": "not-a-key"}
        otel = {"endpoint": told.url, "headers": {"x-key": {"env": "KEY"}}, "service": "gate"}
        content = configuration(local.url, cloud.url, {"observers.otel": otel})
        async with process(content, tmp_path, env, workers=workers) as gate:
            for _ in range(6):
                assert (await post(gate.port, ask())).status == 200
            gate.signal(signal.SIGTERM)
            assert await gate.ended() == 0
        assert len(trees(told.spans)) == 6
        who = [said(group.resource.attributes) for one in told.traces for group in one.resource_spans]
        assert {one["service.name"] for one in who} == {"gate"}
        assert 1 <= len({one["service.instance.id"] for one in who}) <= workers
        assert all(b"x-key: not-a-key" in head and b"x-leak" not in head for head in told.server.heads)
        assert elsewhere.accepted == 0
        assert b'"backstop"' not in gate.err


async def test_a_reload_may_change_the_collector(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    path = tmp_path / "tidegate.yaml"
    async with collector() as first, collector() as second:
        contents = [json.dumps(configuration(local.url, cloud.url, {"observers.otel.endpoint": told.url})) for told in (first, second)]
        path.write_text(contents[0])
        live = Live(load(path), path)
        await live.start()
        live.runtime.observe(EXCHANGE)
        path.write_text(contents[1])
        await live.reload()
        live.runtime.observe(EXCHANGE)
        await live.close()
        assert [len(trees(told.spans)) for told in (first, second)] == [1, 1]


async def test_attempts_that_race_lie_side_by_side_and_every_call_is_counted(local: Upstream, cloud: Upstream) -> None:
    async with collector() as told, upstream() as other:
        edits = {
            "destinations.qwen.url": None,
            "destinations.qwen.urls": [local.url, other.url],
            "destinations.qwen.hedge": {"after_s": 0.05, "budget": 0.5},
        }
        content = configuration(local.url, cloud.url, edits)
        del content["destinations"]["qwen"]["url"]
        for one in (local, other):
            one.then((Sleep(60),))
        async with gateway(plan=telling(compiled(content), told.url)) as gate:
            quick = asyncio.create_task(gate.post(ask(stream=True)))
            await until_one(local, other)
            (other if local.bodies else local).then(words("a", "b"))
            assert (await quick).status == 200
            exchange = await gate.until_observed()
            metrics = await gate.metrics()
        assert exchange.hedge == "hedge"
        [(root, below)] = trees(told.spans)
        slow, fast = sorted((one for one in below if one.kind == Span.SPAN_KIND_CLIENT), key=lambda one: one.start_time_unix_nano)
        assert [said(one.attributes)["tidegate.ending"] for one in (slow, fast)] == ["Outrun", "Served"]
        assert said(fast.attributes)["tidegate.is_hedge"] is True
        assert said(root.attributes)["tidegate.hedge"] == "hedge"
        after = slow.start_time_unix_nano + 48_000_000  # a timer may fire a millisecond early
        assert after <= fast.start_time_unix_nano < slow.end_time_unix_nano
        assert told.total("gen_ai.client.operation.duration")[0] == 2
        for kind, name in (("input", "prompt"), ("output", "completion")):
            assert told.total("gen_ai.client.token.usage", gen_ai__token__type=kind)[1] == total(
                metrics, "tidegate_tokens_total", kind=name
            )


async def until_one(*servers: Upstream) -> None:
    """Wait until one of them was asked."""
    async with asyncio.timeout(20):
        while not any(server.bodies for server in servers):  # noqa: ASYNC110  # two to wait for
            await asyncio.sleep(0.002)
