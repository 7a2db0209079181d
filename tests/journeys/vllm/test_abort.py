"""A caller who leaves: the engine stops computing within a second, whether the answer was a stream or not."""

import asyncio
import contextlib
from typing import Any

import pytest
from openai import AsyncOpenAI, AsyncStream

from tests.journeys.vllm.conftest import Gateway
from tests.journeys.vllm.engine import Engine, metric, until

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(120, func_only=True), pytest.mark.xdist_group("vllm")]

LONG_TOKENS = 3500  # half a minute on one core


@pytest.mark.parametrize(
    "is_stream", [pytest.param(True, id="in the middle of a stream"), pytest.param(False, id="while waiting for a whole answer")]
)
def test_the_engine_stops_within_a_second(gateway: Gateway, vllm_server: Engine, is_stream: bool) -> None:
    gone_before = metric(gateway.metrics, "tidegate_client_disconnects_total")
    asyncio.run(leave(gateway, vllm_server, is_stream=is_stream))
    until(lambda: vllm_server.busy() == 0, within_s=1)
    until(lambda: metric(gateway.metrics, "tidegate_client_disconnects_total") == gone_before + 1, within_s=1)


async def leave(gateway: Gateway, engine: Engine, *, is_stream: bool) -> None:
    """Ask for a long answer, see that the engine works on it, and go."""
    async with AsyncOpenAI(base_url=gateway.url, api_key="unused", max_retries=0) as client:
        asking = asyncio.create_task(ask(client, is_stream=is_stream))
        await asyncio.to_thread(until, lambda: engine.metric("vllm:num_requests_running") == 1, 5)
        await asyncio.sleep(0.3)
        assert not asking.done()
        await go(asking)


async def go(asking: asyncio.Task[None]) -> None:
    asking.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asking


async def ask(client: AsyncOpenAI, *, is_stream: bool) -> None:
    asked: Any = {"model": "tiny", "messages": [{"role": "user", "content": "tell me everything"}], "max_tokens": LONG_TOKENS}
    answer = await client.chat.completions.create(**asked, stream=is_stream, extra_body={"ignore_eos": True})
    if isinstance(answer, AsyncStream):
        async for _ in answer:
            pass


async def test_leaving_one_stream_leaves_the_other_request_alone(gateway: Gateway, vllm_server: Engine) -> None:
    hello: Any = {"model": "tiny", "messages": [{"role": "user", "content": "stay"}], "max_tokens": 150}
    async with AsyncOpenAI(base_url=gateway.url, api_key="unused", max_retries=0) as client:
        staying = asyncio.create_task(client.chat.completions.create(**hello, extra_body={"ignore_eos": True}))
        going = asyncio.create_task(ask(client, is_stream=True))
        await asyncio.to_thread(until, lambda: vllm_server.metric("vllm:num_requests_running") == 2, 5)
        await go(going)
        answer = await staying
    assert answer.usage.completion_tokens == 150
    until(lambda: vllm_server.busy() == 0, within_s=1)
