import math
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.cost import Tariff
from router.decide import decide, difficulty_of, stickiness
from router.decision import Target
from router.facts import Facts, Stay, Sticky
from router.lean import EFFORTS, OUTPUT, hints, leaned, shifted, stay, staying, weighs
from router.names import RouteName, TargetName, Zone
from router.policy import Policy, Rule, Test
from router.values import replace
from tests.router.examples import ASK, CLAUDE, EASY, GPT, HARD, LABELS, POLICY, QWEN, SENSITIVE, TARGETS, found

AT_HOME = stay(POLICY, QWEN, 400, 40, 90)
OUTSIDE = stay(POLICY, GPT, 400, 40, 90)
"""A prefix that is as dear as what is new and the answer: 400 tokens against 40 + 4 * 90."""


def with_stay(one: Stay) -> Facts:
    return replace(ASK, turns=5, stay=one)


def test_the_numbers_of_the_table() -> None:
    assert [round(shifted(0.5, sum(shift for _, shift in hints(quality))), 2) for quality in (0, 2.5, 5, 7.5, 10)] == [
        0.12, 0.27, 0.5, 0.73, 0.88,
    ]  # fmt: skip
    assert list(EFFORTS.values()) == sorted(EFFORTS.values())
    assert hints(None, "medium") == hints(5, "unheard of") == hints(None, ["high"]) == ()


@pytest.mark.parametrize(
    ("quality", "effort", "limits", "shift"),
    [
        pytest.param(None, None, None, 0.0, id="nothing"),
        pytest.param(9, None, None, 1.6, id="quality"),
        pytest.param(None, "low", None, -0.5, id="effort"),
        pytest.param(9, "low", None, 1.1, id="against each other"),
        pytest.param(10, "xhigh", None, 2.0, id="together as far as the scale"),
        pytest.param(0, "none", None, -2.0, id="or as it goes down"),
        pytest.param(9, None, (0, 7), 0.8, id="as far as the key may"),
        pytest.param(2, None, (4, 10), -0.4, id="as little as the key may"),
        pytest.param(None, None, (0, 3), -0.8, id="a key that is cheap"),
        pytest.param(None, None, (0, 7), 0.0, id="limits that do not matter"),
    ],
)
def test_how_far_hints_shift(quality: float | None, effort: str | None, limits: tuple[float, float] | None, shift: float) -> None:
    assert sum(moved for _, moved in hints(quality, effort, limits)) == pytest.approx(shift)


@given(st.floats(0, 1), st.floats(-2, 2), st.floats(0, 1))
def test_a_shift_keeps_the_order_and_the_ends(score: float, shift: float, other: float) -> None:
    moved = shifted(score, shift)
    assert 0 <= moved <= 1
    assert (shifted(0.0, shift), shifted(1.0, shift)) == (0.0, 1.0)
    assert moved >= shifted(other, shift) - 1e-12 or score < other
    if 0.01 < score < 0.99:
        assert math.log(moved / (1 - moved)) == pytest.approx(math.log(score / (1 - score)) + shift)


@pytest.mark.parametrize(
    ("preference", "difficulty"),
    [pytest.param("auto", 0.75, id="of a score"), pytest.param("best", 1.0, id="not of what is forced")],
)
def test_hints_move_the_difficulty(preference: str, difficulty: float) -> None:
    facts = replace(ASK, preference=preference, hints=(("quality", math.log(3)),))
    assert difficulty_of(found(score=0.5), facts) == pytest.approx(difficulty)
    assert difficulty_of(found(), replace(facts, preference="auto")) is None


def test_who_weighs_difficulty() -> None:
    assert weighs(POLICY)
    assert not weighs(replace(POLICY, rules=(SENSITIVE, EASY)))


def test_the_threshold_is_where_cost_and_gain_are_even() -> None:
    """As the module derives it, with other words: dC is 400, the prefix 400, the bounds 0.75 and 0.25."""
    assert OUTPUT == 4
    assert (AT_HOME.factor, OUTSIDE.factor) == (1.5, 0.5)
    assert stay(POLICY, QWEN, 100, 40, 90).factor == pytest.approx(1.25)
    assert stay(POLICY, GPT, 100, 40, 90).factor == pytest.approx(0.75)
    assert (AT_HOME.target, AT_HOME.zone, AT_HOME.prefix) == ("qwen", "local", 400)


@pytest.mark.parametrize(
    ("target", "prefix", "fresh", "expected", "factor"),
    [
        pytest.param(QWEN, 0, 40, 90, 1.0, id="no prefix"),
        pytest.param(QWEN, 10**6, 0, 0, 1.5, id="bounded, half of the way to one"),
        pytest.param(GPT, 10**6, 0, 0, 0.5, id="bounded, half of the way to nothing"),
    ],
)
def test_the_bounds(target: Target, prefix: int, fresh: int, expected: int, factor: float) -> None:
    assert stay(POLICY, target, prefix, fresh, expected).factor == pytest.approx(factor)


def test_thresholds_at_the_ends_stay_there() -> None:
    for threshold in (0.0, 1.0):
        assert stay(replace(POLICY, threshold=threshold), QWEN, 10**6, 0, 0).factor == 1.0
    assert stay(replace(POLICY, threshold=0.9), QWEN, 10**6, 0, 0).factor == pytest.approx(0.95 / 0.9)


def priced(home: Tariff | None, cloud: Tariff | None) -> tuple[Policy, Target, Target]:
    qwen, gpt = replace(QWEN, tariff=home), replace(GPT, tariff=cloud)
    rules = (
        Rule(RouteName("hard"), (Test("difficulty", ">", 0.5), Test("label", "<", LABELS["personal"])), (gpt,)),
        replace(EASY, to=(qwen,), fallback=()),
    )
    return Policy(LABELS, {qwen.name: qwen, gpt.name: gpt}, rules), qwen, gpt


def test_prices_count_where_they_are_known() -> None:
    policy, qwen, gpt = priced(Tariff(100, 200, cached=50), Tariff(1_000, 8_000, cached=100))
    more = (400 * 100 + 40 * 1_000 + 90 * 8_000) - (400 * 50 + 40 * 100 + 90 * 200)
    assert stay(policy, qwen, 400, 40, 90).factor == pytest.approx(1 + 400 * 900 / more)
    assert stay(policy, gpt, 400, 40, 90).factor == pytest.approx(1 - 400 * 50 / more)


@pytest.mark.parametrize(
    ("home", "cloud"),
    [
        pytest.param(None, Tariff(1_000, 8_000, cached=100), id="an engine without a price per token"),
        pytest.param(Tariff(100, 200), None, id="a cloud without one"),
        pytest.param(Tariff(100, 200), Tariff(1_000, 8_000), id="a cache without one"),
        pytest.param(Tariff(9_000, 9_000), Tariff(1_000, 8_000, cached=100), id="a cloud that is cheaper"),
    ],
)
def test_tokens_count_where_prices_say_nothing(home: Tariff | None, cloud: Tariff | None) -> None:
    policy, qwen, _ = priced(home, cloud)
    assert stay(policy, qwen, 100, 40, 90).factor == pytest.approx(1.25)


def test_cached_tokens_that_are_dearer_throw_nothing_away() -> None:
    policy, qwen, _ = priced(Tariff(100, 200), Tariff(1_000, 8_000, cached=2_000))
    assert stay(policy, qwen, 100, 40, 90).factor == 1.0


def test_where_there_is_only_one_zone_nothing_leans() -> None:
    policy = Policy(LABELS, {QWEN.name: QWEN}, (replace(EASY, fallback=()),))
    assert stay(policy, QWEN, 400, 40, 90).factor == 1.0


@pytest.mark.parametrize(
    ("one", "score", "first", "came"),
    [
        pytest.param(AT_HOME, 0.6, "qwen", "kept", id="not hard enough to leave home"),
        pytest.param(AT_HOME, 0.76, "gpt", "switched", id="hard enough"),
        pytest.param(AT_HOME, 0.4, "qwen", "", id="at home in any case"),
        pytest.param(OUTSIDE, 0.4, "gpt", "kept", id="not easy enough to come home"),
        pytest.param(OUTSIDE, 0.24, "qwen", "switched", id="easy enough"),
        pytest.param(OUTSIDE, 0.9, "gpt", "", id="outside in any case"),
        pytest.param(replace(OUTSIDE, target=CLAUDE.name), 0.9, "claude", "kept", id="with the second of two"),
    ],
)
def test_conversations_stay_unless_the_ask_outweighs_it(one: Stay, score: float, first: str, came: Sticky) -> None:
    facts, signals = with_stay(one), found(score=score)
    decision = decide(facts, signals, POLICY)
    assert decision.chain[0].name == first
    assert stickiness(decision, facts, signals, POLICY) == came
    assert stickiness(decide(ASK, signals, POLICY), ASK, signals, POLICY) == ""


def test_sensitive_content_is_at_home_whatever_was_before() -> None:
    facts, signals = with_stay(OUTSIDE), found("iban", score=1.0)
    decision = decide(facts, signals, POLICY)
    assert [target.name for target in decision.chain] == ["qwen"]
    assert stickiness(decision, facts, signals, POLICY) == "switched"
    denied = decide(replace(facts, named=GPT.name), signals, replace(POLICY, on_explicit_model="deny"))
    assert stickiness(denied, facts, signals, POLICY) == ""


@given(
    st.lists(st.sampled_from(["email", "iban", "unmapped"]), max_size=2),
    st.none() | st.floats(0, 1),
    st.builds(Stay, st.sampled_from([*TARGETS]), st.sampled_from(get_args(Zone)), st.integers(0, 10**6), st.floats(0.01, 100)),
    st.floats(-2, 2),
)
def test_nothing_that_leans_changes_a_label_or_widens_a_chain(categories: list[str], score: float | None, one: Stay, shift: float) -> None:
    signals = found(*categories, score=score)
    upright, decision = decide(ASK, signals, POLICY), decide(replace(with_stay(one), hints=(("quality", shift),)), signals, POLICY)
    chains = [set(way.decision.chain) for way in POLICY.forks[upright.label, "chat", False, None].ways]
    assert decision.label == upright.label
    assert set(decision.chain) in chains
    if categories:
        assert decision.chain == upright.chain, "the label decides"


def test_a_fallback_is_not_put_in_front() -> None:
    policy = replace(POLICY, rules=(SENSITIVE, replace(HARD, to=(GPT,), fallback=(CLAUDE, QWEN)), EASY))
    decision = decide(with_stay(replace(OUTSIDE, target=CLAUDE.name)), found(score=0.9), policy)
    assert [target.name for target in decision.chain] == ["gpt", "claude", "qwen"]
    assert staying(decision, with_stay(replace(OUTSIDE, target=TargetName("gone"))), policy) is decision
    assert staying(decision, with_stay(OUTSIDE), policy) is decision


def test_a_redacting_decision_stays_as_it_is() -> None:
    rule = Rule(RouteName("all"), (), (GPT, CLAUDE), (QWEN,), redacts=True)
    policy = Policy(LABELS, TARGETS, (rule,), {"email": LABELS["personal"]})
    decision = decide(with_stay(replace(OUTSIDE, target=CLAUDE.name)), found("email"), policy)
    assert [target.name for target in decision.chain] == ["gpt", "claude", "qwen"]


def test_what_leans_cannot_pass_one() -> None:
    assert leaned(0.9, with_stay(OUTSIDE)) == 1.0
    assert leaned(0.9, replace(ASK, hints=(("quality", 2.0),))) > 0.9
