"""The end of what a reload replaced: not before the last request that began with it has ended."""

import asyncio
import time
from typing import Protocol

from gateway import heap
from gateway.runtime import Runtime

RETIRE_S = 600.0
"""How long a replaced runtime may finish its requests: the default total clock."""


class Closes(Protocol):
    """What only the replaced runtime used."""

    async def close(self) -> None:
        """Let go of it."""


async def retire(runtime: Runtime, *gone: Closes) -> None:
    """Close a replaced runtime when its last request has ended, or its time is over."""
    until = time.monotonic() + RETIRE_S
    try:
        await asyncio.sleep(runtime.plan.limits.receive_s)  # requests whose bodies are still arriving began with this runtime too
        while time.monotonic() < until and runtime.fleet.in_flight:  # noqa: ASYNC110  # nothing wakes us
            await asyncio.sleep(1.0)
    finally:
        await runtime.close()
        for one in gone:
            await one.close()
        del runtime  # the plan's memory is free only now
        heap.give_back()
