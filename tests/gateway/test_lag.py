import asyncio
import time

from gateway.lag import measure
from tests.fakes.sockets import comes_to


async def test_a_loop_that_was_held_up_is_late() -> None:
    seen: list[float] = []
    task = asyncio.ensure_future(measure(seen.append, 0.01))
    await comes_to(lambda: any(one < 0.1 for one in seen), expected=True)  # sooner or later the machine is quiet
    before = len(seen)
    time.sleep(0.3)  # noqa: ASYNC251  # the very thing that is measured
    await comes_to(lambda: len(seen) > before, expected=True)
    task.cancel()
    assert seen[before] > 0.25
    assert min(seen) >= 0.0
