import pytest

from classifiers.signals import Signals
from router.decide import decide, declassified_from, difficulty_of, hangs_on_difficulty, label_of
from router.facts import Facts, Needs
from router.labels import Label
from router.names import RouteName, TargetName
from router.policy import Policy, Rule, Test
from router.values import replace
from tests.router.examples import ASK, GPT, INTERNAL, LABELS, PERSONAL, POLICY, PUBLIC, QWEN, RESTRICTED, TARGETS, doubtful, found

DENYING = replace(POLICY, on_explicit_model="deny")


@pytest.mark.parametrize(
    ("signals", "facts", "label"),
    [
        pytest.param(found(), ASK, PUBLIC, id="nothing was found"),
        pytest.param(found("email"), ASK, PERSONAL, id="an e-mail address"),
        pytest.param(found("email", "iban", "email"), ASK, RESTRICTED, id="the highest finding counts"),
        pytest.param(found("dragon"), ASK, RESTRICTED, id="a category that nobody mapped is a doubt"),
        pytest.param(doubtful(), ASK, RESTRICTED, id="a doubt"),
        pytest.param(replace(found(), coverage=0.9), ASK, RESTRICTED, id="less than everything was read"),
        pytest.param(found(), replace(ASK, floor=INTERNAL), INTERNAL, id="a floor lifts"),
        pytest.param(found("iban"), replace(ASK, floor=INTERNAL), RESTRICTED, id="a floor does not lower"),
        pytest.param(found(), replace(ASK, preference="private"), RESTRICTED, id="private is the highest label"),
        pytest.param(found("email"), replace(ASK, preference="best"), PERSONAL, id="best changes no label"),
        pytest.param(found("email"), replace(ASK, preference="named", named=GPT.name), PERSONAL, id="nor does a name"),
        pytest.param(found(), replace(ASK, inherited=PERSONAL, lineage="pair"), PERSONAL, id="what is inherited lifts"),
        pytest.param(found("iban"), replace(ASK, inherited=PERSONAL, lineage="pair"), RESTRICTED, id="and does not lower"),
    ],
)
def test_the_label(signals: Signals, facts: Facts, label: Label) -> None:
    assert label_of(signals, facts, POLICY) is label


KEPT = replace(POLICY, categories={**POLICY.categories, "credential": RESTRICTED}, kept=frozenset({"credential"}))
LOWERED = replace(ASK, ceiling=INTERNAL)


@pytest.mark.parametrize(
    ("signals", "facts", "label", "was"),
    [
        pytest.param(found("iban"), LOWERED, INTERNAL, RESTRICTED, id="a finding is lowered"),
        pytest.param(doubtful(), LOWERED, INTERNAL, RESTRICTED, id="a doubt is lowered"),
        pytest.param(found(), replace(LOWERED, inherited=PERSONAL), INTERNAL, PERSONAL, id="what is inherited is lowered"),
        pytest.param(found("iban", "credential"), LOWERED, RESTRICTED, None, id="a credential is not"),
        pytest.param(found("iban"), replace(LOWERED, floor=PERSONAL), PERSONAL, RESTRICTED, id="not below what a key or header demands"),
        pytest.param(found("iban"), replace(LOWERED, preference="private"), RESTRICTED, None, id="private stays private"),
        pytest.param(found(), LOWERED, PUBLIC, None, id="nothing was lowered"),
        pytest.param(found("email"), replace(ASK, ceiling=RESTRICTED), PERSONAL, None, id="a ceiling lifts nothing"),
        pytest.param(found("email"), ASK, PERSONAL, None, id="no ceiling"),
    ],
)
def test_the_right_to_declassify(signals: Signals, facts: Facts, label: Label, was: Label | None) -> None:
    assert label_of(signals, facts, KEPT) is label
    assert declassified_from(signals, facts, KEPT) is was


@pytest.mark.parametrize("named", [None, GPT.name, QWEN.name])
def test_locked_down_only_local_targets_are_in_the_chain(named: TargetName | None) -> None:
    facts = replace(ASK, is_locked=True, named=named, preference="auto" if named is None else "named")
    assert decide(facts, found(score=0.9), POLICY).chain == (QWEN,)
    assert decide(facts, found(score=0.9), DENYING).verdict == "serve"


def test_a_policy_may_give_doubts_a_lower_label() -> None:
    policy = replace(POLICY, doubt=INTERNAL)
    assert label_of(doubtful(), ASK, policy) is INTERNAL
    assert label_of(found("dragon"), ASK, policy) is INTERNAL


@pytest.mark.parametrize(
    ("score", "facts", "difficulty"),
    [
        pytest.param(0.3, ASK, 0.3, id="the scorer's word"),
        pytest.param(None, ASK, None, id="nobody scored"),
        pytest.param(0.3, replace(ASK, preference="best"), 1.0, id="best is as hard as can be"),
        pytest.param(0.9, replace(ASK, preference="cheap"), 0.0, id="cheap is as easy as can be"),
        pytest.param(None, replace(ASK, preference="cheap"), 0.0, id="whether or not somebody scored"),
    ],
)
def test_the_difficulty(score: float | None, facts: Facts, difficulty: float | None) -> None:
    assert difficulty_of(found(score=score), facts) == difficulty


@pytest.mark.parametrize(
    ("facts", "signals", "route", "chain"),
    [
        pytest.param(ASK, found(score=0.2), "easy", ["qwen", "gpt"], id="easy stays, with the cloud behind"),
        pytest.param(ASK, found(score=0.9), "hard", ["gpt", "claude", "qwen"], id="hard leaves, with the local engine behind"),
        pytest.param(ASK, found(score=0.5), "easy", ["qwen", "gpt"], id="at the threshold it is easy"),
        pytest.param(ASK, found(), "easy", ["qwen", "gpt"], id="unscored is easy"),
        pytest.param(ASK, found("email", score=0.9), "sensitive", ["qwen"], id="hard but personal stays"),
        pytest.param(ASK, doubtful(), "sensitive", ["qwen"], id="in doubt it stays"),
        pytest.param(replace(ASK, preference="best"), found("iban"), "sensitive", ["qwen"], id="best does not let restricted content out"),
        pytest.param(replace(ASK, preference="best"), found(score=0.1), "hard", ["gpt", "claude", "qwen"], id="best of public content"),
        pytest.param(replace(ASK, preference="cheap"), found(score=0.9), "easy", ["qwen", "gpt"], id="cheap"),
        pytest.param(replace(ASK, preference="private"), found(score=0.9), "sensitive", ["qwen"], id="private"),
        pytest.param(replace(ASK, preference="local"), found(score=0.9), "hard", ["qwen"], id="local"),
        pytest.param(replace(ASK, floor=PERSONAL), found(score=0.9), "sensitive", ["qwen"], id="a key that demands personal"),
        pytest.param(replace(ASK, named=GPT.name), found(score=0.1), "named", ["gpt"], id="a named target"),
        pytest.param(replace(ASK, named=QWEN.name), found("iban"), "named", ["qwen"], id="a named target that may have anything"),
        pytest.param(replace(ASK, named=GPT.name), found("email"), "sensitive", ["qwen"], id="a named target that may not is passed over"),
        pytest.param(
            replace(ASK, named=GPT.name, preference="local"), found(score=0.9), "hard", ["qwen"], id="local outweighs a name outside"
        ),
        pytest.param(replace(ASK, named=QWEN.name, preference="local"), found(), "named", ["qwen"], id="local, and a local name"),
        pytest.param(replace(ASK, named=TargetName("grok")), found(), "easy", ["qwen", "gpt"], id="a name that the policy does not know"),
        pytest.param(replace(ASK, endpoint="embeddings"), found(), "easy", [], id="an endpoint that nobody serves"),
    ],
)
def test_decide(facts: Facts, signals: Signals, route: str, chain: list[str]) -> None:
    decision = decide(facts, signals, POLICY)
    assert (decision.route, [target.name for target in decision.chain], decision.verdict) == (route, chain, "serve")


def test_a_policy_may_deny_a_named_target_instead_of_passing_it_over() -> None:
    decision = decide(replace(ASK, named=GPT.name), found("email"), DENYING)
    assert (decision.verdict, decision.chain, decision.label) == ("deny", (), PERSONAL)
    assert decision.reason.because == ("the named target is not cleared for this label",)
    assert decide(replace(ASK, named=GPT.name), found(), DENYING).chain == (GPT,)


def test_the_same_request_gets_the_same_decision_object() -> None:
    assert decide(ASK, found(score=0.9), POLICY) is decide(ASK, found(score=0.8), POLICY)


SEVERAL = Policy(
    LABELS,
    TARGETS,
    (
        Rule(RouteName("sensitive"), (Test("label", ">=", PERSONAL),), (QWEN,)),
        Rule(RouteName("tools"), (Test("tools", "=", True),), (GPT,)),
        Rule(RouteName("hard"), (Test("difficulty", ">", 0.5),), (GPT,)),
        Rule(RouteName("same"), (Test("turns", ">", 9), Test("difficulty", ">", 0.2)), (QWEN,)),
        Rule(RouteName("rest"), (), (QWEN,)),
    ),
    {"email": PERSONAL},
)


@pytest.mark.parametrize(
    ("signals", "facts", "hangs"),
    [
        pytest.param(found(), ASK, True, id="nobody scored, and a rule asks"),
        pytest.param(found(score=0.5), ASK, False, id="somebody scored"),
        pytest.param(found("email"), ASK, False, id="the label has decided"),
        pytest.param(doubtful(), ASK, False, id="so has a doubt"),
        pytest.param(found(), replace(ASK, preference="best"), False, id="the caller has decided"),
        pytest.param(found(), replace(ASK, preference="local"), False, id="it stays whatever the score"),
        pytest.param(found(), replace(ASK, is_locked=True), False, id="a lockdown"),
        pytest.param(found(), replace(ASK, preference="named", named=GPT.name), False, id="a target by name"),
        pytest.param(found(), replace(ASK, needs=Needs(has_tools=True)), False, id="an earlier rule has decided"),
    ],
)
def test_a_late_scorer_is_worth_asking_where_the_decision_hangs_on_it(signals: Signals, facts: Facts, hangs: bool) -> None:
    assert hangs_on_difficulty(facts, signals, SEVERAL) is hangs


def test_a_score_that_chooses_between_rules_to_the_same_target_is_not_worth_asking() -> None:
    same = replace(SEVERAL, rules=(SEVERAL.rules[0], *SEVERAL.rules[3:]))
    assert not hangs_on_difficulty(replace(ASK, turns=12), found(), same)
