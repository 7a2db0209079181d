"""A request's body: how it is refused, and how it is read over ASGI. Our own protocol reads for itself (`gateway.http.direct`)."""

import asyncio
from collections.abc import Callable

from starlette.types import Receive

from gateway.errors import TooLarge, TooLate

CLOSE = {"connection": "close"}
"""What is left unread of a refused body must not be taken for the next request."""


class CallerLeft(Exception):  # not an error: the caller hung up before the request was complete
    """The caller left before the body was complete."""


def too_large(most: int) -> TooLarge:
    """The refusal of a body above `most` bytes."""
    say = f"The body is larger than {most:,} bytes; send less, or ask the operator to raise limits.body_bytes."
    return TooLarge("body_too_large", say, headers=CLOSE)


def too_late(within_s: float) -> TooLate:
    """The refusal of a body that took longer than `within_s` seconds."""
    return TooLate("slow_body", f"The body did not arrive within {within_s:g} seconds; send it faster.", headers=CLOSE)


async def read(receive: Receive, most: int, within_s: float, hold: Callable[[int], object] = int) -> bytes:
    """The whole body, of at most `most` bytes, within `within_s` seconds. Raises `TooLarge`, `TooLate` or `CallerLeft`.

    `hold` is told the size of each piece, and what it raises goes on.
    """
    try:
        async with asyncio.timeout(within_s):
            return await _all(receive, most, hold)
    except TimeoutError:
        raise too_late(within_s) from None


async def _all(receive: Receive, most: int, hold: Callable[[int], object]) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise CallerLeft
        piece: bytes = message.get("body", b"")
        size += len(piece)
        if size > most:
            raise too_large(most)
        hold(len(piece))
        pieces.append(piece)
        if not message.get("more_body", False):
            return b"".join(pieces)
