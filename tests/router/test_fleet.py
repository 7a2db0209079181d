from dataclasses import replace

import pytest

from router.attempt import Abandoned, Attempt, Broken, Failed, Outcome, Refused, Served
from router.decision import Target
from router.failures import FAILURES
from router.fleet import FIRST_OPEN_S, LONGEST_OPEN_S, PROBE_S, TRIP, Breaker, Fleet
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


@pytest.mark.parametrize(
    ("outcomes", "is_open"),
    [
        pytest.param([FAULT] * (TRIP - 1), False, id="one failure too few"),
        pytest.param([FAULT] * TRIP, True, id="enough failures in a row"),
        pytest.param([CUT] * TRIP, True, id="broken answers count"),
        pytest.param([FAULT] * (TRIP - 1) + [Served()] + [FAULT] * (TRIP - 1), False, id="an answer between starts afresh"),
        pytest.param([FAULT] * (TRIP - 1) + [BAD] + [FAULT] * (TRIP - 1), False, id="so does a refusal: the target is alive"),
        pytest.param([FAULT] * (TRIP - 1) + [Abandoned(), BUG, FAULT], True, id="a caller who left and a bug of ours say nothing"),
        pytest.param([BAD] * 9, False, id="bad requests never open it"),
        pytest.param([BUG] * 9, False, id="our bugs never open it"),
    ],
)
def test_when_a_breaker_opens(outcomes: list[Outcome], is_open: bool) -> None:
    fleet = Fleet([QWEN])
    play(fleet, *outcomes)
    assert (fleet.pick(QWEN, 0.0) is None) is is_open
    assert state(fleet, 0.0) == ("open" if is_open else "closed")


@pytest.mark.parametrize(("dice", "seconds"), [(0.0, OPEN_S / 2), (1.0, OPEN_S)])
def test_how_long_it_stays_open_is_jittered(dice: float, seconds: float) -> None:
    fleet = Fleet([QWEN])
    for _ in range(TRIP):
        attempt = Attempt(1, QWEN)
        fleet.begin(attempt, 10.0)
        fleet.note(attempt, FAULT, 10.0, dice)
    assert fleet.retry_after_s([QWEN], 10.0) == pytest.approx(seconds)
    assert fleet.pick(QWEN, 10.0 + seconds - 0.01) is None
    assert fleet.pick(QWEN, 10.0 + seconds) == 0


def test_a_herd_that_fails_at_once_opens_it_once() -> None:
    fleet = Fleet([QWEN])
    herd = [Attempt(1, QWEN) for _ in range(80)]
    for attempt in herd:
        fleet.begin(attempt, 0.0)
    for attempt in herd:
        fleet.note(attempt, FAULT, 0.0, 1.0)
    assert fleet.pick(QWEN, OPEN_S) == 0


def test_then_one_probe_is_let_through_and_its_answer_closes_it() -> None:
    fleet = tripped()
    assert state(fleet, OPEN_S) == "half_open"
    probe = Attempt(1, QWEN, 0)
    fleet.begin(probe, OPEN_S)
    assert fleet.pick(QWEN, OPEN_S) is None
    assert fleet.retry_after_s([QWEN], OPEN_S) == PROBE_S
    fleet.note(probe, Served(), OPEN_S + 1, 1.0)
    assert (fleet.pick(QWEN, OPEN_S + 1), state(fleet, OPEN_S + 1)) == (0, "closed")


def test_the_first_bytes_of_a_probes_answer_close_it_before_the_answer_is_whole() -> None:
    fleet = tripped()
    probe = Attempt(1, QWEN)
    fleet.begin(probe, OPEN_S)
    fleet.answered(probe)
    assert fleet.pick(QWEN, OPEN_S) == 0


def test_a_failed_probe_opens_it_for_longer() -> None:
    fleet = tripped()
    now, waits = 0.0, []
    for _ in range(7):
        wait = fleet.retry_after_s([QWEN], now)
        assert wait is not None
        waits.append(wait)
        now += wait
        play(fleet, FAULT, at=now)
    assert waits == pytest.approx([2.0, 4.0, 8.0, 16.0, 32.0, LONGEST_OPEN_S, LONGEST_OPEN_S])


@pytest.mark.parametrize("outcome", [Abandoned(), BUG], ids=["the caller of the probe leaves", "the probe meets a bug of ours"])
def test_a_probe_that_says_nothing_makes_room_for_the_next(outcome: Outcome) -> None:
    fleet = tripped()
    play(fleet, outcome, at=OPEN_S)
    assert (fleet.pick(QWEN, OPEN_S), state(fleet, OPEN_S)) == (0, "half_open")


def test_a_slow_probe_does_not_keep_others_out_for_ever() -> None:
    fleet = tripped()
    fleet.begin(Attempt(1, QWEN), OPEN_S)
    assert fleet.pick(QWEN, OPEN_S + PROBE_S - 0.01) is None
    assert fleet.pick(QWEN, OPEN_S + PROBE_S) == 0


def test_what_was_under_way_when_it_opened_neither_probes_nor_prolongs() -> None:
    fleet = Fleet([QWEN])
    late = [Attempt(1, QWEN), Attempt(1, QWEN)]
    for attempt in late:
        fleet.begin(attempt, 0.0)
    play(fleet, *[FAULT] * TRIP)
    fleet.begin(Attempt(1, QWEN), OPEN_S)
    fleet.note(late[0], FAULT, OPEN_S, 1.0)
    fleet.note(late[1], Abandoned(), OPEN_S, 1.0)
    assert fleet.retry_after_s([QWEN], OPEN_S) == PROBE_S  # the probe is still alone, and the breaker still half open


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        pytest.param(20.0, 20.0, id="for as long as it asked"),
        pytest.param(900.0, 60.0, id="but at most a minute"),
        pytest.param(0.0, None, id="not at all when it asked for nothing"),
    ],
)
def test_a_target_that_asks_for_patience_is_left_alone(asked: float, seconds: float | None) -> None:
    fleet = Fleet([GPT])
    play(fleet, replace(TOO_MUCH, retry_after_s=asked), target=GPT)
    assert fleet.retry_after_s([GPT], 0.0) == seconds


def test_patience_is_no_fault_and_needs_no_probe() -> None:
    fleet = Fleet([GPT])
    play(fleet, *[TOO_MUCH] * 9, target=GPT)
    assert (fleet.pick(GPT, 19.9), state(fleet, 19.9)) == (None, "open")
    fleet.begin(Attempt(1, GPT), 20.0)
    assert (fleet.pick(GPT, 20.0), state(fleet, 20.0)) == (0, "closed")


def test_the_longest_patience_that_was_asked_for_holds() -> None:
    fleet = Fleet([GPT])
    play(fleet, TOO_MUCH, replace(TOO_MUCH, retry_after_s=1.0), target=GPT)
    assert fleet.retry_after_s([GPT], 0.0) == 20.0


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


@pytest.mark.parametrize("now", [0.0, 4.9, 5.0, 5.1])
@pytest.mark.parametrize(
    "breaker",
    [
        pytest.param(Breaker(), id="closed"),
        pytest.param(Breaker(open_until=5.0), id="open"),
        pytest.param(Breaker(cool_until=5.0), id="cooling"),
        pytest.param(Breaker(held_until=5.0), id="held"),
        pytest.param(Breaker(open_until=1.0, probe=Attempt(1, QWEN), probe_until=5.0), id="probed"),
        pytest.param(Breaker(probe_until=9.0), id="a probe that has ended"),
    ],
)
def test_a_replica_is_ready_when_there_is_nothing_to_wait_for(breaker: Breaker, now: float) -> None:
    assert breaker.is_ready(now) == (breaker.wait_s(now) == 0.0)
