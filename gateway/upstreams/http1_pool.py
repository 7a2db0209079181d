"""The connections of one client. It opens none, and it never waits: taking, keeping and closing are plain calls."""

import asyncio
from collections import deque

from gateway.upstreams.http1_wire import Connection


class Sockets:
    """The connections of one client: those that serve a request, and the idle ones, of which the last one in is the first one out."""

    def __init__(self, max_idle: int, idle_s: float) -> None:
        """Begin empty. An idle connection is closed after `idle_s` seconds, or when `max_idle` others are idle already."""
        self.max_idle = max_idle
        self._idle_s = idle_s
        self.idle: deque[Connection] = deque()
        self.busy: set[Connection] = set()
        self._sweeper: asyncio.TimerHandle | None = None

    def take(self, now: float) -> Connection | None:
        """Return the idle connection that was used last, if it still lives."""
        while self.idle:
            connection = self.idle.pop()
            if now - connection.idle_since < self._idle_s and not connection.transport.is_closing():
                self.busy.add(connection)
                return connection
            connection.abort()
        return None

    def keep(self, connection: Connection) -> None:
        """Take back a connection that can serve again."""
        self.busy.discard(connection)
        if len(self.idle) >= self.max_idle:
            connection.abort()
            return
        connection.idle_since = connection.loop.time()
        self.idle.append(connection)
        if self._sweeper is None:
            self._sweeper = connection.loop.call_later(self._idle_s, self._sweep)

    def forget(self, connection: Connection) -> None:
        """Free the slot of a connection that is closing. Idempotent."""
        self.busy.discard(connection)
        if not connection.is_busy and connection in self.idle:
            self.idle.remove(connection)

    def _sweep(self) -> None:
        """Close what has been idle for too long, and come again when the next one will have been."""
        loop = asyncio.get_running_loop()
        self._sweeper = None
        while self.idle and loop.time() - self.idle[0].idle_since >= self._idle_s:
            self.idle[0].abort()
        if self.idle:
            self._sweeper = loop.call_at(self.idle[0].idle_since + self._idle_s, self._sweep)

    def close(self) -> None:
        """Close what is idle, and keep nothing from now on."""
        self.max_idle = 0
        if self._sweeper is not None:
            self._sweeper.cancel()
        for connection in tuple(self.idle):
            connection.abort()
