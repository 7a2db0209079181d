import numpy as np

from classifiers.models.difficulty.features import features
from classifiers.models.difficulty.neighbours import Neighbourhood, Neighbours, load

TWO = Neighbours(np.array([[1, 0], [0, 1]], np.float32), ("law", "physics"), (10, 20), (0.5, 0.25))


def test_the_nearest_come_first() -> None:
    assert TWO.near(np.array([3, 4], np.float32)) == (Neighbourhood("physics", 20, 0.25, 0.8), Neighbourhood("law", 10, 0.5, 0.6))
    assert TWO.near(np.array([3, 4], np.float32), most=1) == (Neighbourhood("physics", 20, 0.25, 0.8),)


def test_a_text_without_known_words_has_none() -> None:
    assert TWO.near(np.zeros(2, np.float32)) == ()


def test_the_shipped_ones_tell_subjects_apart() -> None:
    made, shipped = features(), load()
    near = {
        subject: [one.name for one in shipped.near(made.of(text)[made.named :])]
        for subject, text in (
            ("law", "The defendant was convicted of murder and appeals because the judge excluded the testimony."),
            ("math", "Find the remainder when the polynomial is divided by x - 2."),
        )
    }
    assert any("law" in name for name in near["law"])
    assert any("math" in name for name in near["math"])
    assert not any("law" in name for name in near["math"])


def test_the_shipped_ones_are_whole() -> None:
    shipped = load()
    assert 200 <= len(shipped.names) == len(shipped.questions) == len(shipped.failed) == len(shipped.centres) <= 500
    assert min(shipped.questions) >= 10
    assert all(0 <= share <= 1 for share in shipped.failed)
    assert all(shipped.names)
