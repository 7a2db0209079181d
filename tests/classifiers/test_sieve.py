import pytest
import re2

from classifiers.kinds import OverBudget
from classifiers.sieve import Sieve, re2_options
from classifiers.work import Work

SIEVE = Sieve(("a+", "b", "a+", "ü"))


@pytest.mark.parametrize(
    ("text", "opened"),
    [
        pytest.param("", (), id="an empty text"),
        pytest.param("nothing here", (), id="nothing"),
        pytest.param("b and a", ("a+", "b"), id="in the order of the patterns, each once"),
        pytest.param("\ud800 ü", ("ü",), id="beside a lone surrogate"),
    ],
)
def test_it_says_which_patterns_match(text: str, opened: tuple[str, ...]) -> None:
    assert tuple(SIEVE.sift(text, Work()).opened) == opened


def test_a_lone_surrogate_keeps_the_offsets() -> None:
    sight = SIEVE.sift("\ud800 ü", Work())
    assert (sight.text, sight.encoded) == ("? ü", "? ü".encode())


def test_text_costs_work() -> None:
    with pytest.raises(OverBudget):
        SIEVE.sift("x" * 1_000, Work(1))


class Speechless:
    """Stands in for a set of patterns whose automaton got no memory: it finds nothing, not even the end of the text."""

    def Match(self, _: bytes) -> None:  # noqa: N802
        return None


def test_an_engine_without_memory_is_not_clean() -> None:
    starved = Sieve(("a",))
    starved._set = Speechless()
    with pytest.raises(OverBudget, match="memory"):
        starved.sift("in 1234", Work())


def test_re2_finds_more_than_its_own_limit_of_memory_allows() -> None:
    assert re2_options().max_mem > re2.Options().max_mem
