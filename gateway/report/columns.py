"""Rows of the usage store as columns of numbers, so that a million requests are summed in moments.

Words are codes into a list of names. What may be unknown has a column beside it that says where it is known; elsewhere it is 0.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from gateway.usage.rows import Called, Used

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]
Bools: TypeAlias = npt.NDArray[np.bool_]

_CHUNK = 20_000
"""Rows that are held as tuples at a time."""


@dataclass(frozen=True, slots=True)
class Words:
    """A column of words: `names[codes[i]]`."""

    names: tuple[str, ...]
    codes: Ints

    def of(self, *names: str) -> Bools:
        """Where it is one of them."""
        return np.isin(self.codes, [at for at, name in enumerate(self.names) if name in names])

    def counts(self, where: Bools | None = None) -> dict[str, int]:
        """How often each word is there, those that are not left out; the most frequent first, then by name."""
        codes = self.codes if where is None else self.codes[where]
        found = zip(self.names, np.bincount(codes, minlength=len(self.names)).tolist(), strict=True)
        return {name: count for name, count in sorted(found, key=lambda one: (-one[1], one[0])) if count}

    def sums(self, values: Ints | Floats, where: Bools | None = None) -> dict[str, int]:
        """The sums of whole numbers by word, of every word. Exact below 2^53."""
        codes, weights = (self.codes, values) if where is None else (self.codes[where], values[where])
        return dict(zip(self.names, map(round, np.bincount(codes, weights, len(self.names)).tolist()), strict=True))


@dataclass(frozen=True, slots=True)
class Requests:
    """The columns of `Used` that reports need, in the order of the rows. Money in micro-USD, times in seconds.

    `was_asked`: some target was. `is_answered`: tokens of an answer are known. `first_byte_s` is NaN where there was none. `has_calls`:
    each of its attempts has a row of its own. Of these, `costless` are the ids of those of unknown cost, `kept` of those whose rejected
    answer was given after all.
    """

    at: Floats
    endpoint: Words
    tenant: Words
    label: Words
    route: Words
    path: Words
    target: Words
    first: Words
    result: Words
    code: Words
    cascade: Words
    hedge: Words
    redaction: Words
    was_asked: Bools
    is_answered: Bools
    is_estimate: Bools
    has_calls: Bools
    has_cost: Bools
    cost: Ints
    beside: Ints
    prompt: Ints
    completion: Ints
    cached: Ints
    cache_write: Ints
    reasoning: Ints
    total_s: Floats
    first_byte_s: Floats
    own_s: Floats
    gpu_s: Floats
    costless: frozenset[str]
    kept: frozenset[str]

    def __len__(self) -> int:
        """How many there are."""
        return len(self.at)

    @property
    def tokens(self) -> Ints:
        """Read and written, 0 where unknown."""
        return self.prompt + self.completion


_WORDS = ("endpoint", "tenant", "label", "route", "path", "target", "first", "result", "code", "cascade", "hedge", "redaction")
_COUNTS = ("cost", "beside", "prompt", "completion", "cached", "cache_write", "reasoning")
_TIMES = ("at", "total_s", "first_byte_s", "own_s", "gpu_s")
_PLACES = {name: at for at, name in enumerate(Used._fields)}


def requests(rows: Iterable[Used], several: frozenset[str] = frozenset()) -> Requests:
    """The columns of the rows. `several`: ids of the requests whose attempts have rows of their own."""
    codes: dict[str, dict[str, int]] = {name: {} for name in _WORDS}
    parts: dict[str, list[Any]] = {}
    costless, kept = set[str](), set[str]()
    for chunk in _chunks(rows):
        costless.update(one.request_id for one in chunk if one.cost is None and one.request_id in several)
        kept.update(one.request_id for one in chunk if one.cascade == "kept")
        columns = list(zip(*chunk, strict=True))
        for name, part in _part(columns, codes, several):
            parts.setdefault(name, []).append(part)
    whole: dict[str, Any] = {name: np.concatenate(many) for name, many in parts.items()} or dict(
        _part([()] * len(Used._fields), codes, several)
    )
    words: dict[str, Any] = {name: Words(tuple(codes[name]), whole.pop(name)) for name in _WORDS}
    return Requests(**words, **whole, costless=frozenset(costless), kept=frozenset(kept))


def _chunks(rows: Iterable[Used]) -> Iterator[list[Used]]:
    left = iter(rows)
    while chunk := list(islice(left, _CHUNK)):
        yield chunk


def _part(
    columns: Sequence[tuple[Any, ...]], codes: dict[str, dict[str, int]], several: frozenset[str]
) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    for name in _WORDS:
        seen = codes[name]
        yield name, np.array([seen.setdefault(word, len(seen)) for word in columns[_PLACES[name]]], np.int64)
    for name in _COUNTS:
        yield name, np.array([0 if one is None else one for one in columns[_PLACES[name]]], np.int64)
    for name in _TIMES:
        yield name, np.array(columns[_PLACES[name]], np.float64)  # None becomes NaN
    cost, prompt, completion = columns[_PLACES["cost"]], columns[_PLACES["prompt"]], columns[_PLACES["completion"]]
    yield "has_cost", np.array([one is not None for one in cost], np.bool_)
    yield "is_answered", np.array([a is not None and b is not None for a, b in zip(prompt, completion, strict=True)], np.bool_)
    yield "was_asked", np.array(columns[_PLACES["attempts"]], np.int64) > 0
    yield "is_estimate", np.array(columns[_PLACES["is_estimate"]], np.bool_)
    yield "has_calls", np.array([one in several for one in columns[_PLACES["request_id"]]], np.bool_)


def ids(calls: Iterable[Called]) -> frozenset[str]:
    """The requests whose attempts have rows of their own."""
    return frozenset(one.request_id for one in calls)
