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


def test_what_needs_another_is_asked_where_that_matches_and_what_needs_that_after_it() -> None:
    needs = {"b": frozenset(("a",)), "c": frozenset(("b",)), "d": frozenset(("z", "a"))}
    sieve = Sieve(("c", "b", "a", "d"), needs=needs)
    seen = [tuple(sieve.sift(text, Work()).opened) for text in ("bcd", "ac", "abc", "ad", "abcd")]
    assert seen == [(), ("a",), ("c", "b", "a"), ("a", "d"), ("c", "b", "a", "d")]


def test_patterns_that_need_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="need each other"):
        Sieve(("a", "b"), needs={"a": frozenset("b"), "b": frozenset("a")})


def test_what_is_taken_apart_matches_as_before() -> None:
    sieve = Sieve(("(?:one|two)x|[a-c]{3}", "three"), apart=(("[a-c]{3}",), ("nobody",)))
    texts = ("onex", "twox", "cab", "three", "ab two one")
    seen = [tuple(sieve.sift(text, Work()).opened) for text in texts]
    assert seen == [("(?:one|two)x|[a-c]{3}",)] * 3 + [("three",), ()]
    assert len(list(sieve.steps())) == 2


def test_a_mark_is_asked_for_others_sake_and_not_told() -> None:
    needs = {"b": frozenset((r"\d",)), "c": frozenset("b")}
    sieve = Sieve((r"\d", "a", "b", "c"), needs=needs, apart=(), marks=(r"\d",))
    seen = [tuple(sieve.sift(text, Work()).opened) for text in ("abc", "1", "1 a", "1 bc", "1 c", "")]
    assert seen == [("a",), (), ("a",), ("b", "c"), (), ()]


@pytest.mark.parametrize("text", [pytest.param("pa\u017fs", id="a long s"), pytest.param("to\u212aen", id="a kelvin")])
def test_letters_that_are_ours_in_capitals_are_read_as_ours(text: str) -> None:
    assert tuple(Sieve(("(?i)pass|token",)).sift(text, Work()).opened) == ("(?i)pass|token",)


@pytest.mark.parametrize(
    ("pattern", "joins"),
    [
        pytest.param("a", True, id="what may stand anywhere"),
        pytest.param(r"(?:^|\n)a(?:$|[\s.])[^$]\$", True, id="what may stand in a line of its own"),
        pytest.param("^a", False, id="the beginning"),
        pytest.param("a$", False, id="the end"),
        pytest.param(r"a\\$", False, id="the end behind a backslash"),
        pytest.param(r"\Aa", False, id="the beginning in other words"),
    ],
)
def test_it_knows_whether_a_text_may_stand_among_others(pattern: str, *, joins: bool) -> None:
    assert Sieve(("b", pattern)).joins is joins
