import asyncio
import time

import pytest

from gateway.waiting import AT_ONCE, MOST_WAITING, Waiting


async def test_a_wait_ends_after_its_time() -> None:
    waiting, start = Waiting(), time.monotonic()
    await waiting.wait(0.02)
    assert time.monotonic() - start >= 0.019
    assert (len(waiting), waiting.begun) == (0, 1)


async def test_those_who_wait_longest_are_woken_first_and_not_all_at_once() -> None:
    waiting = Waiting()
    tasks = [asyncio.create_task(waiting.wait(60)) for _ in range(AT_ONCE + 3)]
    await asyncio.sleep(0)
    waiting.wake()
    await asyncio.sleep(0.01)
    assert [task.done() for task in tasks] == [True] * AT_ONCE + [False] * 3
    waiting.wake()
    await asyncio.gather(*tasks)
    assert list(waiting.samples()) == [("requests_waiting", (), 0.0), ("waits_total", (), float(AT_ONCE + 3))]


async def test_to_be_woken_twice_is_to_be_woken() -> None:
    waiting = Waiting()
    task = asyncio.create_task(waiting.wait(0.001))
    await asyncio.sleep(0)
    waiting.wake()
    waiting.wake()
    await task
    await asyncio.sleep(0.005)
    assert not waiting


async def test_who_leaves_is_forgotten() -> None:
    waiting = Waiting()
    task = asyncio.create_task(waiting.wait(60))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not waiting


async def test_it_is_full_at_some_time() -> None:
    waiting = Waiting()
    tasks = [asyncio.create_task(waiting.wait(60)) for _ in range(MOST_WAITING)]
    await asyncio.sleep(0)
    assert waiting.is_full
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert not waiting.is_full
