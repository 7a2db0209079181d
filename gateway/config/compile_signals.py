"""Detectors and the scorer, made from their kinds and options; and which label a detector's category has."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Protocol, TypeVar

import msgspec

from classifiers.kinds import Detector, Scorer, UnknownKind, make_detector, make_scorer
from classifiers.table import Table, fuse
from gateway.config.compile_remote import REMOTE
from gateway.config.errors import Report, Where, hint
from gateway.config.models import Settings
from router.labels import Label, Labels

Made = TypeVar("Made")

PERSONAL = frozenset(
    {
        "address", "advertising_id", "customer_id", "date_of_birth", "device_serial", "email", "employee_id", "facility", "iccid", "imei",
        "ip_address", "license_plate", "location", "mac_address", "meid", "name", "organisation", "person", "phone", "place",
        "professional_id", "student_id", "username", "vin",
    }
)  # fmt: skip
"""Categories whose findings are `personal`. All others (credentials, cards, accounts, national numbers, health) are `restricted`."""

_TABLES = frozenset({"patterns", "secrets"})
"""Detectors of ours that are tables."""


def detectors(settings: Settings, report: Report) -> tuple[Detector, ...]:
    """The detectors of this process, in order. Those that are tables look at a text together."""
    made = tuple(_detectors(settings, report))
    tables = iter(_fused(tuple(detector for detector in made if isinstance(detector, Table))))
    return tuple(next(tables) if isinstance(detector, Table) else detector for detector in made)


@lru_cache(4)
def _fused(tables: tuple[Table, ...]) -> tuple[Detector, ...]:
    return fuse(tables)


@lru_cache(4)
def _table(kind: str, options: bytes) -> Detector:
    """A detector that holds nothing that changes, from its options in JSON.

    Making it is nine tenths of the time that a configuration takes: a reload that leaves its options as they are gets the same one.
    """
    return make_detector(kind, msgspec.json.decode(options))


def _make(kind: str, options: Mapping[str, object]) -> Detector:
    is_plain = kind in _TABLES and msgspec.json.decode(said := msgspec.json.encode(options)) == options
    return _table(kind, said) if is_plain else make_detector(kind, options)


def _detectors(settings: Settings, report: Report) -> Iterator[Detector]:
    for index, chosen in enumerate(settings.sensitivity.detectors):
        kind, options = (chosen, {}) if isinstance(chosen, str) else next(iter(chosen.items()))
        if kind in REMOTE:
            continue
        detector = _made(_make, kind, options, ("sensitivity", "detectors", index), report)
        if detector is not None:
            yield detector


def scorer(settings: Settings, report: Report) -> Scorer | None:
    """The scorer; None when difficulty is not judged."""
    if settings.difficulty is None:
        return None
    return _made(make_scorer, settings.difficulty.scorer, settings.difficulty.options, ("difficulty", "scorer"), report)


def _made(
    make: Callable[[str, Mapping[str, object]], Made], kind: str, options: Mapping[str, object], where: Where, report: Report
) -> Made | None:
    try:
        return make(kind, options)
    except UnknownKind as error:
        report.add(where, str(error))
    except ImportError as error:
        missing = f"{error.name!r}" if error.name else "something"
        report.add(where, f"{kind!r} needs {missing}, which is not installed; for what ships with Tidegate: pip install 'tidegate[{kind}]'")
    except Exception as error:  # noqa: BLE001  # a detector may come from outside: whatever it raises is for the operator, not a traceback
        report.add(where, f"{kind!r} cannot be made with these options: {type(error).__name__}: {error}")
    return None


class Declares(Protocol):
    """A detector or a dialect of one."""

    @property
    def kind(self) -> str:
        """What it is called in the file."""

    @property
    def categories(self) -> frozenset[str]:
        """What it may find."""


def categories(settings: Settings, labels: Labels, made: Sequence[Declares], report: Report) -> dict[str, Label]:
    """The label of each category that the detectors declare; what the file says goes before the built-in table."""
    declared = frozenset[str]().union(*(detector.categories for detector in made))
    found = {name: _built_in(name, labels) for name in sorted(declared)}
    is_complete = len(made) == len(settings.sensitivity.detectors) and not report.is_lost("sensitivity", "detectors")
    for name, label in settings.sensitivity.labels.items():
        where = ("sensitivity", "labels", name)
        if name not in declared and is_complete:
            report.add(where, f"no chosen detector finds {name!r}{hint(name, declared)}")
        known = label_of(label, labels, where, report)
        if known is not None:
            found[name] = known
    return found


def _built_in(category: str, labels: Labels) -> Label:
    name = "personal" if category in PERSONAL else "restricted"
    return labels[name] if name in labels else labels.highest  # noqa: SIM401  # Labels is no dict


def label_of(name: str | None, labels: Labels, where: Where, report: Report) -> Label | None:
    """The label of that name. None, and a problem, when there is none; None for None."""
    if name is None:
        return None
    if name in labels:
        return labels[name]
    if not report.is_lost("labels"):
        report.add(where, f"there is no label {name!r}{hint(name, [label.name for label in labels])}")
    return None
