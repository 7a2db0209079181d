import json
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.difficulty_synthesis import EASY, HARD, draw
from benchmarks.train_difficulty import MADE_UP, SEED
from classifiers.models.difficulty.features import features
from classifiers.models.difficulty.head import Head, Unreadable, shipped
from classifiers.prompt import Part, Prompt
from classifiers.scorers.learned import WHAT_IT_MEANS, Options, build

SCORER = build(Options())
MADE = features()
GOLDEN = Path(__file__).parents[2] / "golden"
THRESHOLD = 0.25
"""The default: configs/default.yaml."""


def score(text: str) -> float:
    return SCORER.score(Prompt((Part(text),))).score


def golden(name: str) -> list[tuple[str, str]]:
    lines = [json.loads(line) for line in (GOLDEN / name).read_text(encoding="utf-8").splitlines()]
    return [(line["ask"], line["reason"]) for line in lines]


@pytest.mark.parametrize(
    ("name", "goes_out", "least"),
    [pytest.param("easy.jsonl", False, 0.97, id="easy stays"), pytest.param("frontier.jsonl", True, 0.9, id="hard goes out")],
)
def test_the_golden_lists(name: str, goes_out: bool, least: float) -> None:
    asks = golden(name)
    right = [(score(ask) > THRESHOLD) is goes_out for ask, _ in asks]
    assert sum(right) / len(right) >= least, [ask for (ask, _), is_right in zip(asks, right, strict=True) if not is_right]


@pytest.mark.parametrize("name", ["easy.jsonl", "frontier.jsonl"])
def test_a_golden_list_is_long_has_reasons_and_says_nothing_twice(name: str) -> None:
    asks = golden(name)
    assert len({ask for ask, _ in asks}) == len(asks) >= 60
    assert all(reason for _, reason in asks)


@pytest.mark.parametrize("count", [200, pytest.param(MADE_UP, marks=pytest.mark.long)])
def test_what_is_golden_was_not_learnt_from(count: int) -> None:
    for name, families, seed in (("easy.jsonl", EASY, SEED), ("frontier.jsonl", HARD, SEED + 1)):
        learnt = {ask.casefold().rstrip(".?") for ask in draw(families, count, seed)}
        assert learnt.isdisjoint(ask.casefold().rstrip(".?") for ask, _ in golden(name))


def test_the_score_is_that_of_the_head() -> None:
    head = shipped(MADE.names)
    for text in ("", "xqzzv", "hello", "Prove that e is irrational.", "Which one?\nA. one\nB. two", "word " * 3_000):
        assert score(text) == pytest.approx(head.score(MADE.of(text)), abs=1e-4)


def test_reasons_are_named_and_the_strongest_comes_first() -> None:
    reasons = SCORER.score(Prompt((Part("Prove that every tree with n vertices has n - 1 edges, in two ways."),))).reasons
    strengths = [abs(added) for _, added in reasons]
    assert strengths == sorted(strengths, reverse=True)
    assert reasons[0][0] == "frontier work"
    assert {name for name, _ in reasons} <= {*MADE.names[: MADE.named], WHAT_IT_MEANS}


def test_it_scores_the_last_ask() -> None:
    later = Prompt((Part("Prove that e is irrational.", 0), Part("Set a timer for five minutes", 2)))
    assert SCORER.score(later).score < THRESHOLD < score("Prove that e is irrational.")


def test_a_head_may_be_replaced(tmp_path: Path) -> None:
    weights = np.zeros(len(MADE.names), np.float32)
    weights[[MADE.names.index("length"), MADE.named]] = 1, 2
    head = Head(MADE.names, weights, np.zeros(len(MADE.names), np.float32), -5.0)
    path = tmp_path / "head.json"
    path.write_text(head.write())
    other = build(Options(head=str(path)))
    said = other.score(Prompt((Part("where is the sea"),)))
    assert said.score == pytest.approx(head.score(MADE.of("where is the sea")), abs=1e-4)
    assert {name for name, _ in said.reasons} == {"length", WHAT_IT_MEANS}


def test_a_file_that_is_no_head_is_told(tmp_path: Path) -> None:
    path = tmp_path / "head.json"
    path.write_text("{}")
    with pytest.raises(Unreadable, match="tidegate train"):
        build(Options(head=str(path)))
    with pytest.raises(OSError, match="nowhere"):
        build(Options(head=str(tmp_path / "nowhere.json")))


@pytest.mark.parametrize(("length", "most_us"), [(200, 800), (2_000, 2_500), (20_000, 3_000)])
def test_its_time_is_bounded(length: int, most_us: float) -> None:
    """A fifteenth of this on a quiet core (CARD.md); the wide margin is for busy machines."""
    text = ("A committee must be chosen from nine people so that two of them never serve together. How many ways are there? " * 200)[
        :length
    ]
    spent = []
    for _ in range(15):
        began = time.thread_time()
        score(text)
        spent.append(time.thread_time() - began)
    assert min(spent) * 1e6 < most_us


@given(st.text(st.characters()))
def test_any_text_has_a_score(text: str) -> None:
    assert 0 < score(text) < 1


def test_it_names_kinds_of_questions_that_the_ask_is_close_to() -> None:
    near = SCORER.neighbours(Prompt((Part("What is the momentum of a photon in a magnetic field?"),)))
    assert near
    assert [one.likeness for one in near] == sorted((one.likeness for one in near), reverse=True)
    assert SCORER.neighbours(Prompt()) == ()


def test_a_lone_surrogate_beside_a_gap_is_read_too() -> None:
    assert 0 < SCORER.score(Prompt((Part("first \ud800, then"),))).score < 1
