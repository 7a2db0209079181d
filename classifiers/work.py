"""`Work`: the bound on what one prompt may cost. The event loop waits for it, and so does everybody else."""

from classifiers.kinds import OverBudget

MAX_WORK = 100_000
"""What one prompt may cost, all its texts together, in microseconds. One that asks for more is not read to its end: a doubt."""

MOST_KEPT = MAX_WORK / 4
"""What is kept back, at most, for texts that come later."""


class Work:
    """What a prompt may still cost, in microseconds; one for all its texts."""

    __slots__ = ("_kept", "_left")

    def __init__(self, left: float = MAX_WORK) -> None:
        self._left = left
        self._kept = 0.0

    def keep(self, cost: float) -> None:
        """Keep so much back, so that a text that asks for too much does not leave those behind it unread."""
        self._kept = min(cost, MOST_KEPT, self._left)

    def covers(self, cost: float) -> bool:
        """Spend it, if so much is left that nothing of it could be refused, whatever is kept back; else spend nothing."""
        if self._left - cost < MOST_KEPT:
            return False
        self._left -= cost
        return True

    def spend(self, cost: float) -> None:
        """Raises `OverBudget` when there is not enough left, and from then on until less is kept back."""
        if self._left - cost < self._kept:
            self._left = self._kept
            raise OverBudget("the prompt holds too many candidates, or too much text")
        self._left -= cost
