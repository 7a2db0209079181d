import pytest

from classifiers.signals import Subject
from router.decide import decide
from router.explain import explain
from router.facts import Facts, Needs
from router.labels import Label
from router.names import Endpoint, RouteName
from router.policy import Policy
from router.rules import Field, Operator, Rule, Test, Value
from router.values import replace
from tests.router.examples import ASK, GPT, INTERNAL, LABELS, PERSONAL, PUBLIC, QWEN, RESTRICTED, TARGETS, found

BATCH = frozenset({"acme", "zeta"})


@pytest.mark.parametrize(
    ("test", "facts", "holds"),
    [
        pytest.param(Test("label", ">=", PERSONAL), ASK, True, id="the label reaches the bound"),
        pytest.param(Test("label", ">", PERSONAL), ASK, False, id="the label is not above it"),
        pytest.param(Test("label", "=", PERSONAL), ASK, True, id="the very label"),
        pytest.param(Test("difficulty", ">", 0.5), ASK, True, id="hard enough"),
        pytest.param(Test("difficulty", "<=", 0.5), ASK, False, id="too hard"),
        pytest.param(Test("tokens", "<", 100), Facts("r", prompt_tokens=99), True, id="short"),
        pytest.param(Test("turns", ">=", 3), Facts("r", turns=2), False, id="few turns"),
        pytest.param(Test("share", "<", 0.05), Facts("r", lot=0.049), True, id="a lot in the share"),
        pytest.param(Test("share", "<", 0.05), Facts("r", lot=0.05), False, id="a lot outside of it"),
        pytest.param(Test("share", "<", 1.0), Facts("r"), False, id="no lot"),
        pytest.param(Test("endpoint", "=", "embeddings"), Facts("r", "embeddings"), True, id="the endpoint"),
        pytest.param(
            Test("endpoint", "in", frozenset({"chat", "completions"})), Facts("r", "embeddings"), False, id="none of the endpoints"
        ),
        pytest.param(Test("tenant", "in", BATCH), Facts("r", tenant="acme"), True, id="one of the tenants"),
        pytest.param(Test("tenant", "=", "acme"), Facts("r", tenant="zeta"), False, id="another tenant"),
        pytest.param(Test("tools", "=", True), Facts("r", needs=Needs(has_tools=True)), True, id="tools"),
        pytest.param(Test("media", "=", False), Facts("r", needs=Needs(has_media=True)), False, id="no media wanted"),
        pytest.param(Test("schema", "=", True), Facts("r", needs=Needs(has_schema=True)), True, id="a schema"),
        pytest.param(Test("stream", "=", True), ASK, False, id="no stream"),
    ],
)
def test_a_condition_compares_what_the_request_has(test: Test, facts: Facts, holds: bool) -> None:
    assert test.admits(test.read(facts, PERSONAL, 0.7)) is holds
    assert Rule(RouteName("r"), (test,), ()).holds(facts, PERSONAL, 0.7) is holds


LAW = Subject(code=True, language="de", topic="law")


@pytest.mark.parametrize(
    ("test", "subject", "holds"),
    [
        pytest.param(Test("code", "=", True), LAW, True, id="code"),
        pytest.param(Test("code", "=", False), LAW, False, id="no code wanted"),
        pytest.param(Test("language", "=", "de"), LAW, True, id="the language"),
        pytest.param(Test("language", "in", frozenset({"en", "fr"})), LAW, False, id="none of the languages"),
        pytest.param(Test("topic", "in", frozenset({"law", "health"})), LAW, True, id="one of the topics"),
        pytest.param(Test("topic", "=", "law"), Subject(), False, id="an unknown topic"),
        pytest.param(Test("code", "=", False), Subject(), False, id="nobody looked for code"),
    ],
)
def test_a_condition_on_what_it_is_about(test: Test, subject: Subject, holds: bool) -> None:
    assert Rule(RouteName("r"), (test,), ()).holds(ASK, PUBLIC, None, subject) is holds
    assert test.admits(test.read(ASK, PUBLIC, None, subject)) is holds


def test_what_it_is_about_decides_and_is_explained() -> None:
    rules = (
        Rule(RouteName("law"), (Test("label", "<=", INTERNAL), Test("topic", "=", "law")), (GPT,)),
        Rule(RouteName("rest"), (), (QWEN,)),
    )
    policy = Policy(LABELS, TARGETS, rules)
    assert decide(ASK, replace(found(), subject=LAW), policy).route == "law"
    assert decide(ASK, found(), policy).route == "rest"
    seen = explain(policy, ASK, replace(found(), subject=LAW))
    assert (seen.rules[0].tests[1].had, seen.rules[0].chosen) == ("law", True)


@pytest.mark.parametrize("sign", [">=", ">", "<=", "<", "="])
def test_an_unknown_difficulty_satisfies_no_condition(sign: Operator) -> None:
    assert not Rule(RouteName("r"), (Test("difficulty", sign, 0.5),), ()).holds(ASK, PUBLIC, None)


@pytest.mark.parametrize(
    ("name", "sign", "value"),
    [
        pytest.param("label", ">=", 2, id="a label is not a number"),
        pytest.param("label", "in", frozenset({"personal"}), id="labels are compared, not listed"),
        pytest.param("difficulty", ">", PERSONAL, id="difficulty is not a label"),
        pytest.param("difficulty", ">", True, id="nor a truth value"),
        pytest.param("difficulty", ">", float("nan"), id="nor nothing"),
        pytest.param("tokens", "in", frozenset({"1"}), id="numbers are compared, not listed"),
        pytest.param("turns", ">", "3", id="a number in a string"),
        pytest.param("tenant", ">", "acme", id="names have no order"),
        pytest.param("tenant", "=", BATCH, id="a list needs `in`"),
        pytest.param("endpoint", "in", "chat", id="`in` needs a list"),
        pytest.param("stream", "=", 1, id="one is not true"),
        pytest.param("code", "=", "python", id="code is there or not"),
        pytest.param("topic", ">", "law", id="topics have no order"),
        pytest.param("language", "=", True, id="a language is a name"),
        pytest.param("tools", ">", True, id="true has no order"),
    ],
)
def test_a_condition_that_makes_no_sense_is_refused(name: Field, sign: Operator, value: Value) -> None:
    with pytest.raises(ValueError, match=f"is no condition: {name} needs"):
        Test(name, sign, value)


@pytest.mark.parametrize(
    ("test", "text"),
    [(Test("label", ">=", PERSONAL), "label >= personal"), (Test("tenant", "in", BATCH), "tenant in acme, zeta")],
)
def test_a_condition_reads_as_it_was_written(test: Test, text: str) -> None:
    assert str(test) == text


def rule(*tests: Test) -> Rule:
    return Rule(RouteName("r"), tests, ())


@pytest.mark.parametrize(
    ("tests", "label", "endpoint", "admits"),
    [
        pytest.param((), PUBLIC, "chat", True, id="no condition"),
        pytest.param((Test("label", ">=", PERSONAL),), INTERNAL, "chat", False, id="a lower label"),
        pytest.param((Test("endpoint", "=", "embeddings"),), PUBLIC, "chat", False, id="another endpoint"),
        pytest.param((Test("label", "<", PERSONAL), Test("difficulty", ">", 0.9)), INTERNAL, "chat", True, id="other conditions may hold"),
    ],
)
def test_admits(tests: tuple[Test, ...], label: Label, endpoint: Endpoint, admits: bool) -> None:
    assert rule(*tests).admits(label, endpoint) is admits


@pytest.mark.parametrize(
    ("earlier", "later", "covers"),
    [
        pytest.param((), (Test("tools", "=", True),), True, id="no condition takes everything"),
        pytest.param((Test("tools", "=", True),), (), False, id="a condition leaves something"),
        pytest.param((Test("difficulty", ">", 0.5),), (Test("difficulty", ">", 0.7),), True, id="a lower bound takes a higher one"),
        pytest.param((Test("difficulty", ">", 0.7),), (Test("difficulty", ">", 0.5),), False, id="but not the other way"),
        pytest.param((Test("difficulty", ">", 0.5),), (Test("difficulty", ">=", 0.5),), False, id="the bound itself is left"),
        pytest.param((Test("difficulty", ">=", 0),), (Test("tokens", ">", 5),), False, id="a request without difficulty is left"),
        pytest.param((Test("label", ">=", PERSONAL),), (Test("label", "=", RESTRICTED),), True, id="labels"),
        pytest.param((Test("tenant", "in", BATCH),), (Test("tenant", "=", "acme"),), True, id="a list takes its members"),
        pytest.param((Test("tenant", "=", "acme"),), (Test("tenant", "in", BATCH),), False, id="a member does not take the list"),
        pytest.param(
            (Test("tools", "=", True),), (Test("tools", "=", True), Test("media", "=", True)), True, id="fewer conditions take more"
        ),
        pytest.param(
            (Test("tools", "=", True), Test("tokens", ">", 9)), (Test("tools", "=", True),), False, id="more conditions take less"
        ),
    ],
)
def test_covers(earlier: tuple[Test, ...], later: tuple[Test, ...], covers: bool) -> None:
    assert rule(*earlier).covers(rule(*later), LABELS) is covers


@pytest.mark.parametrize(
    ("tests", "contradicts"),
    [
        pytest.param((), False, id="no condition"),
        pytest.param((Test("tokens", ">", 9), Test("tokens", "<", 3)), True, id="above nine and below three"),
        pytest.param((Test("tokens", ">", 3), Test("tokens", "<", 9)), False, id="between"),
        pytest.param((Test("label", ">", RESTRICTED),), True, id="above the highest label"),
        pytest.param((Test("tenant", "=", "acme"), Test("tenant", "=", "zeta")), True, id="two tenants at once"),
        pytest.param((Test("stream", "=", True), Test("stream", "=", False)), True, id="yes and no"),
        pytest.param((Test("topic", "=", "law"), Test("topic", "=", "health")), True, id="two topics at once"),
    ],
)
def test_contradicts_itself(tests: tuple[Test, ...], contradicts: bool) -> None:
    assert rule(*tests).contradicts_itself(LABELS) is contradicts
