"""The plugin folders: which detectors and scorers there are, and how one is made from its options.

A detector or scorer is one file in `classifiers/detectors` or `classifiers/scorers`; the file name is the `kind`. A dotted kind
(`acme_rules.badge`) names a module outside this package with the same two names, `Options` and `build`.
"""

import dataclasses
import difflib
import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Literal, Protocol

from classifiers.prompt import Prompt
from classifiers.signals import Difficulty

Family = Literal["detectors", "scorers"]


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Span:
    """What a detector returns: character offsets into the text it was given, a category, a confidence in 0..1."""

    start: int
    end: int
    category: str
    confidence: float = 1.0


class Detector(Protocol):
    """Finds spans in a text. Deterministic and without I/O; may raise, which becomes a doubt.

    `categories` lists every category that `detect` may return. `is_slow` says that it takes more than a millisecond on 2,000
    characters: a slow detector runs only when the request would otherwise leave, in a thread, under a deadline.
    """

    @property
    def kind(self) -> str:
        """The file's name."""
        ...

    @property
    def categories(self) -> frozenset[str]:
        """Every category that `detect` may return."""
        ...

    @property
    def is_slow(self) -> bool:
        """Whether it takes more than a millisecond on 2,000 characters."""
        ...

    def detect(self, text: str) -> Iterable[Span]:
        """What the text holds, in any order; spans may overlap. Raises `OverBudget` when the text asks for too much work."""
        ...


class OverBudget(Exception):
    """A detector stopped before the end of the text because the text asks for too much work. Becomes a doubt of that kind."""


class Scorer(Protocol):
    """Judges how hard a prompt is. Deterministic and without I/O."""

    @property
    def kind(self) -> str:
        """The file's name."""
        ...

    def score(self, prompt: Prompt) -> Difficulty:
        """How hard the prompt's last ask is, and why."""
        ...


class UnknownKind(ValueError):
    """No such detector or scorer, or options that it does not know. The message is meant for the operator."""


def kinds(family: Family) -> tuple[str, ...]:
    """The kinds that ship with Tidegate, sorted."""
    package = importlib.import_module(f"classifiers.{family}")
    return tuple(sorted(module.name for module in pkgutil.iter_modules(package.__path__) if not module.name.startswith("_")))


def make_detector(kind: str, options: Mapping[str, object]) -> Detector:
    """The detector of that kind. Raises `UnknownKind`, or ImportError when an extra that it needs is not installed."""
    detector: Detector = _make("detectors", kind, options)
    return detector


def make_scorer(kind: str, options: Mapping[str, object]) -> Scorer:
    """The scorer of that kind. Raises `UnknownKind`, or ImportError when an extra that it needs is not installed."""
    scorer: Scorer = _make("scorers", kind, options)
    return scorer


def _make(family: Family, kind: str, options: Mapping[str, object]):  # type: ignore[no-untyped-def]  # noqa: ANN202  # typed by the two callers above
    module = _module(family, kind)
    known = [option.name for option in dataclasses.fields(module.Options)]
    for name in options:
        if name not in known:
            raise UnknownKind(f"{kind!r} has no option {name!r}{_hint(name, known)}")
    return module.build(module.Options(**options))


def _module(family: Family, kind: str) -> ModuleType:
    if "." in kind:
        return importlib.import_module(kind)
    known = kinds(family)
    if kind not in known:
        raise UnknownKind(f"no {family[:-1]} {kind!r}{_hint(kind, known)}")
    return importlib.import_module(f"classifiers.{family}.{kind}")


def _hint(name: str, known: Iterable[str]) -> str:
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; there are: {', '.join(names)}"
