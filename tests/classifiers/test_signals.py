import math

import pytest

from classifiers.signals import Difficulty, Doubt, Finding, Reasons, Signals, Subject

EASY, HARD = Difficulty(0.1), Difficulty(0.9)
FINDING, DOUBT = Finding(0, 0, 0, 1, "email", "patterns"), Doubt("media")


def test_sums_keep_all_findings_and_doubts_and_the_lower_coverage() -> None:
    both = Signals((FINDING,), (), 1.0, EASY) + Signals((), (DOUBT,), 0.5, HARD)
    assert both == Signals((FINDING,), (DOUBT,), 0.5, EASY)


def test_the_first_difficulty_that_is_known_wins() -> None:
    assert (Signals() + Signals(difficulty=HARD)).difficulty == HARD


def test_the_first_subject_that_was_read_wins() -> None:
    law = Signals(subject=Subject(topic="law"))
    assert (Signals() + law).subject == (law + Signals(subject=Subject())).subject == law.subject


@pytest.mark.parametrize("score", [math.nan, math.inf, -0.01, 1.01])
def test_a_difficulty_is_a_number_from_0_to_1(score: float) -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        Difficulty(score)


def test_reasons_are_made_when_somebody_asks() -> None:
    asked: list[int] = []

    def why() -> Reasons:
        asked.append(1)
        return (("proof", 2.6),)

    judged = Difficulty(0.5, why)
    assert not asked
    assert judged.reasons == (("proof", 2.6),)
    assert judged == Difficulty(0.5, (("proof", 2.6),))
    assert hash(judged) == hash(Difficulty(0.5, (("proof", 2.6),)))
    assert judged != Difficulty(0.5)
    assert judged != 0.5


def test_a_difficulty_shows_its_score_and_not_what_makes_its_reasons() -> None:
    assert repr(Difficulty(0.5, lambda: (("unspeakable", 1.0),))) == "<Difficulty 0.5>"
