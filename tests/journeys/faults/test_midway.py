"""Streams that break after the first content, and odd ones that do not; whoever breaks off is told what it was and how far it came."""

import json

import openai
import pytest

from router.cost import Usage
from tests.fakes.client import ask, caller
from tests.fakes.endpoints import AS_CHAT, ASKED, Asked
from tests.fakes.gateway import between, total
from tests.fakes.sockets import Sleep
from tests.fakes.upstream import DONE, END, HEAD, USAGE, Script, Upstream, chunk, delta, stream
from tests.journeys.faults import midway
from tests.journeys.faults.faults import PROMPT
from tests.journeys.faults.midway import BREAKS, BY_NAME, PLACES, Break, Place, Scene, fits
from tests.journeys.faults.sample import Sample
from tests.journeys.sdk import sdk

assert AS_CHAT.dialect.flow is not None
_CHAT = AS_CHAT.dialect.flow
_CASES = Sample()
for _asked in ASKED:
    for _row in BREAKS:
        for _place in PLACES:
            if fits(_row, _asked) and (_asked.is_seen or _place == "sensitive"):
                _alike = _row.say if _asked.is_native and _place != "sensitive" else (_row.kind, _place == "sensitive")
                _CASES.add(_alike, _asked, _row, _place)


@pytest.mark.parametrize("asked,row,place", _CASES.params)
async def test_a_stream_that_breaks(local: Upstream, cloud: Upstream, asked: Asked, row: Break, place: Place) -> None:
    await midway.play(Scene(row, place, local, cloud, asked))


OPENING, HELLO, FINISH = delta(role="assistant", content=""), delta("Hello"), delta(finish="stop")
_GOOD = OPENING + HELLO + FINISH + DONE
_UMLAUT = b'data: {"choices":[{"index":0,"delta":{"content":"gr\xc3\xbc\xc3\x9fe"},"finish_reason":null}]}\n\n'
_LINES = b'data: {"choices":\ndata: [{"index":0,"delta":{"content":"a"},"finish_reason":null}]}\n\n'
_HUGE = delta("x" * 2_000_000)
_ODD = b"event: ping\nid: 7\ndata: {half an event\n\n"
INTACT: dict[str, tuple[Script, bytes]] = {
    "without [DONE]": (stream(OPENING, HELLO, FINISH), _GOOD),
    "with the last event unterminated": (stream(OPENING, HELLO, FINISH, DONE[:-2]), _GOOD),
    "with [DONE] and then silence": ((HEAD, chunk(OPENING + HELLO + FINISH), chunk(DONE), Sleep(60)), _GOOD),
    "with words after [DONE]": (stream(OPENING, HELLO, FINISH, DONE, HELLO), _GOOD),
    "with comments": (
        stream(b": hi\n\n", OPENING, b": wait\n\n", HELLO, FINISH, DONE),
        b": hi\n\n" + OPENING + b": wait\n\n" + _GOOD[len(OPENING) :],
    ),
    "with CRLF": (stream(_GOOD.replace(b"\n", b"\r\n")), _GOOD.replace(b"\n", b"\r\n")),
    "one byte at a time": ((HEAD, *[chunk(bytes([byte])) for byte in _GOOD], END), _GOOD),
    "with letters cut in two": (stream(OPENING, _UMLAUT[:56], _UMLAUT[56:], FINISH, DONE), OPENING + _UMLAUT + FINISH + DONE),
    "with data on several lines": (stream(OPENING, _LINES, FINISH, DONE), OPENING + _LINES + FINISH + DONE),
    "with one event that is none": (stream(OPENING, HELLO, _ODD, FINISH, DONE), OPENING + HELLO + _ODD + FINISH + DONE),
    "with an event of 2 MB": (stream(OPENING, _HUGE, FINISH, DONE), OPENING + _HUGE + FINISH + DONE),
    "with usage that nobody asked for": (stream(OPENING, HELLO, FINISH, USAGE, DONE), _GOOD),
}


@pytest.mark.parametrize("how", INTACT)
@pytest.mark.parametrize("model,name", [pytest.param("auto", "qwen", id="at home"), pytest.param("gpt", "gpt", id="outside")])
async def test_an_odd_stream_that_is_whole(local: Upstream, cloud: Upstream, how: str, model: str, name: str) -> None:
    script, body = INTACT[how]
    (local if name == "qwen" else cloud).then(script)
    async with between(local, cloud) as gate:
        reply = await gate.post(ask(PROMPT, model, stream=True))
        assert (reply.status, reply.is_whole, reply.body) == (200, True, body)
        exchange = await gate.until_observed()
        assert [(one.target, one.ending) for one in exchange.attempts] == [(name, "Served")]
        assert (exchange.result, exchange.is_estimate) == ("served", False)
        assert exchange.usage == (Usage(7, 3) if "usage" in how else None), "of a whole answer nothing is estimated"
        assert total(await gate.metrics(), "tidegate_usage_estimated_total") == 0


async def test_the_official_client_shows_how_far_it_came(local: Upstream, cloud: Upstream) -> None:
    local.then(BY_NAME["reset"].does(_CHAT))
    async with between(local, cloud) as gate, sdk(gate.url) as client:
        got = await client.chat.completions.create(model="auto", messages=[{"role": "user", "content": "a"}], stream=True)
        with pytest.raises(openai.APIError) as raised:
            async for _ in got:
                pass
        assert isinstance(raised.value.body, dict)
        assert (raised.value.body["retryable"], raised.value.body["tokens_served"]) == (True, 1)


async def test_usage_that_was_told_before_the_break_is_no_estimate(local: Upstream, cloud: Upstream) -> None:
    local.then(stream(OPENING, HELLO, USAGE))
    async with between(local, cloud) as gate:
        reply = await gate.post(ask(PROMPT, stream=True))
        error = json.loads(reply.events[-1])["error"]
        assert (error["tokens_served"], error["is_estimate"]) == (3, False)
        exchange = await gate.until_observed()
        assert (exchange.result, exchange.usage, exchange.is_estimate) == ("broken", Usage(7, 3), False)


async def test_what_a_caller_who_left_had_read_is_estimated(local: Upstream, cloud: Upstream) -> None:
    cloud.then((HEAD, chunk(OPENING), *[chunk(HELLO)] * 5, Sleep(60)))
    async with between(local, cloud) as gate:
        async with caller(gate.port) as one:
            one.post(ask(PROMPT, "gpt", stream=True))
            for _ in range(5):
                await one.reader.readuntil(b"Hello")
            await one.leave()
            await cloud.until(closed=True)
        exchange = await gate.until_observed()
        assert (exchange.result, exchange.is_estimate) == ("abandoned", True)
        assert exchange.usage == Usage(len(PROMPT) // 4, 5)
        assert exchange.cost == len(PROMPT) // 4 + 50
