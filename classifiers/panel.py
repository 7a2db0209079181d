"""`Panel`: the detectors that are asked together, and one look at a prompt for all of them: mostly there is nothing to be seen in it.

The look is exact. Where no pattern asks for a text's ends, what a text shows it shows as well in a line of its own among others; so short
parts, and what stands across their borders, are passed over as one text. Whatever shows something is read by itself.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from classifiers.kinds import Detector
from classifiers.normalise.borders import Joined, joined
from classifiers.normalise.fold import may_fold
from classifiers.prompt import Part
from classifiers.reading import sieve_of
from classifiers.sieve import Sieve
from classifiers.table import Table

TOGETHER = 8_000
"""Characters of short texts that are passed over together: mostly they open no gate, and a pass costs some microseconds to begin."""


class Look(NamedTuple):
    """What a look at a prompt has shown: the places of parts in which there is nothing to be seen, and whether that is all there is.

    `borders` are those that were looked at.
    """

    clear: Collection[int]
    is_over: bool = False
    borders: Joined | None = None


class Panel:
    """Detectors. `quick` are those that need not be asked in a thread, `others` those for which the sieve does not speak."""

    __slots__ = ("_looks", "detectors", "others", "quick", "sieve")

    def __init__(self, detectors: Iterable[Detector]) -> None:
        self.detectors = tuple(detectors)
        self.quick = tuple(detector for detector in self.detectors if not detector.is_slow)
        self.sieve = sieve = sieve_of(self.detectors)
        self.others = tuple(detector for detector in self.detectors if not _is_behind(detector, sieve))
        self._looks = not self.others and sieve.joins

    def look(self, parts: Sequence[Part], at_borders: bool = True) -> Look:
        """Look at all short parts, and at the borders between parts."""
        if not self.detectors:
            return Look(range(len(parts)), is_over=True)
        if not self._looks:
            return Look(())
        if len(parts) == 1:
            return Look(()) if self._shows(parts[0].text) else Look((0,), is_over=True)
        texts = [part.text for part in parts]
        borders = joined(parts) if at_borders else None
        across = "" if borders is None else borders.text
        if sum(map(len, texts)) + len(across) <= TOGETHER:
            is_clear = not self._shows("\n".join(("", *texts, across, "")))
            return Look(range(len(texts)) if is_clear else (), is_clear and at_borders, borders)
        clear = frozenset(self._clear(texts))
        return Look(clear, at_borders and len(clear) == len(texts) and not self._shows(across), borders)

    def _clear(self, texts: Sequence[str]) -> Iterator[int]:
        """The places of the short texts in which nothing is to be seen."""
        for together in _short(texts):
            if not self._shows("\n".join(("", *[texts[place] for place in together], ""))):
                yield from together

    def _shows(self, text: str) -> bool:
        """Whether there may be something to be seen in the text, or another way to read it."""
        try:
            encoded = text.encode()
        except UnicodeEncodeError:
            return True
        return bool(self.sieve.hits(encoded)) or (len(encoded) > len(text) and may_fold(encoded))


def panel(detectors: Sequence[Detector]) -> Panel:
    """The panel of these detectors: that of before, for those that a plan holds."""
    try:
        return _panel(detectors)
    except TypeError:  # a list, or a detector without a hash
        return Panel(detectors)


_panel = lru_cache(maxsize=8)(Panel)


def _is_behind(detector: Detector, sieve: Sieve) -> bool:
    """Whether the detector finds nothing where the sieve sees nothing."""
    return isinstance(detector, Table) and detector.sieve is sieve


def _short(texts: Sequence[str]) -> Iterator[list[int]]:
    """The places of the short texts, as many at a time as are passed over together."""
    together: list[int] = []
    length = 0
    for place, text in enumerate(texts):
        size = len(text)
        if size > TOGETHER:
            continue
        if length + size > TOGETHER:
            yield together
            together, length = [], 0
        together.append(place)
        length += size
    if together:
        yield together
