from collections.abc import Mapping
from typing import Any

import pytest

from router.cascade import Cascade
from router.decision import Target
from router.labels import Label, Labels
from router.names import Endpoint, RouteName, Sent, TargetName
from router.policy import ENDPOINTS, REDACTABLE, Key, Policy, Rule, Test, Unsound, reachable
from router.values import replace
from tests.router.examples import (
    CLAUDE,
    EASY,
    GPT,
    HARD,
    INTERNAL,
    LABELS,
    PERSONAL,
    POLICY,
    PUBLIC,
    QWEN,
    RESTRICTED,
    SENSITIVE,
    TARGETS,
)

STRANGER = replace(GPT, name=TargetName("grok"))
LAX = replace(GPT, clearance=RESTRICTED)


def rule(name: str, *when: Test, to: tuple[Target, ...] = (QWEN,), fallback: tuple[Target, ...] = ()) -> Rule:
    return Rule(RouteName(name), when, to, fallback)


def problems(*rules: Rule, targets: Mapping[TargetName, Target] = TARGETS, labels: Labels = LABELS) -> tuple[str, ...]:
    with pytest.raises(Unsound) as refused:
        Policy(labels, targets, rules)
    assert str(refused.value) == "\n".join(refused.value.problems)
    return refused.value.problems


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        pytest.param(
            (rule("all", to=(GPT,)),),
            "route 'all' would send personal content to 'gpt', which is cleared for internal at most; "
            "let an earlier rule take personal requests, or leave that target out of the chain",
            id="everything goes outside",
        ),
        pytest.param((EASY,), "route 'easy' would send restricted content to 'gpt'", id="the fallback leaks"),
        pytest.param((HARD, SENSITIVE, rule("rest")), "route 'hard' would send personal content", id="the sensitive rule comes too late"),
        pytest.param(
            (rule("sensitive", Test("label", ">=", RESTRICTED)), HARD, rule("rest")),
            "route 'hard' would send personal content",
            id="the sensitive rule takes too few labels",
        ),
        pytest.param(
            (rule("sensitive", Test("label", ">=", PERSONAL), Test("tenant", "=", "acme")), HARD, rule("rest")),
            "route 'hard' would send personal content",
            id="the sensitive rule takes too few tenants",
        ),
        pytest.param(
            (rule("sensitive", Test("label", ">=", PERSONAL), Test("endpoint", "=", "chat")), HARD, rule("rest")),
            "route 'hard' would send personal content",
            id="the sensitive rule takes one endpoint of several",
        ),
    ],
)
def test_a_policy_that_could_leak_is_refused_with_rule_label_and_target(rules: tuple[Rule, ...], says: str) -> None:
    assert any(problem.startswith(says) for problem in problems(*rules))


@pytest.mark.parametrize(
    "rules",
    [
        pytest.param((SENSITIVE, HARD, EASY), id="sensitive first"),
        pytest.param((rule("hard", Test("label", "<", PERSONAL), to=(GPT,)), rule("rest")), id="the cloud rule keeps to low labels"),
        pytest.param(
            (rule("vectors", Test("endpoint", "=", "embeddings")), SENSITIVE, HARD, EASY), id="an endpoint that is settled for every label"
        ),
        pytest.param((rule("all"),), id="everything at home"),
    ],
)
def test_a_policy_that_cannot_leak_is_built(rules: tuple[Rule, ...]) -> None:
    policy = Policy(LABELS, TARGETS, rules)
    assert all(target.clearance >= decision.label for decision in policy.decisions.values() for target in decision.chain)


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        pytest.param((rule("all"), rule("late", Test("tools", "=", True))), "rule 'all' before it takes every", id="behind a rule for all"),
        pytest.param(
            (rule("a", Test("tokens", ">", 5)), rule("b", Test("tokens", ">", 9)), rule("rest")),
            "rule 'a' before it",
            id="behind a wider one",
        ),
        pytest.param(
            (rule("a", Test("label", ">=", PERSONAL)), rule("b", Test("label", "<", PERSONAL)), rule("c", Test("tools", "=", True))),
            "rule 'c' can never apply: the rules before it together",
            id="behind several that take everything together",
        ),
        pytest.param(
            (rule("odd", Test("turns", ">", 9), Test("turns", "<", 3)), rule("rest")),
            "its conditions exclude each other",
            id="a contradiction",
        ),
        pytest.param((rule("above", Test("label", ">", RESTRICTED)), rule("rest")), "exclude each other", id="a label above the highest"),
        pytest.param((SENSITIVE,), "a public request to chat can match no rule; end with a rule that has no `when`", id="a gap"),
        pytest.param((), "a restricted request to embeddings can match no rule", id="no rule"),
        pytest.param((rule("same", Test("tools", "=", True)), rule("same")), "rule 'same' needs another name", id="a name twice"),
        pytest.param((rule("named"),), "rule 'named' needs another name", id="a name of ours"),
        pytest.param((rule("all", to=(STRANGER,)),), "rule 'all' sends to 'grok', which is not one of the targets", id="an unknown target"),
        pytest.param((rule("all", to=(LAX,)),), "rule 'all' sends to 'gpt', which is not one", id="a known name with a laxer clearance"),
        pytest.param(
            (rule("odd", Test("label", "=", Label(1, "secret"))), rule("rest")),
            "rule 'odd' has the label secret",
            id="a label of elsewhere",
        ),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(rules: tuple[Rule, ...], says: str) -> None:
    assert any(says in problem for problem in problems(*rules))


def test_a_policys_parts_must_belong_together() -> None:
    elsewhere = replace(QWEN, clearance=Label(3, "top"))
    said = problems(rule("all", to=(elsewhere,)), targets={TargetName("alias"): elsewhere, TargetName("qwen"): elsewhere})
    assert "target 'qwen' is listed under the name 'alias'" in said
    assert "target 'qwen' has the label top, which is not one of public < internal < personal < restricted" in said
    with pytest.raises(Unsound, match="category 'email' has the label top"):
        Policy(LABELS, TARGETS, (rule("all"),), {"email": Label(3, "top")})
    with pytest.raises(Unsound, match="a doubt has the label low"):
        Policy(LABELS, TARGETS, (rule("all"),), doubt=Label(3, "low"))


def test_problems_are_reported_together_and_once() -> None:
    said = problems(rule("a", to=(GPT, CLAUDE)), rule("b"))
    assert len(said) == len(set(said)) == 3  # two labels leak, one rule is idle
    assert all("'gpt'" in problem and "'claude'" in problem for problem in said if "would send" in problem)


def test_only_rules_that_settle_by_label_and_endpoint_end_the_search() -> None:
    assert set(reachable(POLICY)) == {
        *((0, label, endpoint) for label in (PERSONAL, RESTRICTED) for endpoint in ENDPOINTS),
        *((index, label, endpoint) for index in (1, 2) for label in (PUBLIC, INTERNAL) for endpoint in ENDPOINTS),
    }


@pytest.mark.parametrize(
    ("key", "chain"),
    [
        pytest.param(Key(0, RESTRICTED, "chat"), ["qwen"], id="sensitive"),
        pytest.param(Key(1, PUBLIC, "chat"), ["gpt", "claude", "qwen"], id="to, then fallback"),
        pytest.param(Key(1, PUBLIC, "chat", stays=True), ["qwen"], id="who stays local gets the local part"),
        pytest.param(Key(2, PUBLIC, "embeddings"), [], id="nobody speaks that endpoint"),
        pytest.param(Key(-1, INTERNAL, "chat", target=GPT.name), ["gpt"], id="a named target"),
        pytest.param(Key(-1, RESTRICTED, "chat", stays=True, target=QWEN.name), ["qwen"], id="a named local target, staying local"),
    ],
)
def test_the_table_of_decisions(key: Key, chain: list[str]) -> None:
    assert [target.name for target in POLICY.decisions[key].chain] == chain


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(Key(-1, PERSONAL, "chat", target=GPT.name), id="a named target that is not cleared"),
        pytest.param(Key(-1, PUBLIC, "chat", stays=True, target=GPT.name), id="a named target outside, for a caller who stays local"),
        pytest.param(Key(1, RESTRICTED, "chat"), id="a rule that the label cannot reach"),
    ],
)
def test_what_cannot_be_has_no_decision(key: Key) -> None:
    assert key not in POLICY.decisions


def test_who_stays_local_may_have_any_cleared_local_target_when_the_chain_has_none() -> None:
    lab = replace(QWEN, name=TargetName("lab"), clearance=INTERNAL)
    rules = (SENSITIVE, rule("hard", to=(GPT,)))
    policy = Policy(LABELS, {**TARGETS, lab.name: lab}, rules)
    assert policy.decisions[Key(1, INTERNAL, "chat", stays=True)].chain == (QWEN, lab)
    assert policy.decisions[Key(1, INTERNAL, "chat", stays=True)].reason.because == ("the caller asked to stay local",)


def test_a_target_is_tried_once_however_often_a_chain_names_it() -> None:
    policy = Policy(LABELS, TARGETS, (rule("all", to=(QWEN, QWEN), fallback=(QWEN,)),))
    assert policy.decisions[Key(0, PUBLIC, "chat")].chain == (QWEN,)


def test_a_target_serves_the_endpoints_it_is_said_to() -> None:
    reader = replace(QWEN, speaks=frozenset[Endpoint]({"embeddings"}))
    policy = Policy(LABELS, {reader.name: reader}, (rule("all", to=(reader,)),))
    assert policy.decisions[Key(0, PUBLIC, "embeddings")].chain == (reader,)
    assert policy.decisions[Key(0, PUBLIC, "chat")].chain == ()


def test_decisions_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        POLICY.decisions[Key(0, PUBLIC, "chat")] = POLICY.decisions[Key(0, RESTRICTED, "chat")]  # type: ignore[index]  # at run time too


def test_a_doubt_has_the_highest_label_unless_the_policy_says_otherwise() -> None:
    assert POLICY.highest_doubt is RESTRICTED
    assert replace(POLICY, doubt=PERSONAL).highest_doubt is PERSONAL


LAB_NAME = TargetName("lab")
LAB = Target(LAB_NAME, "external", PUBLIC, Sent("lab-1"))
REDACTING = Rule(RouteName("all"), (), (GPT, LAB), (QWEN,), redacts=True)


def redacting(**members: Any) -> Policy:
    return Policy(LABELS, {**TARGETS, LAB_NAME: LAB}, members.pop("rules", (REDACTING,)), POLICY.categories, **members)


@pytest.mark.parametrize(
    ("key", "chain", "left"),
    [
        pytest.param(Key(0, PUBLIC, "chat"), ["gpt", "lab", "qwen"], None, id="everybody may have it as it is"),
        pytest.param(Key(0, INTERNAL, "chat"), ["gpt", "lab", "qwen"], PUBLIC, id="as much is left as the least target may have"),
        pytest.param(Key(0, RESTRICTED, "completions"), ["gpt", "lab", "qwen"], PUBLIC, id="the highest label"),
        pytest.param(Key(0, RESTRICTED, "chat", stays=True), ["qwen"], None, id="who stays local is not redacted"),
    ],
)
def test_a_rule_that_redacts_keeps_targets_below_the_label(key: Key, chain: list[str], left: Label | None) -> None:
    decision = redacting().decisions[key]
    assert [target.name for target in decision.chain] == chain
    assert decision.redacts == left


def test_what_cannot_be_restored_is_not_redacted() -> None:
    gpt, lab, qwen = (replace(target, speaks=frozenset(ENDPOINTS)) for target in (GPT, LAB, QWEN))
    rules = (Rule(RouteName("all"), (), (gpt, lab), (qwen,), redacts=True),)
    policy = Policy(LABELS, {target.name: target for target in (gpt, lab, qwen)}, rules, POLICY.categories)
    decision = policy.decisions[Key(0, RESTRICTED, "embeddings")]
    assert ([target.name for target in decision.chain], decision.redacts) == (["qwen"], None)


def test_a_named_target_that_is_not_cleared_gets_it_redacted_or_a_local_one_takes_over() -> None:
    policy = replace(POLICY, on_explicit_model="redact")
    decision = policy.decisions[Key(-1, PERSONAL, "chat", target=GPT.name)]
    assert ([target.name for target in decision.chain], decision.redacts, decision.route) == (["gpt", "qwen"], INTERNAL, "named")
    assert policy.decisions[Key(-1, PUBLIC, "chat", target=GPT.name)].redacts is None
    assert [target.name for target in policy.decisions[Key(-1, PUBLIC, "chat", target=GPT.name)].chain] == ["gpt"]
    assert Key(-1, PERSONAL, "embeddings", target=GPT.name) not in policy.decisions, "rules decide"
    assert policy.redacts
    assert not POLICY.redacts
    assert redacting().redacts


def test_a_rule_that_redacts_nothing_is_refused() -> None:
    with pytest.raises(Unsound, match="rule 'all' redacts nothing"):
        redacting(rules=(Rule(RouteName("all"), (), (QWEN,), redacts=True),))


CASCADE = Cascade()


def cascading(name: str, *when: Test, to: tuple[Target, ...] = (QWEN,), fallback: tuple[Target, ...] = (), redacts: bool = False) -> Rule:
    return replace(rule(name, *when, to=to, fallback=fallback), cascade=CASCADE, redacts=redacts)


def test_a_rule_cascades_for_chat_and_completions_and_nobody_else() -> None:
    policy = Policy(LABELS, TARGETS, (SENSITIVE, cascading("first", fallback=(GPT,))))
    doing = {(key.label, key.endpoint) for key, decision in policy.decisions.items() if decision.cascade is CASCADE}
    assert doing == {(label, endpoint) for label in (PUBLIC, INTERNAL) for endpoint in REDACTABLE}
    assert not any(decision.cascade for key, decision in policy.decisions.items() if key.stays or key.target is not None)


def test_who_stays_local_cascades_between_local_targets() -> None:
    large = replace(QWEN, name=TargetName("large"))
    policy = Policy(LABELS, TARGETS | {large.name: large}, (cascading("all", fallback=(large,)),))
    assert all(decision.cascade for key, decision in policy.decisions.items() if key.target is None and key.endpoint in REDACTABLE)


def test_what_would_go_out_redacted_does_not_cascade() -> None:
    policy = Policy(LABELS, TARGETS, (cascading("all", fallback=(GPT,), redacts=True),))
    doing = {key.label for key, decision in policy.decisions.items() if decision.cascade is not None}
    assert doing == {PUBLIC, INTERNAL}
    assert {key.label for key, decision in policy.decisions.items() if decision.redacts is not None} == {PERSONAL, RESTRICTED}


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        pytest.param(
            (SENSITIVE, cascading("out", to=(GPT,), fallback=(QWEN,))),
            "rule 'out' cannot cascade: its first target, 'gpt', is external; name a local one first",
            id="the first is not local",
        ),
        pytest.param(
            (cascading("alone"),), "rule 'alone' cannot cascade: nothing comes after 'qwen'; name a target in `fallback`", id="it is alone"
        ),
        pytest.param(
            (
                cascading("secret", Test("label", ">=", PERSONAL), fallback=(GPT,), redacts=True),
                rule("rest"),
            ),
            "rule 'secret' cascades nothing: 'gpt' may have no chat or completion that the rule gets as it is; leave `cascade` out",
            id="no label that comes to it may go on",
        ),
    ],
)
def test_a_cascade_that_never_is_one_is_refused(rules: tuple[Rule, ...], says: str) -> None:
    assert problems(*rules) == (says,)


def test_a_cascade_over_a_clearance_is_a_leak() -> None:
    assert any("would send personal content to 'gpt'" in say for say in problems(cascading("all", fallback=(GPT,))))


def test_an_empty_chain_is_not_called_an_idle_cascade() -> None:
    policy = Policy(LABELS, TARGETS, (cascading("none", Test("label", "=", PUBLIC), to=()), rule("rest")))
    assert not any(decision.cascade for decision in policy.decisions.values())
