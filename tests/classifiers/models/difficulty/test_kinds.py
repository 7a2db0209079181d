import math

import numpy as np
import pytest

from classifiers.models.difficulty.features import features
from classifiers.models.difficulty.kinds import KINDS, kind_of, load
from classifiers.models.difficulty.marks import PATTERNS
from classifiers.models.difficulty.words import load as load_words

KIND = kind_of(np.array([2, -1, *range(len(PATTERNS))], np.float32), -1.0, np.array([1.5], np.float32))


@pytest.mark.parametrize(
    ("values", "found", "meaning", "total"),
    [
        pytest.param([1.0, 1.0], [], 0.0, 0.0, id="measures only"),
        pytest.param([1.0, 1.0], [1, 3], 0.0, 4.0, id="and patterns"),
        pytest.param([1.0, 1.0], [], -3.0, -3.0, id="and words"),
        pytest.param([1e9, 0.0], [], 0.0, 30.0, id="no overflow above"),
        pytest.param([-1e9, 0.0], [], 0.0, -30.0, id="nor below"),
    ],
)
def test_likeness(values: list[float], found: list[int], meaning: float, total: float) -> None:
    assert KIND.likeness(values, found, meaning) == pytest.approx(1 / (1 + math.exp(-total)))


def test_every_word_that_has_a_vector_adds_something() -> None:
    assert {len(kind.along) for kind in load().values()} == {len(load_words().index)}


def test_the_shipped_kinds() -> None:
    made = features()
    assert tuple(load()) == KINDS
    everyday, frontier = (made.names.index(name) for name in KINDS)
    chore = made.of("set an alarm for six")
    proof = made.of("Prove that every finite group of prime order is cyclic, and generalise the argument.")
    exam = made.of("Which organelle makes ATP?\nA. nucleus\nB. mitochondrion\nC. ribosome\nD. vacuole\nAnswer:")
    assert min(chore[everyday], proof[frontier]) > 0.9
    assert max(chore[frontier], proof[everyday], exam[everyday], exam[frontier]) < 0.1
