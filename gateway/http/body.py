"""Reading a request's body, within bounds of size and time."""

import asyncio
from collections.abc import Iterable

from gateway.errors import BadRequest, TooLarge, TooLate
from gateway.http.downstream import Receive

_CLOSE = {"connection": "close"}
"""What is left unread of a refused body must not be taken for the next request."""


class CallerLeft(Exception):  # not an error: the caller hung up before the request was complete
    """The caller left before the body was complete."""


def check_framing(headers: Iterable[tuple[bytes, bytes]], most: int) -> None:
    """Refuse what could be read in two ways, and what is declared too large, before a byte of it is read."""
    lengths: list[bytes] = []
    is_chunked = False
    for name, value in headers:
        if name == b"content-length":
            lengths.append(value)
        elif name == b"transfer-encoding":
            is_chunked = True
        elif name == b"content-encoding" and value.lower() != b"identity":
            raise BadRequest("encoded_body", "Send the body without Content-Encoding; compressed requests are not read.", headers=_CLOSE)
    if len(lengths) > 1 or (lengths and is_chunked):
        raise BadRequest("ambiguous_length", "Send either one Content-Length or Transfer-Encoding: chunked, not both.", headers=_CLOSE)
    if lengths and lengths[0].isdigit() and int(lengths[0]) > most:
        raise _too_large(most)


async def read(receive: Receive, most: int, within_s: float) -> bytes:
    """The whole body, of at most `most` bytes, within `within_s` seconds. Raises `TooLarge`, `TooLate` or `CallerLeft`."""
    alarm = _Alarm()
    timer = asyncio.get_running_loop().call_later(within_s, alarm)
    try:
        return await _all(receive, most)
    except asyncio.CancelledError:
        if not alarm.rang:
            raise
        alarm.task.uncancel()
        raise TooLate("slow_body", f"The body did not arrive within {within_s:g} seconds; send it faster.", headers=_CLOSE) from None
    finally:
        timer.cancel()


class _Alarm:
    """Cancels the task that made it. `asyncio.timeout` does the same at three times the cost, and every request needs one."""

    __slots__ = ("rang", "task")

    def __init__(self) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  # narrows the type: a coroutine that awaits runs in a task
        self.task: asyncio.Task[object] = task
        self.rang = False

    def __call__(self) -> None:
        self.rang = True
        self.task.cancel()


async def _all(receive: Receive, most: int) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise CallerLeft
        piece: bytes = message.get("body", b"")
        size += len(piece)
        if size > most:
            raise _too_large(most)
        pieces.append(piece)
        if not message.get("more_body", False):
            return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _too_large(most: int) -> TooLarge:
    return TooLarge(
        "body_too_large",
        f"The body is larger than {most:,} bytes; send less, or ask the operator to raise limits.body_bytes.",
        headers=_CLOSE,
    )
