import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from classifiers.models.difficulty.features import features
from classifiers.models.difficulty.head import Head, Unreadable, of_file, read, shipped

NAMES = ("length", "proof")
PLAIN = Head(NAMES, np.array([0.5, 2], np.float32), np.array([4, 0], np.float32), -1.0)
CURVED = Head(NAMES, PLAIN.weights, PLAIN.centres, -1.0, ((-2.0, 0.1), (0.0, 0.2), (0.0, 0.3), (2.0, 0.9)))


def test_a_feature_adds_its_weight_times_its_distance_from_a_typical_text() -> None:
    assert PLAIN.added(np.array([6, 1], np.float32)).tolist() == [1.0, 2.0]
    assert PLAIN.score(np.array([6, 1], np.float32)) == pytest.approx(1 / (1 + math.exp(-2)))


@pytest.mark.parametrize(
    ("total", "share"),
    [
        pytest.param(-9, 0.1, id="level before the curve"),
        pytest.param(-2, 0.1, id="its first point"),
        pytest.param(-1, 0.15, id="straight in between"),
        pytest.param(0, 0.2, id="the lower end of a step"),
        pytest.param(1, 0.6, id="after a step"),
        pytest.param(2, 0.9, id="its last point"),
        pytest.param(9, 0.9, id="level behind it"),
    ],
)
def test_a_curve(total: float, share: float) -> None:
    assert CURVED.probability(total) == pytest.approx(share)


@example([2.0, 3.0])
@given(st.lists(st.floats(-1e6, 1e6), min_size=2))
def test_a_higher_sum_is_never_less_probable(totals: list[float]) -> None:
    for head in (PLAIN, CURVED):
        shares = [head.probability(total) for total in sorted(totals)]
        assert all(0 < share < 1 for share in shares)
        assert all(sooner <= later for sooner, later in pairwise(shares))


@pytest.mark.parametrize("head", [pytest.param(PLAIN, id="without a curve"), pytest.param(CURVED, id="with one")])
def test_what_is_written_reads_the_same(head: Head) -> None:
    back = read(head.write(), NAMES)
    assert back.names == head.names
    assert (back.bias, back.curve) == (head.bias, head.curve)
    assert back.weights.tolist() == head.weights.tolist()
    assert back.centres.tolist() == head.centres.tolist()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        pytest.param("{", "", "not the JSON", id="no JSON"),
        pytest.param("{", "[" * 5_000, "not the JSON", id="too deep"),
        pytest.param("head 2", "head 1", "not a head", id="another format"),
        pytest.param('"weights and centres"', '"weights"', "other features", id="no weights"),
        pytest.param('"proof"', '"prove"', "other features", id="a feature that we have not"),
        pytest.param('"bias": -1', '"bias": "-1"', "missing or out of range", id="a bias in words"),
        pytest.param('"bias": -1', '"bias": 1e999', "missing or out of range", id="an endless bias"),
        pytest.param('"bias": -1', '"bias": True', "missing or out of range", id="a truth value"),
        pytest.param("[0.5, 4]", "[0.5]", "missing or out of range", id="half a row"),
        pytest.param("[0.5, 4]", "0.5", "missing or out of range", id="no row"),
        pytest.param('"curve": [', '"curve": {}, "": [', "numbers are missing", id="no curve"),
        pytest.param("[0, 0.2], [0, 0.3]", "[0, 0.3], [0, 0.2]", "falls", id="a curve that falls"),
        pytest.param("[-2, 0.1]", "[3, 0.1]", "falls", id="a curve that turns back"),
        pytest.param("[2, 0.9]", "[2, 1.9]", "beyond", id="a curve beyond 1"),
    ],
)
def test_what_is_no_head_is_told(old: str, new: str, said: str) -> None:
    written = CURVED.write()
    assert old in written
    with pytest.raises(Unreadable, match=said):
        read(written.replace(old, new, 1), NAMES)


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "head.json"
    path.write_text(PLAIN.write())
    assert of_file(str(path), NAMES).bias == PLAIN.bias
    path.write_bytes(b"\xff\xfe{")
    with pytest.raises(Unreadable, match="not the JSON"):
        of_file(str(path), NAMES)


def test_a_list_is_no_head() -> None:
    with pytest.raises(Unreadable, match="not a head"):
        read("[]", NAMES)


def test_the_shipped_head_fits_the_shipped_features() -> None:
    made = features()
    head = shipped(made.names)
    assert head.names == made.names
    assert head.curve[0][1] < 0.02
    assert head.curve[-1][1] > 0.9
