"""Nothing is shared: one gateway, or several that each go by what they see themselves. The default."""

from router.fleet import Fleet


class Memory:
    """A `State` that keeps to itself."""

    is_degraded = False

    def start(self, fleet: Fleet) -> None:
        """There is nothing to begin."""

    async def close(self) -> None:
        """There is nothing to stop."""
