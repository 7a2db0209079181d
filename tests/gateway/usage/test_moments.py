import pytest

from gateway.usage.moments import day, moment


@pytest.mark.parametrize(
    ("text", "is_end", "at"),
    [
        ("1970-01-02", False, 86_400.0),
        ("1970-01-02", True, 172_800.0),
        ("1970-01-01T01:00:00Z", True, 3_600.0),
        ("1970-01-01T01:00:00+01:00", False, 0.0),
        ("1970-01-01T01:00:00", False, 3_600.0),
        ("1795000000.5", True, 1_795_000_000.5),
    ],
)
def test_moments(text: str, is_end: bool, at: float) -> None:
    assert moment(text, is_end=is_end) == at


def test_what_is_no_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="2026-11-22"):
        moment("yesterday")


def test_the_day_of_a_moment() -> None:
    assert day(86_399.0) == "1970-01-01"
