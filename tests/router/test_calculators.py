"""Bills that were computed by hand, to the cent."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.calculators import Gpus, Mix, break_even, cents, exact, micro, million_usd, of_micro, suited, tokens_usd
from router.cost import Tariff, Usage

PRICES = {
    "GPT-4.1 mini": Tariff.per_million("0.4", "1.6"),
    "Claude Haiku 3.5": Tariff.per_million("0.8", "4"),
    "GPT-4.1": Tariff.per_million("2", "8"),
    "Claude Sonnet 4": Tariff.per_million("3", "15"),
}
RENTED = Gpus(
    count=Fraction(4),
    hour_usd=exact("2.50"),
    hours=Fraction(730),
    utilisation=exact("70%"),
    storage_usd=Fraction(50),
    network_usd=exact("0.10"),
    engineering_usd=Fraction(5_000),
)


@pytest.mark.parametrize(
    ("model", "usd"),
    [("GPT-4.1 mini", "3600.00"), ("Claude Haiku 3.5", "8400.00"), ("GPT-4.1", "18000.00"), ("Claude Sonnet 4", "31500.00")],
)
def test_a_month_of_100_000_requests_a_day(model: str, usd: str) -> None:
    one = Mix(Fraction(1_000), Fraction(500))
    assert one.tokens == 1_500
    assert one.usd(PRICES[model], Fraction(100_000 * 30)) == Fraction(usd)


def test_whole_months_of_tokens() -> None:
    assert tokens_usd(Usage(60_000_000, 40_000_000), Tariff.per_million("1.25", "10")) == 475
    assert tokens_usd(Usage(10_000_000, 2_000_000), Tariff.per_million(3, 15)) == 60


def test_cached_tokens_and_fees_have_their_own_prices() -> None:
    tariff = Tariff.per_million(10, 0, cached=1, cache_write="12.5", request="0.01")
    assert tokens_usd(Usage(1_000_000, 0, cached=400_000, cache_write=100_000), tariff, 3) == Fraction("5") + Fraction("0.4") + Fraction(
        "1.25"
    ) + Fraction("0.03")
    assert tokens_usd(Usage(1_000_000, 0, cached=400_000, cache_write=100_000), Tariff.per_million(10)) == 10
    assert Mix(Fraction(1_000_000), Fraction(0), exact("40%")).usd(tariff, Fraction(2)) == Fraction("12.82")
    assert Mix(Fraction(1_000_000), Fraction(0), exact("40%")).usd(Tariff.per_million(10)) == 10


def test_four_gpus_with_all_that_belongs_to_them() -> None:
    assert [(line, cents(usd)) for line, usd in RENTED.bill()] == [
        ("GPUs", Decimal("5110.00")),
        ("storage", Decimal("200.00")),
        ("network", Decimal("204.40")),
        ("energy", Decimal("0.00")),
        ("engineering", Decimal("5000.00")),
    ]
    assert cents(RENTED.usd()) == Decimal("10514.40")


def test_gpus_of_ones_own_draw_power_while_they_are_on() -> None:
    own = Gpus(Fraction(2), Fraction(0), Fraction(100), Fraction(1, 2), power_kw=exact("0.7"), kwh_usd=exact("0.30"))
    assert own.paid_hours == 100
    assert own.usd() == 21


def test_a_utilisation_is_a_share() -> None:
    with pytest.raises(ValueError, match="0% to 100%"):
        Gpus(Fraction(1), Fraction(1), utilisation=Fraction(70))


def test_a_million_tokens_at_500_a_second_on_a_gpu_of_34_cents() -> None:
    usd = million_usd(exact("0.34"), Fraction(500))
    assert usd == Fraction(17, 90)
    assert cents(usd) == Decimal("0.19")
    assert micro(usd) == 188_889
    with pytest.raises(ValueError, match="more than 0 tokens"):
        million_usd(Fraction(1), Fraction(0))


@pytest.mark.parametrize(
    ("usd", "request_usd", "now", "room", "found"),
    [
        pytest.param("10514.40", "0.0012", None, None, (8_762_000, None, None), id="as many as the month costs that many times"),
        pytest.param("1", "0.3", "2", "8", (4, "0.6", "0.5"), id="the next whole request, at 60 % of it, with half of the room"),
        pytest.param("1", "0", "2", "8", (None, "0", None), id="nothing is dearer than what is free"),
        pytest.param("0", "1", "2", None, (0, None, None), id="GPUs that cost nothing pay from the start"),
    ],
)
def test_break_even(
    usd: str, request_usd: str, now: str | None, room: str | None, found: tuple[int | None, str | None, str | None]
) -> None:
    even = break_even(exact(usd), exact(request_usd), None if now is None else exact(now), None if room is None else exact(room))
    wanted = tuple(None if one is None else Fraction(one) for one in found)
    assert (even.requests, even.ratio, even.share_of_room) == wanted


LONG = Tariff.per_million(2, 4)
BATCH = Tariff(500_000, 1_000_000, above=((100_000, Tariff.per_million(1, 2)),))
TIERED = Tariff(1_000_000, 2_000_000, tiers=(("batch", BATCH),), above=((200_000, LONG),))


@pytest.mark.parametrize(
    ("prompt", "tier", "found"),
    [
        pytest.param(200_000, "", TIERED, id="up to the length"),
        pytest.param(200_001, "", LONG, id="above it"),
        pytest.param(100_000, "batch", BATCH, id="a tier"),
        pytest.param(100_001, "batch", Tariff.per_million(1, 2), id="a tier has lengths of its own"),
    ],
)
def test_prices_suit_the_tier_and_the_length(prompt: int, tier: str, found: Tariff) -> None:
    assert suited(TIERED, prompt, tier) == found


def test_a_tier_without_prices_is_refused() -> None:
    with pytest.raises(ValueError, match="no prices for the tier 'flex'; it has batch"):
        suited(TIERED, 1, "flex")
    with pytest.raises(ValueError, match="it has none"):
        suited(LONG, 1, "flex")


@given(st.integers(1, 10**12), st.integers(1, 10**9))
def test_at_break_even_the_closed_model_costs_no_less_and_one_request_before_it_does(bill: int, request: int) -> None:
    even = break_even(of_micro(bill), of_micro(request))
    assert even.requests is not None
    assert even.requests * of_micro(request) >= of_micro(bill)
    assert (even.requests - 1) * of_micro(request) < of_micro(bill)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1000", "1000"), (" 1,000 ", "1000"), ("100_000", "100000"), ("$2.50", "2.5"), ("70%", "0.7"), ("20k", "20000"), ("60M", "60000000"),
        ("1.5B", "1500000000"), ("0", "0"),
    ],
)  # fmt: skip
def test_numbers_as_people_write_them(text: str, number: str) -> None:
    assert exact(text) == Fraction(number)


@pytest.mark.parametrize("text", ["", "ten", "-1", "nan", "inf", "%", "1m", "1 2"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no number; write 1000"):
        exact(text)


@pytest.mark.parametrize(
    ("usd", "shown"), [("0.005", "0.01"), ("0.0049", "0.00"), ("1234.5", "1234.50"), ("-0.005", "0.00"), ("-0.006", "-0.01")]
)
def test_cents_are_rounded_half_up_and_only_when_shown(usd: str, shown: str) -> None:
    assert str(cents(Fraction(usd))) == shown


def test_micro_usd_are_rounded_half_up() -> None:
    assert [micro(Fraction(nano, 10**9)) for nano in (499, 500, 1_500)] == [0, 1, 2]
