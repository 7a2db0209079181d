import pytest

from router.budget import MOST, REFILL_S, RESERVE, SHARE, Budget


def spent(budget: Budget, now: float = 0.0) -> int:
    """How many retries it allows at once."""
    count = 0
    while budget.allows(now):
        budget.take(now)
        count += 1
    return count


def test_it_begins_with_a_small_reserve() -> None:
    assert spent(Budget()) == RESERVE


def test_five_requests_pay_for_one_retry() -> None:
    budget = Budget(left=0.0)
    for _ in range(4):
        budget.pay()
    assert not budget.allows(0.0)
    budget.pay()
    assert spent(budget) == 1


def test_without_a_reserve_nothing_comes_back_by_itself() -> None:
    budget = Budget(1.0, share=0.05, reserve=0.0)
    assert spent(budget) == 1
    assert spent(budget, 10_000.0) == 0
    for _ in range(20):
        budget.pay()
    assert spent(budget, 10_000.0) == 1


def test_a_quiet_time_saves_a_few_retries_and_no_more() -> None:
    budget = Budget()
    for _ in range(10_000):
        budget.pay()
    assert spent(budget) == pytest.approx(MOST, abs=1)


def test_under_load_retries_are_a_fifth_of_the_requests() -> None:
    budget, retries, requests = Budget(), 0, 5_000
    for number in range(requests):  # 50 a second, each of which fails and would be retried
        now = number / 50
        budget.pay()
        if budget.allows(now):
            budget.take(now)
            retries += 1
    assert retries / requests <= SHARE + 0.01


@pytest.mark.parametrize(
    ("after_s", "retries"),
    [
        pytest.param(REFILL_S * 0.9, 0, id="not yet"),
        pytest.param(REFILL_S, 1, id="one comes back"),
        pytest.param(REFILL_S * 2.5, 2, id="two"),
        pytest.param(REFILL_S * 1000, RESERVE, id="the reserve, and no more"),
    ],
)
def test_the_reserve_comes_back_with_time(after_s: float, retries: int) -> None:
    budget = Budget()
    spent(budget, 5.0)
    assert spent(budget, 5.0 + after_s) == retries


def test_two_who_were_allowed_the_last_one_do_not_leave_a_debt() -> None:
    budget = Budget(left=1.0)
    budget.take(0.0)
    budget.take(0.0)
    assert budget.left == 0.0
    assert budget.worth(0.0) == 0.0
