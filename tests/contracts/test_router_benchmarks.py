"""Counting, on rows small enough to count by hand."""

import numpy as np
import pytest

from benchmarks.router_scores import Outcomes, apgr, auroc, cpt, ece, measure, recovered

GAIN = np.array([1.0, 0.0, 1.0, 0.0])
ROWS = Outcomes(GAIN, GAIN, np.arange(4))


@pytest.mark.parametrize(
    ("scores", "curve"),
    [
        pytest.param([4, 3, 2, 1], [0, 0.5, 0.5, 1, 1], id="in the order of the rows"),
        pytest.param([4, 1, 3, 2], [0, 0.5, 1, 1, 1], id="the best order"),
        pytest.param([1, 1, 1, 1], [0, 0.25, 0.5, 0.75, 1], id="rows of one score share what they gain"),
        pytest.param([2, 2, 1, 1], [0, 0.25, 0.5, 0.75, 1], id="and so do those of two scores"),
    ],
)
def test_the_quality_recovered(scores: list[float], curve: list[float]) -> None:
    assert recovered(np.array(scores, float), ROWS).tolist() == curve


def test_chance_is_a_half() -> None:
    assert apgr(np.zeros(4), ROWS) == 0.5
    assert auroc(np.zeros(4), ROWS) == 0.5


def test_the_best_order() -> None:
    best = np.array([4.0, 1, 3, 2])
    assert apgr(best, ROWS) == pytest.approx(0.75)
    assert auroc(best, ROWS) == 1
    assert (cpt(best, ROWS, 0.5), cpt(best, ROWS, 0.8)) == (0.25, 0.5)


def test_the_area_under_the_curve_of_one_class_is_unknown() -> None:
    assert np.isnan(auroc(np.arange(2.0), ROWS.take(np.array([0, 2]))))


@pytest.mark.parametrize(("scores", "error"), [([1, 0, 1, 0], 0), ([0, 1, 0, 1], 1), ([0.5] * 4, 0.5)])
def test_calibration(scores: list[float], error: float) -> None:
    assert ece(np.array(scores, float), ROWS) == pytest.approx(error)


def test_an_interval_holds_its_number() -> None:
    rows = Outcomes(np.tile(GAIN, 50), np.tile(GAIN, 50), np.arange(200))
    found = measure(np.arange(200.0), rows, "APGR")
    assert found.low <= found.value <= found.high
    assert found.low < found.high
