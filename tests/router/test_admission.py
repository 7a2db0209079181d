"""Playbooks for a gate: who comes when, and what is said to them. One slot is held for two seconds, unless it is said otherwise."""

import pytest

from router.admission import (
    CALM_S,
    HEAD_START_S,
    LONGEST_RETRY_S,
    MOST_WAITING_BYTES,
    STALE_S,
    Capacity,
    Gate,
    Line,
    Place,
    line_of,
    reserved_from,
)
from router.attempt import Failed, Served
from router.failures import FAILURES
from router.values import replace
from tests.router.examples import INTERNAL, LABELS, PERSONAL, PUBLIC, RESTRICTED

FAR = 1e9
FOUR = Capacity(slots=4, reserved_share=0.25, reserved_for=PERSONAL, queue=8, wait_s=10.0)
REFUSED = Failed(FAILURES["OVERLOADED"], 503)


def gate(capacity: Capacity = FOUR, hold_s: float = 2.0) -> Gate:
    made = Gate(capacity)
    if hold_s:
        made.forecast.held(hold_s)
    return made


def public(now: float = 0.0, **more: object) -> Place:
    return Place("public", now, **({"until": now + 10.0} | more))  # type: ignore[arg-type]


def sensitive(now: float = 0.0, **more: object) -> Place:
    return Place("sensitive", now, **({"until": now + 10.0} | more))  # type: ignore[arg-type]


def full(capacity: Capacity = FOUR, hold_s: float = 2.0) -> tuple[Gate, list[Place]]:
    """A gate with all its slots taken, by public requests as far as they may."""
    at = gate(capacity, hold_s)
    inside = [public(), public(), public(), sensitive()]
    assert [at.enter(place, 0.0) for place in inside] == ["go"] * 4
    return at, inside


def test_public_requests_leave_slots_for_others() -> None:
    at = gate()
    assert [at.enter(public(), 0.0) for _ in range(4)] == ["go", "go", "go", "wait"]
    assert [at.enter(sensitive(), 0.0) for _ in range(2)] == ["go", "wait"]
    assert (at.running, at.depth("public"), at.depth("sensitive"), at.slots) == ({"public": 3, "sensitive": 1}, 1, 1, 4)


@pytest.mark.parametrize(
    ("capacity", "most"),
    [
        pytest.param(replace(FOUR, reserved_for=None), 4, id="nobody is preferred"),
        pytest.param(replace(FOUR, reserved_share=0.0), 4, id="nothing is reserved"),
        pytest.param(replace(FOUR, reserved_share=0.9), 1, id="one is left"),
        pytest.param(replace(FOUR, slots=1), 1, id="of one, too"),
    ],
)
def test_how_many_slots_public_requests_may_have(capacity: Capacity, most: int) -> None:
    at = gate(capacity)
    said = [at.enter(public(), 0.0) for _ in range(5)]
    assert said.count("go") == most
    assert "go" not in said[most:]


def test_a_freed_slot_goes_to_the_first_of_both_lines() -> None:
    at, inside = full()
    late, early, other = sensitive(3.0), public(1.0), sensitive(2.0)
    assert [at.enter(place, 3.0) for place in (late, early, other)] == ["wait"] * 3
    assert at.leave(inside[0], Served(), 4.0) == (other,)
    assert other.began == 4.0
    assert at.leave(inside[1], Served(), 4.0) == (late,)
    assert at.leave(inside[2], Served(), 4.0) == (early,)


def test_what_is_kept_for_others_is_not_given_to_public_requests() -> None:
    at, inside = full()
    waiting = public(1.0)
    at.enter(waiting, 1.0)
    assert at.leave(inside[3], Served(), 2.0) == ()
    assert at.leave(inside[0], Served(), 2.0) == (waiting,)


def test_who_waited_for_long_is_overtaken_no_more() -> None:
    at, inside = full()
    old, new = public(0.0, until=FAR), sensitive(HEAD_START_S + 1.0)
    assert [at.enter(old, 0.0), at.enter(new, HEAD_START_S + 1.0)] == ["wait", "wait"]
    assert at.leave(inside[0], Served(), 8.0) == (old,)


def test_a_key_of_priority_goes_first_within_its_line() -> None:
    at, inside = full()
    first, third = public(0.0), public(2.5, priority=3)
    assert [at.enter(first, 0.0), at.enter(third, 2.5)] == ["wait", "wait"]
    assert at.leave(inside[0], Served(), 3.0) == (third,)


def test_of_two_that_are_alike_the_first_goes_first_and_each_can_give_up() -> None:
    at, inside = full()
    alike = [public(1.0) for _ in range(3)]
    assert [at.enter(place, 1.0) for place in alike] == ["wait"] * 3
    at.give_up(alike[1])
    assert [at.leave(inside[index], Served(), 2.0) for index in range(3)] == [(alike[0],), (alike[2],), ()]


def test_the_line_is_bounded_and_part_of_it_is_kept() -> None:
    at, _ = full(hold_s=0.0)
    assert [at.enter(public(), 0.0) for _ in range(7)] == ["wait"] * 6 + ["queue"]
    assert [at.enter(sensitive(), 0.0) for _ in range(3)] == ["wait", "wait", "queue"]


def test_sensitive_requests_can_fill_the_line() -> None:
    at, _ = full(hold_s=0.0)
    assert [at.enter(sensitive(), 0.0) for _ in range(9)] == ["wait"] * 8 + ["queue"]
    assert at.enter(public(), 0.0) == "queue"


def test_bodies_that_wait_are_bounded() -> None:
    at, _ = full(hold_s=0.0)
    large = sensitive(body_bytes=MOST_WAITING_BYTES)
    assert at.enter(large, 0.0) == "wait"
    assert at.enter(sensitive(body_bytes=1), 0.0) == "queue"
    at.give_up(large)
    assert at.enter(sensitive(body_bytes=1), 0.0) == "wait"


def test_nobody_waits_in_vain() -> None:
    at, _ = full()
    assert [at.enter(sensitive(until=1.4), 0.0) for _ in range(2)] == ["wait", "wait"]
    assert at.enter(sensitive(until=1.4), 0.0) == "late"
    assert at.retry_after_s("sensitive") == 1.5
    assert at.retry_after_s("public") == 2.0


def test_when_to_come_again_is_bounded() -> None:
    at, _ = full(hold_s=1000.0)
    assert at.retry_after_s("sensitive") == LONGEST_RETRY_S
    assert gate().retry_after_s("public") == 1.0


def test_as_long_as_nothing_was_refused_nobody_waits() -> None:
    at = gate(replace(FOUR, slots=None))
    assert {at.enter(public(), 0.0) for _ in range(1000)} == {"go"}
    assert at.slots is None


def test_slots_are_learnt_from_refusals_and_taken_again_by_and_by() -> None:
    at = gate(replace(FOUR, slots=None, reserved_for=None))
    inside = [public() for _ in range(20)]
    for place in inside:
        at.enter(place, 0.0)
    for place in inside[10:]:
        assert at.leave(place, REFUSED, 1.0) == ()
    assert at.slots == 10
    now = 2.0
    waiting = [public(until=FAR) for _ in range(200)]
    said = [at.enter(place, now) for place in waiting]
    assert said.count("wait") == at.capacity.queue
    running = inside[:10]
    for _ in range(30):
        running += at.leave(running.pop(0), Served(), now)
        at.enter(public(until=FAR), now)
    assert at.slots == 15
    assert sum(at.running.values()) == 15


def busy(at: Gate, now: float, until: int) -> int:
    """Serve one after the other at a gate that is never idle, until it has so many slots. How many were served."""
    inside = [place for place in (public() for _ in range(at.slots or 0)) if at.enter(place, now) == "go"]
    served = 0
    while (at.slots or 0) < until:
        at.leave(inside.pop(), Served(), now)
        served += 1
        while at.enter(place := public(), now) == "go":
            inside.append(place)
    for place in inside:
        at.leave(place, None, now)
    return served


def test_after_a_long_trouble_slots_come_back_quickly_and_from_then_on_slowly() -> None:
    at = gate(replace(FOUR, slots=100, reserved_for=None, queue=0))
    inside = [public() for _ in range(100)]
    for place in inside:
        at.enter(place, 0.0)
    for place in inside:
        at.leave(place, REFUSED, 1.0)
    assert at.slots == 1
    assert busy(at, 2.0, 74) <= 4 * 74
    assert busy(at, 3.0, 100) >= 25 * 75
    inside = [public() for _ in range(100)]
    for place in inside:
        at.enter(place, CALM_S + 2.0)
    at.leave(inside[0], REFUSED, CALM_S + 2.0)
    at.leave(inside[1], REFUSED, CALM_S + 2.0)
    assert at.slots == 98
    for place in inside[2:]:
        at.leave(place, None, CALM_S + 3.0)
    assert busy(at, CALM_S + 4.0, 100) >= 98, "it was refused but a little"


def test_an_idle_target_is_not_thought_to_take_more() -> None:
    at = gate(replace(FOUR, queue=0))
    inside = [sensitive() for _ in range(4)]
    for place in inside:
        at.enter(place, 0.0)
    for place in inside[1:]:
        at.leave(place, None, 1.0)
    at.leave(inside[0], REFUSED, 1.0)
    assert at.slots == 1
    other = sensitive()
    at.enter(other, 2.0)
    at.leave(other, Failed(FAILURES["CUT"]), 3.0)
    assert (at.slots, at.forecast.hold_s) == (1, 2.0)
    assert busy(at, 3.0, 2) == 1
    for _ in range(100):
        at.enter(other, 4.0)
        at.leave(other, Served(), 5.0)
    assert at.slots == 2


def spilling(**more: object) -> tuple[Gate, list[Place]]:
    """A gate whose prompts take a second for each thousand tokens, with a target of two seconds."""
    at = gate(replace(FOUR, slots=50, queue=50, reserved_for=PERSONAL, **more), hold_s=0.0)
    for tokens in [100, 1900] * 50:
        at.forecast.began(tokens, tokens / 1000, 0.0)
    return at, []


def test_a_request_whose_first_token_would_be_late_goes_elsewhere() -> None:
    at, _ = spilling()
    assert at.first_token_s("public", 1000) == pytest.approx(1.0, abs=0.1)
    assert at.enter(public(can_leave=True, tokens=1000), 1.0) == "go"
    assert at.enter(public(can_leave=True, tokens=1500), 1.0) == "forecast"
    assert at.enter(public(tokens=1500), 1.0) == "go"
    assert at.enter(sensitive(can_leave=True, tokens=1500), 1.0) == "forecast"
    assert at.enter(sensitive(tokens=1500), 1.0) == "go"


def test_it_comes_back_only_when_there_is_ample_room() -> None:
    at, _ = spilling()
    inside = [sensitive(1.0, tokens=500) for _ in range(5)]
    for place in inside:
        at.enter(place, 1.0)
    assert at.enter(public(can_leave=True), 1.0) == "forecast"
    assert at.is_spilling
    for place in inside[:2]:
        at.answered(place, 1.0)
    assert at.enter(public(can_leave=True), 1.0) == "forecast"
    assert at.enter(sensitive(can_leave=True), 1.0) == "go"
    at.answered(inside[2], 1.0)
    at.leave(inside[3], None, 1.0)
    at.answered(inside[2], 1.0)
    assert at.enter(public(can_leave=True), 1.0) == "go"
    assert not at.is_spilling


def test_an_old_forecast_is_measured_again_when_nothing_is_under_way() -> None:
    at, _ = spilling()
    for tokens in [100, 1900] * 50:
        at.forecast.began(tokens, 30.0, 0.0)
    assert at.enter(public(can_leave=True, tokens=10), STALE_S) == "forecast"
    first = public(can_leave=True, tokens=10)
    assert at.enter(first, STALE_S + 1.0) == "go"
    assert at.enter(public(can_leave=True, tokens=10), STALE_S + 1.0) == "forecast"
    at.answered(first, STALE_S + 2.0)
    assert at.forecast.measured_at == STALE_S + 2.0


def test_the_wait_for_a_slot_is_part_of_the_forecast() -> None:
    at, inside = full()
    waiting = [public(can_leave=True) for _ in range(3)]
    assert [at.enter(place, 0.0) for place in waiting] == ["wait", "wait", "wait"]
    assert at.load_s() == pytest.approx(8 / 3)
    assert at.enter(public(can_leave=True), 0.0) == "forecast"
    assert all(place.until == 2.0 for place in waiting), "for no longer than the first token may take"
    assert at.enter(sensitive(can_leave=True), 0.0) == "wait"
    assert inside


def test_without_a_target_nobody_goes_elsewhere_before_the_line_is_full() -> None:
    at, _ = full(replace(FOUR, spill_above_s=None, queue=2))
    waits = public(can_leave=True)
    assert [at.enter(place, 0.0) for place in (waits, public(can_leave=True))] == ["wait", "queue"]
    assert waits.until == 10.0


def test_a_whole_answer_says_nothing_of_its_first_token() -> None:
    at = gate()
    whole, stream = public(tokens=500, is_stream=False), public(tokens=300)
    at.enter(whole, 0.0)
    at.enter(stream, 0.0)
    assert (at.unread, stream.ahead) == (300, 300)
    at.answered(whole, 5.0)
    at.leave(whole, Served(), 5.0)
    assert at.forecast.weight == 0.0
    at.leave(stream, Served(), 5.0)
    assert at.unread == 0


def test_a_reload_can_give_more_slots() -> None:
    at, _ = full()
    waiting = public(1.0)
    at.enter(waiting, 1.0)
    assert at.follow(replace(FOUR, wait_s=1.0), 1, 2.0) == ()
    assert at.follow(replace(FOUR, slots=8), 1, 2.0) == (waiting,)
    assert waiting.began == 2.0
    assert at.follow(replace(FOUR, slots=None), 1, 2.0) == ()
    assert at.slots is None


def test_slots_are_those_of_all_replicas() -> None:
    at, _ = full()
    waiting = public(1.0)
    at.enter(waiting, 1.0)
    assert at.follow(FOUR, 2, 2.0) == (waiting,)
    assert at.slots == 8
    assert (at.follow(FOUR, 0, 3.0), at.slots) == ((), 4)
    learnt = gate(replace(FOUR, slots=None))
    inside = [public(), public()]
    for place in inside:
        learnt.enter(place, 0.0)
    learnt.leave(inside[0], REFUSED, 1.0)
    assert (learnt.follow(learnt.capacity, 2, 2.0), learnt.slots) == ((), 1), "what was learnt is kept"


@pytest.mark.parametrize(
    ("label", "reserved_for", "line"),
    [(PUBLIC, PERSONAL, "public"), (INTERNAL, PERSONAL, "public"), (PERSONAL, PERSONAL, "sensitive"), (RESTRICTED, None, "public")],
)
def test_the_line_of_a_label(label: object, reserved_for: object, line: Line) -> None:
    assert line_of(label, Capacity(reserved_for=reserved_for)) == line  # type: ignore[arg-type]


def test_reserved_is_what_nobody_outside_may_receive() -> None:
    assert reserved_from(LABELS, [PUBLIC, INTERNAL]) is PERSONAL
    assert reserved_from(LABELS, [RESTRICTED]) is None
    assert reserved_from(LABELS, []) is None


def test_whole_answers_alone_bring_back_who_was_sent_away_by_a_slow_time() -> None:
    at = Gate(Capacity(slots=10))
    for _ in range(40):
        at.forecast.began(100, 5.0, 0.0)

    def whole(now: float) -> Place:
        return Place("public", now, now + 10.0, tokens=100, can_leave=True, is_stream=False)

    for number in range(30):
        now = 100.0 + 20.0 * number  # nothing else is under way, so one looks how it is now
        one = whole(now)
        assert at.enter(one, now) == "go"
        at.leave(one, Served(), now + 0.5)
    assert [at.enter(whole(800.0), 800.0) for _ in range(3)] == ["go"] * 3


def test_who_comes_only_if_there_is_room_at_once_is_in_nobodys_way() -> None:
    at, inside = full()
    beside = public()
    assert not at.enter_at_once(beside, 0.0)
    assert at.leave(inside[0], Served(), 1.0) == ()
    assert at.enter_at_once(beside, 1.0)
    assert (beside.began, at.running["public"]) == (1.0, 3)
    assert at.enter(sensitive(), 1.0) == "wait"
    assert not at.enter_at_once(sensitive(1.0), 1.0), "somebody waits"
