"""Several numbers of a word in one integer: `sum` adds them all in one pass, in a third of the time that columns of floats take."""

from collections.abc import Iterable, Sequence

import numpy as np

from classifiers.models.difficulty.words import Floats

BITS = 40
"""Of each number. Sums of 4,000 words that are each below 64 do not run over into the next."""
UNIT = 1 << 20
"""Numbers are kept as multiples of a millionth."""

_HALF, _MASK = 1 << (BITS - 1), (1 << BITS) - 1


def packed(columns: Sequence[Floats]) -> Iterable[int]:
    """For each row the numbers of its columns in one integer, never 0. Those integers are ordered as the first column is."""
    first, *others = [np.rint(column.astype(np.float64) * UNIT).astype(np.int64).tolist() for column in columns]
    rows: list[int] = first
    for column in others:
        rows = [(row << BITS) + number for row, number in zip(rows, column, strict=True)]
    return (row or 1 for row in rows)


def unpacked(total: int, columns: int) -> list[float]:
    """The numbers, of one row or of a sum of them."""
    found = [0.0] * columns
    for column in range(columns - 1, 0, -1):
        number = ((total + _HALF) & _MASK) - _HALF
        found[column] = number / UNIT
        total = (total - number) >> BITS
    found[0] = total / UNIT
    return found


def first(row: int, columns: int) -> float:
    """The number of the first column alone."""
    return (row >> BITS * (columns - 1)) / UNIT
