"""A PostgreSQL of one's own, from Debian's binaries: on a socket in a folder, or on a port of loopback."""

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_FOUND = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
_ON_PATH = shutil.which("initdb")
BINARIES = _FOUND[-1].parent if _FOUND else Path(_ON_PATH).parent if _ON_PATH else None
PORTS = range(20_000, 32_000)
"""Below those that systems give to connections, so that a server that was stopped finds its port again."""
MISSING = "no PostgreSQL here: apt-get install postgresql"


@dataclass
class Database:
    """A running server. `url` is its socket, `tcp` its port."""

    folder: Path
    port: int
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"postgresql://tidegate@/postgres?host={self.folder}&port={self.port}"

    @property
    def tcp(self) -> str:
        return f"postgresql://tidegate@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        assert BINARIES is not None
        options = ["-c", f"unix_socket_directories={self.folder}", "-c", "listen_addresses=127.0.0.1", "-c", f"port={self.port}"]
        quick = ["-c", "fsync=off", "-c", "shared_buffers=8MB", "-c", "max_connections=20", "-c", "autovacuum=off"]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [BINARIES / "postgres", "-D", self.folder / "data", *options, *quick], stdout=log, stderr=log, user=_user(), cwd="/"
            )
        until = time.monotonic() + 30
        ready: list[str | Path] = [BINARIES / "pg_isready", "-q", "-h", self.folder, "-p", str(self.port)]
        while subprocess.run(ready, check=False).returncode:
            assert self.process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < until
            time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """End it at once: its connections break."""
        process, self.process = self.process, None
        if process is not None:
            process.send_signal(signal.SIGCONT)
            process.send_signal(how)
            process.wait(30)

    def pause(self) -> None:
        """It does not answer: nor do the processes of its connections."""
        assert self.process is not None
        for pid in (self.process.pid, *_children(self.process.pid)):
            os.kill(pid, signal.SIGSTOP)

    def go_on(self) -> None:
        assert self.process is not None
        for pid in (self.process.pid, *_children(self.process.pid)):
            os.kill(pid, signal.SIGCONT)


@contextlib.contextmanager
def postgres() -> Iterator[Database]:
    """A new server, which has nothing in it. Under root it runs as the user postgres, which must reach its folder."""
    assert BINARIES is not None
    folder = Path(tempfile.mkdtemp(prefix="tgpg"))  # its socket's name must be short, and the folder open to another user
    try:
        folder.chmod(0o755)
        if (user := _user()) is not None:
            os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
        make: list[str | Path] = [
            BINARIES / "initdb",
            "-D",
            folder / "data",
            "-U",
            "tidegate",
            "-A",
            "trust",
            "--no-sync",
            "-E",
            "UTF8",
            "--locale=C",
        ]
        subprocess.run(make, check=True, stdout=subprocess.DEVNULL, user=user, cwd="/")
        database = Database(folder, secrets.choice(PORTS))
        database.start()
        try:
            yield database
        finally:
            database.stop()
    finally:
        shutil.rmtree(folder)


def _user() -> str | None:
    return "postgres" if os.geteuid() == 0 else None


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
