"""What a target says that cannot be put into the caller's dialect: half of it must not look whole."""

import json
from collections.abc import Awaitable, Callable

import pytest

from tests.fakes.dialects import typed
from tests.fakes.endpoints import ASKED, Asked
from tests.fakes.upstream import Upstream, answer, stream
from tests.journeys.faults import midway, playing
from tests.journeys.faults.faults import Fault
from tests.journeys.faults.midway import HELLO, PLACES, Break, Place

_ASKED = [pytest.param(asked, id=str(asked)) for asked in ASKED if asked.spoken == "messages" and asked.endpoint in ("chat", "responses")]
_CALL = {"type": "tool_use", "id": "c", "name": "f", "input": ["no object"]}
_NO_MESSAGE = answer(200, json.dumps({"type": "message", "content": [{"type": "text", "text": "from"}, _CALL]}).encode())
_FAULT = Fault("no message", "BAD_ANSWER", (502, "upstream_bad_answer"), (_NO_MESSAGE, None), tries=2)


@pytest.mark.parametrize("asked", _ASKED)
@pytest.mark.parametrize("case", [playing.first, playing.last, playing.sensitive])
async def test_a_whole_answer_is_asked_of_another_target(
    local: Upstream, cloud: Upstream, asked: Asked, case: Callable[[playing.Scene], Awaitable[None]]
) -> None:
    await case(playing.Scene(_FAULT, "whole", local, cloud, asked))


@pytest.mark.parametrize("asked", _ASKED)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(b'event: content_block_delta\ndata: {"type":"content_block_de\n\n', id="half an event"),
        pytest.param(
            typed("content_block_start", index=1, content_block={"type": "tool_use", "id": "c", "input": {}}), id="a call without a name"
        ),
    ],
)
async def test_a_stream_ends_as_a_broken_one(local: Upstream, cloud: Upstream, asked: Asked, place: Place, odd: bytes) -> None:
    row = Break("an event that cannot be read", "BAD_ANSWER", lambda flow: stream(*flow.begun(HELLO), odd, flow.closing[-1]))
    await midway.play(midway.Scene(row, place, local, cloud, asked))


@pytest.mark.parametrize(
    "asked",
    [pytest.param(asked, id=str(asked)) for asked in ASKED if asked.spoken == "chat" and asked.endpoint in ("messages", "responses")],
)
@pytest.mark.parametrize("place", PLACES)
async def test_a_stream_of_a_chat_ends_so_as_well(local: Upstream, cloud: Upstream, asked: Asked, place: Place) -> None:
    half = b'data: {"choices":[{"index":0,"de\n\n'
    row = Break("an event that cannot be read", "BAD_ANSWER", lambda flow: stream(*flow.begun(HELLO), half, flow.closing[-1]), unreadable=1)
    await midway.play(midway.Scene(row, place, local, cloud, asked))
