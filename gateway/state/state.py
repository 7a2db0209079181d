"""The seam to what replicas of the gateway share. A request never waits for it."""

from typing import Protocol

from router.fleet import Fleet


class State(Protocol):
    """What is shared. While it cannot be, each gateway goes by what it sees itself."""

    @property
    def is_degraded(self) -> bool:
        """Whether it should be shared and cannot."""

    def start(self, fleet: Fleet) -> None:
        """Begin to share what is known of this fleet. Needs a running loop; a later call puts another fleet in its place."""

    async def close(self) -> None:
        """Stop sharing."""
