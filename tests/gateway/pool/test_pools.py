"""Pools over reloads, with the gateway around them."""

import asyncio
import json
from pathlib import Path

from gateway.backstop import Backstop
from gateway.config.compile import load
from gateway.live import Live
from router.names import TargetName
from tests.fakes.engine import engine
from tests.fakes.gateway import configuration

QWEN = TargetName("qwen")


def content(**members: object) -> dict[str, object]:
    written = configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:1/v1")
    written["destinations"]["qwen"] = {name: value for name, value in written["destinations"]["qwen"].items() if name != "url"} | members
    return written


async def test_a_reload_keeps_what_is_known_of_replicas_that_stayed(tmp_path: Path) -> None:
    path = tmp_path / "tidegate.yaml"
    async with engine() as one, engine() as two, engine() as three:
        path.write_text(json.dumps(content(urls=[one.url, two.url])))
        live = Live(load(path, {}), path)
        await live.start()
        first = live.runtime.fleet.pool(QWEN)
        live.runtime.fleet.turn(QWEN, 1, "drained", 0.0, on=True)
        path.write_text(json.dumps(content(urls=[two.url, three.url])))
        await live.reload()
        second = live.runtime.fleet.pool(QWEN)
        assert second[0] is first[1]
        assert second[0].outs == {"drained"}
        assert second[1] not in first
        path.write_text(json.dumps(content(urls=[two.url, three.url], model="another")))
        await live.reload()
        assert live.runtime.fleet.pool(QWEN)[0] is not first[1], "another model is another engine"
        await live.close()


async def test_what_a_name_server_said_holds_after_a_reload(tmp_path: Path) -> None:
    path = tmp_path / "tidegate.yaml"
    async with engine(host="127.0.0.1") as one:
        path.write_text(json.dumps(content(url=f"http://localhost:{one.port}/v1", pool={"discover": "dns"}, networks=["127.0.0.0/8"])))
        live = Live(load(path, {}), path)
        await live.start()
        async with asyncio.timeout(20):
            while live.runtime.fleet.pool(QWEN)[0].address != "127.0.0.1":  # noqa: ASYNC110  # nobody tells
                await asyncio.sleep(0.005)
        known = live.runtime.fleet.pool(QWEN)[0]
        await live.reload()
        assert live.runtime.fleet.pool(QWEN)[0] is known
        await live.close()


async def test_the_process_may_connect_where_a_file_says_and_after_a_reload_still(tmp_path: Path) -> None:
    path, replicas = tmp_path / "tidegate.yaml", tmp_path / "replicas"
    async with engine() as one, engine() as two:
        replicas.write_text(one.url)
        path.write_text(json.dumps(content(pool={"discover": "file", "file": "replicas", "refresh_s": 0.01, "every_s": 0.01})))
        backstop = Backstop(lambda _: None)
        live = Live(load(path, {}), path, backstop)
        await live.start()
        assert not backstop._knows(("127.0.0.1", two.port))
        replicas.write_text(f"{one.url}\n{two.url}\n")
        async with asyncio.timeout(20):
            while len(live.runtime.fleet.pool(QWEN)) < 2:  # noqa: ASYNC110  # nobody tells
                await asyncio.sleep(0.005)
        assert backstop._knows(("127.0.0.1", two.port))
        await live.reload()
        backstop.forget(live.runtime.plan)
        assert backstop._knows(("127.0.0.1", two.port))
        assert not backstop._knows(("127.0.0.1", 9))
        path.write_text(json.dumps(content(url=one.url)))
        await live.reload()
        backstop.forget(live.runtime.plan)
        assert not backstop._knows(("127.0.0.1", two.port)), "there is no pool any more"
        await live.close()


async def test_room_grows_with_the_pool(tmp_path: Path) -> None:
    path, replicas = tmp_path / "tidegate.yaml", tmp_path / "replicas"
    async with engine() as one, engine() as two:
        replicas.write_text(one.url)
        pool = {"discover": "file", "file": "replicas", "refresh_s": 0.01, "every_s": 0.01}
        path.write_text(json.dumps(content(pool=pool, admission={"slots": 3})))
        live = Live(load(path, {}), path)
        await live.start()
        gate = live.runtime.admission.doors[QWEN].gate
        async with asyncio.timeout(20):
            while gate.slots != 3:  # noqa: ASYNC110  # nobody tells
                await asyncio.sleep(0.005)
            replicas.write_text(f"{one.url}\n{two.url}\n")
            while gate.slots != 6:  # noqa: ASYNC110  # likewise
                await asyncio.sleep(0.005)
        await live.reload()
        async with asyncio.timeout(20):
            while gate.slots != 6:  # noqa: ASYNC110  # likewise
                await asyncio.sleep(0.005)
        await live.close()
