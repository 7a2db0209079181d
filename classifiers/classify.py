"""`classify`: ask detectors and a scorer about a prompt, and turn whatever happens into signals. Never raises.

Every part is scanned as it is, and normalised too where that reads differently. What raises is not a clean answer but a doubt; text
beyond `budget` characters is not scanned and is a doubt too. Parts are judged alone: adding one never lowers what is found in another.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Protocol

from classifiers.kinds import Detector, OverBudget, Scorer, Span
from classifiers.normalise import View, normalise
from classifiers.prompt import Part, Prompt
from classifiers.sieve import Sight
from classifiers.signals import Difficulty, Doubt, DoubtKind, Finding, Signals
from classifiers.table import Table
from classifiers.work import Work

BUDGET = 2_000_000
"""Characters scanned per prompt: about 10 ms of pattern matching. More is a doubt, not a longer wait. What the scan finds to check, and
text that it has not seen the like of, costs more: `Work` bounds that, for all texts of a prompt together."""

SURE = 0.8
"""Findings from this confidence on are never dropped in favour of another."""


def _never() -> bool:
    return False


class Memo(Protocol):
    """What the same detectors found in texts before. Kept per part: what is read across parts is always read anew."""

    def key(self, text: str) -> bytes:
        """What a text is kept under."""
        ...

    def recall(self, key: bytes) -> Sequence[Finding] | None:
        """What was found in it; None when nobody remembers."""
        ...

    def keep(self, key: bytes, findings: Sequence[Finding]) -> None:
        """Remember what was found in a text that was read to its end, without a doubt."""
        ...


class _Forgetful:
    """Remembers nothing."""

    def key(self, text: str) -> bytes:  # noqa: ARG002  # it is not looked at
        return b""

    def recall(self, key: bytes) -> None:
        pass

    def keep(self, key: bytes, findings: Sequence[Finding]) -> None:
        pass


NO_MEMO: Memo = _Forgetful()


def classify(
    prompt: Prompt,
    detectors: Sequence[Detector] = (),
    scorer: Scorer | None = None,
    budget: int = BUDGET,
    is_late: Callable[[], bool] = _never,
    memo: Memo = NO_MEMO,
) -> Signals:
    """What `detectors` and `scorer` say about `prompt`. When `is_late` says so, no further part is begun: the rest is a doubt.

    `memo` must have been told of nothing but what the same detectors found.
    """
    findings: list[Finding] = []
    doubts = list(prompt.doubts)
    left, read, work = budget, 0, Work()
    for part in prompt.parts:
        key = memo.key(part.text)
        known = memo.recall(key)
        if known is not None:
            findings += _moved(known, part)
            read += 1
            continue
        if is_late():
            doubts.append(Doubt("late", part.turn, part.part))
            break
        before = len(doubts)
        if len(part.text) > left:
            doubts.append(Doubt("over_budget", part.turn, part.part))
            part = Part(part.text[:left], part.turn, part.part, part.place)  # noqa: PLW2901  # what fits is still scanned
        left -= len(part.text)
        found = _scan(part, detectors, work, doubts)
        if found:
            found = found if len(found) == 1 else resolve(found)
            findings += found
        if len(doubts) == before:
            memo.keep(key, found)
            read += 1
    unread = len(prompt.doubts)
    total = len(prompt.parts) + unread
    return Signals(tuple(findings), tuple(doubts), read / total if total else 1.0, _difficulty(prompt, scorer))


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


class _Reading:
    """A part as detectors read it: as it is, or its view. What a sieve sees in it is asked once, for all tables that share the sieve."""

    __slots__ = ("_work", "part", "sight", "view")

    def __init__(self, part: Part, view: View | None, work: Work) -> None:
        self.part = part
        self.view = view
        self.sight: Sight | None = None
        self._work = work

    def spans(self, detector: Detector) -> Iterable[Span]:
        """What the detector finds, in offsets of this reading."""
        text = self.part.text if self.view is None else self.view.text
        if not isinstance(detector, Table):
            return detector.detect(text)
        if self.sight is None or self.sight.sieve is not detector.sieve:
            self.sight = detector.sieve.sift(text, self._work)
        return detector.find(self.sight, self._work)

    def ask(self, detector: Detector, findings: list[Finding], doubts: list[Doubt]) -> None:
        """Add what the detector finds, and a doubt when it does not come to its end."""
        part, view = self.part, self.view
        kind: DoubtKind = "failed"
        try:
            for span in self.spans(detector):
                start, end = (span.start, span.end) if view is None else view.original(span.start, span.end)
                start = min(max(start, 0), len(part.text))
                end = min(max(end, start), len(part.text))
                findings.append(Finding(part.turn, part.part, start, end, span.category, detector.kind, span.confidence))
            return  # noqa: TRY300  # the clean end stands beside the loop, the unclean ones below
        except OverBudget:
            kind = "over_budget"
        except Exception:  # noqa: BLE001, S110  # whatever a detector does, the prompt is not clean (law 5); what was found before is kept
            pass
        doubts.append(Doubt(kind, part.turn, part.part, detector.kind))


def _scan(part: Part, detectors: Sequence[Detector], work: Work, doubts: list[Doubt]) -> list[Finding]:
    findings: list[Finding] = []
    if not detectors:
        return findings
    reading = _Reading(part, None, work)
    for detector in detectors:
        reading.ask(detector, findings, doubts)
    if reading.sight is not None and not reading.sight.reads_otherwise:
        return findings
    try:
        view = normalise(part.text, work)
    except OverBudget:
        doubts.append(Doubt("over_budget", part.turn, part.part, "normalise"))
    except Exception:  # noqa: BLE001  # text that cannot be read is not clean (law 5)
        doubts.append(Doubt("failed", part.turn, part.part, "normalise"))
    else:
        if view is not None:
            reading = _Reading(part, view, work)
            for detector in detectors:
                reading.ask(detector, findings, doubts)
    return findings


def _difficulty(prompt: Prompt, scorer: Scorer | None) -> Difficulty | None:
    """None when there is no scorer or it raises: an unknown difficulty satisfies no rule, and the label does not depend on it."""
    try:
        return scorer.score(prompt) if scorer is not None else None
    except Exception:  # noqa: BLE001  # a broken scorer must not stop a request
        return None
