import pytest

from router.cascade import Cascade
from router.decision import Clocks, Decision, Leak, Reason, Target
from router.labels import Label
from router.names import RouteName, Sent, TargetName
from tests.router.examples import CLAUDE, GPT, INTERNAL, PERSONAL, PUBLIC, QWEN, RESTRICTED

ROUTE = RouteName("hard")
LAB = Target(TargetName("lab"), "local", INTERNAL, Sent("lab-1"))


def build(label: Label, *chain: Target, highest: Label | None = RESTRICTED) -> Decision:
    return Decision(label, ROUTE, chain, Reason(ROUTE), highest=highest)


@pytest.mark.parametrize(
    ("label", "chain"),
    [
        pytest.param(PUBLIC, (GPT, QWEN), id="all are cleared for more"),
        pytest.param(INTERNAL, (GPT,), id="a target may receive exactly its clearance"),
        pytest.param(RESTRICTED, (QWEN,), id="the highest label at a target that is cleared for it"),
        pytest.param(RESTRICTED, (), id="an empty chain leaks nothing"),
    ],
)
def test_a_cleared_chain_is_a_decision(label: Label, chain: tuple[Target, ...]) -> None:
    assert build(label, *chain).chain == chain


@pytest.mark.parametrize(
    ("label", "chain", "says"),
    [
        pytest.param(PERSONAL, (GPT,), "would send personal content to 'gpt', which is cleared for internal at most", id="the only target"),
        pytest.param(RESTRICTED, (QWEN, GPT), "route 'hard' would send restricted content to 'gpt'", id="the last fallback"),
        pytest.param(PERSONAL, (CLAUDE, GPT), "'claude', .* and 'gpt'", id="every target that is too low is named"),
        pytest.param(PERSONAL, (LAB,), "'lab'", id="a local target too"),
    ],
)
def test_a_chain_below_the_label_cannot_be_a_decision(label: Label, chain: tuple[Target, ...], says: str) -> None:
    with pytest.raises(Leak, match=says):
        build(label, *chain)


@pytest.mark.parametrize(
    ("decision", "leaves"),
    [
        pytest.param(build(PUBLIC, QWEN), False, id="a local target that may have anything: the label is moot"),
        pytest.param(build(PUBLIC, QWEN, GPT), True, id="a fallback outside"),
        pytest.param(build(PUBLIC, LAB), True, id="a local target that may not have the highest label"),
        pytest.param(build(PUBLIC, LAB, highest=None), False, id="nobody said what the highest label is"),
        pytest.param(build(PUBLIC), False, id="no target"),
    ],
)
def test_leaves(decision: Decision, leaves: bool) -> None:
    assert decision.leaves is leaves


def test_a_target_serves_the_path_of_its_zone() -> None:
    assert (QWEN.path, GPT.path) == ("local", "cloud")


def redacting(label: Label, left: Label | None, *chain: Target) -> Decision:
    return Decision(label, ROUTE, chain, Reason(ROUTE), highest=RESTRICTED, redacts=left)


def test_a_redacting_decision_may_have_targets_that_are_cleared_for_what_is_left() -> None:
    decision = redacting(PERSONAL, INTERNAL, GPT, QWEN)
    assert [(decision.is_redacted(target), decision.path(target)) for target in decision.chain] == [(True, "redacted"), (False, "local")]
    assert decision.leaves
    assert redacting(PUBLIC, None, GPT).path(GPT) == "cloud"


@pytest.mark.parametrize(
    ("label", "left", "says"),
    [
        pytest.param(RESTRICTED, PERSONAL, "would send personal content to 'gpt'", id="too much would be left"),
        pytest.param(PERSONAL, RESTRICTED, "would send personal content to 'gpt'", id="more left than there was"),
        pytest.param(PERSONAL, None, "would send personal content to 'gpt'", id="nothing is redacted"),
    ],
)
def test_a_redacting_decision_with_a_target_below_what_is_left_cannot_be(label: Label, left: Label | None, says: str) -> None:
    with pytest.raises(Leak, match=says):
        redacting(label, left, GPT)


def test_where_nothing_can_be_redacted_only_cleared_targets_are_left() -> None:
    decision = redacting(PERSONAL, INTERNAL, GPT, QWEN, LAB)
    whole = decision.whole()
    assert (whole.chain, whole.redacts, whole.label, whole.leaves) == ((QWEN,), None, PERSONAL, False)
    assert whole.whole() is whole
    assert redacting(PERSONAL, INTERNAL, GPT).whole().chain == ()


@pytest.mark.parametrize(
    ("chain", "redacts"),
    [
        pytest.param((GPT, QWEN), None, id="from outside"),
        pytest.param((), None, id="from nowhere"),
        pytest.param((QWEN, GPT), PUBLIC, id="to where it would have to be redacted"),
    ],
)
def test_a_cascade_begins_at_home_and_goes_on_as_it_is(chain: tuple[Target, ...], redacts: Label | None) -> None:
    with pytest.raises(Leak, match="route 'first' would cascade public content"):
        Decision(PUBLIC, RouteName("first"), chain, Reason(RouteName("first")), redacts=redacts, cascade=Cascade())


def test_no_clock_runs_beyond_a_deadline() -> None:
    assert Clocks(3, 60, 50, 30, 600).within(40) == Clocks(3, 40, 40, 30, 40)
    assert 0 < Clocks().within(-1).total_s < 0.01, "one that is over ends at once, and is no endless clock"
