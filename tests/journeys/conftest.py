"""Journeys run on the event loop that the gateway runs on."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

import pytest
import pytest_asyncio
import uvloop

from tests.fakes.upstream import Upstream, upstream


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"uvloop": uvloop.new_event_loop}


@pytest_asyncio.fixture
async def local() -> AsyncIterator[Upstream]:
    async with upstream() as server:
        yield server


@pytest_asyncio.fixture
async def cloud() -> AsyncIterator[Upstream]:
    async with upstream() as server:
        yield server
