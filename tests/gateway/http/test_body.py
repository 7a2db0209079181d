import asyncio
from collections.abc import Sequence

import pytest

from gateway.errors import BadRequest, Refusal, TooLarge, TooLate
from gateway.http.body import CallerLeft, check_framing, read
from gateway.http.downstream import Message, Receive


def receiving(*messages: Message) -> Receive:
    left = list(messages)

    async def receive() -> Message:
        if not left:
            await asyncio.sleep(60)
        return left.pop(0)

    return receive


def piece(body: bytes, *, more: bool = True) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param([], id="none"),
        pytest.param([(b"content-length", b"10")], id="a length"),
        pytest.param([(b"transfer-encoding", b"chunked")], id="chunks"),
        pytest.param([(b"content-encoding", b"Identity")], id="no encoding by name"),
    ],
)
def test_clear_framing_passes(headers: Sequence[tuple[bytes, bytes]]) -> None:
    check_framing(headers, 10)


@pytest.mark.parametrize(
    "headers,kind,code",
    [
        pytest.param([(b"content-length", b"11")], TooLarge, "body_too_large", id="too large"),
        pytest.param([(b"content-length", b"1"), (b"content-length", b"1")], BadRequest, "ambiguous_length", id="two lengths"),
        pytest.param([(b"content-length", b"1"), (b"transfer-encoding", b"chunked")], BadRequest, "ambiguous_length", id="both"),
        pytest.param([(b"content-encoding", b"gzip")], BadRequest, "encoded_body", id="compressed"),
    ],
)
def test_unclear_framing_is_refused_and_the_connection_closed(
    headers: Sequence[tuple[bytes, bytes]], kind: type[Refusal], code: str
) -> None:
    with pytest.raises(kind) as raised:
        check_framing(headers, 10)
    assert raised.value.code == code
    assert raised.value.headers == {"connection": "close"}


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
