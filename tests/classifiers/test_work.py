import pytest

from classifiers.kinds import OverBudget
from classifiers.work import MOST_KEPT, Work


def test_what_is_left_can_be_spent_and_no_more() -> None:
    work = Work(5)
    work.spend(2)
    work.spend(3)
    for _ in range(2):
        with pytest.raises(OverBudget, match="too many candidates"):
            work.spend(1)


def test_what_is_covered_is_spent_at_once_and_nothing_else() -> None:
    work = Work(MOST_KEPT + 5)
    assert work.covers(5)
    assert not work.covers(1)
    work.spend(MOST_KEPT)
    with pytest.raises(OverBudget):
        work.spend(1)
