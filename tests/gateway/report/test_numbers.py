from collections.abc import Callable

import pytest

from gateway.report.numbers import DASH, MINUS, count, dollars, moment, plural, seconds, share, short, usd


@pytest.mark.parametrize(
    ("say", "value", "said"),
    [
        (usd, 1_234_560_000, "$1,234.56"),
        (usd, 100_000, "$0.10"),
        (usd, 1_204, "$0.00120"),
        (usd, 1, "$0.000001"),
        (usd, 0.4, "$0.000000"),
        (usd, 0, "$0.00"),
        (usd, -5_000_000, f"{MINUS}$5.00"),
        (usd, -0.4, "$0.000000"),
        (dollars, 1_234_560_000, "$1,235"),
        (dollars, 99_994_000, "$99.99"),
        (dollars, -123_456_789, f"{MINUS}$123"),
        (dollars, 0, "$0"),
        (count, 12_345, "12,345"),
        (count, -3, f"{MINUS}3"),
        (short, 3_210_000, "3.2 M"),
        (short, 763_100_000, "763 M"),
        (short, 999, "999"),
        (short, 999.9, "1.0 k"),
        (short, 999_960, "1.0 M"),
        (short, 1.2e9, "1.2 B"),
        (short, 5e12, "5.0 T"),
        (short, 0, "0"),
        (share, 0.41, "41 %"),
        (share, 0.0234, "2.3 %"),
        (share, 0.0004, "< 0.1 %"),
        (share, 0.9999, "99.9 %"),
        (share, 0.9985, "99.8 %"),
        (share, 0.989, "99 %"),
        (share, 1, "100 %"),
        (share, 0, "0 %"),
        (share, -1.73, f"{MINUS}173 %"),
        (seconds, 0.00012, "0.12 ms"),
        (seconds, 0.34, "340 ms"),
        (seconds, 0.9996, "1.00 s"),
        (seconds, 1.254, "1.25 s"),
        (seconds, 61, "61.0 s"),
        (seconds, 125, "2 min 5 s"),
        (seconds, 119.6, "2 min 0 s"),
        (seconds, float("nan"), DASH),
    ],
)
def test_numbers_are_said_as_people_read_them(say: Callable[[float], str], value: float, said: str) -> None:
    assert say(value) == said


@pytest.mark.parametrize("say", [usd, dollars, count, short, share, seconds])
def test_unknown_is_a_dash(say: Callable[[float | None], str]) -> None:
    assert say(None) == DASH


def test_a_part_of_nothing_is_unknown() -> None:
    assert share(3, 0) == DASH
    assert share(3, None) == DASH
    assert share(1, 4) == "25 %"


def test_words_agree_with_their_number() -> None:
    assert [plural(1, "request"), plural(2_000, "request"), plural(0, "request"), plural(2, "box", "boxes")] == [
        "1 request",
        "2,000 requests",
        "0 requests",
        "2 boxes",
    ]


def test_a_moment_is_that_of_utc() -> None:
    assert moment(1_794_182_400) == "2026-11-09 00:00"
