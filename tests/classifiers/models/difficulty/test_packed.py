import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.models.difficulty.packed import UNIT, first, packed, unpacked

NUMBERS = st.floats(-60, 60, width=32)


@given(st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=50))
def test_sums_of_rows_are_sums_of_columns(rows: list[tuple[float, float, float]]) -> None:
    columns = [np.array(column, np.float32) for column in zip(*rows, strict=True)]
    total = sum(packed(columns))
    assert unpacked(total, 3) == pytest.approx([column.astype(float).sum() for column in columns], abs=2 * len(rows) / UNIT)


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=50))
def test_the_least_row_has_the_least_first_number(rows: list[tuple[float, float]]) -> None:
    columns = [np.array(column, np.float32) for column in zip(*rows, strict=True)]
    assert first(min(packed(columns)), 2) == pytest.approx(columns[0].min(), abs=2 / UNIT)


def test_no_row_is_nothing() -> None:
    assert [*packed([np.zeros(2, np.float32)])] == [1, 1]


def test_thousands_of_rows_do_not_run_over() -> None:
    row = next(iter(packed([np.array([9.3], np.float32), np.array([-63.0], np.float32), np.array([63.0], np.float32)])))
    assert unpacked(4_000 * row, 3) == pytest.approx([37_200, -252_000, 252_000], rel=1e-5)
