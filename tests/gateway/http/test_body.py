import asyncio

import pytest
from starlette.types import Message, Receive

from gateway.errors import TooLarge, TooLate
from gateway.http.body import CallerLeft, read


def receiving(*messages: Message) -> Receive:
    left = list(messages)

    async def receive() -> Message:
        if not left:
            await asyncio.sleep(60)
        return left.pop(0)

    return receive


def piece(body: bytes, *, more: bool = True) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


async def test_pieces_are_joined() -> None:
    assert await read(receiving(piece(b"a"), piece(b"b"), piece(b"", more=False)), 2, 1.0) == b"ab"
    assert await read(receiving(piece(b"ab", more=False)), 2, 1.0) == b"ab"
    assert await read(receiving({"type": "http.request"}), 2, 1.0) == b""


async def test_too_much_too_late_and_nobody() -> None:
    with pytest.raises(TooLarge):
        await read(receiving(piece(b"ab"), piece(b"c")), 2, 1.0)
    with pytest.raises(TooLate):
        await read(receiving(piece(b"a")), 2, 0.01)
    with pytest.raises(CallerLeft):
        await read(receiving(piece(b"a"), {"type": "http.disconnect"}), 2, 1.0)


async def test_somebody_is_told_of_each_piece() -> None:
    held: list[int] = []
    await read(receiving(piece(b"abc"), piece(b"d", more=False)), 9, 1.0, held.append)
    assert held == [3, 1]
