"""Our rows against a provider's invoice: by day and model what they say, what we say, and what is missing on either side."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from gateway.usage.invoice import MEASURES, Invoice, Sum, words
from gateway.usage.moments import day, moment
from gateway.usage.rows import Called, Used
from gateway.usage.store import Store

_MICRO = Decimal(1_000_000)
_ANSWERS = ("Served", "Broken", "Abandoned")
_LEAVES = ("cloud", "redacted")
_WAS_ANSWERED = ("served", "broken", "abandoned")
"""A provider bills these even where we have no usage of them: who leaves early does not hear it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One day and model. None: that side has nothing of it."""

    day: str
    model: str
    theirs: Sum | None
    ours: Sum | None


@dataclass(slots=True)
class Reconciled:
    """All lines, and both sides' totals. `uncosted` counts answers of ours whose cost is not known, with or without tokens."""

    measure: str
    lines: list[Line] = field(default_factory=list)
    theirs: Sum = field(default_factory=Sum)
    ours: Sum = field(default_factory=Sum)
    uncosted: int = 0

    @property
    def drift(self) -> Decimal:
        """How far we are off, as a share of what they say; by cost, or by tokens where the file has no costs."""
        theirs, ours = amount(self.theirs, self.measure), amount(self.ours, self.measure)
        return (ours - theirs) / theirs if theirs else Decimal(bool(ours))


def amount(one: Sum | None, measure: str) -> Decimal:
    """Cost in USD, or tokens."""
    if one is None:
        return Decimal(0)
    return one.cost or Decimal(0) if measure == "cost" else (one.prompt or Decimal(0)) + (one.completion or Decimal(0))


def reconcile(invoice: Invoice, store: Store, targets: Iterable[str] = ()) -> Reconciled:
    """Compare the days of the invoice. `targets`: ours that it is about; without them those whose models may be on such a file."""
    days = sorted({one for one, _ in invoice.sums})
    made = Reconciled("cost" if any(one.cost is not None for one in invoice.sums.values()) else "tokens")
    mine = _Ours(invoice, frozenset(targets))
    if days:
        mine.read(store, moment(days[0]), moment(days[-1], is_end=True))
    made.uncosted = mine.uncosted
    names = mine.names | invoice.names
    for key in sorted({*invoice.sums, *mine.sums}, key=lambda key: (key[0], names[key[1]])):
        theirs, ours = invoice.sums.get(key), mine.sums.get(key)
        made.lines.append(Line(key[0], names[key[1]], theirs, ours))
        for side, total in ((theirs, made.theirs), (ours, made.ours)):
            for measure in MEASURES:
                if side is not None and (found := getattr(side, measure)) is not None:
                    total.add(measure, found)
    return made


class _Ours:
    """What our rows say. An answer is of its request's row; what was spent beside it is of the attempts' rows."""

    def __init__(self, invoice: Invoice, targets: frozenset[str]) -> None:
        self._invoice, self._targets = invoice, targets
        self.sums: dict[tuple[str, tuple[str, ...]], Sum] = {}
        self.names: dict[tuple[str, ...], str] = {}
        self.uncosted = 0
        self._models: dict[str, str] = {}
        self._kept: set[str] = set()

    def read(self, store: Store, since: float, until: float) -> None:
        for row in store.rows(Used, since, until):
            self._answer(row)
        for call in store.rows(Called, since, until):
            self._beside(call)

    def _answer(self, row: Used) -> None:
        if row.cascade == "kept":
            self._kept.add(row.request_id)
        if row.path not in _LEAVES or not self._is_asked(row.target, row.model):
            return
        self._models[row.target] = row.model
        if row.prompt is None and row.cost is None and row.result not in _WAS_ANSWERED:
            return
        self.uncosted += row.cost is None
        cost = None if row.cost is None else row.cost - (row.beside or 0)
        self._add(row.at, row.model, {"requests": 1, "prompt": row.prompt, "completion": row.completion}, cost)

    def _beside(self, call: Called) -> None:
        is_answer = call.ending in _ANSWERS or (call.ending == "Rejected" and call.request_id in self._kept)
        if call.target in self._models and not is_answer and (call.prompt is not None or call.cost is not None):
            self._add(call.at, self._models[call.target], {"requests": 1, "prompt": call.prompt, "completion": call.completion}, call.cost)

    def _is_asked(self, target: str, model: str) -> bool:
        return target in self._targets if self._targets else self._invoice.form.is_about(words(model))

    def _add(self, at: float, model: str, counts: Mapping[str, int | None], cost: int | None) -> None:
        key = words(model)
        self.names.setdefault(key, model)
        found = self.sums.setdefault((day(at), key), Sum())
        for measure, count in counts.items():
            if count is not None:
                found.add(measure, Decimal(count))
        if cost is not None:
            found.add("cost", cost / _MICRO)
