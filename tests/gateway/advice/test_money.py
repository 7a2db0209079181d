from fractions import Fraction

from gateway.advice.money import closed_tariffs, hour_usd, local_targets, replicas
from router.cost import Tariff
from tests.fakes.week import HOUSE, house


def test_prices_of_the_house() -> None:
    plan, _ = house()
    assert local_targets(plan) == ("qwen",)
    assert abs((hour_usd(plan, "qwen") or Fraction(0)) - 2) < Fraction(1, 10**6)
    assert replicas(plan, "qwen") == 2
    assert closed_tariffs(plan) == {"gpt": Tariff.per_million(1, 10), "claude": Tariff.per_million(3, 15)}


def test_what_is_not_said_is_not_known() -> None:
    plan, _ = house(HOUSE.replace("    cost: {gpu_hour_usd: 2.0}\n", ""))
    assert hour_usd(plan, "qwen") is None
    assert hour_usd(plan, "nobody") is None


def test_destinations_that_no_rule_names_do_not_count() -> None:
    plan, _ = house(HOUSE.replace("to: [gpt, claude]", "to: [gpt]"))
    assert set(closed_tariffs(plan)) == {"gpt"}
