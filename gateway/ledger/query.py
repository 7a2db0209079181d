"""What left: the attempts of a ledger by label, zone, destination, tenant and time, and the times of which it cannot speak."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from gateway.ledger.errors import Unanswerable
from gateway.ledger.records import Concluded, Intent, Recovered, Reloaded, Restored, Started, Stopped
from gateway.ledger.verify import Read

_LABEL = re.compile(r"\s*(>=|>|<=|<|==?)?\s*([A-Za-z0-9._-]+)\s*")
_COMPARE: Mapping[str, Callable[[int, int], bool]] = {
    ">=": lambda one, other: one >= other,
    ">": lambda one, other: one > other,
    "<=": lambda one, other: one <= other,
    "<": lambda one, other: one < other,
    "=": lambda one, other: one == other,
    "==": lambda one, other: one == other,
}


class Left(NamedTuple):
    """One attempt. `ending` is empty when the ledger does not know how it ended: then it may have left."""

    at: str
    intent: Intent
    ending: str


class Gap(NamedTuple):
    """A time of which the ledger says less than all."""

    at: str
    say: str


@dataclass(frozen=True, slots=True)
class Question:
    """Which attempts are meant; an empty string means any. `label` may be a comparison; times are as `when` gives them."""

    label: str = ""
    zone: str = ""
    destination: str = ""
    tenant: str = ""
    since: str = ""
    until: str = ""


@dataclass(slots=True)
class Answer:
    """The attempts that were meant, and the gaps in the time that was meant."""

    left: list[Left] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)


def when(text: str, *, is_end: bool = False) -> str:
    """A day or a time in ISO 8601 as the ledger writes it, in UTC. A day that is an end counts to its end. Raises `Unanswerable`."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Unanswerable("write a day as 2026-11-22, or a time as 2026-11-22T14:00:00Z") from None
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    if is_end and len(text) == len("2026-11-22"):
        at += timedelta(days=1)
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def ask(reads: Iterable[Read], question: Question) -> Answer:
    """Go through a ledger once. Raises `Unanswerable` when the label is none that the ledger knows."""
    asking = _Asking(question)
    for read in reads:
        asking.see(read)
    return asking.end()


class _Asking:
    def __init__(self, question: Question) -> None:
        self._question = question
        match = _LABEL.fullmatch(question.label) if question.label else None
        if question.label and match is None:
            raise Unanswerable('write a label, or a comparison with one: ">= personal"')
        self._sign, self._label = (match[1] or "=", match[2]) if match else ("", "")
        self._ranks: dict[str, int] = {}
        self._known: set[str] = set()
        self._open: dict[tuple[str, int], Left] = {}
        self._left: list[Left] = []
        self._gaps: list[Gap] = []
        self._runs = False

    def see(self, read: Read) -> None:
        at, record = read.line.at, read.record
        match record:
            case Started() | Reloaded() | Stopped():
                self._life(at, record)
            case Recovered():
                self._gap(at, f"a line was cut off by a crash ({record.torn_bytes} bytes): the attempt it was about was not made")
            case Restored():
                lost = f"; {record.lost} outcomes are lost" if record.lost else ""
                self._gap(at, f"it could not be written for {record.seconds:g} s; {record.refused} attempts were not made{lost}")
            case Intent() if self._is_meant(at, record):
                self._open[record.request, record.attempt] = Left(at, record, "")
            case Concluded():
                meant = self._open.pop((record.request, record.attempt), None)
                if meant is not None:
                    self._left.append(meant._replace(ending=record.ending))
            case _:
                pass

    def _life(self, at: str, record: Started | Reloaded | Stopped) -> None:
        if not isinstance(record, Stopped):
            self._ranks = {name: rank for rank, name in enumerate(record.labels)}
            self._known.update(record.labels)
        if isinstance(record, Started) and self._runs:
            self._gap(at, "the gateway began again without having ended in an orderly way")
        self._runs = not isinstance(record, Stopped)

    def end(self) -> Answer:
        if self._label and self._label not in self._known and self._known:
            raise Unanswerable(f"the ledger knows no label {self._label!r}; it knows {', '.join(sorted(self._known))}")
        self._left += self._open.values()
        if self._open:
            at = min(left.at for left in self._open.values())
            self._gap(at, f"{len(self._open)} attempts have no outcome: they run, or a crash came between; count them as having left")
        return Answer(sorted(self._left, key=lambda left: left.at), sorted(self._gaps))

    def _gap(self, at: str, say: str) -> None:
        if self._is_in_time(at):
            self._gaps.append(Gap(at, say))

    def _is_in_time(self, at: str) -> bool:
        return self._question.since <= at and (not self._question.until or at < self._question.until)

    def _is_meant(self, at: str, intent: Intent) -> bool:
        question = self._question
        wanted = ((question.zone, intent.zone), (question.destination, intent.destination), (question.tenant, intent.tenant))
        return self._is_in_time(at) and self._has_label(intent.label) and all(not one or one == other for one, other in wanted)

    def _has_label(self, label: str) -> bool:
        """By the order of labels that was in force then. A label that it did not have is counted as meant: rather too many than too few."""
        if not self._label:
            return True
        if label not in self._ranks or self._label not in self._ranks:
            return True
        return _COMPARE[self._sign](self._ranks[label], self._ranks[self._label])
