"""Workers that are forked from the first one, which has loaded and compiled what they need: they share its memory, and are there at once.

It forks before it has a loop or a thread. They become children of the process that started the first one, which the system calls their
subreaper; where that is not to be had every worker is started on its own.
"""

import asyncio
import contextlib
import ctypes
import os
import threading
from collections.abc import Iterator

_SET_CHILD_SUBREAPER = 36


class Told:
    """A pipe in which the first worker says the process ids of the others."""

    def __init__(self) -> None:
        self._reading, self.writing = os.pipe()

    def pids(self) -> list[int]:
        """Those that were said, in the order of the parts."""
        os.set_blocking(self._reading, False)
        try:
            return [int(one) for one in os.read(self._reading, 1 << 16).split()]
        except BlockingIOError:
            return []

    def close(self) -> None:
        """Close both ends."""
        os.close(self._reading)
        os.close(self.writing)


@contextlib.contextmanager
def adopting() -> Iterator[Told | None]:
    """Meanwhile processes that our children leave behind become our children. None where the system has no such thing."""
    if not _adopts(is_on=True):
        yield None
        return
    told = Told()
    try:
        yield told
    finally:
        _adopts(is_on=False)  # what a worker leaves behind later is none of ours
        told.close()


def _adopts(*, is_on: bool) -> bool:
    try:
        return bool(ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, int(is_on), 0, 0, 0) == 0)
    except (AttributeError, OSError, TypeError):
        return False


def fork_apart() -> int:
    """Fork a process that is no child of ours. In it 0, here its id. Raises `OSError`."""
    reading, writing = os.pipe()
    between = os.fork()
    if not between:
        try:
            own = os.fork()
            if own:
                os.write(writing, b"%d" % own)
        except OSError:
            own = -1
        if own:
            os._exit(0)
    os.close(writing)
    try:
        if not between:
            return 0
        os.waitpid(between, 0)
        pid = os.read(reading, 20)
    finally:
        os.close(reading)
    if not pid:
        raise OSError("there is no room for another process")
    return int(pid)


class Forked:
    """A child of ours that asyncio did not start, as asyncio shows those that it did."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[int] = self._loop.create_future()
        threading.Thread(target=self._watch, name=f"worker-{pid}", daemon=True).start()

    async def wait(self) -> int:
        """Its exit code, once it has ended; a signal's is negative."""
        return await asyncio.shield(self._ended)

    def _watch(self) -> None:
        code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        self.returncode = code
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
            self._loop.call_soon_threadsafe(self._ended.set_result, code)
