import secrets
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from classifiers.kinds import OverBudget
from classifiers.sieve import Sieve
from classifiers.work import Work

SIEVE = Sieve(("a+", "b", "a+", "ü", r"\bcd\b"))


@pytest.mark.parametrize(
    ("text", "opened"),
    [
        pytest.param("", (), id="an empty text"),
        pytest.param("nothing here", (), id="nothing"),
        pytest.param("b and a", ("a+", "b"), id="in the order of the patterns, each once"),
        pytest.param("\ud800 ü", ("ü",), id="beside a lone surrogate"),
        pytest.param("cd", (r"\bcd\b",), id="between the ends"),
        pytest.param("ücd", ("ü", r"\bcd\b"), id="words are of ASCII, as in re2"),
    ],
)
def test_it_says_which_patterns_match(text: str, opened: tuple[str, ...]) -> None:
    assert tuple(SIEVE.sift(text, Work()).opened) == opened


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        pytest.param("x.{2}y", "xüäy", True, id="any character"),
        pytest.param("x[^-]{2}y", "xüäy", True, id="none of some"),
        pytest.param(r"x\pL{2}y", "xüäy", True, id="a property"),
        pytest.param(r"x\x{fc}y", "xüy", True, id="a code"),
        pytest.param("(?i)straße", "STRAßE", True, id="capitals"),
        pytest.param("(?i)ä", "Ä", True, id="capitals beyond ASCII"),
        pytest.param(r"x\.{2}y", "xüäy", False, id="two dots"),
        pytest.param("x*", "", True, id="nothing at all"),
    ],
)
def test_characters_are_characters_and_not_bytes(pattern: str, text: str, *, matches: bool) -> None:
    assert (pattern in Sieve((pattern,)).sift(text, Work()).opened) is matches


def test_what_the_engine_cannot_take_counts_as_matched() -> None:
    sieve = Sieve(("a", r"(b)\1", "c"))
    assert tuple(sieve.sift("c", Work()).opened) == (r"(b)\1", "c")
    assert tuple(sieve.sift("", Work()).opened) == (r"(b)\1",)
    assert tuple(Sieve((r"(b)\1",)).sift("", Work()).opened) == (r"(b)\1",)


def test_no_patterns_match_nothing() -> None:
    assert tuple(Sieve(()).sift("text", Work()).opened) == ()


def test_a_lone_surrogate_keeps_the_offsets() -> None:
    sight = SIEVE.sift("\ud800 ü", Work())
    assert (sight.text, sight.encoded) == ("? ü", "? ü".encode())


def test_text_costs_work() -> None:
    with pytest.raises(OverBudget):
        SIEVE.sift("x" * 1_000, Work(1))


def test_threads_may_share_it() -> None:
    text = "x" * 200_000 + "b"
    with ThreadPoolExecutor(4) as pool:
        seen = list(pool.map(lambda _: tuple(SIEVE.sift(text, Work()).opened), range(64)))
    assert set(seen) == {("b",)}


def test_many_patterns_are_matched_in_groups_of_which_most_stay_when_one_is_left_out() -> None:
    patterns = [f"x{number}x" for number in range(200)]
    sieve, fewer = Sieve(patterns, 10), Sieve(patterns[1:], 10)
    assert tuple(sieve.sift("x0x x128x x3x x70x", Work()).opened) == ("x0x", "x3x", "x70x", "x128x")
    made, of_fewer = [[step() for step in each.steps()] for each in (sieve, fewer)]
    assert 10 < len(made) < 40
    assert len({*map(id, made)} & {*map(id, of_fewer)}) >= len(made) - 1


def test_what_nobody_kept_is_compiled_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever earlier runs left in the cache of whoever runs this."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    pattern = secrets.token_hex(8)
    assert tuple(Sieve((pattern,)).sift(f"a {pattern}", Work()).opened) == (pattern,)
    assert len(list((tmp_path / "tidegate").iterdir())) == 1


def test_the_like_is_compiled_once() -> None:
    [first], [again] = (list(Sieve(("once", "only")).steps()) for _ in range(2))
    assert first() is again()
