import asyncio
import threading
import time
from collections.abc import Callable
from typing import TypeVar

import msgspec
import pytest
from typing_extensions import override

from gateway.beside import LARGE, Beside
from router.names import TargetName
from tests.fakes.client import ask
from tests.fakes.gateway import compiled, configuration
from tests.fakes.scripted import Scripted, stage

EMAIL = "write to someone.else@" + "tidegate-mail.org"
T = TypeVar("T")


class Counted(Beside):
    """Counts what is given to it."""

    given = 0

    @override
    async def run(self, work: Callable[[], T]) -> T:
        self.given += 1
        return await super().run(work)


async def test_the_loop_goes_on_while_something_is_done_beside_it() -> None:
    beside, turns = Beside(), 0
    working = asyncio.ensure_future(beside.run(lambda: time.sleep(0.05)))
    while not working.done():
        await asyncio.sleep(0.001)
        turns += 1
    assert turns > 5
    beside.close()


async def test_one_thing_at_a_time() -> None:
    beside, running, most = Beside(), 0, 0

    def work() -> int:
        nonlocal running, most
        running += 1
        most = max(most, running)
        time.sleep(0.005)
        running -= 1
        return threading.get_ident()

    threads = await asyncio.gather(*(beside.run(work) for _ in range(5)))
    assert (most, len(set(threads))) == (1, 1)
    assert threads[0] != threading.get_ident()
    beside.close()


async def test_what_it_raises_is_raised() -> None:
    beside = Beside()
    with pytest.raises(msgspec.DecodeError):
        await beside.run(lambda: msgspec.json.decode(b"{"))
    beside.close()


async def test_what_comes_after_its_end_is_done_nevertheless() -> None:
    beside = Beside()
    beside.close()
    assert await beside.run(threading.get_ident) == threading.get_ident()


@pytest.mark.parametrize(
    "size,is_beside",
    [pytest.param(LARGE, True, id="a large body"), pytest.param(200, False, id="a small one")],
)
async def test_a_large_body_is_read_beside_the_loop_and_judged_as_any_other(size: int, is_beside: bool) -> None:
    beside, local, cloud = Counted(), Scripted(), Scripted()
    on = stage(
        compiled(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1")),
        {TargetName("qwen"): local, TargetName("gpt"): cloud},
        beside=beside,
    )
    exchange = await on.conduct(ask("a word " * (size // 7) + EMAIL))
    assert (exchange.path, exchange.target, str(exchange.label)) == ("local", "qwen", "personal")
    assert beside.given == is_beside
    assert exchange.times.classify_s > 0
    beside.close()
