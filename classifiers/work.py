"""`Work`: the bound on what one prompt may cost. The event loop waits for it, and so does everybody else."""

from classifiers.kinds import OverBudget

MAX_WORK = 100_000
"""What one prompt may cost, all its texts together, in microseconds. One that asks for more is not read to its end: a doubt."""


class Work:
    """What a prompt may still cost, in microseconds; one for all its texts."""

    __slots__ = ("_left",)

    def __init__(self, left: float = MAX_WORK) -> None:
        self._left = left

    def spend(self, cost: float) -> None:
        """Raises `OverBudget` when there is not enough left, and from then on."""
        self._left -= cost
        if self._left < 0:
            raise OverBudget("the prompt holds too many candidates, or too much text")
