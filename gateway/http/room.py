"""`Room`: how much callers may have this process hold at the same time, over all connections: connections, and bytes of request bodies.

What is beyond is refused at once with a 503, so that memory stays bounded whatever comes in.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gateway.errors import GaveUp, Refusal
from gateway.plan import Limits

AGAIN_S = 1
"""When a caller that found no room should try again, in seconds."""


class Room:
    """The room of one server. `limits` gives the bounds of what is served now; `is_draining` whether the process is about to end."""

    __slots__ = ("_limits", "held_bytes", "is_draining")

    def __init__(self, limits: Callable[[], Limits] = Limits, is_draining: Callable[[], bool] = bool) -> None:
        self._limits = limits
        self.is_draining = is_draining
        self.held_bytes = 0

    def is_full(self) -> bool:  # no property, which takes twice as long to ask
        """Whether requests hold more bytes than there is room for."""
        return self.held_bytes > self._limits().held_bytes

    @contextmanager
    def holding(self) -> Iterator[Callable[[int], None]]:
        """To be told of each piece of a body that is held until the end of the block. Telling raises `GaveUp` when there is no room."""
        held = 0

        def more(size: int) -> None:
            nonlocal held
            held += size
            self.held_bytes += size
            if self.is_full():
                raise no_room()

        try:
            yield more
        finally:
            self.held_bytes -= held

    def has_place(self, connections: int) -> bool:
        """Whether so many connections may be open."""
        return connections <= self._limits().connections


def no_room() -> Refusal:
    """The refusal of a request for which there is no room."""
    say = f"The gateway has as many requests as it can hold. Send the request again in {AGAIN_S} second, or to another gateway."
    return GaveUp(503, "no_room", say, headers={"retry-after": str(AGAIN_S), "connection": "close"})


def ending() -> Refusal:
    """What a caller is told whose answer outlasts the time of grace."""
    say = "The gateway is being stopped, and this is not the whole answer. Send the request again."
    return GaveUp(503, "shutting_down", say, headers={"retry-after": str(AGAIN_S), "connection": "close"})
