import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.models.difficulty.features import HEAD, MEANING, TAIL, Features, features

MADE = features()


def value(text: str, name: str) -> float:
    return float(MADE.of(text)[MADE.names.index(name)])


def test_names_and_numbers_belong_together() -> None:
    assert len(MADE.of("x")) == len(MADE.names) == len(set(MADE.names)) == MADE.named + MADE.words.width
    assert all(name.startswith(MEANING) is (at >= MADE.named) for at, name in enumerate(MADE.names))


def test_read_holds_what_of_holds() -> None:
    values, words = MADE.read("Prove the theorem.", 3)
    whole = MADE.of("Prove the theorem.", 3)
    assert np.allclose(whole[: MADE.named], values)
    assert np.allclose(whole[MADE.named :], MADE.words.mean(MADE.words.known(words)))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("  prove\n\nTHAT there are\tinfinitely many primes ", id="case and white space"),
        pytest.param("PROVE THAT THERE ARE INFINITELY MANY PRIMES", id="capitals"),
    ],
)
def test_case_and_white_space_move_nothing(text: str) -> None:
    assert np.array_equal(MADE.of(text), MADE.of("prove that there are infinitely many primes"))


def test_only_the_beginning_and_the_end_are_read() -> None:
    filler = "word " * 4_000
    assert value(f"{filler}prove it {filler}", "proof") == 0
    assert value(f"{filler}prove it", "proof") == 1
    assert value(f"prove it {filler}", "proof") == 1
    edge = "x" * (HEAD + TAIL - 9) + " prove it"
    assert value(edge, "proof") == 1
    assert value("prove it".rjust(HEAD + TAIL), "proof") == 1


def test_the_whole_length_counts() -> None:
    assert value("a" * 20_000, "length") > value("a" * 10_000, "length")


def test_a_text_without_known_words_has_no_meaning() -> None:
    vector = MADE.of("xqzzv 12")
    assert not vector[MADE.named :].any()
    assert vector[MADE.names.index("unknown words")] == 1
    assert vector[MADE.names.index("rarest word")] == 0


def test_without_kinds_there_are_no_features_for_them() -> None:
    bare = Features(MADE.words, {})
    assert set(MADE.names) - set(bare.names) == {"everyday ask", "frontier work"}
    assert len(bare.of("x y")) == len(bare.names)


@given(st.text(st.characters()))
def test_any_text_has_features(text: str) -> None:
    assert np.isfinite(MADE.of(text)).all()


@pytest.mark.parametrize(("text", "share"), [("was ist das und der", 0.8), ("what is it and why", 0), ("El perro y la casa", 0.6)])
def test_words_of_other_languages_are_a_share(text: str, share: float) -> None:
    assert value(text, "other language") == pytest.approx(share, abs=0.01)
