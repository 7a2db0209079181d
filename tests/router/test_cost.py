from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router.cost import Amount, Tariff, Usage, cost, tariff_from_map

COUNT = st.integers(0, 10_000_000)
PRICE = st.integers(0, 10**9)
TARIFF = st.builds(Tariff, PRICE, PRICE, st.none() | PRICE, st.none() | PRICE, PRICE)
USAGE = st.builds(Usage, COUNT, COUNT, COUNT, COUNT, COUNT)


@pytest.mark.parametrize(
    ("usage", "tariff", "micro_usd"),
    [
        pytest.param(Usage(1_000_000, 0), Tariff.per_million(0.15), 150_000, id="0.15 USD for a million tokens is 0.15 USD"),
        pytest.param(Usage(1000, 500), Tariff.per_million(3, 15), 3_000 + 7_500, id="completion tokens have their own price"),
        pytest.param(
            Usage(1000, 0, cached=400), Tariff.per_million(10, 0, cached=1), 6_000 + 400, id="cached tokens are part of the prompt"
        ),
        pytest.param(
            Usage(1000, 0, cached=400), Tariff.per_million(10), 10_000, id="cached tokens without a price of their own cost the same"
        ),
        pytest.param(
            Usage(1000, 0, cache_write=100), Tariff.per_million(10, 0, cache_write=12.5), 9_000 + 1_250, id="writing a cache is dearer"
        ),
        pytest.param(Usage(1000, 0, cache_write=100), Tariff.per_million(10), 10_000, id="or not"),
        pytest.param(Usage(0, 500, reasoning=400), Tariff.per_million(0, 2), 1_000, id="reasoning tokens are part of the completion"),
        pytest.param(Usage(), Tariff.per_million(1, 1, request="0.005"), 5_000, id="a fee per request"),
        pytest.param(
            Usage(100, 0, cached=300), Tariff.per_million(10, 0, cached=1), 300, id="more cached than prompt tokens are all charged"
        ),
        pytest.param(Usage(-5, -5, -5, -5), Tariff.per_million(10, 10), 0, id="a target that counts below zero earns nothing"),
        pytest.param(Usage(1), Tariff.per_million(0.5), 1, id="half a micro-USD is rounded up"),
        pytest.param(Usage(1), Tariff.per_million(0.49), 0, id="less than half is rounded down"),
        pytest.param(None, Tariff.per_million(1), None, id="unknown usage costs an unknown amount"),
        pytest.param(Usage(1000), None, None, id="an unknown tariff too"),
    ],
)
def test_cost(usage: Usage | None, tariff: Tariff | None, micro_usd: int | None) -> None:
    assert cost(usage, tariff) == micro_usd


@pytest.mark.parametrize("usd", [0.15, "0.15", Decimal("0.15"), 0.1 + 0.05])
def test_prices_are_exact_to_the_pico_usd(usd: Amount) -> None:
    assert Tariff.per_million(usd).prompt == 150_000


@pytest.mark.parametrize("usd", ["cheap", "nan", "inf", -1, float("nan")])
def test_what_is_no_price_is_refused(usd: Amount) -> None:
    with pytest.raises(ValueError, match="is no price; write USD as a number"):
        Tariff.per_million(usd)


@pytest.mark.parametrize("prices", [(-1, 0), (0, -1), (0, 0, -1), (0, 0, 0, -1), (0, 0, 0, 0, -1)])
def test_a_tariff_is_never_negative(prices: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        Tariff(*prices)


CHAT = {"mode": "chat", "input_cost_per_token": 1.5e-07, "output_cost_per_token": 6e-07}


@pytest.mark.parametrize(
    ("entry", "tariff"),
    [
        pytest.param(CHAT, Tariff(150_000, 600_000), id="a chat model"),
        pytest.param(
            {**CHAT, "cache_read_input_token_cost": 7.5e-08, "cache_creation_input_token_cost": 1.875e-07},
            Tariff(150_000, 600_000, 75_000, 187_500),
            id="with cache prices",
        ),
        pytest.param({"mode": "embedding", "input_cost_per_token": 2e-08}, Tariff(20_000, 0), id="an embedding has no completion price"),
        pytest.param({"mode": "chat", "input_cost_per_token": 1e-06}, None, id="a chat model without a completion price is unknown"),
        pytest.param({"mode": "chat", "output_cost_per_token": 1e-06}, None, id="so is one without a prompt price"),
        pytest.param({"mode": "chat", "input_cost_per_second": 0.1}, None, id="and one that is priced by time"),
        pytest.param({**CHAT, "input_cost_per_token": 0.0, "output_cost_per_token": 0}, None, id="all zero means unknown, not free"),
        pytest.param({**CHAT, "input_cost_per_token": 0}, Tariff(0, 600_000), id="one zero price is a price"),
        pytest.param({**CHAT, "input_cost_per_token": "a lot"}, None, id="a price that is text"),
        pytest.param({**CHAT, "input_cost_per_token": True}, None, id="a price that is a truth value"),
        pytest.param({**CHAT, "output_cost_per_token": -1.0}, None, id="a price below zero"),
    ],
)
def test_tariff_from_the_price_map(entry: dict[str, object], tariff: Tariff | None) -> None:
    assert tariff_from_map(entry) == tariff


@settings(deadline=None, derandomize=True, max_examples=100)
@given(USAGE, TARIFF)
def test_a_cost_is_never_negative(usage: Usage, tariff: Tariff) -> None:
    price = cost(usage, tariff)
    assert price is not None
    assert price >= 0


@settings(deadline=None, derandomize=True, max_examples=100)
@given(st.lists(COUNT, min_size=5, max_size=5), st.lists(COUNT, min_size=2, max_size=2), TARIFF)
def test_more_tokens_never_cost_less(counts: list[int], more: list[int], tariff: Tariff) -> None:
    prompt, completion, *parts = counts
    less, dearer = cost(Usage(prompt, completion, *parts), tariff), cost(Usage(prompt + more[0], completion + more[1], *parts), tariff)
    assert less is not None
    assert dearer is not None
    assert less <= dearer


@settings(deadline=None, derandomize=True, max_examples=100)
@given(COUNT, COUNT, st.builds(Tariff, PRICE, PRICE))
def test_costs_add_up_within_rounding(prompt: int, completion: int, tariff: Tariff) -> None:
    whole, first, second = (cost(usage, tariff) for usage in (Usage(prompt, completion), Usage(prompt), Usage(0, completion)))
    assert whole is not None
    assert first is not None
    assert second is not None
    assert abs(whole - first - second) <= 1
