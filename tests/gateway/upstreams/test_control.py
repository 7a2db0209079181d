"""What `GET /models` tells about a target, and where control calls may not go."""

import asyncio
from collections.abc import Sequence
from ipaddress import ip_network

import httpx
import pytest
import respx

from gateway.plan import Plan, UpstreamPlan
from gateway.secret import Secret
from gateway.upstreams.control import Probe, Watch, probe, probe_all
from gateway.upstreams.origin import Network
from router.decision import Target
from router.labels import Labels
from router.names import RouteName, Sent, TargetName, Zone
from router.policy import Policy, Rule
from tests.fakes.sockets import Close, Reset, Script, Send, Sleep, raw_server

URL = "https://api.vendor.example/v1"
MODELS = {"object": "list", "data": [{"id": "qwen3-8b", "object": "model", "owned_by": "vllm"}, {"id": "lora"}]}
LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
LIST = b'{"object":"list","data":[{"id":"qwen3-8b"}]}'
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(LIST), LIST)


async def test_a_target_that_is_up() -> None:
    with respx.mock() as router:
        route = router.get(URL + "/models").respond(200, json=MODELS)
        found = await probe(URL + "/", headers=[("authorization", Secret("Bearer " + "k" * 8)), ("x-team", Secret("blue"))])
    assert (found.is_up, found.status, found.models, found.problem) == (True, 200, ("qwen3-8b", "lora"), "")
    assert found.latency_s > 0
    request = route.calls.last.request
    assert request.headers["authorization"] == "Bearer " + "k" * 8
    assert request.headers["x-team"] == "blue"
    assert request.content == b""


@pytest.mark.parametrize(
    ("response", "says"),
    [
        pytest.param(httpx.Response(401, text="quoted secret"), "key", id="our key is refused"),
        pytest.param(httpx.Response(404), "/v1", id="no such path"),
        pytest.param(httpx.Response(503), "status 503", id="not ready"),
        pytest.param(httpx.Response(302, headers={"location": "https://there.example/"}), "redirect", id="a redirect is not followed"),
        pytest.param(httpx.Response(200, text="<html>quoted secret</html>"), "not a list of models", id="garbage"),
        pytest.param(httpx.Response(200, json={"data": {}}), "not a list of models", id="other JSON"),
        pytest.param(httpx.Response(200, content=b"[" * 5_000_000), "not a list of models", id="no end of garbage"),
    ],
)
async def test_a_target_that_answers_otherwise(response: httpx.Response, says: str) -> None:
    with respx.mock() as router:
        route = router.get(URL + "/models").mock(return_value=response)
        found = await probe(URL)
    assert not found.is_up
    assert found.status == response.status_code
    assert says in found.problem
    assert "quoted" not in repr(found)
    assert route.call_count == 1


@pytest.mark.parametrize(
    ("script", "says"),
    [
        pytest.param((Sleep(30.0),), "within 0.3 seconds", id="silent"),
        pytest.param((Send(ANSWER[:40]),), "within 0.3 seconds", id="slow in the middle"),
        pytest.param((Close(),), "no connection", id="closes"),
        pytest.param((Send(ANSWER[:40]), Reset()), "no connection", id="resets"),
        pytest.param((Send(b"SSH-2.0-OpenSSH\r\n"), Close()), "no connection", id="speaks something else"),
    ],
)
async def test_a_target_that_does_not_answer(script: Script, says: str) -> None:
    async with raw_server(script) as server:
        found = await probe(server.url, within_s=0.3 if "within" in says else 30.0)
    assert (found.is_up, found.status) == (False, 0)
    assert says in found.problem


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/v1", "http://does-not-exist.invalid/v1", "ftp://127.0.0.1/v1", "http://[::1"])
@pytest.mark.parametrize("networks", [pytest.param((), id="any network"), pytest.param(LOOPBACK, id="loopback only")])
async def test_where_nobody_is(url: str, networks: Sequence[Network]) -> None:
    found = await probe(url, networks=networks)
    assert (found.is_up, found.status) == (False, 0)
    assert found.problem
    assert url not in found.problem


async def test_a_local_address_is_asked_by_the_address_that_was_checked() -> None:
    async with raw_server((Send(ANSWER),)) as server:
        found = await probe(f"http://localhost:{server.port}/v1", networks=LOOPBACK)
    assert (found.is_up, found.models) == (True, ("qwen3-8b",))


async def test_an_address_outside_of_the_networks_is_not_asked() -> None:
    async with raw_server((Send(ANSWER),)) as server:
        found = await probe(server.url, networks=[ip_network("10.0.0.0/8")])
    assert not found.is_up
    assert "networks" in found.problem
    assert server.accepted == 0


@pytest.mark.parametrize("networks", [pytest.param((), id="any network"), pytest.param(LOOPBACK, id="loopback only")])
async def test_a_proxy_in_the_environment_is_ignored(monkeypatch: pytest.MonkeyPatch, networks: Sequence[Network]) -> None:
    async with raw_server((Send(ANSWER),)) as proxy, raw_server((Send(ANSWER),)) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        found = await probe(server.url, networks=networks)
    assert found.is_up
    assert (proxy.accepted, server.accepted) == (0, 1)


def plan(*targets: tuple[str, Zone, tuple[str, ...]]) -> Plan:
    labels = Labels(("public", "restricted"))
    made = {
        TargetName(name): Target(TargetName(name), zone, labels.highest, Sent(name), replicas=max(1, len(urls)))
        for name, zone, urls in targets
    }
    upstreams = {
        TargetName(name): UpstreamPlan(
            TargetName(name), "openai_compatible" if urls else "litellm", urls, networks=LOOPBACK if zone == "local" else ()
        )
        for name, zone, urls in targets
    }
    policy = Policy(labels, made, (Rule(RouteName("all"), (), tuple(made.values())),))
    return Plan(policy, upstreams, {})


async def test_all_replicas_of_all_targets_that_have_such_a_list() -> None:
    with respx.mock() as router:
        router.get("http://127.0.0.1:1/v1/models").respond(200, json=MODELS)
        router.get("http://127.0.0.1:2/v1/models").respond(503)
        router.get(URL + "/models").respond(401)
        found = await probe_all(
            plan(
                ("qwen", "local", ("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1")),
                ("gpt", "external", (URL,)),
                ("claude", "external", ()),
            )
        )
    assert {name: [one.is_up for one in probes] for name, probes in found.items()} == {"qwen": [True, False], "gpt": [False]}


async def test_the_watch_probes_local_targets_until_it_is_closed() -> None:
    seen: list[tuple[str, int, bool]] = []
    enough = asyncio.Event()

    def on_probe(name: TargetName, replica: int, found: Probe) -> None:
        seen.append((name, replica, found.is_up))
        if len(seen) >= 4:
            enough.set()

    with respx.mock(assert_all_called=False) as router:
        router.get("http://127.0.0.1:1/v1/models").respond(200, json=MODELS)
        router.get("http://127.0.0.1:2/v1/models").respond(503)
        outside = router.get(URL + "/models").respond(200)
        watch = Watch(
            plan(("qwen", "local", ("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1")), ("gpt", "external", (URL,))), 0.01, on_probe
        )
        watch.start()
        watch.start()
        await asyncio.wait_for(enough.wait(), 60)
        await watch.close()
        await watch.close()
    assert seen[:4] == [("qwen", 0, True), ("qwen", 1, False)] * 2
    assert not outside.called
    assert asyncio.all_tasks() == {asyncio.current_task()}
