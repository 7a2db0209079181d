"""Playbooks: a decision, how each attempt ends, and every step that follows."""

import pytest

from router.attempt import Abandoned, Attempt, Broken, Failed, History, Outcome, Refused, Rejected, Served, Tried
from router.breaker import FIRST_OPEN_S, FIRST_ROOM, LAST_RESORT_S, RAMP_S, TRIP
from router.cascade import Cascade
from router.decide import decide
from router.decision import Decision, Reason, Target
from router.facts import Facts, Needs
from router.failover import LEAST_WAIT_S, MOST_ATTEMPTS, elsewhere, may_escalate, next_step
from router.failures import FAILURES, Kind
from router.fleet import Fleet
from router.names import Ability, RouteName, TargetName
from router.steps import GiveUp, Keep, Step, Try, Wait
from router.values import replace
from tests.router.examples import ASK, CLAUDE, GPT, POLICY, PUBLIC, QWEN, found

HARD = decide(ASK, found(score=0.9), POLICY)  # gpt, claude, then qwen
EASY = decide(ASK, found(score=0.1), POLICY)  # qwen, then gpt
SENSITIVE = decide(ASK, found("iban"), POLICY)  # qwen alone

SERVED = Served()
BROKEN = Broken(FAILURES["CUT"])
LEFT = Abandoned()
REFUSED_CONNECTION = Failed(FAILURES["UNREACHABLE"])
SILENT = Failed(FAILURES["SLOW_START"])
OVERLOADED = Failed(FAILURES["OVERLOADED"], 503)
LIMITED = Failed(FAILURES["OVERLOADED"], 429)
LIMITED_BRIEFLY = Failed(FAILURES["OVERLOADED"], 429, retry_after_s=0.5)
LIMITED_LONG = Failed(FAILURES["OVERLOADED"], 429, retry_after_s=30.0)
FAULT = Failed(FAILURES["SERVER_FAULT"], 500)
GATEWAY_TIMEOUT = Failed(FAILURES["SERVER_FAULT"], 504)
GARBAGE = Failed(FAILURES["BAD_ANSWER"], 200)
BAD_KEY = Failed(FAILURES["OUR_KEY"], 401)
NO_MODEL = Failed(FAILURES["NO_MODEL"], 404)
REDIRECT = Failed(FAILURES["REDIRECT"], 302)
BUG = Failed(FAILURES["OUR_BUG"])
BAD_REQUEST = Refused(FAILURES["BAD_REQUEST"], 422, b"its own words")
FILTERED = Refused(FAILURES["FILTERED"], 400, b"filtered")
TOO_LONG = Refused(FAILURES["TOO_LONG"], 400, b"too long")
FULL = Failed(FAILURES["FULL"], retry_after_s=4.0)


def told(step: Step) -> str:
    """A step as a playbook writes it."""
    if isinstance(step, Try):
        wait = f" after {step.delay_s:g} s" if step.delay_s else ""
        return f"try {step.attempt.target.name}{wait}"
    if isinstance(step, GiveUp):
        wait = f", retry after {step.retry_after_s:g} s" if step.retry_after_s else ""
        return f"give up: {step.status} {step.failure.code}{wait}"
    if isinstance(step, Wait):
        return f"wait {step.delay_s:g} s"
    return f"keep {step.attempt.target.name}" if isinstance(step, Keep) else "done"


def play(decision: Decision, outcomes: list[Outcome], facts: Facts = ASK) -> list[str]:
    """Every step until the end, each attempt ending as the script says. Dice at 1, so that delays are the longest."""
    fleet = Fleet([*decision.chain])
    history: History = ()
    steps = [next_step(decision, facts, fleet, history, 0.0, 1.0)]
    for outcome in outcomes:
        step = steps[-1]
        assert isinstance(step, Try), f"{outcome} has no attempt to end"
        if outcome is not FULL:  # which is no attempt
            fleet.begin(step.attempt, 0.0)
            fleet.note(step.attempt, outcome, 0.0, 1.0)
        history += (Tried(step.attempt, outcome),)
        steps.append(next_step(decision, facts, fleet, history, 0.0, 1.0))
    assert not isinstance(steps[-1], (Try, Wait)), "unfinished playbook"
    return [told(step) for step in steps]


@pytest.mark.parametrize(
    ("decision", "outcomes", "steps"),
    [
        pytest.param(HARD, [SERVED], ["try gpt", "done"], id="served at once"),
        pytest.param(HARD, [BROKEN], ["try gpt", "done"], id="nothing follows an answer that broke"),
        pytest.param(HARD, [LEFT], ["try gpt", "done"], id="nothing follows a caller who left"),
        pytest.param(
            HARD,
            [REFUSED_CONNECTION, SERVED],
            ["try gpt", "try gpt after 0.1 s", "done"],
            id="a refused connection is tried once more",
        ),
        pytest.param(
            HARD,
            [REFUSED_CONNECTION, FAULT, SERVED],
            ["try gpt", "try gpt after 0.1 s", "try claude", "done"],
            id="then the next target is asked",
        ),
        pytest.param(HARD, [SILENT, SERVED], ["try gpt", "try claude", "done"], id="a silent target is not asked again"),
        pytest.param(HARD, [BAD_KEY, SERVED], ["try gpt", "try claude", "done"], id="a bad key of ours moves on"),
        pytest.param(
            HARD, [NO_MODEL, REDIRECT, SERVED], ["try gpt", "try claude", "try qwen", "done"], id="so do other faults of the set-up"
        ),
        pytest.param(
            EASY, [OVERLOADED, OVERLOADED, SERVED], ["try qwen", "try qwen after 0.1 s", "try gpt", "done"], id="full twice spills"
        ),
        pytest.param(HARD, [LIMITED, SERVED], ["try gpt", "try claude", "done"], id="a 429 that does not say how long is not asked again"),
        pytest.param(
            HARD, [LIMITED_LONG, SERVED], ["try gpt", "try claude", "done"], id="one that asks for half a minute is not waited for"
        ),
        pytest.param(
            HARD,
            [LIMITED_BRIEFLY, SERVED],
            ["try gpt", "try gpt after 0.6 s", "done"],
            id="one that asks for half a second is, with jitter",
        ),
        pytest.param(
            EASY,
            [LIMITED_LONG, LIMITED],
            ["try qwen", "try gpt", "give up: 429 upstream_overloaded, retry after 30 s"],
            id="when all are limited the caller learns for how long",
        ),
        pytest.param(
            HARD,
            [FAULT, GARBAGE, FAULT],
            ["try gpt", "try gpt after 0.1 s", "try claude", "give up: 502 upstream_error"],
            id="three attempts are the most",
        ),
        pytest.param(
            EASY,
            [BAD_KEY, SILENT],
            ["try qwen", "try gpt", "give up: 504 upstream_timeout"],
            id="the caller is told how the last one ended",
        ),
        pytest.param(
            EASY,
            [SILENT, BAD_KEY],
            ["try qwen", "try gpt", "give up: 502 upstream_auth"],
            id="a key of ours is never shown as a 401",
        ),
        pytest.param(
            EASY,
            [SILENT, GATEWAY_TIMEOUT, GATEWAY_TIMEOUT],
            ["try qwen", "try gpt", "try gpt after 0.1 s", "give up: 504 upstream_error"],
            id="a 504 stays a 504",
        ),
        pytest.param(HARD, [BUG], ["try gpt", "give up: 500 internal_error"], id="a bug of ours is not repeated elsewhere"),
        pytest.param(HARD, [BAD_REQUEST], ["try gpt", "give up: 422 bad_request"], id="a refusal is an answer"),
        pytest.param(HARD, [FILTERED], ["try gpt", "give up: 400 content_filter"], id="no way round a filter"),
        pytest.param(
            HARD, [FAULT, BAD_REQUEST], ["try gpt", "try gpt after 0.1 s", "give up: 422 bad_request"], id="a refusal after a fault"
        ),
        pytest.param(HARD, [TOO_LONG, SERVED], ["try gpt", "try claude", "done"], id="too long for one fits a larger one"),
        pytest.param(
            HARD,
            [TOO_LONG, TOO_LONG],
            ["try gpt", "try claude", "give up: 400 context_length_exceeded"],
            id="too long for the largest does not go to a smaller one",
        ),
        pytest.param(
            HARD,
            [TOO_LONG, FAULT, FAULT],
            ["try gpt", "try claude", "try claude after 0.1 s", "give up: 502 upstream_error"],
            id="the larger one fails: the caller may try again",
        ),
        pytest.param(EASY, [SILENT, TOO_LONG], ["try qwen", "try gpt", "give up: 400 context_length_exceeded"], id="too long at the last"),
        pytest.param(SENSITIVE, [SERVED], ["try qwen", "done"], id="sensitive, served at home"),
        pytest.param(
            SENSITIVE,
            [REFUSED_CONNECTION, REFUSED_CONNECTION],
            ["try qwen", "try qwen after 0.1 s", "give up: 503 local_unavailable, retry after 2 s"],
            id="sensitive, nobody at home: late or not at all",
        ),
        pytest.param(
            SENSITIVE, [SILENT], ["try qwen", "give up: 503 local_unavailable, retry after 2 s"], id="sensitive, and the engine is silent"
        ),
        pytest.param(
            SENSITIVE,
            [LIMITED_LONG],
            ["try qwen", "give up: 503 local_unavailable, retry after 30 s"],
            id="sensitive, and the engine asks for patience",
        ),
        pytest.param(
            SENSITIVE, [TOO_LONG], ["try qwen", "give up: 400 context_length_exceeded"], id="sensitive, and too long: told as it is"
        ),
        pytest.param(SENSITIVE, [BUG], ["try qwen", "give up: 500 internal_error"], id="sensitive, and a bug of ours: told as it is"),
    ],
)
def test_playbook(decision: Decision, outcomes: list[Outcome], steps: list[str]) -> None:
    assert play(decision, outcomes) == steps


def chain(*targets: Target) -> Decision:
    return Decision(PUBLIC, RouteName("r"), targets, Reason(RouteName("r")))


UNSAID = replace(GPT, name=TargetName("unsaid"), window=0)
SMALL = replace(QWEN, name=TargetName("small"), window=8_000)
PAIR = replace(QWEN, replicas=2)


@pytest.mark.parametrize(
    ("decision", "tokens", "outcomes", "steps"),
    [
        pytest.param(chain(SMALL, GPT), 9_000, [SERVED], ["try small", "done"], id="an estimate slightly above the window is tried"),
        pytest.param(chain(SMALL, GPT), 16_001, [SERVED], ["try gpt", "done"], id="one far above it is not"),
        pytest.param(chain(SMALL, QWEN), 10**6, [], ["give up: 400 context_length_exceeded"], id="it fits nowhere"),
        pytest.param(chain(UNSAID), 10**6, [SERVED], ["try unsaid", "done"], id="an unknown window is tried"),
        pytest.param(
            chain(SMALL, UNSAID, GPT), 9_000, [TOO_LONG, SERVED], ["try small", "try gpt", "done"], id="but is not known to be larger"
        ),
        pytest.param(
            chain(UNSAID, SMALL), 100, [TOO_LONG, SERVED], ["try unsaid", "try small", "done"], id="a known window after an unknown one"
        ),
        pytest.param(chain(), 1, [], ["give up: 503 unavailable"], id="an empty chain"),
        pytest.param(chain(replace(GPT, retries=0)), 1, [FAULT], ["try gpt", "give up: 502 upstream_error"], id="a target without retries"),
        pytest.param(
            chain(replace(GPT, retries=9)),
            1,
            [FAULT] * MOST_ATTEMPTS,
            ["try gpt", "try gpt after 0.1 s", "try gpt after 0.2 s", "give up: 502 upstream_error"],
            id="a target with many retries",
        ),
    ],
)
def test_windows_and_retries(decision: Decision, tokens: int, outcomes: list[Outcome], steps: list[str]) -> None:
    assert play(decision, outcomes, replace(ASK, prompt_tokens=tokens)) == steps


@pytest.mark.parametrize(
    ("tokens", "steps"),
    [
        pytest.param(7_999, ["try small", "done"], id="a long answer that fits beside a short prompt"),
        pytest.param(8_000, ["try gpt", "done"], id="one that leaves no room"),
        pytest.param(130_000, ["give up: 400 context_length_exceeded"], id="one that no window has room for"),
    ],
)
def test_what_the_caller_says_of_the_answer_counts_in_full(tokens: int, steps: list[str]) -> None:
    outcomes: list[Outcome] = [SERVED] if len(steps) > 1 else []
    assert play(chain(SMALL, GPT), outcomes, replace(ASK, prompt_tokens=2, answer_tokens=tokens)) == steps


BLIND = replace(QWEN, name=TargetName("blind"), lacks=frozenset({"vision", "audio"}))
MUTE = replace(GPT, name=TargetName("mute"), lacks=frozenset({"tools"}))


@pytest.mark.parametrize(
    ("decision", "needed", "tokens", "steps"),
    [
        pytest.param(chain(BLIND, GPT), {"vision"}, 10, ["try gpt", "done"], id="who lacks what is needed is passed over"),
        pytest.param(chain(BLIND, GPT), {"tools"}, 10, ["try blind", "done"], id="but not for what it has"),
        pytest.param(chain(BLIND), set(), 10, ["try blind", "done"], id="nor where nothing is needed"),
        pytest.param(chain(BLIND), {"vision"}, 10, ["give up: 400 unable"], id="nobody can"),
        pytest.param(chain(BLIND, MUTE), {"vision", "tools"}, 10, ["give up: 400 unable"], id="nobody can do both"),
        pytest.param(chain(BLIND, SMALL), {"vision"}, 30_000, ["give up: 400 context_length_exceeded"], id="who can has no room"),
    ],
)
def test_abilities(decision: Decision, needed: set[Ability], tokens: int, steps: list[str]) -> None:
    outcomes: list[Outcome] = [SERVED] if len(steps) > 1 else []
    facts = replace(ASK, needs=Needs(abilities=frozenset(needed)), prompt_tokens=tokens)
    assert play(decision, outcomes, facts) == steps


def test_nobody_waits_for_who_lacks_what_is_needed() -> None:
    fleet = Fleet([BLIND])
    for _ in range(TRIP):
        fleet.begin(Attempt(1, BLIND), 0.0)
        fleet.note(Attempt(1, BLIND), FAULT, 0.0, 1.0)
    assert isinstance(next_step(chain(BLIND), ASK, fleet, (), 0.1, 0.5), Wait)
    step = next_step(chain(BLIND), replace(ASK, needs=Needs(abilities=frozenset({"vision"}))), fleet, (), 0.1, 0.5)
    assert isinstance(step, GiveUp)
    assert step.failure.kind == "UNABLE"
    assert "see pictures" in step.failure.say


def hasty(target: Target) -> Target:
    """The same target, for which nobody waits."""
    return replace(target, patience_s=0.0)


def opened(*targets: Target) -> Fleet:
    """A fleet in which the breakers of these targets are open."""
    fleet = Fleet([QWEN, GPT, CLAUDE])
    for target in targets:
        for _ in range(TRIP):
            attempt = Attempt(1, target)
            fleet.begin(attempt, 0.0)
            fleet.note(attempt, FAULT, 0.0, 1.0)
    return fleet


@pytest.mark.parametrize(
    ("decision", "fleet", "step"),
    [
        pytest.param(HARD, opened(GPT), "try claude", id="an open breaker is passed over"),
        pytest.param(HARD, opened(GPT, CLAUDE, QWEN), "wait 1 s", id="all breakers are open"),
        pytest.param(SENSITIVE, opened(QWEN), "wait 1 s", id="sensitive, and the breaker is open"),
        pytest.param(chain(hasty(GPT), hasty(QWEN)), opened(GPT, QWEN), "give up: 503 unavailable, retry after 2 s", id="hasty"),
        pytest.param(chain(hasty(QWEN)), opened(QWEN), "give up: 503 local_unavailable, retry after 2 s", id="hasty, at home"),
        pytest.param(SENSITIVE, opened(GPT, CLAUDE), "try qwen", id="the cloud is down and nobody at home cares"),
    ],
)
def test_open_breakers(decision: Decision, fleet: Fleet, step: str) -> None:
    assert told(next_step(decision, ASK, fleet, (), 0.0, 1.0)) == step


@pytest.mark.parametrize(
    ("facts", "now", "step"),
    [
        pytest.param(ASK, 0.0, "wait 1 s", id="who comes when it has just opened waits"),
        pytest.param(replace(ASK, waiting_since=0.0), 0.995, f"wait {LEAST_WAIT_S:g} s", id="who looks too early looks again"),
        pytest.param(replace(ASK, waiting_since=0.0), LAST_RESORT_S, "try qwen", id="then it is tried, though it would stay open longer"),
        pytest.param(replace(ASK, waiting_since=-1.5), 0.0, "give up: 503 local_unavailable, retry after 2 s", id="patience is over"),
        pytest.param(replace(ASK, due=0.9), 0.0, "give up: 503 local_unavailable, retry after 2 s", id="the caller has none"),
        pytest.param(replace(ASK, due=1.1), 0.0, "wait 1 s", id="the caller has enough"),
        pytest.param(replace(ASK, prompt_tokens=10**7), 0.0, "give up: 400 context_length_exceeded", id="nobody waits in vain"),
        pytest.param(
            replace(ASK, withdrawn=frozenset({QWEN.name})),
            0.0,
            "give up: 503 local_unavailable, retry after 2 s",
            id="nor for one that went",
        ),
    ],
)
def test_who_has_nobody_else_waits_for_who_comes_back(facts: Facts, now: float, step: str) -> None:
    assert told(next_step(SENSITIVE, facts, opened(QWEN), (), now, 1.0)) == step


def test_while_it_is_tried_the_others_wait_only_as_long_as_they_may() -> None:
    fleet = opened(QWEN)
    fleet.claim(Attempt(1, QWEN), LAST_RESORT_S)
    assert told(next_step(SENSITIVE, ASK, fleet, (), LAST_RESORT_S, 1.0)).startswith("wait")
    late = replace(ASK, waiting_since=LAST_RESORT_S - QWEN.patience_s)
    assert told(next_step(SENSITIVE, late, fleet, (), LAST_RESORT_S + 0.01, 1.0)).startswith("give up")


@pytest.mark.parametrize(
    ("since", "step"),
    [
        pytest.param(0.0, "wait", id="while there is time they wait for room"),
        pytest.param(-QWEN.patience_s + 0.1, "try qwen", id="a crowd alone turns nobody away"),
    ],
)
def test_who_waits_for_a_crowd_goes_in_at_last(since: float, step: str) -> None:
    fleet = Fleet([QWEN])
    for _ in range(4 * FIRST_ROOM):
        fleet.begin(Attempt(1, QWEN), 1.0)
    for _ in range(TRIP):
        attempt = Attempt(1, QWEN)
        fleet.begin(attempt, 1.0)
        fleet.note(attempt, FAULT, 1.0, 1.0)
    fleet.answered(Attempt(1, QWEN), 9.0)
    assert told(next_step(SENSITIVE, replace(ASK, waiting_since=9.0 + since), fleet, (), 9.0, 1.0)).startswith(step)


def test_nobody_waits_for_what_an_operator_took_out_of_service() -> None:
    fleet = Fleet([QWEN])
    for out in ("drained", "gone"):
        fleet.turn(QWEN.name, 0, out, 0.0, on=True)
        assert told(next_step(SENSITIVE, ASK, fleet, (), 0.0, 0.0)) == "give up: 503 local_unavailable"
        fleet.turn(QWEN.name, 0, out, 0.0, on=False)


def test_in_a_lockdown_nobody_waits_for_the_outside() -> None:
    step = next_step(HARD, replace(ASK, is_locked=True), opened(GPT, CLAUDE, QWEN), (), 0.0, 1.0)
    assert told(step) == "wait 1 s"
    step = next_step(chain(GPT), replace(ASK, is_locked=True), opened(GPT), (), 0.0, 1.0)
    assert told(step).startswith("give up")


@pytest.mark.parametrize(
    ("facts", "outcome", "now", "step"),
    [
        pytest.param(ASK, SILENT, 0.0, "wait", id="those who come later wait for room"),
        pytest.param(ASK, SILENT, RAMP_S, "try claude", id="which there is after a while"),
        pytest.param(replace(ASK, waiting_since=-2.0), SILENT, 0.0, "try claude", id="or they have waited long enough"),
        pytest.param(replace(ASK, due=0.01), SILENT, 0.0, "try claude", id="or have no time"),
        pytest.param(ASK, TOO_LONG, 0.0, "try claude", id="a request that is too long is no flood"),
    ],
)
def test_when_a_target_fails_not_all_turn_to_the_next_one_at_once(facts: Facts, outcome: Outcome, now: float, step: str) -> None:
    fleet = Fleet(HARD.chain)
    for _ in range(FIRST_ROOM):
        fleet.begin(Attempt(2, CLAUDE), 0.0)
    assert told(next_step(HARD, facts, fleet, (Tried(Attempt(1, GPT), outcome),), now, 1.0)).startswith(step)


def test_without_budget_nothing_is_repeated_and_the_next_one_is_asked() -> None:
    fleet = Fleet(HARD.chain)
    for _ in range(3):
        fleet.begin(Attempt(2, GPT, is_repeated=True), 0.0)
    assert told(next_step(HARD, ASK, fleet, (Tried(Attempt(1, GPT), FAULT),), 0.0, 1.0)) == "try claude"


def test_a_repeated_attempt_says_so() -> None:
    step = next_step(HARD, ASK, Fleet(HARD.chain), (Tried(Attempt(1, GPT), FAULT),), 0.0, 1.0)
    assert isinstance(step, Try)
    assert step.attempt.is_repeated
    step = next_step(HARD, ASK, Fleet(HARD.chain), (Tried(Attempt(1, GPT), SILENT),), 0.0, 1.0)
    assert isinstance(step, Try)
    assert not step.attempt.is_repeated


CUT_EARLY = Failed(FAILURES["CUT"])
DROPPED = Failed(FAILURES["DROPPED"])


@pytest.mark.parametrize(
    ("target", "failed", "is_repeated"),
    [
        pytest.param(GPT, REFUSED_CONNECTION, True, id="outside, nothing was sent"),
        pytest.param(GPT, DROPPED, True, id="outside, a kept connection closed as it was used"),
        pytest.param(GPT, FAULT, True, id="outside, it says that it failed"),
        pytest.param(GPT, LIMITED_BRIEFLY, True, id="outside, it says that it would not"),
        pytest.param(GPT, CUT_EARLY, False, id="outside, cut: perhaps done and billed"),
        pytest.param(GPT, GARBAGE, False, id="outside, an answer that is none: done and billed"),
        pytest.param(GPT, SILENT, False, id="outside, silent: perhaps still at work"),
        pytest.param(QWEN, CUT_EARLY, True, id="at home nobody sends a bill"),
        pytest.param(QWEN, GARBAGE, True, id="nor for an answer that is none"),
    ],
)
def test_no_provider_is_asked_twice_for_what_it_may_have_done(target: Target, failed: Failed, is_repeated: bool) -> None:
    step = next_step(chain(target), ASK, Fleet([target]), (Tried(Attempt(1, target), failed),), 0.0, 1.0)
    assert isinstance(step, Try) is is_repeated


@pytest.mark.parametrize(
    ("target", "step"),
    [
        pytest.param(PAIR, "try qwen after 0.1 s", id="another replica is asked"),
        pytest.param(QWEN, "give up: 503 local_unavailable, retry after 2 s", id="the same one is not"),
        pytest.param(replace(GPT, replicas=2), "give up: 504 upstream_timeout", id="nor another one outside, where both would be billed"),
    ],
)
def test_after_silence(target: Target, step: str) -> None:
    assert told(next_step(chain(target), ASK, Fleet([target]), (Tried(Attempt(1, target), SILENT),), 0.0, 1.0)) == step


def test_after_silence_of_one_the_other_replica_must_be_able() -> None:
    fleet = Fleet([PAIR])
    for _ in range(TRIP):
        attempt = Attempt(1, PAIR, 1)
        fleet.begin(attempt, 0.0)
        fleet.note(attempt, FAULT, 0.0, 1.0)
    assert told(next_step(chain(PAIR), ASK, fleet, (Tried(Attempt(1, PAIR, 0), SILENT),), 0.0, 1.0)).startswith("give up")


LIMITED_FIVE = Failed(FAILURES["OVERLOADED"], 503, retry_after_s=5.0)


@pytest.mark.parametrize(
    ("decision", "due", "step"),
    [
        pytest.param(SENSITIVE, 10.0, "try qwen after 5.1 s", id="who says how long they wait has it waited for"),
        pytest.param(SENSITIVE, 5.05, "give up: 503 local_unavailable, retry after 5 s", id="not beyond that"),
        pytest.param(SENSITIVE, 4.0, "give up: 503 local_unavailable, retry after 5 s", id="nor nearly so long"),
        pytest.param(EASY, 10.0, "try gpt", id="another target is asked first"),
    ],
)
def test_retry_after_is_honoured_within_the_deadline(decision: Decision, due: float, step: str) -> None:
    history = (Tried(Attempt(1, QWEN), LIMITED_FIVE),)
    assert told(next_step(decision, replace(ASK, due=due), Fleet(decision.chain), history, 0.0, 1.0)) == step


def test_a_retry_is_not_made_at_a_target_whose_breaker_has_just_opened() -> None:
    history = (Tried(Attempt(1, GPT), FAULT),)
    assert told(next_step(HARD, ASK, opened(GPT), history, 0.0, 1.0)) == "try claude"


def test_a_retry_goes_to_another_replica() -> None:
    step = next_step(chain(PAIR), ASK, Fleet([PAIR]), (Tried(Attempt(1, PAIR, 0), FAULT),), 0.0, 1.0)
    assert isinstance(step, Try)
    assert (step.attempt.replica, step.attempt.number) == (1, 2)


@pytest.mark.parametrize(("dice", "delay_s"), [(0.0, 0.0), (0.5, 0.05), (1.0, 0.1)])
def test_the_delay_is_jittered_in_full(dice: float, delay_s: float) -> None:
    step = next_step(HARD, ASK, Fleet([GPT]), (Tried(Attempt(1, GPT), FAULT),), 0.0, dice)
    assert isinstance(step, Try)
    assert step.delay_s == pytest.approx(delay_s)


def test_the_caller_gets_the_targets_own_words_and_the_log_does_not() -> None:
    step = next_step(HARD, ASK, Fleet([*HARD.chain]), (Tried(Attempt(1, GPT), BAD_REQUEST),), 0.0, 1.0)
    assert isinstance(step, GiveUp)
    assert (step.status, step.body) == (422, b"its own words")
    assert "its own words" not in repr(step)


def test_what_must_stay_local_says_why_it_could_not() -> None:
    step = next_step(SENSITIVE, ASK, Fleet([QWEN]), (Tried(Attempt(1, QWEN), NO_MODEL),), 0.0, 1.0)
    assert step == GiveUp(FAILURES["LOCAL_UNAVAILABLE"], FIRST_OPEN_S, 503, cause=FAILURES["NO_MODEL"])


@pytest.mark.parametrize(
    "kind,code",
    [
        pytest.param("LEDGER_UNAVAILABLE", "ledger_unavailable", id="unrecorded"),
        pytest.param("LOCKED_DOWN", "locked_down", id="locked down"),
    ],
)
def test_what_may_not_leave_goes_to_no_other_external_target(kind: Kind, code: str) -> None:
    history = (Tried(Attempt(1, GPT), Failed(FAILURES[kind])),)
    fleet = Fleet(POLICY.targets.values())
    step = next_step(HARD, ASK, fleet, history, 0.0, 0.0)
    assert isinstance(step, Try)
    assert step.attempt == Attempt(2, QWEN)
    outside = Decision(PUBLIC, HARD.route, (GPT, CLAUDE), Reason(HARD.route))
    told = next_step(outside, ASK, fleet, history, 0.0, 0.0)
    assert isinstance(told, GiveUp)
    assert (told.status, told.failure.code) == (503, code)


LOCKED = replace(ASK, is_locked=True)


@pytest.mark.parametrize(
    ("decision", "outcomes", "steps"),
    [
        pytest.param(HARD, [SERVED], ["try qwen", "done"], id="external targets of a chain are passed over"),
        pytest.param(EASY, [LIMITED], ["try qwen", "give up: 429 upstream_overloaded"], id="no fallback leads outside"),
    ],
)
def test_locked_down(decision: Decision, outcomes: list[Outcome], steps: list[str]) -> None:
    assert [one.partition(", ")[0] for one in play(decision, outcomes, LOCKED)] == steps


def test_what_a_reload_withdrew_is_passed_over_inside_and_outside() -> None:
    assert [one.partition(", ")[0] for one in play(HARD, [SERVED], replace(ASK, withdrawn=frozenset({GPT.name})))] == ["try claude", "done"]
    assert [one.partition(", ")[0] for one in play(EASY, [SERVED], replace(ASK, withdrawn=frozenset({QWEN.name})))] == ["try gpt", "done"]


def test_a_lockdown_in_the_midst_stops_retries_outside() -> None:
    fleet = Fleet(HARD.chain)
    history = (Tried(Attempt(1, GPT), FAULT),)
    again = next_step(HARD, ASK, fleet, history, 0.0, 0.0)
    assert isinstance(again, Try)
    assert again.attempt.target is GPT
    locked = next_step(HARD, LOCKED, fleet, history, 0.0, 0.0)
    assert isinstance(locked, Try)
    assert locked.attempt.target is QWEN


REJECTED = Rejected("low_confidence")
CUT_OFF = Rejected("low_confidence", is_whole=False)
UNASKED = Rejected("unasked", is_whole=False)
CASCADING = Decision(PUBLIC, EASY.route, (QWEN, GPT, CLAUDE), Reason(EASY.route), cascade=Cascade())
PATIENT = replace(CASCADING, chain=(QWEN, replace(GPT, retries=1)))


@pytest.mark.parametrize(
    ("decision", "outcomes", "steps"),
    [
        pytest.param(CASCADING, [SERVED], ["try qwen", "done"], id="a good answer is the answer"),
        pytest.param(CASCADING, [REJECTED, SERVED], ["try qwen", "try gpt", "done"], id="a rejected one gives way"),
        pytest.param(CASCADING, [CUT_OFF, SERVED], ["try qwen", "try gpt", "done"], id="so does a beginning of one"),
        pytest.param(CASCADING, [REJECTED, SILENT, SERVED], ["try qwen", "try gpt", "try claude", "done"], id="to the one after that too"),
        pytest.param(CASCADING, [REJECTED, SILENT, SILENT], ["try qwen", "try gpt", "try claude", "keep qwen"], id="or it is kept"),
        pytest.param(PATIENT, [REJECTED, FAULT, FAULT], ["try qwen", "try gpt", "try gpt after 0.1 s", "keep qwen"], id="after a retry"),
        pytest.param(CASCADING, [REJECTED, BAD_REQUEST], ["try qwen", "try gpt", "keep qwen"], id="a refusal of the next one's is none"),
        pytest.param(CASCADING, [REJECTED, BROKEN], ["try qwen", "try gpt", "done"], id="nothing follows what the caller has seen"),
        pytest.param(CASCADING, [REJECTED, LEFT], ["try qwen", "try gpt", "done"], id="nothing follows a caller who left"),
        pytest.param(PATIENT, [CUT_OFF, FAULT, SERVED], ["try qwen", "try gpt", "try qwen", "done"], id="a beginning is asked for again"),
        pytest.param(
            PATIENT, [CUT_OFF, FAULT, FAULT], ["try qwen", "try gpt", "try qwen", "give up: 502 upstream_error"], id="but only once"
        ),
        pytest.param(
            CASCADING, [SILENT, REJECTED], ["try qwen", "try gpt", "give up: 503 unavailable"], id="only the first can be rejected"
        ),
    ],
)
def test_a_rejected_answer_gives_way_and_is_what_is_left(decision: Decision, outcomes: list[Outcome], steps: list[str]) -> None:
    if outcomes == [SILENT, REJECTED]:
        decision = replace(decision, chain=(QWEN, GPT))
    assert play(decision, outcomes) == steps


def test_a_beginning_with_nobody_to_ask_again_is_an_error() -> None:
    fleet = Fleet([QWEN, GPT])
    for target in (QWEN, GPT):
        for _ in range(TRIP):
            fleet.begin(Attempt(1, target), 0.0)
            fleet.note(Attempt(1, target), FAULT, 0.0, 0.0)
    first = (Tried(Attempt(1, QWEN), CUT_OFF),)
    assert told(next_step(replace(CASCADING, chain=(QWEN, GPT)), ASK, fleet, first, 0.5, 0.0)).startswith("give up: 503 unavailable")
    second = (*first, Tried(Attempt(2, QWEN), FAULT))
    assert told(next_step(replace(CASCADING, chain=(QWEN, GPT)), ASK, fleet, second, 0.5, 0.0)).startswith("give up: 502")


def test_a_rejection_is_no_fault() -> None:
    fleet = Fleet([QWEN, GPT])
    for _ in range(TRIP + 1):
        fleet.begin(Attempt(1, QWEN), 0.0)
        fleet.note(Attempt(1, QWEN), REJECTED, 0.0, 0.0)
    assert fleet.pick(QWEN, 0.0) == 0


@pytest.mark.parametrize(
    ("decision", "attempt", "facts", "may"),
    [
        pytest.param(CASCADING, Attempt(1, QWEN), ASK, True, id="the first answer of the first target"),
        pytest.param(EASY, Attempt(1, QWEN), ASK, False, id="not where nothing cascades"),
        pytest.param(CASCADING, Attempt(2, QWEN), ASK, False, id="not a second one"),
        pytest.param(CASCADING, Attempt(1, GPT), ASK, False, id="not another target's"),
        pytest.param(CASCADING, Attempt(1, QWEN), replace(ASK, is_locked=True), False, id="not in a lockdown"),
        pytest.param(CASCADING, Attempt(1, QWEN), replace(ASK, prompt_tokens=10**7), False, id="not where it fits nowhere else"),
    ],
)
def test_which_answers_are_judged(decision: Decision, attempt: Attempt, facts: Facts, may: bool) -> None:
    assert may_escalate(attempt, decision, facts, Fleet(decision.chain), 0.0) is may


def test_with_every_other_breaker_open_nothing_is_judged() -> None:
    fleet, chain = Fleet([QWEN, GPT]), (QWEN, GPT)
    for _ in range(TRIP):
        fleet.begin(Attempt(1, GPT), 0.0)
        fleet.note(Attempt(1, GPT), FAULT, 0.0, 0.0)
    assert not may_escalate(Attempt(1, QWEN), replace(CASCADING, chain=chain), ASK, fleet, 0.0)


@pytest.mark.parametrize(
    ("outcomes", "step"),
    [
        pytest.param([], "give up: 504 deadline_exceeded", id="before the first attempt"),
        pytest.param([FAULT], "give up: 504 deadline_exceeded", id="instead of the next one"),
        pytest.param([Failed(FAILURES["OVERDUE"])], "give up: 504 deadline_exceeded", id="in the midst of an attempt"),
        pytest.param([BAD_REQUEST], "give up: 422 bad_request", id="a refusal is an answer"),
        pytest.param([SERVED], "done", id="an answer too"),
        pytest.param([Rejected("empty")], "keep qwen", id="an answer that was rejected is better than none"),
    ],
)
def test_after_the_caller_s_deadline_nothing_begins(outcomes: list[Outcome], step: str) -> None:
    late, fleet = replace(ASK, due=5.0), Fleet([*EASY.chain])
    history = tuple(Tried(Attempt(number + 1, QWEN), outcome) for number, outcome in enumerate(outcomes))
    assert told(next_step(EASY, late, fleet, history, 5.0, 1.0)) == step


PLENTY = Decision(PUBLIC, EASY.route, (QWEN, GPT, CLAUDE), Reason(EASY.route))


@pytest.mark.parametrize(
    ("decision", "outcomes", "steps"),
    [
        pytest.param(EASY, [FULL, SERVED], ["try qwen", "try gpt", "done"], id="without room another target is asked"),
        pytest.param(
            SENSITIVE, [FULL], ["try qwen", "give up: 503 local_unavailable, retry after 4 s"], id="what may not leave is told when"
        ),
        pytest.param(EASY, [FULL, SILENT, SERVED], ["try qwen", "try gpt", "try qwen", "done"], id="and comes back when there is nobody"),
        pytest.param(
            EASY, [FULL, BAD_KEY, FULL], ["try qwen", "try gpt", "try qwen", "give up: 503 saturated, retry after 4 s"], id="once only"
        ),
        pytest.param(EASY, [FULL, BAD_REQUEST], ["try qwen", "try gpt", "give up: 422 bad_request"], id="not after an answer"),
        pytest.param(
            PLENTY,
            [FULL, FAULT, FAULT, SERVED],
            ["try qwen", "try gpt", "try gpt after 0.1 s", "try claude", "done"],
            id="to find a target full is no attempt",
        ),
        pytest.param(
            PLENTY,
            [FULL, FAULT, FAULT, NO_MODEL],
            ["try qwen", "try gpt", "try gpt after 0.1 s", "try claude", "give up: 502 upstream_model, retry after 4 s"],
            id="after three that were made nobody comes back",
        ),
        pytest.param(
            PLENTY,
            [FULL, BAD_KEY, NO_MODEL, SERVED],
            ["try qwen", "try gpt", "try claude", "try qwen", "done"],
            id="after all others failed",
        ),
    ],
)
def test_who_finds_no_room(decision: Decision, outcomes: list[Outcome], steps: list[str]) -> None:
    assert play(decision, outcomes) == steps


def test_nobody_comes_back_to_a_target_that_may_not_be_asked() -> None:
    fleet, history = Fleet([QWEN, GPT]), (Tried(Attempt(1, QWEN), FULL), Tried(Attempt(2, GPT), BAD_KEY))
    fleet.hold(QWEN.name, 0, 9.0)
    assert isinstance(next_step(EASY, ASK, fleet, history, 0.0, 0.0), GiveUp)
    gone = replace(ASK, withdrawn=frozenset({QWEN.name}))
    assert isinstance(next_step(EASY, gone, Fleet([QWEN, GPT]), history, 0.0, 0.0), GiveUp)


def test_who_else_would_be_asked() -> None:
    fleet = Fleet([QWEN, GPT])
    assert elsewhere(Attempt(1, QWEN), EASY, ASK, fleet, (), 0.0) is GPT
    assert elsewhere(Attempt(1, QWEN), SENSITIVE, ASK, fleet, (), 0.0) is None
    assert elsewhere(Attempt(1, QWEN), EASY, replace(ASK, is_locked=True), fleet, (), 0.0) is None
    fleet.hold(GPT.name, 0, 9.0)
    assert elsewhere(Attempt(1, QWEN), EASY, ASK, fleet, (), 0.0) is None
