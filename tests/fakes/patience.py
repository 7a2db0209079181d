"""For tests in which a clock of the gateway runs: a machine that pauses for seconds, wherever it does, must not make them fail.

What can be waited for is waited for (`comes_to`, `until`, an event); these are for the rest.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import pytest

TRIES = 8
PACES = (1.0, 4.0, 16.0)


async def turns(count: int = 20) -> None:
    """So many turns of the event loop, each of which looks at the sockets: what was on its way between two ends in this loop has come.

    Seconds would not do: after a pause of the machine they are over before anything was read.
    """
    for _ in range(count):
        await asyncio.sleep(0.001)


class Late(Exception):
    """The machine paused for longer than a clock of the gateway's: what was seen says nothing."""


@contextmanager
def quick(within_s: float) -> Iterator[None]:
    """What fails in here although it took less than so many seconds has failed; if it took longer, it is `Late`."""
    start = time.monotonic()
    try:
        yield
    except (Exception, pytest.fail.Exception) as error:
        if time.monotonic() - start < within_s:
            raise
        raise Late from error


async def undisturbed(scene: Callable[[], Awaitable[None]]) -> None:
    """Play a scene, again when it was `Late`."""
    for left in reversed(range(TRIES)):
        try:
            await scene()
        except Late:
            if not left:
                raise
        else:
            return


async def paced(scene: Callable[[float], Awaitable[None]]) -> None:
    """Play a scene whose clocks, times its argument, are long enough for a machine that does not pause; else once more with longer ones.

    What is wrong is so at every pace, and fails. That something never happens is not said in the scene but after it, of all that was
    played (`Upstream.accepted` and `received` forget nothing): no other try makes up for a leak.
    """
    for pace in PACES:
        try:
            await scene(pace)
        except (Exception, pytest.fail.Exception):
            if pace == PACES[-1]:
                raise
        else:
            return
