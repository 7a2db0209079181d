import pytest

from router.attempt import Attempt, Failed, History, Tried
from router.decision import Decision, Hedge, Reason, Target
from router.facts import Facts
from router.failures import FAILURES
from router.fleet import Fleet
from router.hedging import hedge, is_hedged
from router.names import RouteName, TargetName
from router.values import replace
from tests.router.examples import ASK, CLAUDE, GPT, INTERNAL, PERSONAL, PUBLIC, QWEN

SOON = Hedge(0.5)
ONE = replace(QWEN, hedge=SOON)
PAIR = replace(QWEN, replicas=2, hedge=SOON)
BIG = replace(QWEN, name=TargetName("big"))
AFAR = replace(GPT, hedge=SOON)
CUT = Failed(FAILURES["CUT"])
STREAM = replace(ASK, is_stream=True)


def hedged(
    *chain: Target,
    facts: Facts = STREAM,
    failed: tuple[tuple[Target, int], ...] = (),
    down: tuple[tuple[Target, int], ...] = (),
    spent: bool = False,
    redacts: bool = False,
) -> tuple[str, int, int] | None:
    """Whom an attempt at replica 0 of the first target, which is slow, is hedged with: target, replica, number."""
    label = PERSONAL if redacts else PUBLIC
    decision = Decision(label, RouteName("r"), chain, Reason(RouteName("r")), redacts=INTERNAL if redacts else None)
    fleet = Fleet(chain)
    history: History = tuple(Tried(Attempt(number, target, replica), CUT) for number, (target, replica) in enumerate(failed, 1))
    for target, replica in down:
        fleet.turn(target.name, replica, "drained", 0.0, on=True)
    if spent:
        fleet.hedge(chain[0], 0.0)
    attempt = Attempt(len(history) + 1, chain[0], 0)
    found = hedge(attempt, decision, facts, fleet, history, 0.0)
    assert found is None or (found.is_hedge and not found.is_detour and not found.is_repeated)
    return None if found is None else (found.target.name, found.replica, found.number)


def test_another_replica_is_asked_before_another_target() -> None:
    assert hedged(PAIR, BIG) == ("qwen", 1, 2)


def test_a_target_without_another_replica_is_hedged_with_the_next_on_its_path() -> None:
    assert hedged(ONE, BIG, GPT) == ("big", 0, 2)
    assert hedged(PAIR, BIG, down=((PAIR, 1),)) == ("big", 0, 2)
    assert hedged(PAIR, BIG, failed=((PAIR, 1),)) == ("big", 0, 3)


def test_a_vendor_is_asked_again() -> None:
    assert hedged(AFAR, CLAUDE) == ("gpt", 0, 2)
    assert hedged(AFAR, CLAUDE, down=((AFAR, 0),)) == ("claude", 0, 2)


@pytest.mark.parametrize(
    "chain,redacts",
    [
        pytest.param((ONE,), False, id="nobody else"),
        pytest.param((ONE, GPT), False, id="the next is outside"),
        pytest.param((ONE, GPT, BIG), False, id="the next is outside, whoever follows"),
        pytest.param((replace(AFAR, clearance=PERSONAL), CLAUDE), True, id="the next may have it only rewritten"),
    ],
)
def test_no_hedge_leaves_its_path(chain: tuple[Target, ...], redacts: bool) -> None:
    down = ((chain[0], 0),) if chain[0].zone == "external" else ()
    assert hedged(*chain, redacts=redacts, down=down) is None


def test_a_rewritten_request_is_hedged_rewritten() -> None:
    assert hedged(AFAR, CLAUDE, redacts=True, down=((AFAR, 0),)) == ("claude", 0, 2)


def test_nobody_who_is_out_of_service_is_asked() -> None:
    assert hedged(ONE, BIG, down=((BIG, 0),)) is None


def test_a_hedge_is_an_attempt_like_others() -> None:
    assert hedged(PAIR, failed=((BIG, 0),)) == ("qwen", 1, 3)
    assert hedged(PAIR, failed=((BIG, 0), (BIG, 0))) is None


def test_no_hedge_without_a_budget() -> None:
    assert hedged(PAIR, spent=True) is None
    assert hedged(replace(PAIR, hedge=None)) is None


def test_nothing_is_begun_that_nobody_waits_for_or_that_is_barred() -> None:
    assert hedged(PAIR, facts=replace(STREAM, due=0.0)) is None
    assert hedged(AFAR, facts=replace(STREAM, is_locked=True)) is None
    assert hedged(PAIR, facts=replace(STREAM, withdrawn=frozenset({PAIR.name}))) is None
    assert hedged(ONE, BIG, facts=replace(STREAM, withdrawn=frozenset({BIG.name}))) is None


@pytest.mark.parametrize(
    "target,facts,yes",
    [
        pytest.param(PAIR, STREAM, True, id="a stream"),
        pytest.param(PAIR, ASK, False, id="a whole answer"),
        pytest.param(PAIR, replace(ASK, endpoint="embeddings"), True, id="an embedding"),
        pytest.param(QWEN, STREAM, False, id="not asked for"),
    ],
)
def test_what_has_a_first_token_is_hedged(target: Target, facts: Facts, yes: bool) -> None:
    assert is_hedged(target, facts) is yes
