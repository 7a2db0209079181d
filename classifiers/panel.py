"""`Panel`: the detectors that are asked together, and one look at a prompt for all of them: mostly there is nothing to be seen in it.

The look is exact. Where no pattern asks for a text's ends, what a text shows it shows as well in a line of its own among others; so all
parts, and what stands across their borders, are passed over as one text. Whatever shows something is read by itself.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, compress
from operator import not_
from typing import NamedTuple

from classifiers.kinds import Detector
from classifiers.normalise.borders import Joined, joined
from classifiers.normalise.fold import may_fold
from classifiers.prompt import Part
from classifiers.sieve import Sieve
from classifiers.table import Table, sieve_of

TOGETHER = 8_000
"""Characters of texts that are passed over together where some may show something: a pass costs some microseconds to begin."""

LONGEST = 100_000
"""Characters of a text that is looked at. A longer one is read by itself."""


class Look(NamedTuple):
    """What a look at a prompt has shown: the places of parts in which there is nothing to be seen, and whether that is all there is.

    `borders` are those in which there may be something; None: nobody looked.
    """

    clear: Collection[int]
    is_over: bool = False
    borders: Sequence[Joined] | None = None


class Panel:
    """Detectors. `quick` are those that need not be asked in a thread, `others` those for which the sieve does not speak."""

    __slots__ = ("_looks", "detectors", "others", "quick", "sieve")

    def __init__(self, detectors: Iterable[Detector]) -> None:
        self.detectors = tuple(detectors)
        self.quick = tuple(detector for detector in self.detectors if not detector.is_slow)
        self.sieve = sieve = sieve_of(self.detectors)
        self.others = tuple(detector for detector in self.detectors if not _is_behind(detector, sieve))
        self._looks = not self.others and sieve.joins

    def look(self, parts: Sequence[Part], at_borders: bool = True, known: int = 0) -> Look:
        """Look at all parts but the first `known`, in which there is nothing, and at the borders between them."""
        if not self.detectors or known == len(parts):
            return Look(range(len(parts)), is_over=True)
        if not self._looks:
            return Look(range(known))
        if len(parts) == 1:
            return Look(()) if self._shows(parts[0].text) else Look((0,), is_over=True)
        return self._look_across(parts, joined(parts, known), known) if at_borders else Look(self._clear(parts, known))

    def _look_across(self, parts: Sequence[Part], borders: Sequence[Joined], known: int) -> Look:
        """All of them together, where they are few or have no figures; else apart."""
        whole = "\n".join(("", *[part.text for part in parts[known:]], *[one.text for one in borders], ""))
        if len(whole) <= LONGEST and not _has_figures(whole):
            if not self._shows(whole):
                return Look(range(len(parts)), is_over=True)
            if len(whole) <= TOGETHER:
                return Look(range(known), borders=borders)
        clear, shown = self._clear(parts, known), [one for one in borders if self._shows(one.text)]
        return Look(clear, not shown and len(clear) == len(parts), shown)

    def _clear(self, parts: Sequence[Part], known: int) -> set[int]:
        """The places of the parts in which nothing is to be seen. Figures are looked at apart: they make a pass some times as long."""
        texts = [part.text for part in parts]
        places = range(known, len(parts))
        figures = [_has_figures(texts[place]) for place in places]
        clear = set(range(known))
        for together in chain(_heaps(texts, compress(places, map(not_, figures))), _heaps(texts, compress(places, figures))):
            if not self._shows("\n".join(("", *[texts[place] for place in together], ""))):
                clear.update(together)
        return clear

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


def _has_figures(text: str) -> bool:
    for figure in "0123456789":  # noqa: SIM110  # a class of characters takes fifty times as long, a generator three times
        if figure in text:
            return True
    return False


def _heaps(texts: Sequence[str], places: Iterable[int]) -> Iterator[list[int]]:
    """The places of texts that are passed over together."""
    heap: list[int] = []
    length = 0
    for place in places:
        size = len(texts[place])
        if size > LONGEST:
            continue
        if heap and length + size > TOGETHER:
            yield heap
            heap, length = [], 0
        heap.append(place)
        length += size
    if heap:
        yield heap
