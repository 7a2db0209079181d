"""Processes that are left behind: whose children they become, and how their end is heard. What workers share stands in the journeys."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gateway import forked
from gateway.forked import Forked, Told, adopting

LEAVES = """
import os, sys, time
from gateway.forked import fork_apart
pids = []
for code in (3, 4):
    pid = fork_apart()
    if not pid:
        time.sleep(0.3 if code == 3 else 600)
        os._exit(code)
    pids.append(pid)
print(*pids, flush=True)
"""
NO_ROOM = """
import os
from gateway.forked import fork_apart
before, fork = os.listdir("/proc/self/fd"), os.fork
forks = []
def once():
    if forks:
        raise BlockingIOError("no room")
    forks.append(1)
    return fork()
os.fork = once
try:
    print(fork_apart())
except OSError as error:
    print(error, os.listdir("/proc/self/fd") == before)
"""


async def test_what_a_child_leaves_behind_is_ours_and_its_end_is_heard(tmp_path: Path) -> None:
    said = tmp_path / "said"  # no pipe: those that are left behind would hold it open
    with adopting() as told:
        if told is None:
            pytest.skip("this system has no subreapers")
        with said.open("w") as file:
            await asyncio.to_thread(subprocess.run, [sys.executable, "-c", LEAVES], stdout=file, check=True, timeout=60)
    first, second = (Forked(int(pid)) for pid in said.read_text().split())
    assert (first.returncode, second.returncode) == (None, None)
    assert await first.wait() == 3
    assert first.returncode == 3
    os.kill(second.pid, signal.SIGKILL)
    assert await second.wait() == -signal.SIGKILL
    assert await second.wait() == -signal.SIGKILL


def test_ids_are_told_through_a_pipe() -> None:
    told = Told()
    assert told.pids() == []
    os.write(told.writing, b"12\n345\n")
    assert told.pids() == [12, 345]
    told.close()
    with pytest.raises(OSError):
        os.fstat(told.writing)


def test_where_there_are_no_subreapers_nothing_is_adopted(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_library(_name: object) -> object:
        raise OSError("no C library")

    monkeypatch.setattr(forked.ctypes, "CDLL", no_library)  # type: ignore[attr-defined]  # the module's own
    with adopting() as told:
        assert told is None


def test_without_room_for_another_process_nothing_is_left_behind() -> None:
    done = subprocess.run([sys.executable, "-c", NO_ROOM], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "there is no room for another process True\n"
