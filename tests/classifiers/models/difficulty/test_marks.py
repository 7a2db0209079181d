import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.models.difficulty.marks import MEASURES, PATTERNS, SHORT, WORD, Marks, collapsed, measures, words_of

MARKS = Marks()


def names(text: str) -> set[str]:
    return {PATTERNS[at][0] for at in MARKS.found(text, text.encode())}


def measured(text: str, unknown: int = 0, other: float = 0, turns: int = 1) -> dict[str, float]:
    values = measures(text, text.encode(), WORD.findall(text), (len(text), unknown, other, turns))
    return dict(zip(MEASURES, values, strict=True))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        pytest.param("prove that there are infinitely many primes", "proof", id="a proof"),
        pytest.param("beweise den satz", "proof", id="a proof in German"),
        pytest.param("refactor the client across all modules", "refactor", id="a change over many files"),
        pytest.param("design a queue", "design", id="a design"),
        pytest.param("why does this deadlock", "debug", id="a fault"),
        pytest.param("write a function that sorts", "write code", id="code to be written"),
        pytest.param("write me a short program", "write code", id="code to be written, further on"),
        pytest.param("first sort them, and then merge", "steps", id="steps"),
        pytest.param("select name, age from people", "code", id="a query"),
        pytest.param("x^2 + 3", "formula", id="a formula"),
        pytest.param("what is $ x $ here", "formula", id="a formula between dollars"),
        pytest.param("good morning my friend", "small talk", id="a greeting and something more"),
        pytest.param("the defendant appeals", "law", id="law"),
        pytest.param("true, true\nfalse, false", "compound choice", id="a compound choice"),
        pytest.param("set a timer", "chore", id="a chore"),
        pytest.param("hello there", "small talk", id="small talk"),
        pytest.param("who wrote hamlet", "look-up", id="a look-up"),
        pytest.param("can you help", "personal", id="a person asks"),
    ],
)
def test_a_pattern(text: str, name: str) -> None:
    assert name in names(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        pytest.param("write it down on a piece of paper and tell me what the function of a heart is", "write code", id="too far apart"),
        pytest.param("then comes the first", "steps", id="the other way round"),
        pytest.param("select a seat", "code", id="half of a query"),
        pytest.param("it costs $5", "formula", id="one dollar"),
        pytest.param("hello, which of the following theorems holds in each finite group", "small talk", id="more than a greeting"),
    ],
)
def test_what_only_begins_like_a_pattern(text: str, name: str) -> None:
    assert name not in names(text)


def test_nothing_is_found_in_nothing() -> None:
    assert not names("")


def test_an_easy_word_says_nothing_in_a_long_ask() -> None:
    easy = "please set a timer"
    assert {"chore", "personal"} <= names(easy)
    long = easy + " or prove it" + " and then" * 20
    assert len(long) > SHORT
    assert names(long).isdisjoint({"chore", "personal"})
    assert "proof" in names(long)


def test_every_pattern_has_a_name_of_its_own() -> None:
    assert len({*MEASURES, *(name for name, _ in PATTERNS)}) == len(MEASURES) + len(PATTERNS)


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        pytest.param("", "length", 0, id="an empty text is short"),
        pytest.param("one two three", "words", 2, id="words, doubled"),
        pytest.param("one two three", "bare", 1, id="three words are bare"),
        pytest.param("one two three four", "bare", 0, id="four are not"),
        pytest.param("one. two? three! four", "sentences", 2, id="sentences"),
        pytest.param("a considerable sentence", "word length", 7, id="how long words are"),
        pytest.param("no no yes yes", "variety", 0.5, id="words that are said twice"),
        pytest.param("1 2.5 300 words", "numbers", 2.3219, id="numbers: a point parts them"),
        pytest.param("a = b + c", "symbols", 1.585, id="symbols"),
        pytest.param("f(x)[1]", "brackets", 2.3219, id="brackets"),
        pytest.param("$1$", "dollars", 1.585, id="dollars"),
        pytest.param("what? why?", "questions", 1.585, id="questions"),
        pytest.param('"so"', "quotes", 1.585, id="quotes"),
        pytest.param("q a. one b. two", "choices", 2, id="choices with points"),
        pytest.param("q (a) one (b) two (c) 3", "choices", 3, id="choices in brackets"),
        pytest.param("q a) one b) two", "choices", 2, id="choices with a bracket"),
        pytest.param("q a. 1 b. 2 c. 3 d. 4 e. 5 f. 6 g. 7 h. 8 i. 9 j. 10 k. 11", "choices", 10, id="ten choices at most"),
        pytest.param("vitamin a. is good", "choices", 0, id="one letter is no choice"),
        pytest.param("q a. 1 b. two", "numeric choices", 0.5, id="choices that are numbers"),
    ],
)
def test_a_measure(text: str, name: str, value: float) -> None:
    assert measured(text)[name] == pytest.approx(value, abs=1e-3)


@pytest.mark.parametrize(("turns", "value"), [(0, 0), (1, 0), (2, 1), (9, 3.17), (500, 3.17)])
def test_earlier_turns_count_up_to_eight(turns: int, value: float) -> None:
    assert measured("and now?", turns=turns)["turns"] == pytest.approx(value, abs=0.01)


@given(st.one_of(st.text(), st.text(st.characters(max_codepoint=127))))
def test_words_are_the_same_in_ascii_and_beyond(text: str) -> None:
    assert words_of(text.lower()) == WORD.findall(text.lower())


@given(st.one_of(st.text(), st.text(st.characters(max_codepoint=127)), st.text(" \n\tAb")))
def test_case_and_white_space_are_the_same_in_ascii_and_beyond(text: str) -> None:
    assert collapsed(text) == " ".join(text.lower().split())


def test_unknown_words_and_those_of_other_languages_are_shares() -> None:
    said = measured("one two three four", unknown=1, other=2)
    assert said["unknown words"] == 0.25
    assert said["other language"] == 0.5
