"""What a request descends from, and what descends from it: labels stick to a conversation by its content, without the caller's help.

A part with a finding, and an answer to a sensitive request (whole, and from each line or sentence on: `pieces`) carry their label wherever
they turn up, also in other lines, quoted, or in capitals. Two turns in a row carry it within their tenant, from the first sensitive turn
on. Instructions, tools and short texts hand nothing on: they are shared by conversations that have nothing to do with each other.
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
from router.names import CONVERSED, READING
from router.policy import Policy

LEAST = 48
"""Letters and digits (of some 60 characters) from which on a text is of one origin. Shorter ones (`You're welcome!`) are everybody's."""
RUN = 96
"""Letters and digits of what is taken from a line or a sentence on: some 20 words. Fewer, over several lines, are everybody's code."""
LEAST_PAIR = 32
"""Characters of two turns in a row, together, from which on they are taken to be of one conversation, within a tenant."""
_CARRY = frozenset({"content", "answer", "result", "call"})
_CHECKED = _CARRY | {"instruction", "field"}
"""Where a history may stand: some put it into instructions, `prediction` or a field of their own."""
_SHARED = frozenset({"instruction", "tool"})
"""What many conversations begin with. A model that repeats it has said nothing of this one."""
_MARKS = " \t\r\n>*-#.,:;!?()[]\"'\u201c\u201d\u201e\u00ab\u00bb`"
"""What stands around a text that was quoted."""
_TO_PLAIN = bytes.maketrans(b'.!?:;"\t\r\f\v', b".....\n    ")
_GONE = bytes(sign for sign in range(0x80) if not chr(sign).isalnum() and sign not in b'.!?:;"\n\t\r\f\v ')
"""ASCII for `_lines`: what ends a sentence becomes a dot, a quotation mark ends a line, white space is a space, other signs are gone."""
_WIDE = (
    (b"\xc2", {"\u00a0": b" ", "\u00ad": b"", "\u00ab": b"\n", "\u00bb": b"\n"}),
    (b"\xe2\x80", dict.fromkeys("\u2002\u2003\u2007\u2009\u200a\u202f", b" ")),
    (b"\xe2\x80", dict.fromkeys("\u200b\u200c\u200d\u2018\u2019\u2013\u2014\u2022\u2026", b"")),
    (b"\xe2\x80", dict.fromkeys("\u201c\u201d\u201e\u2028", b"\n")),
    (b"\xe3\x80", {"\u3000": b" ", "\u3002": b". "}),
    (b"\xef", {"\uff01": b". ", "\uff1f": b". ", "\ufeff": b""}),
)
"""The same for other signs of sentences: spaces, what is not seen, quotation marks, the ends of sentences in Chinese and Japanese."""
_NUMBERED = 4
"""Characters of the longest number of a list, with its dot."""
_LONG_LINE = 12
"""Letters and digits of a line from which on something is taken from there on, when it begins no sentence: code has many short ones."""
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

    __slots__ = ("_ask", "_common", "_labels", "_left", "_left_of_answer", "_lineage", "_tenant", "_turns", "left")

    def __init__(self, lineage: Lineage, ask: Ask, tenant: str) -> None:
        self._lineage = lineage
        self._ask = ask
        self._tenant = tenant
        self._turns: tuple[Turn, ...] | None = None
        self._labels: dict[int, Label] = {}
        """The labels that turns have by themselves, by their index."""
        self._left: dict[int, Label] = {}
        """What redaction leaves of those."""
        self._common: tuple[Part, ...] = ()
        """Instructions and tools in which nothing was found."""
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
                label, source, left = policy.labels.own(entry.label), entry.source, policy.labels.own(entry.left)
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
        for part in self._ask.prompt.parts:
            if len(part.text) >= LEAST and part.place in _CHECKED and self._lineage.may_know(part.text, pieces):
                for text in pieces(part.text):
                    entry = recall((text,))
                    if entry is not None:
                        yield entry, part.turn
        for turn in self.turns:
            if before is not None and (pair := self._pair(before.text, turn.text)) and (entry := recall(pair)) is not None:
                yield entry, before.number
            before = turn

    def _pair(self, before: str, text: str) -> tuple[str, ...]:
        is_telling = before and text and len(before) + len(text) >= LEAST_PAIR
        return ("pair", self._tenant, before, text) if is_telling and self._ask.endpoint in CONVERSED else ()

    def _has_strange_answer(self) -> bool:
        messages = self._ask.fields.get("input" if self._ask.endpoint == "responses" else "messages")
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
        telling = _places_with_findings(signals)
        self._common = tuple(part for part in self._ask.prompt.parts if part.place in _SHARED and (part.turn, part.part) not in telling)
        for part in (part for turn in self.turns for part in turn.parts if (part.turn, part.part) in telling):
            text = "".join(_lines(part.text)).replace(".", "")
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
        if self._ask.endpoint in READING or (label == policy.labels.lowest and not doubts_history):
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
        shared = {piece for part in self._common for piece in pieces(part.text)}
        for text in texts:
            for piece in pieces(text):
                if piece not in shared:
                    keep((piece,), label, "answer", left)
            if pair := self._pair(last, text.strip(_MARKS)):
                keep(pair, label, "pair", left)
        if said.id:
            keep(("id", self._tenant, said.id), label, "id", left)


def pieces(text: str) -> list[str]:
    """What of a text is remembered: in lower case, without white space and signs, so that other lines or quotes change nothing.

    The whole; `RUN` letters and digits from each line and each sentence on; and the rest of a line or a sentence with less than that.
    Nothing has less than `LEAST`.
    """
    lines = _lines(text)
    whole = "".join(lines).replace(".", "")
    if len(whole) < LEAST:
        return []
    found, at, starts = [whole], 0, list[int]()
    for line in (*lines, ""):
        start, at = at, at + len(line) - line.count(".")
        if at - start >= _LONG_LINE or (at > start and not starts):
            starts.append(start)
            if LEAST <= at - start < RUN:
                found.append(whole[start:at])
            if len(whole) - start >= RUN:
                found.append(whole[start : start + RUN])
        if not line or line[-1] == ".":
            if starts and starts[0] < start:
                found += [whole[begin:at] for begin in starts[-RUN:] if LEAST <= at - begin < RUN]  # the lines of one sentence
            starts.clear()
    return found


def _lines(text: str) -> list[str]:
    """The lines and sentences as lower-case letters and digits, without the numbers of lists; a sentence's last line ends with a dot."""
    raw = text.lower().encode("utf-8", "surrogatepass")
    if not text.isascii():
        for lead, signs in _WIDE:  # a regular expression takes five times as long
            if lead in raw:
                for sign, plain in signs.items():
                    raw = raw.replace(sign.encode(), plain)
    if "\\n" in text:
        raw = raw.replace(b"\\n", b"\n")  # in the arguments of a tool
    raw = raw.translate(_TO_PLAIN, _GONE).replace(b". ", b".\n").replace(b" ", b"")
    lines = raw.decode("utf-8", "surrogatepass").split("\n")
    return [line for line in lines if len(line) > _NUMBERED or not line[:-1].isdigit()]


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


def _places_with_findings(signals: Signals) -> set[tuple[int, int]]:
    """The turns and numbers of the parts that hold something, or may."""
    places = {(finding.turn, finding.part) for finding in signals.findings}
    return places | {(doubt.turn, doubt.part) for doubt in signals.doubts if doubt.kind in _UNREAD}


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
