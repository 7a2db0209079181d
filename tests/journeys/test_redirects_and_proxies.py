"""A request body travels to the configured address and nowhere else: not after a redirect, not through a proxy of the environment."""

from pathlib import Path

import pytest

from tests.fakes.client import ask, post
from tests.fakes.gateway import between, configuration, process
from tests.fakes.upstream import Upstream, answer, upstream

STATUSES = [300, 301, 302, 303, 304, 307, 308]


@pytest.mark.parametrize("is_stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("status", STATUSES)
async def test_a_redirect_is_not_followed(local: Upstream, cloud: Upstream, status: int, is_stream: bool) -> None:
    async with upstream() as elsewhere:
        script = answer(status, b"", {"location": f"{elsewhere.url}/chat/completions", "refresh": f"0; url={elsewhere.url}"})
        local.then(script)
        async with between(local, cloud) as gate:
            reply = await gate.post(ask(model="qwen", stream=is_stream))
            assert (reply.status, reply.error["code"]) == (503, "local_unavailable")
            exchange = await gate.until_observed()
            assert exchange.attempts[0].failure == "REDIRECT"
            cloud.then(script)
            reply = await gate.post(ask(model="gpt", stream=is_stream))
            assert (reply.status, reply.error["code"]) == (502, "upstream_redirect")
        assert len(local.bodies) == len(cloud.bodies) == 1
        assert elsewhere.accepted == 0


async def test_public_work_goes_on_to_the_next_target_of_its_chain(local: Upstream, cloud: Upstream) -> None:
    async with upstream() as elsewhere:
        local.then(answer(307, b"", {"location": f"{elsewhere.url}/chat/completions"}))
        async with between(local, cloud) as gate:
            reply = await gate.post(ask())
            assert (reply.status, reply.headers["x-tidegate-target"]) == (200, "gpt")
        assert elsewhere.accepted == 0


async def test_an_alternative_service_and_cookies_are_not_taken_up(local: Upstream, cloud: Upstream) -> None:
    async with upstream() as elsewhere:
        (raw,) = local.scripts[0]
        assert isinstance(raw, bytes)
        more = f'\r\nalt-svc: h2="127.0.0.1:{elsewhere.port}"\r\nset-cookie: a=b\r\ncontent-location: {elsewhere.url}'.encode()
        local.then((raw.replace(b" OK", b" OK" + more, 1),))
        async with between(local, cloud) as gate:
            for _ in range(2):
                reply = await gate.post(ask())
                assert reply.status == 200
                assert "set-cookie" not in reply.headers
                assert "alt-svc" not in reply.headers
        assert b"cookie" not in bytes(local.received).lower()
        assert elsewhere.accepted == 0


async def test_a_proxy_of_the_environment_sees_nothing(local: Upstream, cloud: Upstream, tmp_path: Path) -> None:
    async with upstream() as proxy:
        address = f"http://user:word@127.0.0.1:{proxy.port}"
        names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
        env = dict.fromkeys(names, address) | {"NO_PROXY": "", "no_proxy": ""}
        (tmp_path / ".netrc").write_text("default login a password b\n")
        home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(Path.home() / ".cache")}  # another home, but automata that are there already
        async with process(configuration(local.url, cloud.url), tmp_path, env | home) as gate:
            for model in ("qwen", "gpt"):
                assert (await post(gate.port, ask(model=model))).status == 200
        assert len(local.bodies) == len(cloud.bodies) == 1
        assert b"authorization" not in bytes(local.received + cloud.received).lower()
        assert proxy.accepted == 0
