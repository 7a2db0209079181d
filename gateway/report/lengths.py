"""How much longer another model would have written: from requests that two models have answered, as cascades bring about.

Such requests are not typical: they are those whose first answer was not good enough, or slow. A declared ratio is better.
"""

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from gateway.report.columns import Floats
from gateway.report.declared import Declared, Length
from gateway.report.numbers import count
from gateway.usage.rows import Called

DRAWS = 1_000

_WHOLE = ("Served", "Rejected")
"""Endings of answers that are there from beginning to end."""

Pair = tuple[int, int]
"""Tokens of the model that is asked about, and of another one, for the same request."""


def length(declared: Declared, calls: Iterable[Called], local: frozenset[str], least: int) -> Length:
    """How much longer the baseline would have written: as declared, else from pairs if there are `least`, else as much as was written."""
    if declared.length is not None:
        return declared.length
    if declared.is_at_home:
        found = pairs(calls, lambda target: target in local)
    elif declared.target is not None:
        found = pairs(calls, lambda target: target == declared.target)
    else:
        found = []
    return from_pairs(found) if len(found) >= least else Length()


def pairs(calls: Iterable[Called], is_asked_about: Callable[[str], bool]) -> list[Pair]:
    """The requests that were answered whole both by targets that are asked about and by others; their last answers of each."""
    answers: dict[str, dict[bool, int]] = {}
    for one in calls:
        if one.ending in _WHOLE and one.completion:
            answers.setdefault(one.request_id, {})[is_asked_about(one.target)] = one.completion
    return [(both[True], both[False]) for both in answers.values() if len(both) == 2]


def from_pairs(found: Sequence[Pair], seed: int = 1) -> Length:
    """The ratio of the sums, since long answers cost most, with an interval of 95 %: pairs drawn anew `DRAWS` times, percentiles."""
    tokens = np.array(found, np.float64)
    ratio = tokens[:, 0].sum() / tokens[:, 1].sum()
    dice = np.random.default_rng(seed)
    drawn = np.empty(DRAWS)
    for at in range(DRAWS):
        one, other = tokens[dice.integers(0, len(tokens), len(tokens))].sum(axis=0)
        drawn[at] = one / other
    low, high = np.percentile(drawn, [2.5, 97.5])
    said = f"measured on {count(len(found))} requests that two models have answered"
    return Length(float(ratio), float(min(low, ratio)), float(max(high, ratio)), said)


def draws(length: Length, many: int, dice: np.random.Generator) -> Floats:
    """Ratios as they may be: log-normal on both sides of `ratio`, with 1 in 40 below `low` and 1 in 40 above `high`."""
    if length.low is None or length.high is None:
        return np.full(many, length.ratio)
    z = dice.standard_normal(many) / 1.959964
    return np.asarray(length.ratio * np.exp(np.where(z > 0, z * np.log(length.high / length.ratio), z * np.log(length.ratio / length.low))))
