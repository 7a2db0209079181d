from dataclasses import asdict

import pytest

from router.cascade import Accept, Cascade
from router.decide import Raise
from router.explain import DifficultySeen, Stop, TestSeen, explain, plain
from router.facts import Facts, Stay
from router.names import RouteName
from router.policy import Policy, Rule
from router.values import replace
from tests.router.examples import (
    ASK,
    CLAUDE,
    EASY,
    GPT,
    INTERNAL,
    LABELS,
    PERSONAL,
    POLICY,
    PUBLIC,
    QWEN,
    RESTRICTED,
    SENSITIVE,
    TARGETS,
    doubtful,
    found,
)

HARD = explain(POLICY, ASK, found(score=0.75))


def test_the_label_says_what_gave_it_highest_first() -> None:
    facts = replace(ASK, floor=INTERNAL)
    assert explain(POLICY, facts, found("email", "iban", "email")).raised == (
        Raise(RESTRICTED, "finding", "iban"),
        Raise(PERSONAL, "finding", "email"),
        Raise(INTERNAL, "floor", ""),
    )
    assert explain(POLICY, ASK, doubtful()).raised == (Raise(RESTRICTED, "doubt", "media"),)
    assert explain(POLICY, replace(ASK, preference="private"), found()).raised == (Raise(RESTRICTED, "preference", "private"),)
    assert explain(POLICY, ASK, replace(found(), coverage=0.5)).raised == (Raise(RESTRICTED, "doubt", "coverage"),)
    inherited = replace(ASK, inherited=PERSONAL, lineage="answer")
    assert explain(POLICY, inherited, found()).raised == (Raise(PERSONAL, "lineage", "answer"),)
    assert (HARD.raised, HARD.label) == ((), PUBLIC)


def test_every_rule_shows_each_condition_and_whether_it_held() -> None:
    sensitive, hard, easy = HARD.rules
    assert sensitive.tests == (TestSeen("label >= personal", PUBLIC, held=False),)
    assert hard.tests == (TestSeen("difficulty > 0.5", 0.75, held=True),)
    assert [(rule.name, rule.held, rule.chosen) for rule in (sensitive, hard, easy)] == [
        ("sensitive", False, False),
        ("hard", True, True),
        ("easy", True, False),
    ]


@pytest.mark.parametrize(
    ("facts", "score", "seen"),
    [
        pytest.param(ASK, 0.75, DifficultySeen(0.75, 0.25, is_forced=False, reasons=(("proof", 0.4),)), id="a score with its reasons"),
        pytest.param(replace(ASK, preference="cheap"), 0.75, DifficultySeen(0.0, -0.5, True, (("proof", 0.4),)), id="cheap forces it"),
        pytest.param(replace(ASK, preference="best"), None, DifficultySeen(1.0, 0.5, is_forced=True), id="best forces it without a scorer"),
        pytest.param(ASK, None, None, id="nobody scored"),
    ],
)
def test_the_difficulty(facts: Facts, score: float | None, seen: DifficultySeen | None) -> None:
    assert explain(POLICY, facts, found(score=score)).difficulty == seen


def test_what_moved_the_difficulty_is_shown_with_its_price_in_tokens() -> None:
    facts = replace(ASK, hints=(("quality", 0.4),), stay=Stay(GPT.name, "external", 1_200, 0.5))
    seen = explain(POLICY, facts, found(score=0.4))
    assert seen.difficulty is not None
    assert (seen.difficulty.score, seen.difficulty.margin) == pytest.approx((0.99731, 0.49731), abs=1e-4)
    assert (seen.difficulty.scored, seen.difficulty.hints) == (0.4, facts.hints)
    assert (seen.difficulty.stay, seen.chain[0].target) == (facts.stay, "gpt")
    second = explain(POLICY, replace(ASK, stay=Stay(CLAUDE.name, "external", 9, 1.0)), found(score=0.9))
    assert [stop.target for stop in second.chain] == ["claude", "gpt", "qwen"]


def test_the_chain_and_what_is_barred() -> None:
    personal = explain(POLICY, ASK, found("email", score=0.9))
    assert personal.chain == (Stop(POLICY.targets[personal.chain[0].target].name, "local", RESTRICTED),)
    assert [stop.target for stop in personal.barred] == ["gpt", "claude"]
    assert ([stop.target for stop in HARD.chain], HARD.barred, HARD.leaves) == (["gpt", "claude", "qwen"], (), True)


def test_a_named_target_needs_no_rule() -> None:
    seen = explain(POLICY, replace(ASK, named=GPT.name), found(score=0.1))
    assert (seen.route, seen.named, seen.because) == ("named", "gpt", ("the caller named the target",))
    assert not any(rule.chosen for rule in seen.rules)


def test_a_denial_is_explained() -> None:
    seen = explain(replace(POLICY, on_explicit_model="deny"), replace(ASK, named=GPT.name), found("iban"))
    assert (seen.verdict, seen.chain, seen.because) == ("deny", (), ("the named target is not cleared for this label",))


def test_plain_is_made_of_names_and_numbers() -> None:
    said = plain(explain(POLICY, replace(ASK, endpoint="completions"), found("iban", score=0.75)))
    assert isinstance(said, dict)
    assert said["label"] == "restricted"
    assert said["raised"] == [{"label": "restricted", "source": "finding", "name": "iban"}]
    assert said["chain"] == [{"target": "qwen", "zone": "local", "clearance": "restricted", "is_redacted": False}]
    assert said["difficulty"] == {
        "score": 0.75,
        "margin": 0.25,
        "is_forced": False,
        "reasons": [["proof", 0.4]],
        "scored": None,
        "hints": [],
        "stay": None,
    }
    assert said["rules"] == [
        {
            "name": "sensitive",
            "tests": [{"condition": "label >= personal", "had": "restricted", "held": True}],
            "held": True,
            "chosen": True,
        },
        {"name": "hard", "tests": [{"condition": "difficulty > 0.5", "had": 0.75, "held": True}], "held": True, "chosen": False},
        {"name": "easy", "tests": [], "held": True, "chosen": False},
    ]


def test_plain_takes_what_json_can_and_refuses_the_rest() -> None:
    assert plain({"a": (1, None, [True])}) == {"a": [1, None, [True]]}
    with pytest.raises(TypeError, match="bytes has no plain form"):
        plain(b"text")


def test_an_explanation_can_be_taken_apart_by_dataclasses_too() -> None:
    assert str(asdict(HARD)["chain"][0]["clearance"]) == "internal"


def test_a_target_that_gets_it_only_redacted_is_marked() -> None:
    policy = Policy(LABELS, TARGETS, (Rule(RouteName("all"), (), (GPT,), (QWEN,), redacts=True),), {"email": PERSONAL})
    seen = explain(policy, ASK, found("email"))
    assert [(stop.target, stop.is_redacted) for stop in seen.chain] == [("gpt", True), ("qwen", False)]
    assert [stop.target for stop in seen.barred] == ["claude"]


def test_a_cascade_is_shown() -> None:
    first = replace(EASY, cascade=Cascade(Accept(min_mean_logprob=-0.7)))
    seen = explain(Policy(LABELS, TARGETS, (SENSITIVE, first), {"email": PERSONAL}), ASK, found())
    assert seen.cascade == first.cascade
    assert explain(POLICY, ASK, found()).cascade is None
    shown = plain(seen)
    assert isinstance(shown, dict)
    assert shown["cascade"] == {
        "accept": {
            "min_mean_logprob": -0.7,
            "refusals": True,
            "schema": True,
            "length_stop": True,
            "empty": True,
            "self_check": None,
        },
        "hold": {"max_s": 8.0, "max_tokens": 400},
    }
