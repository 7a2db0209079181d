"""`classify`: ask detectors and a scorer about a prompt, and turn whatever happens into signals. Never raises.

Every part is scanned as it is first, and then as it reads without disguise where that is something else; last what stands across the
borders of parts. What raises is not a clean answer but a doubt, and so is text beyond `budget` characters; what was found before is kept.
Adding a part never lowers what is found in another.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Protocol

from msgspec.structs import replace

from classifiers.beginnings import NOTHING_BEFORE, beginnings
from classifiers.kinds import Detector, OverBudget, Scorer
from classifiers.panel import Look, Panel, panel
from classifiers.prompt import Part, Prompt
from classifiers.reading import Reading, Source, of_borders, of_part
from classifiers.sieve import PASS
from classifiers.signals import Difficulty, Doubt, Finding, Signals
from classifiers.work import Work

BUDGET = 2_000_000
"""Characters scanned per prompt: about 10 ms of pattern matching. More is a doubt, not a longer wait. What the scan finds to check, and
text that it has not seen the like of, costs more: `Work` bounds that, for all texts of a prompt together."""

SURE = 0.8
"""Findings from this confidence on are never dropped in favour of another."""

USUAL_PARTS, USUAL_CHARACTERS = 500, 400_000
"""Of a prompt that one look may be enough for: whatever it holds, `Work` would not have refused any of it."""

PER_PART, KEPT_PER_PART, KEPT_PER_CHARACTER = 10, 20, 0.05
"""Microseconds that a part costs whatever it holds, and what is kept back for each that is still to be read."""


def _never() -> bool:
    return False


class Memo(Protocol):
    """What the same detectors found before: in parts; and in borders, and beginnings of prompts, where nothing was found."""

    def key(self, text: str, are_borders: bool = False) -> bytes:
        """What a text is kept under: a part's, or one of borders, which is read in another way."""
        ...

    def recall(self, key: bytes) -> Sequence[Finding] | None:
        """What was found in it; None when nobody remembers."""
        ...

    def keys(self, texts: Sequence[str]) -> Sequence[bytes]:
        """What each beginning of a row of texts is kept under: the first alone, the first two, and so on."""
        ...

    def keep(self, key: bytes, findings: Sequence[Finding]) -> None:
        """Remember what was found in a text that was read to its end, without a doubt."""
        ...


NO_MEMO = None


def classify(
    prompt: Prompt,
    detectors: Sequence[Detector] = (),
    scorer: Scorer | None = None,
    budget: int = BUDGET,
    is_late: Callable[[], bool] = _never,
    memo: Memo | None = NO_MEMO,
) -> Signals:
    """What `detectors` and `scorer` say about `prompt`. When `is_late` says so, no further part is begun: the rest is a doubt.

    `memo` must have been told of nothing but what the same detectors found.
    """
    parts, doubts = prompt.parts, list(prompt.doubts)
    asked = panel(detectors)
    is_usual = len(parts) <= USUAL_PARTS and prompt.characters <= min(budget, USUAL_CHARACTERS)
    before = beginnings(parts, memo) if memo is not None and asked.detectors else NOTHING_BEFORE
    look = asked.look(parts, is_usual, before.known)
    if is_usual and look.is_over and (is_late is _never or not is_late()):
        before.keep(memo)
        return Signals((), prompt.doubts, _coverage(prompt, 0), _difficulty(prompt, scorer))
    scan = _Scan(parts, asked, before.known, look, doubts, is_late)
    if scan.run(budget, memo):
        before.keep(memo)
    return Signals(tuple(scan.findings()), tuple(doubts), _coverage(prompt, len(scan.unread)), _difficulty(prompt, scorer))


def _coverage(prompt: Prompt, unread: int) -> float:
    read = len(prompt.parts) - unread
    total = len(prompt.parts) + len(prompt.doubts)
    return read / total if total else 1.0


class _Scan:
    """One prompt being read. `unread` are the places of the parts that were not read to their end in every way."""

    __slots__ = ("_doubts", "_found", "_is_late", "_known", "_look", "_panel", "_parts", "_work", "unread")

    def __init__(
        self, parts: Sequence[Part], asked: Panel, known: int, look: Look, doubts: list[Doubt], is_late: Callable[[], bool]
    ) -> None:
        self._parts = parts
        self._panel = asked
        self._known = known
        self._look = look
        self._doubts = doubts
        self._is_late = is_late
        self._work = Work()
        self._found: dict[int, list[Finding]] = {}
        self.unread: set[int] = set()

    def run(self, budget: int, memo: Memo | None) -> bool:
        """Every part, of which those that are remembered need not be read again; then the borders between them.

        Whether all was read, and nothing was found nor doubted.
        """
        is_whole = self._read_parts(budget, ()) if memo is None else self._read_new(budget, memo)
        if is_whole and self._panel.quick and len(self._parts) > 1:
            self._cross_borders(memo)
        return is_whole and not self._found and not self._doubts  # a doubt that there was already is not noted twice

    def _read_new(self, budget: int, memo: Memo) -> bool:
        """Read what is not remembered, and remember it: but not when there was no time to read it in every way."""
        keys = {place: memo.key(part.text) for place, part in enumerate(self._parts) if place not in self._look.clear}
        known = {place for place, key in keys.items() if (found := memo.recall(key)) is not None and self._recall(place, found)}
        if not self._read_parts(budget, known):
            return False
        for place, key in keys.items():
            if place not in known and place not in self.unread:
                memo.keep(key, resolve(found) if (found := self._found.get(place)) else ())
        return True

    def _recall(self, place: int, found: Sequence[Finding]) -> bool:
        """Take over what was found in the same text before."""
        if found:
            self._found[place] = list(_moved(found, self._parts[place]))
        return True

    def _read_parts(self, budget: int, known: Collection[int]) -> bool:
        """Every part but the `known` ones as it is; then those that may be disguised, without disguise. False when there was no time."""
        readings = []
        work, parts, clear = self._work, self._parts, self._look.clear
        characters = sum([len(part.text) for part in parts])
        if len(clear) + len(known) == len(parts) and characters <= budget and self._covers(PER_PART * len(parts) + PASS * characters):
            return True
        kept = PER_PART * len(parts) + KEPT_PER_CHARACTER * characters
        for place, part in enumerate(parts):
            text = part.text
            kept -= PER_PART + len(text) * KEPT_PER_CHARACTER
            work.keep(kept)
            if place in known:
                continue
            if not self._may_begin(place):
                return False
            if len(text) > budget:
                self._doubt(place, Doubt("over_budget", part.turn, part.part))
                text = text[:budget]
            budget -= len(text)
            if not (place in clear and work.covers(len(text) * PASS)) and self._panel.detectors:
                reading = Reading(of_part(part, place, len(text)), work, self._panel.sieve)
                if self._look_at(reading, self._panel.detectors):
                    readings.append(reading)
        return self._read_disguised(readings)

    def _covers(self, cost: float) -> bool:
        """Whether there is time and work for all parts, in which nothing is to be seen: the usual case."""
        return self._is_early() and self._work.covers(cost)

    def _is_early(self) -> bool:
        return self._is_late is _never or not self._is_late()

    def _read_disguised(self, readings: Sequence[Reading]) -> bool:
        try:
            deeper = [reading for reading in readings if reading.may_read_otherwise]
        except OverBudget:
            self._doubts.append(Doubt("over_budget", detector="normalise"))
            self.unread.update(range(len(self._parts)))
            return False
        for reading in deeper:
            if not self._may_begin(reading.source.place):
                return False
            self._read_on(reading)
        return True

    def findings(self) -> Iterator[Finding]:
        """Everything found, in the order of the parts."""
        for place in sorted(self._found):
            found = self._found[place]
            yield from found if len(found) == 1 else resolve(found)

    def _may_begin(self, place: int) -> bool:
        """Whether there is time and work left for another part. If not, it and all behind it are unread."""
        part = self._parts[place]
        try:
            self._work.spend(PER_PART)
            if self._is_early():
                return True
            doubt = Doubt("late", part.turn, part.part)
        except OverBudget:
            doubt = Doubt("over_budget", part.turn, part.part)
        self._doubts.append(doubt)
        self.unread.update(range(place, len(self._parts)))
        return False

    def _cross_borders(self, memo: Memo | None) -> None:
        if self._is_late():
            self._doubts.append(Doubt("late", detector="borders"))
            return
        try:
            for source in of_borders(self._parts, self._work, self._known, self._look.borders):
                if memo is None or source.borders is None or not source.borders.comes_again:
                    self._cross(source)
                elif memo.recall(key := memo.key(source.text, are_borders=True)) is None and self._cross(source):
                    memo.keep(key, ())
        except OverBudget:
            self._doubts.append(Doubt("over_budget", detector="borders"))

    def _cross(self, source: Source) -> bool:
        """Read across borders. Whether there is nothing there, for sure. Raises `OverBudget`."""
        before = sum(map(len, self._found.values()))
        if self._look_at(reading := Reading(source, self._work, self._panel.sieve), self._panel.quick):
            self._read_on(reading)
        return not self._doubts and before == sum(map(len, self._found.values()))  # likewise

    def _read_on(self, reading: Reading) -> None:
        """Read a text without its disguises, and with a guess or two, by those detectors that are quick."""
        source = reading.source
        try:
            for other in reading.unfolded():
                self._ask(other, self._panel.quick if other.is_guess or source.is_joined else self._panel.detectors)
        except OverBudget:
            self._doubt(source.place, Doubt("over_budget", source.turn, source.part, "normalise"))
        except Exception:  # noqa: BLE001  # text that cannot be read is not clean (law 5)
            self._doubt(source.place, Doubt("failed", source.turn, source.part, "normalise"))

    def _look_at(self, reading: Reading, detectors: Sequence[Detector]) -> bool:
        """Ask the detectors, of a plain text only those that the sieve does not speak for. Whether there may be more to read in it."""
        if not reading.is_plain:
            self._ask(reading, detectors)
            return True
        self._ask(reading, [detector for detector in detectors if detector in self._panel.others])
        return False

    def _ask(self, reading: Reading, detectors: Sequence[Detector]) -> None:
        """Keep what the detectors find, and a doubt for each that does not come to its end."""
        source = reading.source
        for detector in detectors:
            try:
                for place, finding in reading.findings(detector, self._parts):
                    self._found.setdefault(place, []).append(finding)
            except OverBudget:
                self._doubt(source.place, Doubt("over_budget", source.turn, source.part, detector.kind))
            except Exception:  # noqa: BLE001  # whatever a detector does, the prompt is not clean (law 5); what was found before is kept
                self._doubt(source.place, Doubt("failed", source.turn, source.part, detector.kind))

    def _doubt(self, place: int, doubt: Doubt) -> None:
        if doubt not in self._doubts:
            self._doubts.append(doubt)
        if place >= 0:
            self.unread.add(place)


def _moved(findings: Sequence[Finding], part: Part) -> Iterable[Finding]:
    """The findings of the same text where it stands now."""
    if not findings or (findings[0].turn == part.turn and findings[0].part == part.part):
        return findings
    return [replace(finding, turn=part.turn, part=part.part) for finding in findings]


def resolve(findings: Sequence[Finding]) -> list[Finding]:
    """The findings of one part without repetition, in the order of the text.

    What lies within another finding of its category is dropped. Between categories everything stays, but for a finding less sure than
    `SURE` that lies within a surer one: a card number that could be a phone number is a card number. (So no table may give a category
    less than `SURE` that is more sensitive than what it can lie in.)
    """
    kept: dict[Finding, None] = {}
    around: list[Finding] = []
    for finding in sorted(findings, key=lambda each: (each.start, -each.end, -each.confidence, each.category, each.detector)):
        around = [other for other in around if other.end >= finding.start]
        if any(other.end >= finding.end and _replaces(other, finding) for other in around):
            continue
        kept[finding] = None
        around.append(finding)
    return list(kept)


def _replaces(winner: Finding, loser: Finding) -> bool:
    """Whether the loser, which lies within the winner, is dropped."""
    return winner.category == loser.category or loser.confidence < min(SURE, winner.confidence)


def _difficulty(prompt: Prompt, scorer: Scorer | None) -> Difficulty | None:
    """None when there is no scorer or it raises: an unknown difficulty satisfies no rule, and the label does not depend on it."""
    try:
        return scorer.score(prompt) if scorer is not None else None
    except Exception:  # noqa: BLE001  # a broken scorer must not stop a request
        return None
