import pytest

from classifiers.signals import Signals, Subject
from router.attempt import Attempt, Failed
from router.breaker import TRIP
from router.changes import Change, bound_for, changes
from router.decide import decide
from router.facts import Facts, Needs, Stay
from router.failures import FAILURES
from router.fleet import Fleet
from router.names import RouteName
from router.policy import Policy, Rule, Test
from router.values import replace
from tests.router.examples import (
    ASK,
    CLAUDE,
    EASY,
    GPT,
    HARD,
    INTERNAL,
    LABELS,
    PERSONAL,
    POLICY,
    QWEN,
    SENSITIVE,
    TARGETS,
    doubtful,
    found,
)

FLEET = Fleet(TARGETS.values())


def said(policy: Policy, facts: Facts, signals: Signals, fleet: Fleet = FLEET) -> dict[str, tuple[str, str | None]]:
    """What would change it, and where it would go then."""
    return {
        change.say: (change.route, change.target)
        for change in changes(policy, facts, signals, fleet, 0.0)
        if not change.say.endswith(" down")
    }


@pytest.mark.parametrize(
    ("facts", "signals", "expected"),
    [
        pytest.param(
            ASK,
            found(score=0.2),
            {"difficulty above 0.5": ("hard", "gpt"), "asked for as auto:best": ("hard", "gpt")},
            id="an easy one lacks difficulty",
        ),
        pytest.param(
            ASK,
            found(score=0.8),
            {
                "difficulty at most 0.5": ("easy", "qwen"),
                "asked for as auto:cheap": ("easy", "qwen"),
                "asked for as auto:local": ("hard", "qwen"),
            },
            id="a hard one would stay if it were easier, or asked for so",
        ),
        pytest.param(
            ASK,
            found("email", "iban", score=0.8),
            {
                "without the finding email, the finding iban": ("hard", "gpt"),
                "declassified to internal: a key with `may_declassify`, and x-tidegate-declassify": ("hard", "gpt"),
            },
            id="what is sensitive stays until all of it is gone",
        ),
        pytest.param(ASK, found("email", score=0.2), {}, id="what is sensitive and easy stays anyway"),
        pytest.param(
            replace(ASK, floor=PERSONAL, inherited=PERSONAL, lineage="answer"),
            replace(doubtful(), difficulty=found(score=0.8).difficulty),
            {
                "without the demand for personal of its key or header, the doubt media, what it inherits by answer": ("hard", "gpt"),
            },
            id="whatever raised it is named",
        ),
        pytest.param(
            replace(ASK, preference="private"),
            found(score=0.8),
            {"without auto:private": ("hard", "gpt"), "asked for as auto": ("hard", "gpt"), "asked for as auto:best": ("hard", "gpt")},
            id="a wish",
        ),
        pytest.param(
            replace(ASK, is_locked=True),
            found(score=0.8),
            {"without the lockdown": ("hard", "gpt")},
            id="a lockdown",
        ),
        pytest.param(
            replace(ASK, preference="named", named=CLAUDE.name),
            found(score=0.2),
            {
                "asked for as auto": ("easy", "qwen"),
                "asked for as auto:best": ("hard", "gpt"),
                "asked for as auto:cheap": ("easy", "qwen"),
                "asked for as auto:local": ("easy", "qwen"),
            },
            id="a target by name",
        ),
        pytest.param(ASK, found(), {"asked for as auto:best": ("hard", "gpt")}, id="a difficulty that nobody judged has no margin"),
        pytest.param(
            replace(ASK, prompt_tokens=300_000),
            found(score=0.2),
            {
                "difficulty above 0.5": ("hard", "claude"),
                "asked for as auto:best": ("hard", "claude"),
            },
            id="too long for most",
        ),
    ],
)
def test_what_would_change_it(facts: Facts, signals: Signals, expected: dict[str, tuple[str, str | None]]) -> None:
    assert said(POLICY, facts, signals) == expected


@pytest.mark.parametrize(
    ("score", "shift", "say"),
    [
        pytest.param(0.3, 0.5, "difficulty above 0.5", id="a hint that is not enough"),
        pytest.param(0.6, 0.5, "difficulty below 0.5", id="a hint that is not needed"),
        pytest.param(0.45, -1.0, "difficulty above 0.5", id="a hint the other way"),
    ],
)
def test_the_bounds_are_of_what_rules_see_after_hints(score: float, shift: float, say: str) -> None:
    assert say in said(POLICY, replace(ASK, hints=(("quality", shift),)), found(score=score))


def test_a_hint_that_decides_is_named() -> None:
    told = said(POLICY, replace(ASK, hints=(("quality", 1.0),)), found(score=0.45))
    assert told["without the hint quality"] == ("easy", "qwen")
    assert told["difficulty below 0.5"] == ("easy", "qwen")


def test_a_conversation_that_decides_is_named() -> None:
    facts = replace(ASK, stay=Stay(QWEN.name, "local", 5_000, 1.5))
    told = said(POLICY, facts, found(score=0.6))
    assert told["as a new conversation"] == ("hard", "gpt")
    assert told["difficulty above 0.5"] == ("hard", "gpt"), "a harder ask leaves it"


def test_a_difficulty_that_a_conversation_never_sees_changes_nothing() -> None:
    facts = replace(ASK, stay=Stay(QWEN.name, "local", 5_000, 4.0))
    assert "difficulty above 0.5" not in said(POLICY, facts, found(score=0.9))


def test_nobody_serves_what_is_too_long_for_all() -> None:
    only = Policy(LABELS, {QWEN.name: QWEN}, (Rule(RouteName("all"), (), (QWEN,)),))
    assert changes(only, replace(ASK, prompt_tokens=10**6), found(), Fleet([QWEN]), 0.0) == ()
    (down,) = changes(only, ASK, found(), Fleet([QWEN]), 0.0)
    assert down == Change("availability", "qwen down", LABELS.lowest, RouteName("all"), "blocked", None)


def with_rule(*tests: Test) -> Policy:
    return Policy(LABELS, TARGETS, (SENSITIVE, Rule(RouteName("first"), tests, (CLAUDE,)), EASY), {"email": PERSONAL})


@pytest.mark.parametrize(
    ("test", "facts", "subject", "say"),
    [
        pytest.param(Test("tokens", ">", 100), ASK, Subject(), "101 tokens or more", id="more tokens"),
        pytest.param(Test("tokens", ">=", 100), ASK, Subject(), "100 tokens or more", id="as many tokens"),
        pytest.param(Test("turns", "<", 5), replace(ASK, turns=9), Subject(), "4 turns or fewer", id="fewer turns"),
        pytest.param(Test("share", "<", 0.05), replace(ASK, lot=0.5), Subject(), "inside of the share of 5%", id="a share"),
        pytest.param(Test("tools", "=", True), ASK, Subject(), "with tools", id="tools"),
        pytest.param(Test("media", "=", True), ASK, Subject(), "with media", id="media"),
        pytest.param(Test("schema", "=", False), replace(ASK, needs=Needs(has_schema=True)), Subject(), "without schema", id="no schema"),
        pytest.param(Test("stream", "=", True), ASK, Subject(), "with stream", id="a stream"),
        pytest.param(Test("tenant", "=", "acme"), ASK, Subject(), "tenant acme", id="a tenant"),
        pytest.param(Test("code", "=", True), ASK, Subject(), "with code", id="code"),
        pytest.param(Test("language", "=", "de"), ASK, Subject(language="en"), "language de", id="a language"),
        pytest.param(Test("topic", "in", frozenset({"law"})), ASK, Subject(), "topic law", id="a topic"),
    ],
)
def test_other_fields_are_tried_when_a_rule_asks_for_them(test: Test, facts: Facts, subject: Subject, say: str) -> None:
    signals = replace(found(), subject=subject)
    assert said(with_rule(test), facts, signals)[say] == ("first", "claude")


def test_who_is_in_a_share_could_be_outside_of_it() -> None:
    found_now = said(with_rule(Test("share", "<", 0.125)), replace(ASK, lot=0.01), found())
    assert found_now["outside of the share of 12.5%"] == ("easy", "qwen")
    assert not [say for say in said(with_rule(Test("share", "<", 0.125)), ASK, found()) if "share" in say], (
        "without a lot there is no share"
    )


def test_a_value_that_is_had_can_be_another() -> None:
    policy = with_rule(Test("topic", "in", frozenset({"law", "history"})))
    assert said(policy, ASK, replace(found(), subject=Subject(topic="law"))) == {
        "another topic": ("easy", "qwen"),
        "asked for as auto:local": ("first", "qwen"),
    }


def test_less_of_what_raises_it_is_enough_where_a_lower_label_may_leave() -> None:
    rules = (
        Rule(RouteName("top"), (Test("label", ">", PERSONAL),), (QWEN,)),
        Rule(RouteName("rest"), (), (replace(GPT, clearance=PERSONAL),)),
    )
    policy = Policy(LABELS, {QWEN.name: QWEN, GPT.name: replace(GPT, clearance=PERSONAL)}, rules, {"email": PERSONAL})
    told = said(policy, ASK, found("email", "iban"))
    assert told["without the finding iban"] == ("rest", "gpt")


def test_a_target_that_is_down_would_serve_if_it_were_up() -> None:
    fleet = Fleet(TARGETS.values())
    for number in range(TRIP):
        attempt = Attempt(number, GPT, 0)
        fleet.begin(attempt, 0.0)
        fleet.note(attempt, Failed(FAILURES["UNREACHABLE"]), 0.0, 1.0)
    told = {change.say: change for change in changes(POLICY, ASK, found(score=0.8), fleet, 0.0)}
    assert (told["gpt up"].target, told["gpt up"].path, told["gpt up"].means) == ("gpt", "cloud", "availability")
    assert told["claude down"].target == "qwen"
    assert bound_for(decide(ASK, found(score=0.8), POLICY), ASK, fleet, 0.0) == CLAUDE
    assert "difficulty at most 0.5" in told, "what is down now does not hide what would be different"


def test_a_redacted_path_is_another_way_to_the_same_target() -> None:
    rules = (Rule(RouteName("all"), (), (GPT,), (QWEN,), redacts=True),)
    policy = Policy(LABELS, {QWEN.name: QWEN, GPT.name: GPT}, rules, {"email": PERSONAL})
    (change,) = [one for one in changes(policy, ASK, found("email"), FLEET, 0.0) if one.means == "content"]
    assert (change.say, change.label, change.path, change.target) == ("without the finding email", LABELS.lowest, "cloud", "gpt")


def test_a_ceiling_that_is_there_hides_what_it_lowers() -> None:
    facts = replace(ASK, ceiling=INTERNAL, floor=PERSONAL)
    assert "without the demand for personal of its key or header" in said(POLICY, facts, found("email", score=0.8))
    assert HARD in POLICY.rules
