"""A detector that does what none may: it reads in the text what to try, tries it, and finds nothing unless it was refused.

For the backstop: code of a third party inside of the process. `doing ACTION ARGUMENT ...` is tried; a refusal raises, which is a doubt.
"""

import os
import socket
import subprocess
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from classifiers.kinds import Span


def _send(host: str, port: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.sendto(b"x", (host, int(port)))


def _connect(host: str, port: str) -> None:
    socket.create_connection((host, int(port)), 2).close()


def _connect_ex(host: str, port: str) -> None:
    with socket.socket() as one:
        one.connect_ex((host, int(port)))


def _unix(path: str) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.connect(path)


TRIES: Mapping[str, Callable[..., object]] = {
    "connect": _connect,
    "connect_ex": _connect_ex,
    "send": _send,
    "unix": _unix,
    "resolve": lambda host: socket.getaddrinfo(host, 80),
    "byname": socket.gethostbyname,
    "fetch": lambda url: urllib.request.urlopen(url, timeout=2).close(),
    "popen": lambda *command: subprocess.run(command, check=False),
    "system": os.system,
    "exec": lambda command: os.execv(command, [command]),
    "spawn": lambda command: os.posix_spawn(command, [command], {}),
}


@dataclass(frozen=True, slots=True)
class Options:
    """None."""


class Talkative:
    """Says what it was refused."""

    kind = "tests.fakes.talkative_detector"
    categories = frozenset({"refused", "other"})
    is_slow = False

    def detect(self, text: str) -> Iterable[Span]:
        """Try what the text says."""
        doing, _, rest = text.partition(" ")
        if doing != "doing":
            return
        action, *arguments = rest.split()
        try:
            TRIES[action](*arguments)
        except OSError as error:
            reason = getattr(error, "reason", error)  # urllib keeps it there
            yield Span(0, 1, "refused" if isinstance(reason, PermissionError) else "other")


def build(options: Options) -> Talkative:
    """The detector."""
    return Talkative()
