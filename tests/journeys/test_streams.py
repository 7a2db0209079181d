"""A cut stream is never presented as a finished one, and a caller who leaves stops the work."""

import asyncio
import time
from typing import Any

import openai
import pytest

from router.names import Path
from tests.fakes.client import Reply, ask, caller
from tests.fakes.gateway import between, total
from tests.fakes.patience import paced, quick, undisturbed
from tests.fakes.sockets import Close, Reset, Sleep
from tests.fakes.upstream import DONE, END, HEAD, Script, Upstream, answer, chat, chunk, delta, event, stream, words
from tests.journeys.sdk import sdk


def edits(how: str, pace: float = 1.0) -> dict[str, Any]:
    """Clocks are short where silence is the subject."""
    if "silent" not in how:
        return {"destinations.qwen.retries": 0}
    short = {"connect_s": 1, "headers_s": 1, "first_token_s": 1, "between_chunks_s": 0.7, "total_s": 20}
    return {"destinations.qwen.clocks": {name: seconds * pace for name, seconds in short.items()}, "destinations.qwen.retries": 0}


OPENING = delta(role="assistant", content="")
HELLO = delta("Hello")
FINISH = delta(finish="stop")
ERROR = event({"error": {"message": "engine died", "type": "server_error", "param": None, "code": 500}})

BROKEN: dict[str, Script] = {
    "reset": (HEAD, chunk(OPENING), chunk(HELLO), Reset()),
    "closed without the last chunk": (HEAD, chunk(OPENING), chunk(HELLO), Close()),
    "ended well without a finish reason": stream(OPENING, HELLO),
    "ended in the middle of an event": stream(OPENING, HELLO, HELLO[:-9]),
    "silent": (HEAD, chunk(OPENING), chunk(HELLO), Sleep(120)),
    "told of an error": stream(OPENING, HELLO, ERROR),
    "told of an error and then [DONE]": stream(OPENING, HELLO, ERROR, DONE),
    "only one of two choices finished": stream(OPENING, HELLO, FINISH),
    "framed wrongly": (HEAD, chunk(OPENING), chunk(HELLO), b"zz\r\n"),
}


def assert_broken(reply: Reply) -> None:
    """The stream ends well as HTTP, with an error event and without `[DONE]`."""
    assert reply.status == 200
    assert reply.is_whole
    assert b"[DONE]" not in reply.body
    assert HELLO in reply.body
    assert reply.events[-1].startswith(b'{"error"')


@pytest.mark.parametrize("how", BROKEN)
async def test_a_stream_that_breaks_after_content_ends_in_an_error_event(local: Upstream, cloud: Upstream, how: str) -> None:
    async def scene(pace: float) -> None:
        local.then(BROKEN[how])
        before = cloud.accepted
        choices = 2 if "choices" in how else 1
        async with between(local, cloud, edits(how, pace)) as gate:
            assert_broken(await gate.post(ask(stream=True, n=choices)))
            exchange = await gate.until_observed()
            assert (exchange.result, exchange.path, exchange.target) == ("broken", "local", "qwen")
            assert total(await gate.metrics(), "tidegate_stream_terminations_total", kind="broken") == 1
            assert cloud.accepted == before, "after the commit point nothing may fall back"

    await paced(scene)


@pytest.mark.parametrize("how", ["reset", "ended well without a finish reason", "told of an error"])
async def test_the_official_client_raises_on_it(local: Upstream, cloud: Upstream, how: str) -> None:
    local.then(BROKEN[how])
    async with between(local, cloud, edits(how)) as gate, sdk(gate.url) as client:
        got = await client.chat.completions.create(model="auto", messages=[{"role": "user", "content": "a"}], stream=True)
        with pytest.raises(openai.APIError):
            async for _ in got:
                pass


EARLY: dict[str, Script] = {
    "reset before the headers": (Reset(),),
    "reset before content": (HEAD, chunk(OPENING), Reset()),
    "ended before content": stream(OPENING),
    "empty": stream(),
    "silent before the headers": (Sleep(120),),
    "silent before the first byte": (HEAD, Sleep(120)),
    "told of an error at once": stream(ERROR),
    "told of an error after the opening": stream(OPENING, ERROR, DONE),
    "not a stream": chat("whole"),
    "html": answer(200, b"<html>", kind="text/html"),
}


@pytest.mark.parametrize("how", EARLY)
async def test_before_content_another_target_answers(local: Upstream, cloud: Upstream, how: str) -> None:
    async def scene(pace: float) -> None:
        local.then(EARLY[how])
        cloud.then(words("from", " the cloud"))
        async with between(local, cloud, edits(how, pace)) as gate:
            reply = await gate.post(ask(stream=True))
            assert reply.status == 200, reply
            assert reply.headers["x-tidegate-target"] == "gpt"
            assert reply.headers["x-tidegate-attempts"] == "2"
            assert reply.events[-1] == b"[DONE]"
            assert b"from" in reply.body
            assert reply.body.count(b'"role"') == 1, "nothing of the failed attempt was shown"

    await paced(scene)


async def test_an_opening_and_then_silence_falls_back(local: Upstream, cloud: Upstream) -> None:
    async def scene(pace: float) -> None:
        local.then((HEAD, chunk(OPENING), Sleep(120)))
        cloud.then(words("b"))
        async with between(local, cloud, edits("silent", pace)) as gate:
            reply = await gate.post(ask(stream=True))
            assert reply.headers["x-tidegate-target"] == "gpt"
            assert reply.events[-1] == b"[DONE]"

    await paced(scene)


WHOLE: dict[str, Script] = {
    "without [DONE]": stream(OPENING, HELLO, FINISH),
    "with the last event unterminated": stream(OPENING, HELLO, FINISH, b"data: [DONE]"),
    "with [DONE] and the connection left open": (HEAD, chunk(OPENING + HELLO + FINISH), chunk(DONE), Sleep(120)),
    "with [DONE] and then a reset": (HEAD, chunk(OPENING + HELLO + FINISH), chunk(DONE), Reset()),
    "all at once": (HEAD + chunk(OPENING + HELLO + FINISH + DONE) + END,),
    "with bytes after [DONE]": stream(OPENING, HELLO, FINISH, DONE + HELLO),
    "of no content at all": stream(OPENING, FINISH, DONE),
}


@pytest.mark.parametrize("how", WHOLE)
async def test_a_finished_stream_is_completed(local: Upstream, cloud: Upstream, how: str) -> None:
    local.then(WHOLE[how])
    async with between(local, cloud) as gate:
        start = time.monotonic()
        reply = await gate.post(ask(stream=True))
        assert (reply.status, reply.is_whole) == (200, True)
        assert reply.events[-1] == b"[DONE]"
        assert reply.body.endswith(b"\n\n")
        assert reply.body.count(b"[DONE]") == 1
        assert b"error" not in reply.body
        assert time.monotonic() - start < 15, "nobody waits for what comes after [DONE]"
        assert (await gate.until_observed()).result == "served"


async def test_a_finished_stream_gives_its_connection_back(local: Upstream, cloud: Upstream) -> None:
    local.then(words("a"))
    async with between(local, cloud) as gate:
        for _ in range(4):
            assert (await gate.post(ask(stream=True))).status == 200
        assert local.accepted == 1


LEAVING: dict[str, tuple[Script, bool, Path]] = {
    "before the headers": ((Sleep(120),), False, "local"),
    "before the headers of a stream": ((Sleep(120),), True, "local"),
    "before the first byte": ((HEAD, Sleep(120)), True, "local"),
    "before content": ((HEAD, chunk(OPENING), Sleep(120)), True, "local"),
    "in the middle of a stream": ((HEAD, chunk(OPENING), chunk(HELLO), Sleep(120)), True, "local"),
    "in the middle of an answer": (
        (b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{", Sleep(120)),
        False,
        "local",
    ),
}


@pytest.mark.parametrize("when", LEAVING)
async def test_a_caller_who_leaves_stops_the_upstream_at_once(local: Upstream, cloud: Upstream, when: str) -> None:
    script, is_stream, path = LEAVING[when]
    local.then(script)
    async with between(local, cloud) as gate:
        async with caller(gate.port) as one:
            one.post(ask(stream=is_stream))
            if "middle of a stream" in when:
                await one.reader.readuntil(b"Hello")
            await local.until(requests=1)
            await one.leave()
            await local.until(closed=True)  # which would go on for long
        exchange = await gate.until_observed()
        assert (exchange.result, exchange.path, exchange.target) == ("abandoned", path, "qwen")
        assert [attempt.ending for attempt in exchange.attempts] == ["Abandoned"]
        assert total(await gate.metrics(), "tidegate_client_disconnects_total") == 1
        assert total(await gate.metrics(), "tidegate_requests_in_flight") == 0
        assert cloud.accepted == 0


async def test_a_caller_who_leaves_during_a_pause_between_attempts_is_recorded(local: Upstream, cloud: Upstream) -> None:
    async def scene() -> None:
        local.then(answer(503, b"{}", {"retry-after": "1"}))
        async with between(local, cloud, {"destinations.qwen.retries": 2}) as gate:
            with quick(0.95):
                async with caller(gate.port) as one:
                    one.post(ask(model="qwen"))
                    await local.until(requests=1)
                    await one.leave()
                assert (await gate.until_observed()).result == "abandoned"
                assert len(local.bodies) == 1

    await undisturbed(scene)


async def test_a_caller_who_leaves_before_its_request_is_complete_is_recorded(local: Upstream, cloud: Upstream) -> None:
    async with between(local, cloud) as gate:
        async with caller(gate.port) as one:
            one.send(b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: 50\r\n\r\n{")
            await one.writer.drain()
            await one.leave()
        exchange = await gate.until_observed()
        assert (exchange.result, exchange.code) == ("abandoned", "caller_left")
        assert local.accepted == 0


async def test_a_caller_who_stays_is_not_taken_for_one_who_left(local: Upstream, cloud: Upstream) -> None:
    async with between(local, cloud) as gate, caller(gate.port) as one:
        for is_stream in (False, True, False, True):
            local.then(words("a") if is_stream else chat("a"))
            one.post(ask(stream=is_stream))
            assert (await one.reply()).is_whole
        await one.leave()
        assert [exchange.result for exchange in gate.exchanges] == ["served"] * 4


async def test_a_slow_reader_slows_the_upstream_down(local: Upstream, cloud: Upstream) -> None:
    big = delta("x" * 100_000)
    local.then(stream(*[big] * 300, FINISH, DONE))
    async with between(local, cloud) as gate, caller(gate.port) as one:
        one.post(ask(stream=True))
        await local.until(requests=1)
        one.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a socket's transport has it
        await asyncio.sleep(0.5)
        assert not gate.exchanges, "30 MB were taken in although nobody read them"
        one.writer.transport.resume_reading()  # type: ignore[attr-defined]  # likewise
        reply = await one.reply()
        assert reply.body.count(b"xxxx" * 25_000) == 300
        assert reply.events[-1] == b"[DONE]"
