import asyncio
import time

from gateway.lag import measure


async def test_a_loop_that_was_held_up_is_late() -> None:
    seen: list[float] = []
    task = asyncio.ensure_future(measure(seen.append, 0.01))
    await asyncio.sleep(0.05)
    time.sleep(0.3)  # noqa: ASYNC251  # the very thing that is measured
    await asyncio.sleep(0.05)
    task.cancel()
    assert seen[0] < max(seen)
    assert 0.25 < max(seen) < 5.0
    assert min(seen) >= 0.0
