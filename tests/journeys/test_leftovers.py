"""Nothing of a request stays when it is over, without waiting for a garbage collection: one of the whole process comes late, or never."""

import asyncio
import gc
from collections.abc import Awaitable, Callable, Iterator

import pytest

from gateway.http.direct import Direct
from gateway.record import Record
from gateway.upstreams.http1_wire import Connection
from gateway.wire.ask import Ask
from tests.fakes.client import ask, caller
from tests.fakes.gateway import Gateway, between
from tests.fakes.sockets import Close, Reset, comes_to
from tests.fakes.upstream import HEAD, Upstream, Wait, chat, chunk, delta, failing, stream, words

Left = Callable[..., list[str]]


@pytest.fixture
def left() -> Iterator[Left]:
    """What of these kinds is there that was not before, as names; collections are off meanwhile."""
    gc.collect()
    before = {id(one) for one in gc.get_objects() if type(one) in (Record, Direct, Ask, Connection)}  # other tests' examples
    gc.disable()
    yield lambda *kinds: sorted(type(one).__name__ for one in gc.get_objects() if type(one) in kinds and id(one) not in before)
    gc.enable()
    gc.collect()


async def is_served(gate: Gateway, local: Upstream) -> None:
    local.then(chat())
    async with caller(gate.port) as one:
        one.post(ask())
        assert (await one.reply()).status == 200


async def is_streamed(gate: Gateway, local: Upstream) -> None:
    local.then(words("a", "b"))
    async with caller(gate.port) as one:
        one.post(ask(stream=True))
        assert (await one.reply()).is_whole


async def leaves_in_the_middle(gate: Gateway, local: Upstream) -> None:
    local.then((HEAD, chunk(delta("a")), Wait()))
    async with caller(gate.port) as one:
        one.post(ask(stream=True))
        await one.reader.readuntil(b'"a"')
        await one.leave()
    await local.until(closed=True)


async def leaves_before_the_answer(gate: Gateway, local: Upstream) -> None:
    local.then((Wait(),))
    async with caller(gate.port) as one:
        one.post(ask())
        await local.until(requests=1)
        await one.leave()
    await local.until(closed=True)


async def is_cut(gate: Gateway, local: Upstream) -> None:
    local.then(stream(delta("a"), Reset(), ends=False))
    async with caller(gate.port) as one:
        one.post(ask(stream=True))
        assert b"upstream_interrupted" in (await one.reply()).body


async def is_cut_before_the_answer(gate: Gateway, local: Upstream) -> None:
    local.then((Close(),), (Close(),), chat())
    async with caller(gate.port) as one:
        one.post(ask())
        await one.reply()


async def is_refused(gate: Gateway, local: Upstream) -> None:
    local.then(failing(400))
    async with caller(gate.port) as one:
        one.post(ask())
        assert (await one.reply()).status == 400


@pytest.mark.parametrize(
    "happens",
    [is_served, is_streamed, leaves_in_the_middle, leaves_before_the_answer, is_cut, is_cut_before_the_answer, is_refused],
    ids=lambda one: one.__name__.replace("_", " "),
)
@pytest.mark.timeout(120)
async def test_nothing_of_a_request_is_left(
    happens: Callable[[Gateway, Upstream], Awaitable[None]], local: Upstream, cloud: Upstream, left: Left
) -> None:
    async with between(local, cloud) as gate:
        for round_ in range(1, 4):
            await happens(gate, local)
            await gate.until_observed(round_)
        gate.exchanges.clear()
        await comes_to(lambda: left(Record, Direct, Ask), [])
        assert len(left(Connection)) <= 1, "one may be idle"


@pytest.mark.timeout(120)
async def test_an_idle_connection_does_not_hold_what_was_asked_on_it(local: Upstream, cloud: Upstream, left: Left) -> None:
    async with between(local, cloud) as gate, caller(gate.port) as one:
        one.post(ask())
        assert (await one.reply()).status == 200
        await asyncio.sleep(0.05)
        assert left(Record, Ask) == []
