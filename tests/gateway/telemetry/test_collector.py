import pytest

from gateway.config.addresses import LOCAL_NETWORKS
from gateway.secret import Secret
from gateway.telemetry.collector import MOST_ANSWERED, Collector, Told
from gateway.telemetry.plan import OtelPlan
from tests.fakes.sockets import Close, Reset
from tests.fakes.upstream import HEAD, Script, answer, chunk, upstream


async def posted(script: Script, path: str = "") -> tuple[Told, bytes]:
    async with upstream(script) as server:
        plan = OtelPlan(f"http://127.0.0.1:{server.port}{path}", (("X-Key", Secret("not-a-key")),), LOCAL_NETWORKS)
        collector = Collector(plan, "1.2")
        try:
            return await collector.post(b"/v1/traces", b"body"), bytes(server.received)
        finally:
            await collector.close()


async def test_a_message_is_posted_with_the_headers_of_the_plan() -> None:
    told, received = await posted(answer(200, b"thanks"), "/otlp")
    assert told == Told("taken", b"thanks")
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /otlp/v1/traces HTTP/1.1\r\n")
    assert {b"content-type: application/x-protobuf", b"x-key: not-a-key", b"user-agent: tidegate/1.2"} <= set(head.split(b"\r\n"))
    assert body == b"body"


@pytest.mark.parametrize(
    ("script", "told"),
    [
        pytest.param(answer(204, b""), Told("taken"), id="taken without a word"),
        pytest.param(answer(503, b"", {"retry-after": "7"}), Told("later", wait_s=7.0), id="later, and when"),
        pytest.param(answer(429, b""), Told("later"), id="later"),
        pytest.param(answer(500, b""), Told("refused"), id="broken"),
        pytest.param(answer(401, b"who are you"), Told("refused"), id="refused"),
        pytest.param(answer(302, b"", {"location": "http://127.0.0.1:1/"}), Told("refused"), id="a redirect"),
        pytest.param((Reset(),), Told("later"), id="cut"),
        pytest.param((b"nonsense\r\n\r\n", Close()), Told("later"), id="no HTTP"),
        pytest.param(answer(200, b"x" * (MOST_ANSWERED + 1)), Told("refused"), id="too long an answer"),
        pytest.param((HEAD, chunk(b"a"), Reset()), Told("refused"), id="an answer that breaks"),
    ],
)
async def test_whatever_comes_is_a_value(script: Script, told: Told) -> None:
    assert (await posted(script))[0] == told


async def test_an_address_outside_of_its_networks_is_not_connected_to() -> None:
    collector = Collector(OtelPlan("http://127.0.0.1:1", networks=LOCAL_NETWORKS[2:]), "1")
    assert await collector.post(b"/v1/traces", b"") == Told("later")
    await collector.close()
