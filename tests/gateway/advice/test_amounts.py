from fractions import Fraction

import pytest

from gateway.advice.amounts import count, members, money, per_million, percent, plain, rate


@pytest.mark.parametrize(
    ("usd", "shown"), [("10514.4", "$10,514.40"), ("-3", "-$3.00"), ("-0.001", "$0.00"), ("0", "$0.00"), ("0.005", "$0.01")]
)
def test_money_has_cents(usd: str, shown: str) -> None:
    assert money(Fraction(usd)) == shown


@pytest.mark.parametrize(("usd", "shown"), [("2.5", "$2.50"), ("0.0012", "$0.0012"), ("5000", "$5,000.00"), ("0.125", "$0.125")])
def test_a_price_has_all_its_digits(usd: str, shown: str) -> None:
    assert rate(Fraction(usd)) == shown


def test_prices_of_tokens_are_shown_as_lists_have_them() -> None:
    assert per_million(1_250_000) == "$1.25"


@pytest.mark.parametrize(("number", "shown"), [(3_000_000, "3,000,000"), (Fraction(5, 2), "2.5"), (Fraction(1001, 2), "500"), (0, "0")])
def test_counts(number: Fraction | int, shown: str) -> None:
    assert count(number) == shown


@pytest.mark.parametrize(
    ("share", "shown"), [(0.7, "70%"), (0.004, "0.4%"), (12.4, "1,240%"), (Fraction(1, 20), "5%"), (0, "0%"), (0.063, "6.3%")]
)
def test_shares(share: float, shown: str) -> None:
    assert percent(share) == shown


def test_json_loses_nothing() -> None:
    assert members(Fraction(17, 90)) == {"usd": "0.19", "micro_usd": 188_889}
    assert [plain(Fraction(3)), plain(Fraction(1, 2))] == [3, 0.5]
