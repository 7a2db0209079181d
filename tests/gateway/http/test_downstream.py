import asyncio

import pytest
from starlette.types import Message

from gateway.errors import BadRequest, TooLarge
from gateway.http.downstream import AsgiDownstream
from router.attempt import Attempt, Usage
from tests.fakes.scripted import Caller
from tests.router.examples import QWEN


def begun() -> tuple[Caller, AsgiDownstream]:
    caller = Caller()
    out = AsgiDownstream(caller.receive, caller.send, "req_1")
    return caller, out


async def test_a_whole_answer_commits_with_its_headers() -> None:
    caller, out = begun()
    seen: list[tuple[Attempt | None, Usage | None]] = []

    def headers(attempt: Attempt | None, usage: Usage | None) -> bytes:
        seen.append((attempt, usage))
        return b"x-tidegate-path: local\r\n"

    attempt = Attempt(1, QWEN)
    out.describe(headers, attempt)
    await out.answer(200, b"application/json", b"{}", Usage(1, 2))
    assert caller.headers == {
        "content-type": "application/json",
        "content-length": "2",
        "x-tidegate-path": "local",
        "x-request-id": "req_1",
    }
    assert (caller.status, caller.body, seen) == (200, b"{}", [(attempt, Usage(1, 2))])
    assert (out.is_committed, out.status, out.sent_bytes) == (True, 200, 2)
    assert out.first_byte is not None


async def test_a_stream_commits_at_its_start() -> None:
    caller, out = begun()
    await out.begin(200, b"text/event-stream")
    assert out.is_committed
    assert not out.write_nowait(b"an ASGI server must be awaited")
    await out.write(b"a")
    await out.end(b"b")
    assert (caller.headers["cache-control"], caller.headers["x-accel-buffering"]) == ("no-cache", "no")
    assert "content-length" not in caller.headers
    assert [message.get("more_body", False) for message in caller.messages[1:]] == [True, False]
    assert (caller.body, out.sent_bytes) == (b"ab", 2)


async def test_a_refusal_has_its_own_headers() -> None:
    caller, out = begun()
    await out.refuse(TooLarge("c", "Say it.", headers={"connection": "close"}))
    assert (caller.status, caller.headers["connection"], caller.error["code"]) == (413, "close", "c")


async def test_nobody_is_refused_twice_or_after_an_answer_began_or_after_leaving() -> None:
    caller, out = begun()
    await out.begin(200, b"text/event-stream")
    await out.refuse(BadRequest("c", "Say it."))
    assert len(caller.messages) == 1
    caller, out = begun()
    out.is_gone = True
    await out.refuse(BadRequest("c", "Say it."))
    assert caller.messages == []


async def test_the_server_says_when_the_caller_leaves() -> None:
    messages = asyncio.Queue[Message]()
    out = AsgiDownstream(messages.get, Caller().send, "req_1")

    async def work() -> None:
        out.watch()
        try:
            await asyncio.sleep(60)
        finally:
            out.unwatch()

    task = asyncio.ensure_future(work())
    await messages.put({"type": "http.request"})
    await asyncio.sleep(0)
    assert not out.is_gone
    await messages.put({"type": "http.disconnect"})
    with pytest.raises(asyncio.CancelledError):
        await task
    assert out.is_gone
