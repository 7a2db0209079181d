from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.attempt import Abandoned, Attempt, Broken, Failed, Outcome, Refused, Served
from router.breaker import (
    DOWN_S,
    FIRST_OPEN_S,
    FIRST_ROOM,
    LAST_RESORT_S,
    LONGEST_OPEN_S,
    LONGEST_SILENT_OPEN_S,
    PROBE_S,
    RAMP_S,
    RECHECK_S,
    ROOM_DOUBLES_S,
    STEADY_S,
    TRIP,
    TRIP_AGAIN,
    Breaker,
)
from router.failures import FAILURES
from router.values import replace
from tests.router.examples import QWEN

FAULT = Failed(FAILURES["SERVER_FAULT"])
SILENT = Failed(FAILURES["SLOW_START"])
TOO_MUCH = Failed(FAILURES["OVERLOADED"], 429, retry_after_s=20.0)
BUG = Failed(FAILURES["OUR_BUG"])
CUT = Broken(FAILURES["CUT"])
BAD = Refused(FAILURES["BAD_REQUEST"], 400)
OPEN_S = FIRST_OPEN_S  # with dice at 1


def play(breaker: Breaker, *outcomes: Outcome, at: float = 0.0) -> None:
    for outcome in outcomes:
        attempt = Attempt(1, QWEN)
        breaker.begin(attempt, at)
        breaker.note(attempt, outcome, at, 1.0)


def tripped() -> Breaker:
    breaker = Breaker()
    play(breaker, *[FAULT] * TRIP)
    return breaker


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
    breaker = Breaker()
    play(breaker, *outcomes)
    assert (not breaker.is_ready(0.0)) is is_open
    assert breaker.state(0.0) == ("open" if is_open else "closed")


@pytest.mark.parametrize(("dice", "seconds"), [(0.0, OPEN_S / 2), (1.0, OPEN_S)])
def test_how_long_it_stays_open_is_jittered(dice: float, seconds: float) -> None:
    breaker = Breaker()
    for _ in range(TRIP):
        attempt = Attempt(1, QWEN)
        breaker.begin(attempt, 10.0)
        breaker.note(attempt, FAULT, 10.0, dice)
    assert breaker.wait_s(10.0) == pytest.approx(seconds)
    assert not breaker.is_ready(10.0 + seconds - 0.01)
    assert breaker.is_ready(10.0 + seconds)


def test_a_herd_that_fails_at_once_opens_it_once() -> None:
    breaker = Breaker()
    herd = [Attempt(1, QWEN) for _ in range(80)]
    for attempt in herd:
        breaker.begin(attempt, 0.0)
    for attempt in herd:
        breaker.note(attempt, FAULT, 0.0, 1.0)
    assert breaker.is_ready(OPEN_S)


def test_then_one_probe_is_let_through_and_its_answer_closes_it() -> None:
    breaker = tripped()
    assert breaker.state(OPEN_S) == "half_open"
    probe = Attempt(1, QWEN, 0)
    breaker.begin(probe, OPEN_S)
    assert not breaker.is_ready(OPEN_S)
    assert breaker.wait_s(OPEN_S) == PROBE_S
    breaker.note(probe, Served(), OPEN_S + 1, 1.0)
    assert (breaker.is_ready(OPEN_S + 1), breaker.state(OPEN_S + 1)) == (True, "closed")


def test_the_first_bytes_of_a_probes_answer_close_it_before_the_answer_is_whole() -> None:
    breaker = tripped()
    probe = Attempt(1, QWEN)
    breaker.begin(probe, OPEN_S)
    breaker.close(OPEN_S)
    assert breaker.is_ready(OPEN_S)


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        pytest.param(FAULT, [2.0, 4.0, LONGEST_OPEN_S, LONGEST_OPEN_S], id="a probe that fails at once costs little"),
        pytest.param(SILENT, [2.0, 4.0, 8.0, 16.0, 32.0, LONGEST_SILENT_OPEN_S, LONGEST_SILENT_OPEN_S], id="a silent one a whole clock"),
    ],
)
def test_a_failed_probe_opens_it_for_longer(outcome: Outcome, expected: list[float]) -> None:
    breaker = tripped()
    now, waits = 0.0, []
    for _ in expected:
        wait = breaker.wait_s(now)
        waits.append(wait)
        now += wait
        play(breaker, outcome, at=now)
    assert waits == pytest.approx(expected)


def test_what_flaps_is_given_fewer_requests_at_every_turn() -> None:
    breaker = tripped()
    play(breaker, Served(), at=OPEN_S)
    play(breaker, *[FAULT] * (TRIP_AGAIN - 1), at=OPEN_S + 1)
    assert breaker.is_ready(OPEN_S + 1)
    play(breaker, FAULT, at=OPEN_S + 1)
    assert breaker.wait_s(OPEN_S + 1) == pytest.approx(2 * FIRST_OPEN_S), "and is left alone for longer"


def test_what_was_steady_for_a_while_begins_afresh() -> None:
    breaker, later = tripped(), OPEN_S + STEADY_S
    play(breaker, Served(), at=OPEN_S)
    play(breaker, *[FAULT] * (TRIP - 1), at=later)
    assert breaker.is_ready(later)
    play(breaker, FAULT, at=later)
    assert breaker.wait_s(later) == pytest.approx(FIRST_OPEN_S)


def test_a_claimed_attempt_is_the_probe_before_it_begins() -> None:
    breaker, first, second = tripped(), Attempt(1, QWEN), Attempt(2, QWEN)
    breaker.claim(first, OPEN_S)
    assert not breaker.is_ready(OPEN_S)
    breaker.claim(second, OPEN_S)
    breaker.begin(second, OPEN_S)
    breaker.release(second)
    assert not breaker.is_ready(OPEN_S), "who comes later takes nothing away"
    breaker.release(first)
    assert breaker.is_ready(OPEN_S)


def test_nothing_is_claimed_at_a_closed_breaker() -> None:
    breaker = Breaker()
    breaker.claim(Attempt(1, QWEN), 0.0)
    assert breaker.is_ready(0.0)


def test_where_nobody_else_can_be_asked_a_probe_is_due_sooner() -> None:
    breaker, now = tripped(), 0.0
    for _ in range(5):
        assert breaker.soonest_s(now) == pytest.approx((LAST_RESORT_S, 0.0))
        now += LAST_RESORT_S
        assert breaker.soonest_s(now) == (0.0, 0.0)
        probe = Attempt(1, QWEN)
        breaker.begin(probe, now)
        assert breaker.soonest_s(now) == (RECHECK_S, 0.0), "one at a time"
        breaker.note(probe, FAULT, now, 1.0)
    assert breaker.wait_s(now) == LONGEST_OPEN_S, "those who have another choice wait the growing time"


@pytest.mark.parametrize("outcome", [replace(TOO_MUCH, retry_after_s=20.0)])
def test_patience_that_was_asked_for_is_kept_to_the_last_resort(outcome: Outcome) -> None:
    breaker = Breaker()
    play(breaker, outcome)
    assert breaker.soonest_s(0.0) == (20.0, 0.0)


@pytest.mark.parametrize(
    ("after_s", "room"),
    [
        pytest.param(0.0, FIRST_ROOM, id="a few at first"),
        pytest.param(ROOM_DOUBLES_S, 2 * FIRST_ROOM, id="twice as many"),
        pytest.param(3 * ROOM_DOUBLES_S, 8 * FIRST_ROOM, id="eight times"),
        pytest.param(RAMP_S, 3_000, id="then any number"),
    ],
)
def test_after_a_probe_was_answered_the_others_follow_in_growing_numbers(after_s: float, room: int) -> None:
    breaker = tripped()
    play(breaker, Served(), at=OPEN_S)
    now, count = OPEN_S + after_s, 0
    while breaker.is_ready(now) and count < 3_000:
        breaker.begin(Attempt(1, QWEN), now)
        count += 1
    assert count == pytest.approx(room, abs=1)
    assert (breaker.wait_s(now) == 0.0) is (count == 3_000)


def test_in_a_crowd_the_wait_is_until_there_is_room_for_one_more() -> None:
    breaker = tripped()
    play(breaker, Served(), at=OPEN_S)
    for _ in range(2 * FIRST_ROOM - 1):
        breaker.begin(Attempt(1, QWEN), OPEN_S)
    assert breaker.wait_s(OPEN_S) == pytest.approx(ROOM_DOUBLES_S)
    assert breaker.soonest_s(OPEN_S) == pytest.approx((0.0, ROOM_DOUBLES_S))
    for _ in range(10**4):
        breaker.begin(Attempt(1, QWEN), OPEN_S)
    assert breaker.wait_s(OPEN_S) == pytest.approx(RAMP_S), "at the longest until the ramp is over"


def test_an_answer_of_a_closed_breaker_begins_no_ramp() -> None:
    breaker = Breaker()
    play(breaker, FAULT, Served())
    for _ in range(FIRST_ROOM):
        breaker.begin(Attempt(1, QWEN), 0.0)
    assert breaker.is_ready(0.0)


def test_checks_keep_a_replica_shut_that_is_down_and_open_it_when_it_is_back() -> None:
    breaker = tripped()
    assert not breaker.checked(1.0, is_up=False)
    assert (breaker.is_ready(OPEN_S), breaker.state(OPEN_S)) == (False, "open")
    assert breaker.wait_s(OPEN_S) == pytest.approx(1.0 + DOWN_S - OPEN_S)
    assert breaker.soonest_s(OPEN_S) == (RECHECK_S, 0.0), "the next check may find it up"
    assert breaker.checked(1.5, is_up=True)
    assert (breaker.is_ready(1.5), breaker.state(1.5)) == (True, "half_open")


def test_checks_that_stop_are_believed_for_a_while() -> None:
    breaker = tripped()
    breaker.checked(1.0, is_up=False)
    assert breaker.is_ready(1.0 + DOWN_S)


def test_that_a_failing_replica_answers_checks_says_nothing() -> None:
    breaker = tripped()
    assert not breaker.checked(0.1, is_up=True)
    assert not breaker.is_ready(0.1)
    breaker.checked(0.2, is_up=False)
    assert breaker.checked(0.3, is_up=True)
    play(breaker, FAULT, at=0.3)
    assert not breaker.checked(0.4, is_up=True), "what had been down and then failed is no news either"
    assert not breaker.is_ready(0.4)


def test_checks_of_a_closed_breaker_are_passed_over() -> None:
    breaker = Breaker()
    assert not breaker.checked(0.0, is_up=False)
    assert breaker.is_ready(0.0)


@pytest.mark.parametrize("outcome", [Abandoned(), BUG], ids=["the caller of the probe leaves", "the probe meets a bug of ours"])
def test_a_probe_that_says_nothing_makes_room_for_the_next(outcome: Outcome) -> None:
    breaker = tripped()
    play(breaker, outcome, at=OPEN_S)
    assert (breaker.is_ready(OPEN_S), breaker.state(OPEN_S)) == (True, "half_open")


def test_a_slow_probe_does_not_keep_others_out_for_ever() -> None:
    breaker = tripped()
    breaker.begin(Attempt(1, QWEN), OPEN_S)
    assert not breaker.is_ready(OPEN_S + PROBE_S - 0.01)
    assert breaker.is_ready(OPEN_S + PROBE_S)


def test_what_was_under_way_when_it_opened_neither_probes_nor_prolongs() -> None:
    breaker = Breaker()
    late = [Attempt(1, QWEN), Attempt(1, QWEN)]
    for attempt in late:
        breaker.begin(attempt, 0.0)
    play(breaker, *[FAULT] * TRIP)
    breaker.begin(Attempt(1, QWEN), OPEN_S)
    breaker.note(late[0], FAULT, OPEN_S, 1.0)
    breaker.note(late[1], Abandoned(), OPEN_S, 1.0)
    assert breaker.wait_s(OPEN_S) == PROBE_S  # the probe is still alone, and the breaker still half open


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        pytest.param(20.0, 20.0, id="for as long as it asked"),
        pytest.param(900.0, 60.0, id="but at most a minute"),
        pytest.param(0.0, 0.0, id="not at all when it asked for nothing"),
    ],
)
def test_a_target_that_asks_for_patience_is_left_alone(asked: float, seconds: float) -> None:
    breaker = Breaker()
    play(breaker, replace(TOO_MUCH, retry_after_s=asked))
    assert breaker.wait_s(0.0) == seconds


def test_patience_is_no_fault_and_needs_no_probe() -> None:
    breaker = Breaker()
    play(breaker, *[TOO_MUCH] * 9)
    assert (breaker.is_ready(19.9), breaker.state(19.9)) == (False, "open")
    breaker.begin(Attempt(1, QWEN), 20.0)
    assert (breaker.is_ready(20.0), breaker.state(20.0)) == (True, "closed")


def test_the_longest_patience_that_was_asked_for_holds() -> None:
    breaker = Breaker()
    play(breaker, TOO_MUCH, replace(TOO_MUCH, retry_after_s=1.0))
    assert breaker.wait_s(0.0) == 20.0


@pytest.mark.parametrize("now", [0.0, 4.9, 5.0, 5.1])
@pytest.mark.parametrize(
    "breaker",
    [
        pytest.param(Breaker(), id="closed"),
        pytest.param(Breaker(open_until=5.0), id="open"),
        pytest.param(Breaker(cool_until=5.0), id="cooling"),
        pytest.param(Breaker(held_until=5.0), id="held"),
        pytest.param(Breaker(open_until=1.0, down_until=5.0), id="down"),
        pytest.param(Breaker(ramp_until=5.0, in_flight=FIRST_ROOM * 300), id="crowded"),
        pytest.param(Breaker(open_until=1.0, probe=Attempt(1, QWEN), probe_until=5.0), id="probed"),
        pytest.param(Breaker(probe_until=9.0), id="a probe that has ended"),
    ],
)
def test_a_replica_is_ready_when_there_is_nothing_to_wait_for(breaker: Breaker, now: float) -> None:
    assert breaker.is_ready(now) == (breaker.wait_s(now) == 0.0)


MOVES: Mapping[str, Callable[[Breaker, float, Outcome], object]] = {
    "asked": lambda one, now, outcome: play(one, outcome, at=now),
    "held": lambda one, now, _: one.hold(now + 3.0),
    "found up": lambda one, now, _: one.checked(now, is_up=True),
    "found down": lambda one, now, _: one.checked(now, is_up=False),
    "answered": lambda one, now, _: one.close(now),
    "looked at": lambda one, now, _: one.is_ready(now),
}
OUTCOMES = (Served(), FAULT, SILENT, TOO_MUCH, BUG, CUT, BAD, Abandoned())


@given(st.lists(st.tuples(st.sampled_from(sorted(MOVES)), st.sampled_from(OUTCOMES), st.floats(0, 9)), max_size=40))
def test_what_is_not_compared_in_calm_times_changes_nothing(moves: list[tuple[str, Outcome, float]]) -> None:
    breaker, careful, now = Breaker(), Breaker(), 1.0
    for move, outcome, later in moves:
        now += later
        careful.is_calm = False
        MOVES[move](breaker, now, outcome)
        MOVES[move](careful, now, outcome)
        for at in (now, now + 1.0, now + 4.0):
            assert breaker.wait_s(at) == careful.wait_s(at)
            assert breaker.soonest_s(at) == careful.soonest_s(at)
            assert breaker.state(at) == careful.state(at)
        assert (breaker.failures, breaker.openings, breaker.in_flight) == (careful.failures, careful.openings, careful.in_flight)
        assert breaker.is_ready(now) == (breaker.wait_s(now) == 0.0)
