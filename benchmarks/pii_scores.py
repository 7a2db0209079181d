"""What is counted, and how sure it is: texts with gold spans and hits in, rates with bootstrap intervals out.

A hit or gold span is right when it overlaps the other: offsets differ by a title or a full stop between annotators. Resampling is over
texts, since the spans of one text are not independent.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from typing_extensions import override

CORE = frozenset("PERSON EMAIL PHONE ADDRESS ID CREDIT_CARD BANK IP SECRET MEDICAL_ID DOB USERNAME VEHICLE DEVICE PII_UNIT".split())
"""Labels of which one span makes a text sensitive. The others (places, organisations, dates, ages) never do."""

RESAMPLES, SEED = 1000, 20_261_122


@dataclass(frozen=True, slots=True)
class Mark:
    """A gold span or a hit, in characters."""

    start: int
    end: int
    label: str

    def overlaps(self, other: "Mark") -> bool:
        """Whether they share a character."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Document:
    """A text and its gold spans."""

    text: str
    gold: tuple[Mark, ...] = ()
    lang: str = "und"
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What an engine said of one text. A doubtful text (not read to its end) counts as flagged: it would stay home too."""

    hits: tuple[Mark, ...] = ()
    is_doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Rate:
    """A share in 0..1 with its 95 % interval, and of how many. `value` is None when there is nothing to count."""

    value: float | None
    low: float = 0.0
    high: float = 1.0
    n: int = 0

    @override
    def __str__(self) -> str:
        return "-" if self.value is None else f"{self.value:.2f} [{self.low:.2f}, {self.high:.2f}]"

    def json(self) -> dict[str, float | int | None]:
        """As an object."""
        return {"value": self.value, "low": self.low, "high": self.high, "n": self.n}


_COLUMNS = ("texts", "core", "flagged", "flagged_core", "touched", "gold", "found", "hits", "right")


def score(documents: Sequence[Document], said: Sequence[Said], annotated: frozenset[str] = CORE) -> Mapping[str, Rate]:
    """All rates of one set. `annotated` are the labels of which the set has gold; hits of other labels are left out.

    recall: share of texts with a core span that were flagged at all, which is what decides where a request goes.
    touched: share of them in which a hit overlaps a core span: not flagged for a wrong reason.
    precision: share of flagged texts that have a core span. f2: of recall and precision. fpr: share of texts without that were flagged.
    span_recall: share of core spans that a hit overlaps. span_precision: share of hits that overlap a core span.
    """
    rows: list[tuple[int, ...]] = [_row(document, one, annotated) for document, one in zip(documents, said, strict=True)]
    return _rates(np.array(rows or [(0,) * len(_COLUMNS)], dtype=float))


def share(flags: Iterable[bool]) -> Rate:
    """How many of them are true."""
    rows: list[tuple[int, ...]] = [(1, 1, flag, flag, 0, 0, 0, 0, 0) for flag in flags]
    return _rates(np.array(rows or [(0,) * len(_COLUMNS)], dtype=float))["recall"]


def is_flagged(said: Said, annotated: frozenset[str] = CORE) -> bool:
    """Whether the text would stay home."""
    return said.is_doubtful or any(hit.label in annotated for hit in said.hits)


def by_label(documents: Sequence[Document], said: Sequence[Said]) -> Mapping[str, tuple[Rate, Rate]]:
    """For each label of the gold: the share of its spans that any hit overlaps, and that a hit of the same label overlaps."""
    counts: dict[str, list[tuple[int, int, int]]] = {}
    for document, one in zip(documents, said, strict=True):
        for label in sorted({gold.label for gold in document.gold}):
            marks = [gold for gold in document.gold if gold.label == label]
            same = [hit for hit in one.hits if hit.label == label]
            core = [hit for hit in one.hits if hit.label in CORE] if label in CORE else list(one.hits)
            counts.setdefault(label, []).append((len(marks), _overlapped(marks, core), _overlapped(marks, same)))
    return {label: (_ratio(rows, 1), _ratio(rows, 2)) for label, rows in sorted(counts.items())}


def _row(document: Document, said: Said, annotated: frozenset[str]) -> tuple[int, ...]:
    core = [gold for gold in document.gold if gold.label in CORE]
    hits = [hit for hit in said.hits if hit.label in annotated]
    flagged, found = is_flagged(said, annotated), _overlapped(core, hits)
    right = _overlapped(hits, core)
    return 1, bool(core), flagged, bool(core) and flagged, bool(found), len(core), found, len(hits), right


def _overlapped(marks: Sequence[Mark], others: Sequence[Mark]) -> int:
    return sum(any(mark.overlaps(other) for other in others) for mark in marks)


def _rates(rows: Any) -> Mapping[str, Rate]:
    """Rates of the sums of the rows, and of the sums of as many rows drawn with replacement."""
    distinct, counts = np.unique(rows, axis=0, return_counts=True)
    draws = np.random.default_rng(SEED).multinomial(counts.sum(), counts / counts.sum(), size=RESAMPLES)
    sums, drawn = _named(rows.sum(axis=0)), _named((draws @ distinct).T)
    point, spread = _formulas(sums), _formulas(drawn)
    of = {"recall": "core", "touched": "core", "precision": "flagged", "f2": "texts", "span_recall": "gold", "span_precision": "hits"}
    return {
        name: _rate(float(point[name]), spread[name], int(sums[of[name]] if name in of else sums["texts"] - sums["core"])) for name in point
    }


def _named(sums: Any) -> dict[str, Any]:
    return dict(zip(_COLUMNS, sums, strict=True))


def _formulas(sums: Mapping[str, Any]) -> dict[str, Any]:
    with np.errstate(divide="ignore", invalid="ignore"):
        recall, precision = sums["flagged_core"] / sums["core"], sums["flagged_core"] / sums["flagged"]
        return {
            "recall": recall,
            "touched": sums["touched"] / sums["core"],
            "precision": precision,
            "f2": 5 * precision * recall / (4 * precision + recall),
            "fpr": (sums["flagged"] - sums["flagged_core"]) / (sums["texts"] - sums["core"]),
            "span_recall": sums["found"] / sums["gold"],
            "span_precision": sums["right"] / sums["hits"],
        }


def _rate(value: float, spread: Any, n: int) -> Rate:
    """None and all have no spread to draw from: there the bound is that of which the outcome has a chance of 5 % (the rule of three)."""
    if n == 0 or np.isnan(value):
        return Rate(None)
    spread = spread[~np.isnan(spread)]
    low, high = (float(bound) for bound in np.percentile(spread, (2.5, 97.5)))
    far = 0.05 ** (1 / n)
    return Rate(value, min(low, far) if value == 1 else low, max(high, 1 - far) if value == 0 else high, n)


def _ratio(rows: Sequence[tuple[int, int, int]], column: int) -> Rate:
    """Spans found of spans there, over texts drawn with replacement."""
    counts = np.array([(1, 0, 0, 0, 0, row[0], row[column], 0, 0) for row in rows], dtype=float)
    return _rates(counts)["span_recall"]
