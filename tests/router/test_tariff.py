from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router.tariff import OF_TOKENS, Amount, Tariff, pico


@pytest.mark.parametrize("usd", [0.15, "0.15", Decimal("0.15"), 0.1 + 0.05])
def test_prices_are_exact_to_the_pico_usd(usd: Amount) -> None:
    assert Tariff.per_million(usd).prompt == 150_000


@pytest.mark.parametrize("usd", ["cheap", "nan", "inf", -1, float("nan")])
def test_what_is_no_price_is_refused(usd: Amount) -> None:
    with pytest.raises(ValueError, match="is no price; write USD as a number"):
        Tariff.per_million(usd)


def test_prices_as_price_lists_write_them() -> None:
    assert Tariff.per_million(3, 15, 0.3, 3.75, "0.005") == Tariff(3_000_000, 15_000_000, 300_000, 3_750_000, 5_000_000_000)


@pytest.mark.parametrize("name", [name for name in (*OF_TOKENS, "request", "image") if name not in ("prompt", "completion")])
def test_a_price_is_never_negative(name: str) -> None:
    prices: dict[str, int] = {name: -1}
    with pytest.raises(ValueError, match="must not be negative"):
        Tariff(1, 1, **prices)  # type: ignore[arg-type]  # one of the prices


@pytest.mark.parametrize("prices", [(-1, 0), (0, -1)])
def test_nor_are_those_of_every_tariff(prices: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        Tariff(*prices)


def test_nor_is_a_fee() -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        Tariff(1, 1, tools=(("maps", -1),))


FAR = Tariff(2, 2)


@pytest.mark.parametrize(
    "above",
    [
        pytest.param(((10, FAR), (5, FAR)), id="not ascending"),
        pytest.param(((10, FAR), (10, FAR)), id="twice the same"),
        pytest.param(((0, FAR),), id="a length of nothing"),
        pytest.param(((10, Tariff(2, 2, above=((20, FAR),))),), id="lengths in lengths"),
        pytest.param(((10, Tariff(2, 2, tiers=(("flex", FAR),))),), id="tiers in lengths"),
    ],
)
def test_lengths_are_in_order(above: tuple[tuple[int, Tariff], ...]) -> None:
    with pytest.raises(ValueError, match="ascend"):
        Tariff(1, 1, above=above)


@pytest.mark.parametrize("tiers", [(("flex", FAR), ("flex", FAR)), (("flex", Tariff(1, 1, tiers=(("batch", FAR),))),)])
def test_a_tier_stands_once_and_has_none(tiers: tuple[tuple[str, Tariff], ...]) -> None:
    with pytest.raises(ValueError, match="a tier stands once"):
        Tariff(1, 1, tiers=tiers)  # type: ignore[arg-type]  # their names are those of tiers


def test_a_factor_is_of_tokens_at_every_length_and_leaves_fees() -> None:
    whole = Tariff(10, 41, cached=1, request=7, image=9, tools=(("maps", 3),), tiers=(("flex", FAR),), above=((100, Tariff(20, 60)),))
    half = Tariff(5, 21, cached=1, request=7, image=9, tools=(("maps", 3),), above=((100, Tariff(10, 30)),))
    assert whole.times(0.5) == half  # half of 41 is rounded up, and so is half of 1


@pytest.mark.parametrize("factor", [-0.5, float("nan"), "half"])
def test_a_factor_is_a_number(factor: Amount) -> None:
    with pytest.raises(ValueError, match="is no price"):
        Tariff(1, 1).times(factor)


@settings(deadline=None, derandomize=True, max_examples=50)
@given(st.integers(0, 10**12))
def test_usd_and_back(amount: int) -> None:
    assert pico(Decimal(amount) / 10**12) == amount
