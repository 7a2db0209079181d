from collections import Counter

import pytest

from router.attempt import Attempt, Broken, Failed, Outcome, Outrun, Refused, Served
from router.breaker import FIRST_OPEN_S, FIRST_ROOM, TRIP
from router.decision import Hedge, Target
from router.facts import Facts
from router.failures import FAILURES
from router.fleet import CROWDED, MOST_REPLICAS, SLACK, Fleet
from router.names import TargetName
from router.prefixes import blocks_of
from router.replica import Fit, Load, Out
from router.values import replace
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


FOUR = replace(QWEN, replicas=4)
FLOWING = replace(QWEN, replicas=0)
ADDRESSES = [f"http://10.0.0.{number}:8000/v1" for number in range(4)]
TEXT = "A long document that many ask about. " * 200


def asking(text: str, **more: object) -> Facts:
    return Facts("r", is_stream=True, prompt_tokens=len(text) // 4, blocks=blocks_of([text]), **more)  # type: ignore[arg-type]  # members by name


def four() -> Fleet:
    return Fleet([FOUR], {FOUR.name: ADDRESSES})


def served(fleet: Fleet, facts: Facts, now: float = 0.0) -> int:
    """Where a request goes that is served at once."""
    replica = fleet.pick(FOUR, now, facts=facts)
    assert replica is not None
    attempt = Attempt(1, FOUR, replica)
    fleet.begin(attempt, now, facts)
    fleet.answered(attempt, now)
    fleet.note(attempt, Served(), now, 0.0)
    return replica


def test_prompts_that_begin_alike_go_where_their_beginning_is() -> None:
    fleet = four()
    documents = [f"document {number} " + TEXT for number in range(12)]
    homes = [served(fleet, asking(document)) for document in documents]
    assert len(set(homes)) > 1, "and others elsewhere"
    assert [served(fleet, asking(document + "and a question about it, " * 20)) for document in documents] == homes


def test_a_popular_beginning_does_not_bury_a_replica() -> None:
    fleet, counts = four(), Counter[int]()
    for _ in range(60):
        replica = fleet.pick(FOUR, 0.0, facts=asking(TEXT))
        assert replica is not None
        attempt = Attempt(1, FOUR, replica)
        fleet.begin(attempt, 0.0, asking(TEXT))
        fleet.answered(attempt, 0.0)  # it runs: nothing waits for it, and its beginning is in the cache
        counts[replica] += 1
    assert SLACK < max(counts.values()) <= CROWDED * sum(counts.values()) / 4 + SLACK + 1
    assert len(counts) > 1


def test_a_replica_that_does_not_fit_is_passed_over_unless_none_fits() -> None:
    fleet = four()
    for replica in fleet.pool(FOUR.name)[1:]:
        replica.fit = Fit(((str(FOUR.model), 1_000),))
    assert {served(fleet, asking(f"{number} " + TEXT)) for number in range(8)} == {0}
    fleet.pool(FOUR.name)[0].fit = Fit((("other", 0),))
    assert fleet.pick(FOUR, 0.0, facts=asking(TEXT)) is not None


@pytest.mark.parametrize("out", ["drained", "stalled", "gone"])
def test_a_replica_that_is_out_gets_nothing_until_it_is_back(out: Out) -> None:
    fleet = Fleet([QWEN, PAIR])
    fleet.turn(PAIR.name, 0, out, 0.0, on=True)
    assert fleet.pick(PAIR, 0.0) == 1
    fleet.turn(PAIR.name, 1, out, 0.0, on=True)
    assert fleet.pick(PAIR, 0.0) is None
    assert fleet.retry_after_s([PAIR], 0.0) is None
    fleet.turn(PAIR.name, 0, out, 7.0, on=False)
    fleet.turn(PAIR.name, 0, out, 9.0, on=False)
    assert fleet.pick(PAIR, 7.0) == 0
    assert fleet.pool(PAIR.name)[0].since == 7.0, "it starts slowly, once"


def test_a_replica_that_had_stalled_has_an_empty_cache() -> None:
    fleet = Fleet([PAIR])
    for out, left in (("drained", 3), ("stalled", 0)):
        fleet.pool(PAIR.name)[0].prefixes.add((1, 2, 3))
        fleet.turn(PAIR.name, 0, out, 0.0, on=True)  # type: ignore[arg-type]  # both are
        fleet.turn(PAIR.name, 0, out, 0.0, on=False)  # type: ignore[arg-type]  # likewise
        assert len(fleet.pool(PAIR.name)[0].prefixes) == left


def test_a_queue_counts_when_it_was_there_twice() -> None:
    fleet = four()
    fleet.report(FOUR.name, 0, Load(waiting=5))
    assert fleet.pool(FOUR.name)[0].load == Load(waiting=0)
    fleet.report(FOUR.name, 0, Load(waiting=3))
    assert fleet.pool(FOUR.name)[0].load == Load(waiting=3)
    fleet.report(FOUR.name, 0, None)
    assert fleet.pool(FOUR.name)[0].load is None


def test_replicas_come_and_go_and_numbers_are_given_again() -> None:
    fleet = Fleet([FLOWING])
    a, b, c, d = ADDRESSES
    assert fleet.follow(FLOWING.name, [a, b, a], 0.0) == (a, b), "the number of the one that nobody knew is free"
    attempt = Attempt(1, FLOWING, 1)
    fleet.begin(attempt, 1.0, asking(TEXT))
    assert fleet.follow(FLOWING.name, [a, c], 1.0) == (a, "", c), "a number with requests is not given again"
    assert fleet.pick(FLOWING, 1.0, but=[0, 2]) in (0, 2)
    assert [number for _, number, _ in fleet.replicas()] == [0, 1, 2]
    fleet.note(attempt, Served(), 1.0, 0.0)
    assert [number for _, number, _ in fleet.replicas()] == [0, 2]
    assert fleet.follow(FLOWING.name, [a, c, d], 2.0) == (a, d, c)
    assert fleet.follow(FLOWING.name, [], 3.0) == (a, d, c), "an empty answer is no news"
    assert fleet.follow(FLOWING.name, [c], 4.0) == ("", "", c)
    assert fleet.follow(FLOWING.name, [a, c], 5.0) == (a, "", c), "one that comes back has its number"
    assert [fleet.pool(FLOWING.name)[number].since for number in (0, 2)] == [5.0, 1.0]


def test_there_are_no_more_replicas_than_metrics_can_bear() -> None:
    fleet = Fleet([FLOWING])
    assert len(fleet.follow(FLOWING.name, [str(number) for number in range(1_000)], 0.0)) == MOST_REPLICAS


def test_what_is_known_of_a_replica_outlives_a_reload() -> None:
    before = four()
    home = served(before, asking(TEXT))
    before.turn(FOUR.name, 3, "drained", 0.0, on=True)
    known = {(FOUR.name, address): replica for address, replica in before.known(FOUR.name).items()}
    three = replace(FOUR, replicas=3)
    after = Fleet([three], {FOUR.name: [ADDRESSES[3], ADDRESSES[home], "http://10.0.0.9:8000/v1"]}, known)
    assert after.pool(FOUR.name)[0].outs == {"drained"}
    assert after.pick(three, 0.0, facts=asking(TEXT)) == 1, "its beginning is there"
    assert len(after.pool(FOUR.name)[2].prefixes) == 0
    assert before.known(TargetName("nobody")) == {}
    late = after.follow(FOUR.name, [ADDRESSES[2]], 1.0).index(ADDRESSES[2])
    assert after.pool(FOUR.name)[late] is before.pool(FOUR.name)[2], "one that was not named at once is known too"


def test_a_fleet_counts_its_own_attempts() -> None:
    before = Fleet([QWEN], {QWEN.name: ["a"]})
    after = Fleet([QWEN], {QWEN.name: ["a"]}, {(QWEN.name, "a"): before.pool(QWEN.name)[0]})
    attempt = Attempt(1, QWEN)
    before.begin(attempt, 0.0)
    assert (before.in_flight, after.in_flight) == (1, 0)
    before.note(attempt, BAD, 0.0, 0.0)
    assert (before.in_flight, after.in_flight) == (0, 0)


def test_gateways_do_not_talk_about_replicas_that_each_numbers_by_itself() -> None:
    fleet = Fleet([FLOWING])
    play(fleet, TOO_MUCH, target=FLOWING)
    assert list(fleet.openings(0.0)) == []
    fleet.hold(FLOWING.name, 0, 50.0)
    assert fleet.pick(FLOWING, 30.0) == 0


def test_gateways_choose_alike_although_each_has_seen_something_else() -> None:
    one, other = four(), four()
    for number in range(4):
        other.report(FOUR.name, number, Load(running=number))
    documents = [f"document {number} " + TEXT for number in range(12)]
    assert [one.pick(FOUR, 0.0, facts=asking(text)) for text in documents] == [
        other.pick(FOUR, 0.0, facts=asking(text)) for text in documents
    ]


def test_a_share_of_the_requests_may_be_hedged_and_one_to_begin_with() -> None:
    hedging = replace(QWEN, hedge=Hedge(1.0, share=0.1))
    fleet, hedges = Fleet([hedging, GPT]), 0
    for number in range(1000):
        play(fleet, Served(), at=float(number), target=hedging)
        if fleet.may_hedge(hedging, float(number)):
            fleet.hedge(hedging, float(number))
            hedges += 1
    assert hedges in (100, 101)
    assert not fleet.may_hedge(GPT, 0.0)


def test_a_hedge_pays_into_no_budget_and_is_on_no_detour() -> None:
    hedging = replace(QWEN, hedge=Hedge(1.0, share=0.5))
    fleet = Fleet([hedging])
    before = dict(fleet.budgets(0.0))
    hedges = [Attempt(2, hedging, is_hedge=True) for _ in range(20)]
    for one in hedges:
        fleet.begin(one, 0.0)
        assert fleet.detour_s(hedging, 0.0) == 0
    assert dict(fleet.budgets(0.0)) == before
    fleet.hedge(hedging, 0.0)
    assert not fleet.may_hedge(hedging, 0.0)
    fleet.note(hedges[0], Outrun(), 0.0, 0.0)
    assert [in_flight for *_, in_flight in fleet.states(0.0)] == [19]
