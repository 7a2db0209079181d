"""`Reading`: one way to read a text, and what a detector finds in it, in offsets of the parts that the text came from.

A part is read as it is; folded (what a reader sees); unpacked (what is encoded in it, four deep); and guessed. What is found in a guess, or
across a border, counts only when the detector is sure: a check digit holds, or a word says what it is.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from classifiers.kinds import Detector, OverBudget, Span
from classifiers.normalise.borders import Joined, joined
from classifiers.normalise.fold import WORTH, may_fold, normalise
from classifiers.normalise.forms import FORM_GATES, labelled
from classifiers.normalise.spell import READING_GATES, guessed
from classifiers.normalise.unpack import RUN, unpacked
from classifiers.normalise.view import View
from classifiers.prompt import Part
from classifiers.sieve import Sieve, Sight
from classifiers.signals import Finding
from classifiers.table import Table, sieve_of
from classifiers.work import Work

PROOF = 0.85
"""The least confidence that counts in a guess or across a border. Tables give less to what only has the shape of something."""

DEEP = 4
"""Layers of encoding that are unpacked: a file's own, a message's, and those of somebody who tries. What is below them is a doubt."""

PER_BORDER = 4
"""Microseconds to join two parts."""

_GATES = frozenset(READING_GATES)


class Source:
    """A text, and where it stood: a part by its place in the prompt, or the borders of several (place -1)."""

    __slots__ = ("borders", "part", "place", "text", "turn")

    def __init__(self, text: str, place: int = -1, turn: int = -1, part: int = -1, borders: Joined | None = None) -> None:
        self.text = text
        self.place = place
        self.turn = turn
        self.part = part
        self.borders = borders

    @property
    def is_joined(self) -> bool:
        """Whether it is made of pieces of several parts."""
        return self.borders is not None

    def places(self, start: int, end: int) -> Sequence[tuple[int, int, int]]:
        """The stretches of parts that a span of the text covers: the part's place in the prompt, start, end."""
        start = min(max(start, 0), len(self.text))
        end = min(max(end, start), len(self.text))
        return self.borders.places(start, end) if self.borders else ((self.place, start, end),)


def of_part(part: Part, place: int, longest: int) -> Source:
    """The part, or as much of it as may be read."""
    return Source(part.text[:longest] if len(part.text) > longest else part.text, place, part.turn, part.part)


def of_borders(parts: Sequence[Part], work: Work, known: int = 0, borders: Sequence[Joined] | None = None) -> Iterator[Source]:
    """The borders between the parts, if there are any to be read across: but for those of the first `known`, which were read before.

    Raises `OverBudget`. They may have been `joined` before.
    """
    work.spend(PER_BORDER * len(parts))
    for each in joined(parts, known) if borders is None else borders:
        yield Source(each.text, borders=each)


class Reading:
    """One way to read a source. What the sieve sees in it is asked once, for all tables that share it."""

    __slots__ = ("_sieve", "_sight", "_view", "_work", "is_guess", "source")

    def __init__(self, source: Source, work: Work, sieve: Sieve | None = None, view: View | None = None, is_guess: bool = False) -> None:
        self.source = source
        self.is_guess = is_guess
        self._view = view
        self._work = work
        self._sieve = sieve or sieve_of(())
        self._sight: Sight | None = None

    @property
    def text(self) -> str:
        """What is read."""
        return self.source.text if self._view is None else self._view.text

    @property
    def is_plain(self) -> bool:
        """Whether there is nothing in it for the tables that share the sieve, nor another way to read it: so with most texts."""
        try:
            sight = self._seen()
        except OverBudget:
            return False
        return not sight.opened and len(sight.encoded) == len(sight.text)

    @property
    def may_read_otherwise(self) -> bool:
        """Whether there may be another way to read it. Raises `OverBudget`."""
        return self._is_worth or not _GATES.isdisjoint(self._seen().opened)

    @property
    def _is_worth(self) -> bool:
        """Whether there may be something to undo in it."""
        sight = self._seen()
        return WORTH in sight.opened or (len(sight.encoded) > len(sight.text) and may_fold(sight.encoded))

    def opens(self, gate: str) -> bool:
        """Whether the text opens a gate. Raises `OverBudget`."""
        return gate in self._seen().opened

    def findings(self, detector: Detector, parts: Sequence[Part]) -> Iterable[tuple[int, Finding]]:
        """What the detector finds, by the place of the part that it lies in. Raises what the detector raises."""
        return self._located(spans, detector.kind, parts) if (spans := self._spans(detector)) else ()

    def _located(self, spans: Iterable[Span], kind: str, parts: Sequence[Part]) -> Iterator[tuple[int, Finding]]:
        needs_proof = self.is_guess or self.source.is_joined
        for span in spans:
            if needs_proof and span.confidence < PROOF:
                continue
            start, end = (span.start, span.end) if self._view is None else self._view.original(span.start, span.end)
            for place, begin, stop in self.source.places(start, end):
                part = parts[place]
                yield place, Finding(part.turn, part.part, begin, stop, span.category, kind, span.confidence)

    def unfolded(self) -> Iterator["Reading"]:
        """The other ways to read it, each to be looked at by the detectors before the next is asked for. Raises `OverBudget`.

        That is raised at the end as well, where something is encoded deeper than is read.
        """
        ways = [self]
        if self._is_worth and (view := normalise(self._as_view().text, self._work)) is not None:
            ways.append(self._read_as(view))
            yield ways[-1]
        latest = list(ways)
        for _ in range(DEEP):
            latest = [deeper for way in latest if way.opens(RUN) and (deeper := way._decoded()) is not None]  # noqa: SLF001  # ours
            yield from latest
            ways += latest
        for way in ways:  # digits may be bytes in hexadecimal, and a number as well
            if (form := way._told()) is not None:  # noqa: SLF001
                yield form
            guess = way._guessed()  # noqa: SLF001
            if guess is not None:
                yield guess
                if (other := guess._guessed()) is not None:  # noqa: SLF001
                    yield other
        if any(way.opens(RUN) and way._decoded() is not None for way in latest):  # noqa: SLF001
            raise OverBudget("a text is encoded too often")

    def _read_as(self, view: View, is_guess: bool = False) -> "Reading":
        return Reading(self.source, self._work, self._sieve, view, is_guess)

    def _decoded(self) -> "Reading | None":
        """What is encoded in it, without its own disguise."""
        before = self._as_view()
        view = before.rewritten(partial(unpacked, work=self._work), self._work)
        if view is before:
            return None
        view = view.around(self._work)
        folded = normalise(view.text, self._work)
        return self._read_as(view if folded is None else View(folded.text, (*view.layers, *folded.layers)))

    def _told(self) -> "Reading | None":
        """With the words of tables and lists beside what they name."""
        before = self._as_view()
        view = before.rewritten(partial(labelled, work=self._work), self._work) if any(map(self.opens, FORM_GATES)) else before
        return None if view is before else self._read_as(view.around(self._work), is_guess=True)

    def _guessed(self) -> "Reading | None":
        view = guessed(self._as_view(), self.opens, self._work)
        return None if view is None else self._read_as(view, is_guess=True)

    def _as_view(self) -> View:
        """Without lone surrogates, which no pattern takes."""
        return View(self._seen().text, self._view.layers if self._view is not None else ())

    def _seen(self) -> Sight:
        if self._sight is None:
            self._sight = self._sieve.sift(self.text, self._work)
        return self._sight

    def _spans(self, detector: Detector) -> Iterable[Span]:
        if not isinstance(detector, Table):
            return detector.detect(self.text)
        sight = self._seen() if detector.sieve is self._sieve else detector.sieve.sift(self.text, self._work)
        return detector.find(sight, self._work)
