import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.prompt import Part, Prompt
from classifiers.scorers.lexical import BIAS, FEATURES, LINES, Options, build

SCORER = build(Options())


def score(text: str) -> float:
    return SCORER.score(Prompt((Part(text),))).score


@pytest.mark.parametrize(
    ("text", "below"),
    [
        ("hello", 0.15),
        ("Thanks a lot!", 0.15),
        ("What is the capital of France?", 0.3),
        ("Set a timer for ten minutes", 0.15),
        ("what's the weather tomorrow in Oslo", 0.15),
        ("translate this word into French: cheese", 0.3),
        ("Wer ist der Bürgermeister von Berlin?", 0.3),
        ("Write a haiku about the sea", 0.3),
        ("My SSN is 078-05-1120", 0.3),
        ("", 0.3),
    ],
)
def test_easy_asks(text: str, below: float) -> None:
    assert score(text) < below


@pytest.mark.parametrize(
    "text",
    [
        "Prove that there are infinitely many primes of the form 4k+3",
        "Beweise, dass es unendlich viele Primzahlen gibt.",
        "Refactor the billing code across these files: split invoices.py, tax.py and ledger.py into services, keep the public API and update the tests.",
        "Design a distributed rate limiter for an API in several regions and discuss the trade-offs.",
        "Debug this race condition in my Rust backend: explain the root cause step by step, then fix it without using a global lock.",
        "Plan the migration of a monolith to microservices over twelve months: milestones, risks, budget. It must not interrupt sales.",
    ],
)
def test_hard_asks(text: str) -> None:
    assert score(text) > 0.6


def test_reasons_are_named_and_add_up_strongest_first() -> None:
    difficulty = SCORER.score(Prompt((Part("Prove the theorem in Python, step by step, with exactly three lemmas."),)))
    strengths = [abs(weight) for _, weight in difficulty.reasons]
    assert strengths == sorted(strengths, reverse=True)
    assert difficulty.reasons[0][0] == "proof"
    assert {name for name, _ in difficulty.reasons} <= {"length", "turns", *(name for name, *_ in (*FEATURES, *LINES))}
    assert math.log(difficulty.score / (1 - difficulty.score)) == pytest.approx(BIAS + sum(weight for _, weight in difficulty.reasons))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        pytest.param("1. bread\n2. milk", {"list"}, id="numbers"),
        pytest.param("bring\n - bread\n\r\n\t* milk", {"list"}, id="dashes and stars, indented"),
        pytest.param("1. bread", set(), id="one item"),
        pytest.param("- \n- milk", set(), id="an item that says nothing"),
        pytest.param("it is 1. bread or 2. milk", set(), id="not where lines begin"),
        pytest.param("(a) bread", {"choices"}, id="a choice"),
        pytest.param("which?\nB: bread\nE) milk", {"choices"}, id="a choice on a line of its own"),
        pytest.param("which?\n1) x\n2) y\nA. bread", {"list", "choices"}, id="both"),
        pytest.param("what is the capital", {"look-up"}, id="a question at the beginning"),
        pytest.param("Well! -- Qué es eso?", {"look-up"}, id="a question behind a sentence"),
        pytest.param("tell them what is the capital", set(), id="a question inside of one"),
    ],
)
def test_where_something_stands_matters(text: str, named: set[str]) -> None:
    assert {name for name, _ in SCORER.score(Prompt((Part(text),))).reasons} == named


def test_all_turns_and_characters_beyond_some_count_as_those() -> None:
    long = [SCORER.score(Prompt((Part("word " * count),))).score for count in (410, 4_000)]
    turns = [SCORER.score(Prompt(tuple(Part(f"{'word' * 30}", turn) for turn in range(count)))).score for count in (8, 9, 40)]
    assert long[0] == long[1]
    assert turns[0] < turns[1] == turns[2]


def test_an_easy_word_says_nothing_in_a_long_ask() -> None:
    easy = "book a table"
    assert "chore" in dict(SCORER.score(Prompt((Part(easy),))).reasons)
    assert "chore" not in dict(SCORER.score(Prompt((Part(easy + " and then something else" * 10),))).reasons)


def test_earlier_turns_count_a_little() -> None:
    once = Prompt((Part("and now?"),))
    later = Prompt((Part("hello", 0), Part("and then?", 1), Part("and now?", 2)))
    assert SCORER.score(once).score < SCORER.score(later).score < SCORER.score(once).score + 0.1
    assert dict(SCORER.score(later).reasons)["turns"] == pytest.approx(0.12)


def test_a_follow_up_is_as_hard_as_what_it_refers_to() -> None:
    proof = "Prove that there are infinitely many primes of the form 4k+3"
    alone, later = Prompt((Part("why?"),)), Prompt((Part(proof, 0), Part("Let p be one.", 1, 0, "answer"), Part("why?", 2)))
    assert SCORER.score(alone).score < 0.15
    assert SCORER.score(later).score >= score(proof)


def test_only_the_beginning_and_the_end_of_a_long_ask_are_read() -> None:
    filler = "word " * 4_000
    assert "proof" not in dict(SCORER.score(Prompt((Part(filler + "prove it " + filler),))).reasons)
    assert "proof" in dict(SCORER.score(Prompt((Part(filler + "prove it"),))).reasons)


@given(st.text(st.characters()))
def test_any_text_has_a_score(text: str) -> None:
    assert 0 < score(text) < 1
