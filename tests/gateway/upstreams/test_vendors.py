"""Starting, keeping and ending the process; what it does is `test_apart`'s."""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from gateway.backstop import Backstop
from gateway.upstreams.vendors import Part, Vendors


async def test_it_is_started_once_and_ends_with_us() -> None:
    vendors = Vendors()
    assert (vendors.is_running, vendors.pid) == (False, 0)
    vendors.start()
    pid = vendors.pid
    vendors.start()
    assert (vendors.is_running, vendors.pid) == (True, pid)
    _, writer = await vendors.open()  # it is on its way: who comes waits
    writer.close()
    await vendors.close()
    assert not vendors.is_running
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_one_that_dies_is_not_started_again_at_once() -> None:
    vendors = Vendors()
    vendors.start()
    os.kill(pid := vendors.pid, signal.SIGKILL)
    while vendors.is_running:  # noqa: ASYNC110  # a process tells nobody
        await asyncio.sleep(0.01)
    vendors.start()
    assert vendors.pid == pid
    await vendors.close()


async def test_who_watches_the_process_is_told_what_will_be_started_and_where_it_listens() -> None:
    backstop = Backstop(install=lambda _: None)
    backstop.hold("enforce")
    commands: list[list[str]] = []

    def may_start(command: Sequence[str]) -> None:
        commands.append(list(command))
        backstop.may_start(command)

    vendors = Vendors(may_start, backstop.may_connect)
    vendors.backstop = "warn"
    vendors.start()
    (command,) = commands
    assert command[:3] == [sys.executable, "-m", "gateway.upstreams.vendors_process"]
    assert msgspec.json.decode(command[3], type=Part).backstop == "warn"
    backstop.process(command)
    with pytest.raises(PermissionError):
        backstop.process([*command, "more"])
    backstop.connect(vendors._path)
    with pytest.raises(PermissionError):
        backstop.connect(vendors._path + "x")
    await vendors.close()


async def test_it_does_not_outlive_who_started_it() -> None:
    starts = (
        "import time; from gateway.upstreams.vendors import Vendors; v = Vendors(); v.start(); print(v.pid, flush=True); time.sleep(300)"
    )
    owner = await asyncio.create_subprocess_exec(sys.executable, "-c", starts, stdout=asyncio.subprocess.PIPE)
    assert owner.stdout is not None
    pid = int(await owner.stdout.readline())
    owner.kill()
    await owner.wait()
    async with asyncio.timeout(120):
        while is_running(pid):  # noqa: ASYNC110  # a stranger's process tells nobody
            await asyncio.sleep(0.1)


def is_running(pid: int) -> bool:
    """Whether there is such a process, and nobody but its parent has to hear of its end."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
