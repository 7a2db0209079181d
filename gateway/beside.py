"""`Beside`: what takes long to compute, in one thread beside the event loop: streams of others go on meanwhile.

One thing at a time, in the order in which it came: two threads of Python take as long together as one after the other, and would keep the
loop from its turn twice as often. For pure functions only, such as decoding and classifying.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

LARGE = 131_072
"""Bytes of a body from which on it is read beside the loop: some 5 ms of work, which is as long as a thread keeps the loop waiting for its
turn (`sys.getswitchinterval`)."""

T = TypeVar("T")


class Beside:
    """The thread, which begins with the first thing to do. `close` ends it."""

    __slots__ = ("_pool",)

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="beside")

    async def run(self, work: Callable[[], T]) -> T:
        """What the work gives, or raises. It is done to its end even when nobody waits for it any more, unless it has not begun."""
        try:
            waiting = asyncio.get_running_loop().run_in_executor(self._pool, work)
        except RuntimeError:  # closed by a reload while the request was on its way
            return work()
        return await waiting

    def close(self) -> None:
        """What was given is done, nothing else is taken."""
        self._pool.shutdown(wait=False)
