import pytest

from classifiers.kinds import OverBudget
from classifiers.work import Work


def test_what_is_left_can_be_spent_and_no_more() -> None:
    work = Work(5)
    work.spend(2)
    work.spend(3)
    for _ in range(2):
        with pytest.raises(OverBudget, match="too many candidates"):
            work.spend(1)
