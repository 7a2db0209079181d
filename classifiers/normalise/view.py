"""`View`: a text that was rewritten in passes, and the way back from its offsets to the original's."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import re2

from classifiers.work import Work

Changes = Callable[[str], Iterable[tuple[int, int, str]]]
"""Each stretch of a text that reads otherwise than it is written, in order: start, end, how it reads."""

PASS, LOOK, CHANGE = 0.02, 0.05, 4
"""Microseconds per character of a pass, per character that is looked at more closely, and to change a stretch."""

CUT = "\n" * 64
"""Stands for what was left out: longer than any context reaches, and no pattern goes across."""

REACH = 120
"""Characters on both sides of what changed that are read again: more than a context word or a bounded pattern reaches."""

SLACK = 60
"""Characters that a stretch may be longer, to end between words."""


def linear(pattern: str) -> re2._Regexp:
    """The pattern (re2 syntax), which takes linear time whatever the text is; with memory for large classes and no log."""
    options = re2.Options()
    options.max_mem = 64 << 20
    options.log_errors = False
    compiled = re2.compile(pattern, options)
    _ = compiled.reverseprogramsize  # compiles what runs backwards now, not in the first request with a hit
    return compiled


def spans(pattern: re2._Regexp, text: str) -> Iterator[tuple[int, int]]:
    """Where the pattern matches. ASCII goes as bytes, whose offsets are the text's: it spares re2 a table of them."""
    for match in pattern.finditer(text.encode() if text.isascii() else text):
        yield match.span()


@dataclass(frozen=True, slots=True)
class View:
    """A rewritten text. `start` and `end` of a span in it lead back to the original. `changed`: the stretches that read otherwise."""

    text: str = field(repr=False)
    layers: tuple["Layer", ...] = field(repr=False, default=())
    changed: tuple[tuple[int, int], ...] = field(repr=False, default=())

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The smallest span of the original that covers the view's span. Monotone in both arguments."""
        for layer in reversed(self.layers):
            start, end = layer.start(start), layer.end(end)
        return start, end

    def rewritten(self, changes: Changes, work: Work) -> "View":
        """The view of this view; itself when nothing changes. Raises `OverBudget`."""
        work.spend(len(self.text) * PASS)
        found = []
        for change in changes(self.text):
            work.spend(CHANGE + (change[1] - change[0]) * LOOK)
            found.append(change)
        if not found:
            return self
        text, layer, changed = _applied(self.text, found)
        onward = Layer(layer.came, layer.seen)
        before = [(onward.start(start), onward.end(end)) for start, end in self.changed]
        return self if text == self.text else View(text, (*self.layers, layer), tuple(sorted((*before, *changed))))

    def around(self, work: Work) -> "View":
        """What changed and what stands near it: the rest was read before. Itself when that is not much less."""
        text = self.text
        kept = _near(text, self.changed)
        starts, ends = [start for start, _ in kept], [end for _, end in kept]
        cuts = [(start, end, CUT) for start, end in zip([0, *ends], [*starts, len(text)], strict=True) if end - start > 2 * len(CUT)]
        if sum(end - start for start, end, _ in cuts) * 3 < len(text):
            return self
        work.spend(CHANGE * len(cuts))
        excerpt, layer, _ = _applied(text, cuts)
        return View(excerpt, (*self.layers, layer))


@dataclass(frozen=True, slots=True)
class Layer:
    """One pass. Piece i is `[seen[i], seen[i+1])` in the result and `[came[i], came[i+1])` in the source; equally long: straight."""

    seen: list[int]
    came: list[int]

    def start(self, offset: int) -> int:
        """Where the character at `offset` comes from."""
        i = min(bisect_right(self.seen, offset) - 1, len(self.seen) - 2)
        return self.came[i] + offset - self.seen[i] if self._is_straight(i) else self.came[i]

    def end(self, offset: int) -> int:
        """Where the character before `offset` ends in the source."""
        if offset <= 0:
            return 0
        i = bisect_right(self.seen, offset - 1) - 1
        return self.came[i] + offset - self.seen[i] if self._is_straight(i) else self.came[i + 1]

    def _is_straight(self, i: int) -> bool:
        return self.seen[i + 1] - self.seen[i] == self.came[i + 1] - self.came[i]


def _applied(text: str, changes: Iterable[tuple[int, int, str]]) -> tuple[str, Layer, list[tuple[int, int]]]:
    """The text with its changes, the way back, and where the changes stand in it."""
    pieces: list[str] = []
    changed: list[tuple[int, int]] = []
    seen, came = [0], [0]
    at = length = 0
    for start, end, piece in changes:
        if start > at:
            pieces.append(text[at:start])
            length += start - at
            seen.append(length)
            came.append(start)
        pieces.append(piece)
        changed.append((length, length + len(piece)))
        length += len(piece)
        seen.append(length)
        came.append(end)
        at = end
    if at < len(text):
        pieces.append(text[at:])
        seen.append(length + len(text) - at)
        came.append(len(text))
    return "".join(pieces), Layer(seen, came), changed


def _near(text: str, stretches: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The stretches, wider on both sides; those that touch then are one."""
    near: list[tuple[int, int]] = []
    for start, end in stretches:
        low, high = max(0, start - REACH), min(len(text), end + REACH)
        if near and low - 2 * SLACK <= near[-1][1]:
            near[-1] = (near[-1][0], max(near[-1][1], high))
        else:
            near.append((low, high))
    return [(_after_blank(text, low), _to_blank(text, high)) for low, high in near]


def _after_blank(text: str, start: int) -> int:
    """The last place before between words, if one is near."""
    least = max(0, start - SLACK)
    blank = max(text.rfind(blank, least, start) for blank in " \n")
    return blank + 1 if blank >= 0 else start


def _to_blank(text: str, end: int) -> int:
    """The next place between words, if one is near."""
    blanks = [at for blank in " \n" if (at := text.find(blank, end, end + SLACK)) >= 0]
    return min(blanks, default=end)
