"""What a request descends from, and what descends from it: labels stick to a conversation by its content, without the caller's help.

A part with a finding, and an answer to a sensitive request (whole, and each line or sentence of `LEAST` characters) carry their label
wherever they turn up. Two turns in a row carry it within their tenant, from the first sensitive turn on. Instructions, tools and short
texts do not: they are shared by conversations that have nothing to do with each other.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import NamedTuple

from typing_extensions import override

from classifiers.prompt import Part
from classifiers.signals import Signals
from gateway.heard import Heard
from gateway.state.lineage import Entry, Lineage
from gateway.upstreams.upstream import Downstream
from gateway.wire.ask import Ask
from gateway.wire.said import Said
from router.facts import Lineage as Found
from router.labels import Label
from router.policy import Policy

LEAST = 60
"""Characters from which on a text is taken to be of one origin. Shorter ones (`continue`, `You're welcome!`) are everybody's."""
LEAST_PAIR = 32
"""Characters of two turns in a row, together, from which on they are taken to be of one conversation, within a tenant."""
_CARRY = frozenset({"content", "result", "call"})
_MARKS = " \t\r\n>*-#.,:;!?()[]\"'\u201c\u201d\u201e\u00ab\u00bb`"
"""What stands around a text that was quoted."""
_ENDS = (". ", "! ", "? ", ": ", "; ", '"')
_OTHER_ENDS = ("\u201c", "\u201d", "\u201e", "\u00ab", "\u00bb")
"""Where a sentence or a quotation ends."""
_UNREAD = frozenset({"failed", "late", "over_budget"})
"""Doubts that are about the text of their part. The others are about what stands beside it."""


class Turn(NamedTuple):
    """One turn of a conversation: its number in the request, its parts that carry a label, and their text, stripped."""

    number: int
    parts: tuple[Part, ...]
    text: str

    @override
    def __repr__(self) -> str:
        return f"<Turn {self.number}>"


class Inherited(NamedTuple):
    """A label that a request has from before, and how that is known."""

    label: Label
    source: Found


class Descent:
    """One request's place among those before and after it."""

    __slots__ = ("_ask", "_labels", "_left", "_left_of_answer", "_lineage", "_tenant", "_turns", "left")

    def __init__(self, lineage: Lineage, ask: Ask, tenant: str) -> None:
        self._lineage = lineage
        self._ask = ask
        self._tenant = tenant
        self._turns: tuple[Turn, ...] | None = None
        self._labels: dict[int, Label] = {}
        """The labels that turns have by themselves, by their index."""
        self._left: dict[int, Label] = {}
        """What redaction leaves of those."""
        self.left: Label | None = None
        """What redaction leaves of what the request inherits."""
        self._left_of_answer: Label | None = None

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The turns that carry labels."""
        if self._turns is None:
            self._turns = tuple(_turns(self._ask))
        return self._turns

    def inherited(self, policy: Policy, *, doubts_history: bool = False) -> Inherited | None:
        """What the request inherits. With `doubts_history` an answer in its history that nobody here gave is a doubt."""
        found: Inherited | None = None
        if not self._lineage.is_empty:
            for entry, index in self._hits():
                label, source, left = _known(entry.label, policy), entry.source, _known(entry.left, policy)
                if index >= 0:
                    self._labels[index] = max(label, self._labels.get(index, label))
                    self._left[index] = max(left, self._left.get(index, left))
                self.left = left if self.left is None else max(left, self.left)
                if found is None or label > found.label:
                    found = Inherited(label, source)
        if doubts_history and (found is None or found.label < policy.highest_doubt) and self._has_strange_answer():
            self.left = policy.highest_doubt
            return Inherited(policy.highest_doubt, "unknown")
        return found

    def _hits(self) -> Iterator[tuple[Entry, int]]:
        """Every thing in the request that carries a label, and the turn in which it stands."""
        recall = self._lineage.recall
        before: Turn | None = None
        for name in _ids(self._ask.fields):
            entry = recall(("id", self._tenant, name))
            if entry is not None:
                yield entry, -1
        for turn in self.turns:
            for part in turn.parts:
                if len(part.text) < LEAST or not self._lineage.may_know(part.text, pieces):
                    continue
                for text in pieces(part.text):
                    entry = recall((text,))
                    if entry is not None:
                        yield entry, turn.number
            if before is not None and (pair := self._pair(before.text, turn.text)) and (entry := recall(pair)) is not None:
                yield entry, before.number
            before = turn

    def _pair(self, before: str, text: str) -> tuple[str, ...]:
        is_telling = before and text and len(before) + len(text) >= LEAST_PAIR
        return ("pair", self._tenant, before, text) if is_telling and self._ask.endpoint == "chat" else ()

    def _has_strange_answer(self) -> bool:
        messages = self._ask.fields.get("messages")
        roles = [message.get("role") if isinstance(message, dict) else None for message in messages] if isinstance(messages, list) else []
        answers = [turn for turn in self.turns if turn.number < len(roles) and roles[turn.number] == "assistant"]
        return any(self._lineage.recall(("given", self._tenant, turn.text)) is None for turn in answers)

    def spread(self, signals: Signals, label: Label, policy: Policy, redactable: frozenset[str] = frozenset()) -> None:
        """Remember what carries a label from now on. `label` is the request's: nothing carries a higher one.

        `redactable` are the categories that redaction masks: a text that carries no others may go out redacted when it comes back.
        """
        if label == policy.labels.lowest:
            return
        lowest, labels = policy.labels.lowest, _labels_of_turns(signals, policy, self._labels)
        own = {index: min(one, label) for index, one in labels.items() if one > lowest}
        left = _labels_of_turns(signals, policy, self._left, redactable)
        for part in _parts_with_findings(signals, self.turns):
            text = part.text.strip(_MARKS)
            if len(text) >= LEAST and part.turn in own:
                self._lineage.keep((text,), own[part.turn], "turn", left[part.turn])
        self._spread_pairs(own, left)
        for name in _conversations(self._ask.fields):
            self._lineage.keep(("id", self._tenant, name), label, "id")

    def _spread_pairs(self, own: Mapping[int, Label], left: Mapping[int, Label]) -> None:
        """From the first sensitive turn on, each turn with the one before it."""
        before: Turn | None = None
        for turn in self.turns:
            carried = [(one, left[index]) for index, one in own.items() if before is not None and index <= before.number]
            if before is not None and carried and (pair := self._pair(before.text, turn.text)):
                self._lineage.keep(pair, max(one for one, _ in carried), "pair", max(one for _, one in carried))
            before = turn

    def hear(
        self, out: Downstream, label: Label, policy: Policy, left: Label | None = None, *, doubts_history: bool = False
    ) -> Heard | None:
        """The caller's side of an answer that must be remembered; None for one that need not.

        `left` is the label of what was sent, where it was redacted: then the answer was made of no more. None: of all.
        """
        if self._ask.endpoint == "embeddings" or (label == policy.labels.lowest and not doubts_history):
            return None
        self._left_of_answer = left
        return Heard(out, partial(self.answered, label=label, lowest=policy.labels.lowest, knows_answers=doubts_history))

    def answered(self, said: Said, label: Label, lowest: Label, *, knows_answers: bool) -> None:
        """Remember an answer to this request."""
        keep, left = self._lineage.keep, self._left_of_answer
        texts = said.texts()
        if knows_answers:
            for text in (*texts, "".join(texts)):
                keep(("given", self._tenant, text.strip(_MARKS)), lowest, "answer")
        if label == lowest:
            return
        last = self.turns[-1].text if self.turns else ""
        for text in texts:
            for piece in pieces(text):
                keep((piece,), label, "answer", left)
            if pair := self._pair(last, text.strip(_MARKS)):
                keep(pair, label, "pair", left)
        if said.id:
            keep(("id", self._tenant, said.id), label, "id", left)


def pieces(text: str) -> list[str]:
    """The text, its lines and its sentences, as far as they have `LEAST` characters; without what stands around a quotation."""
    whole = text.strip(_MARKS) if len(text) >= LEAST else ""
    if len(whole) < LEAST:
        return []
    lines = whole.splitlines()
    for end in _ENDS if whole.isascii() else (*_ENDS, *_OTHER_ENDS):  # a regular expression takes five times as long
        if end in whole:
            whole = whole.replace(end, "\n")
    sentences = whole.split("\n")
    parts = [text, *(lines if len(lines) > 1 else ()), *(sentences if len(sentences) > len(lines) else ())]
    return [one for part in parts if len(part) >= LEAST and len(one := part.strip(_MARKS)) >= LEAST]


def _turns(ask: Ask) -> Iterator[Turn]:
    by_turn: dict[int, list[Part]] = {}
    for part in ask.prompt.parts:
        if part.turn >= 0 and part.place in _CARRY:
            by_turn.setdefault(part.turn, []).append(part)
    for index, parts in by_turn.items():
        text = parts[0].text if len(parts) == 1 else "\n".join([part.text for part in parts])
        yield Turn(index, tuple(parts), text.strip(_MARKS))


def _labels_of_turns(
    signals: Signals, policy: Policy, inherited: Mapping[int, Label], without: frozenset[str] = frozenset()
) -> dict[int, Label]:
    """The labels of the turns that have one by themselves, in the order of the turns. Categories of `without` carry the lowest."""
    found = dict(inherited)
    for finding in signals.findings:
        label = policy.labels.lowest if finding.category in without else policy.categories.get(finding.category, policy.highest_doubt)
        found[finding.turn] = max(label, found.get(finding.turn, label))
    for doubt in signals.doubts:
        found[doubt.turn] = max(policy.highest_doubt, found.get(doubt.turn, policy.highest_doubt))
    found.pop(-1, None)
    return found


def _parts_with_findings(signals: Signals, turns: tuple[Turn, ...]) -> Iterator[Part]:
    places = {(finding.turn, finding.part) for finding in signals.findings}
    places |= {(doubt.turn, doubt.part) for doubt in signals.doubts if doubt.kind in _UNREAD}
    return (part for turn in turns for part in turn.parts if (part.turn, part.part) in places)


def _known(label: Label, policy: Policy) -> Label:
    """The label as the policy has it now, which may be another one than when it was remembered; the highest when there is none."""
    labels = policy.labels
    return labels[label.name] if label.name in labels else labels.highest  # noqa: SIM401  # Labels is no dict


def _conversations(fields: Mapping[str, object]) -> Iterator[str]:
    named = fields.get("conversation")
    named = named.get("id") if isinstance(named, dict) else named
    if isinstance(named, str) and named:
        yield named


def _ids(fields: Mapping[str, object]) -> Iterator[str]:
    yield from _conversations(fields)
    previous = fields.get("previous_response_id")
    if isinstance(previous, str) and previous:
        yield previous
