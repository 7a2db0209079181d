"""What is made beside the loop: once, for all who ask."""

import asyncio
import threading

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from gateway.http.later import Later


async def answers(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def status(app: Later) -> int:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway", trust_env=False) as client:
        return (await client.get("/")).status_code


async def test_it_is_made_once_beside_the_loop_and_who_asks_before_waits() -> None:
    made: list[str] = []
    goes_on = threading.Event()

    def make() -> object:
        made.append(threading.current_thread().name)
        goes_on.wait(10)
        return answers

    app = Later(make)  # type: ignore[arg-type]
    asking = [asyncio.ensure_future(status(app)) for _ in range(3)]
    await asyncio.sleep(0.02)
    assert not any(one.done() for one in asking)
    asking[0].cancel()  # who leaves takes nothing from the others
    goes_on.set()
    assert await asyncio.gather(*asking[1:]) == [204, 204]
    assert await status(app) == 204
    assert len(made) == 1
    assert made[0] != threading.main_thread().name


async def test_what_cannot_be_made_is_an_error_for_whoever_asks() -> None:
    def make() -> object:
        raise ImportError("no such library")

    app = Later(make)  # type: ignore[arg-type]
    for _ in range(2):
        with pytest.raises(ImportError):
            await status(app)
