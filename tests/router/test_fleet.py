from dataclasses import replace

import pytest

from router.attempt import Attempt, Broken, Failed, Outcome, Refused, Served
from router.breaker import FIRST_OPEN_S, FIRST_ROOM, TRIP
from router.decision import Target
from router.failures import FAILURES
from router.fleet import Fleet
from router.names import TargetName
from tests.router.examples import GPT, QWEN

PAIR = replace(QWEN, replicas=2)
FAULT = Failed(FAILURES["SERVER_FAULT"])
TOO_MUCH = Failed(FAILURES["OVERLOADED"], 429, retry_after_s=20.0)
BUG = Failed(FAILURES["OUR_BUG"])
CUT = Broken(FAILURES["CUT"])
BAD = Refused(FAILURES["BAD_REQUEST"], 400)
OPEN_S = FIRST_OPEN_S  # with dice at 1


def play(fleet: Fleet, *outcomes: Outcome, at: float = 0.0, target: Target = QWEN, replica: int = 0) -> None:
    for outcome in outcomes:
        attempt = Attempt(1, target, replica)
        fleet.begin(attempt, at)
        fleet.note(attempt, outcome, at, 1.0)


def tripped() -> Fleet:
    fleet = Fleet([QWEN])
    play(fleet, *[FAULT] * TRIP)
    return fleet


def state(fleet: Fleet, now: float) -> str:
    return next(iter(fleet.states(now)))[2]


def test_pick_takes_the_replica_with_the_fewest_requests() -> None:
    fleet = Fleet([PAIR])
    assert fleet.pick(PAIR, 0.0) == 0
    fleet.begin(Attempt(1, PAIR, 0), 0.0)
    assert fleet.pick(PAIR, 0.0) == 1
    fleet.begin(Attempt(1, PAIR, 1), 0.0)
    fleet.begin(Attempt(1, PAIR, 1), 0.0)
    assert fleet.pick(PAIR, 0.0) == 0


def test_pick_takes_another_replica_than_the_one_that_failed_if_there_is_one() -> None:
    fleet = Fleet([PAIR])
    fleet.begin(Attempt(1, PAIR, 1), 0.0)
    assert fleet.pick(PAIR, 0.0, but=[0]) == 1
    assert fleet.pick(PAIR, 0.0, but=[0, 1]) == 0


def test_an_open_replica_is_not_picked() -> None:
    fleet = Fleet([PAIR])
    play(fleet, *[FAULT] * TRIP, target=PAIR, replica=0)
    assert fleet.pick(PAIR, 0.0) == 1
    assert fleet.retry_after_s([PAIR], 0.0) is None


def test_the_first_bytes_of_an_answer_are_enough_to_close_the_breaker() -> None:
    fleet = tripped()
    probe = Attempt(1, QWEN)
    fleet.begin(probe, OPEN_S)
    assert fleet.pick(QWEN, OPEN_S) is None
    assert fleet.answered(probe, OPEN_S)
    assert not fleet.answered(probe, OPEN_S), "once"
    assert fleet.pick(QWEN, OPEN_S) == 0


def test_retry_after_is_that_of_the_first_target_to_come_back() -> None:
    fleet = Fleet([QWEN, GPT])
    play(fleet, *[FAULT] * TRIP)
    play(fleet, TOO_MUCH, target=GPT)
    assert fleet.retry_after_s([QWEN, GPT], 0.0) == OPEN_S
    assert fleet.retry_after_s([GPT], 0.0) == 20.0
    assert fleet.retry_after_s([], 0.0) is None


def test_states_lists_every_replica() -> None:
    fleet = Fleet([PAIR, GPT])
    fleet.begin(Attempt(1, PAIR, 1), 0.0)
    assert list(fleet.states(0.0)) == [("qwen", 0, "closed", 0), ("qwen", 1, "closed", 1), ("gpt", 0, "closed", 0)]


def test_what_another_gateway_found_is_believed_for_as_long_as_it_says() -> None:
    fleet = Fleet([PAIR])
    fleet.hold(PAIR.name, 0, 5.0)
    fleet.hold(PAIR.name, 0, 3.0)
    assert [fleet.pick(PAIR, now) for now in (0.0, 4.9, 5.0)] == [1, 1, 0]
    assert [state(fleet, now) for now in (4.9, 5.0)] == ["open", "closed"]


def test_what_another_gateway_found_is_not_told_on() -> None:
    fleet = Fleet([PAIR])
    fleet.hold(PAIR.name, 0, 5.0)
    assert list(fleet.openings(0.0)) == []
    play(fleet, TOO_MUCH, target=PAIR, replica=1)
    assert list(fleet.openings(4.0)) == [(PAIR.name, 1, 16.0)]
    assert list(fleet.openings(20.0)) == []


@pytest.mark.parametrize(("target", "replica"), [(GPT.name, 0), (QWEN.name, 1), (QWEN.name, -1)])
def test_a_replica_that_this_gateway_does_not_have_is_passed_over(target: TargetName, replica: int) -> None:
    fleet = Fleet([QWEN])
    fleet.hold(target, replica, 5.0)
    assert fleet.pick(QWEN, 0.0) == 0


@pytest.mark.parametrize(
    ("failures", "is_believed"),
    [pytest.param(0, False, id="it works here, as far as we see"), pytest.param(1, True, id="it has failed here too")],
)
def test_what_is_seen_here_counts_for_more(failures: int, is_believed: bool) -> None:
    fleet = Fleet([QWEN])
    play(fleet, *[FAULT] * failures)
    fleet.begin(Attempt(1, QWEN), 0.0)
    fleet.hold(QWEN.name, 0, 5.0)
    assert (fleet.pick(QWEN, 0.0) is None) is is_believed


def test_an_answer_ends_the_hold() -> None:
    fleet = Fleet([QWEN])
    attempt = Attempt(1, QWEN)
    fleet.hold(QWEN.name, 0, 5.0)
    fleet.begin(attempt, 0.0)
    fleet.note(attempt, Served(), 1.0, 0.0)
    assert fleet.pick(QWEN, 1.0) == 0


def test_retries_take_from_their_targets_budget_and_requests_pay_into_it() -> None:
    fleet = Fleet([QWEN, GPT])
    for _ in range(3):
        fleet.begin(Attempt(2, QWEN, is_repeated=True), 0.0)
    assert (fleet.may_repeat(QWEN, 0.0), fleet.may_repeat(GPT, 0.0)) == (False, True)
    assert dict(fleet.budgets(0.0)) == {QWEN.name: 0.0, GPT.name: 3.0}
    play(fleet, *[Served()] * 5)
    assert fleet.may_repeat(QWEN, 0.0)


def test_the_soonest_replica_is_the_first_to_come_back() -> None:
    fleet = Fleet([PAIR])
    play(fleet, replace(TOO_MUCH, retry_after_s=3.0), target=PAIR, replica=0)
    play(fleet, replace(TOO_MUCH, retry_after_s=2.0), target=PAIR, replica=1)
    assert fleet.soonest(PAIR, 0.5) == (1, (1.5, 0.0))
    assert fleet.soonest(PAIR, 2.0) == (1, (0.0, 0.0))


def test_a_claim_keeps_others_away_until_it_is_released() -> None:
    fleet, probe = tripped(), Attempt(1, QWEN)
    fleet.claim(probe, OPEN_S)
    assert fleet.pick(QWEN, OPEN_S) is None
    fleet.release(probe)
    assert fleet.pick(QWEN, OPEN_S) == 0


def test_checks_look_at_what_failed_and_open_what_is_back() -> None:
    fleet = Fleet([PAIR, GPT])
    assert fleet.ailing() == []
    play(fleet, *[FAULT] * TRIP, target=PAIR, replica=1)
    assert fleet.ailing() == [(PAIR.name, 1)]
    assert not fleet.checked(PAIR.name, 1, 0.1, is_up=False)
    assert fleet.checked(PAIR.name, 1, 0.2, is_up=True)
    assert not fleet.checked(PAIR.name, 7, 0.2, is_up=True)
    assert not fleet.checked(TargetName("gone"), 0, 0.2, is_up=True)


def test_a_detour_is_of_those_who_failed_elsewhere() -> None:
    fleet = Fleet([QWEN])
    for _ in range(FIRST_ROOM):
        fleet.begin(Attempt(1, QWEN), 0.0)
        fleet.begin(Attempt(2, QWEN, is_repeated=True), 0.0)
    assert fleet.detour_s(QWEN, 0.0) == 0.0
    turned = [Attempt(2, QWEN) for _ in range(FIRST_ROOM)]
    for attempt in turned:
        fleet.begin(attempt, 0.0)
    assert fleet.detour_s(QWEN, 0.0) > 0.0
    fleet.note(turned[0], Served(), 0.0, 1.0)
    assert fleet.detour_s(QWEN, 0.0) == 0.0


def test_what_was_picked_may_have_failed_since() -> None:
    fleet = Fleet([QWEN])
    assert fleet.is_ready(Attempt(2, QWEN), 0.0)
    play(fleet, *[FAULT] * TRIP)
    assert not fleet.is_ready(Attempt(2, QWEN), 0.0)
