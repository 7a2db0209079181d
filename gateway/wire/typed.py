"""Streams whose events say by a `type` what they are: those of Messages, Responses, and of pictures and transcriptions.

As `Stream`, which it stands in for: relayed as they came, whole events at a time, and looked into only where that is needed.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import msgspec
from typing_extensions import override

from gateway.wire.counts import UsageOnWire
from gateway.wire.sse import Stream, payload, split
from gateway.wire.usage import TYPED_FINISHES
from router.attempt import Usage
from router.names import Answered, Endpoint


class Marks(NamedTuple):
    """What the types of a dialect's events mean: how those with content begin, which are the last, and which tell of failure."""

    content: tuple[str, ...]
    ends: frozenset[str]
    fails: frozenset[str] = frozenset({"error"})


MARKS: Mapping[Endpoint, Marks] = MappingProxyType(
    {
        "messages": Marks(("content_block_",), frozenset({"message_stop"})),
        "responses": Marks(
            ("response.output", "response.content", "response.reasoning", "response.refusal", "response.function", "response.custom"),
            frozenset({"response.completed", "response.incomplete"}),
            frozenset({"error", "response.failed"}),
        ),
        "images": Marks(("image_generation.",), frozenset({"image_generation.completed"})),
        "image_edits": Marks(("image_edit.",), frozenset({"image_edit.completed"})),
        "transcriptions": Marks(("transcript.",), frozenset({"transcript.text.done"})),
    }
)


class _Said(msgspec.Struct, gc=False):
    text: str = ""
    thinking: str = ""
    partial_json: str = ""


_decode_said = msgspec.json.Decoder(_Said).decode
_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class TypedStream(Stream):
    """The state of one such stream.

    `usage` is what it told at its end. What it tells when it opens is of the prompt alone: Anthropic counts a token or two of the answer.
    """

    __slots__ = ("_marks", "_opening", "_told", "endpoint", "number")

    def __init__(self, endpoint: Endpoint, *, longest: int = 8_000_000, prompt_tokens: int = 0) -> None:
        super().__init__(longest=longest, prompt_tokens=prompt_tokens)
        self.endpoint: Endpoint | None = endpoint
        self._marks = MARKS[endpoint]
        self._told: dict[str, object] = {}
        self._opening: Usage | None = None
        self.number = 0

    @property
    @override
    def spent(self) -> Usage | None:
        if self.is_estimate and self._opening is not None:
            return msgspec.structs.replace(self._opening, completion=self.tokens)
        return super().spent

    @property
    @override
    def is_whole(self) -> bool:
        return self.is_done

    @override
    def feed(self, data: bytes) -> bytes:
        if self.is_over:
            return b""
        if self._tail or not data.endswith(b"\n\n"):
            data = self._whole(data)
        return b"".join([event for event in split(data) if self._passes(event)])

    @override
    def close(self) -> bytes:
        return self.feed(b"\n\n") if self._tail.strip() else b""

    @override
    def _passes(self, event: bytes) -> bool:
        return not self.is_over and self._look_into(event)

    @override
    def _look_into(self, event: bytes) -> bool:
        text = payload(event)
        try:
            members = _decode(text)
            kind = msgspec.json.decode(members["type"], type=str)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, KeyError):
            return text != b"[DONE]"  # comments, and what is odd, are the caller's to see; a mark that the dialect does not have is not
        if "sequence_number" in members:
            self.number = _after(members["sequence_number"])
        if kind in self._marks.fails:
            self.error, self.is_over = text, True
            return False
        self._note_typed(kind, members)
        return True

    def _note_typed(self, kind: str, members: Mapping[str, msgspec.Raw]) -> None:
        if kind.startswith(self._marks.content):
            self.has_content = True
            if kind.endswith("delta"):
                self._saw(_said_bytes(bytes(members.get("delta", b""))))
        if kind in _TELLING or kind in self._marks.ends:
            self._read(members, is_opening=kind in _OPENING)
        if kind in self._marks.ends:
            self.has_content = self.is_done = self.is_over = True

    def _read(self, members: Mapping[str, msgspec.Raw], *, is_opening: bool) -> None:
        """What an event tells of the whole answer."""
        usage = members.get("usage")
        for name in ("message", "response", "delta"):
            if name in members and bytes(members[name])[:1] == b"{":
                usage = self._read_said(members[name]) or usage
        if usage is not None and (read := self._usage(usage)):
            if is_opening:
                self._opening = read
            else:
                self.usage = read

    def _read_said(self, raw: msgspec.Raw) -> msgspec.Raw | None:
        """What it says of itself; gives its usage."""
        said = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
        if (model := _text(said, "model")) and self.answered is None:
            self.answered = Answered(model)
        if reason := _text(said, "stop_reason") or _reason(said):
            self.finish = TYPED_FINISHES.get(reason, "_other")
        self._tier = _text(said, "service_tier") or self._tier
        return said.get("usage")

    def _usage(self, raw: msgspec.Raw) -> Usage | None:
        """Counts are of the stream so far; what a later event does not repeat still holds."""
        try:
            told = msgspec.json.decode(raw)
            if isinstance(told, dict):
                self._told |= {name: count for name, count in told.items() if count is not None}
            return msgspec.convert(self._told, UsageOnWire).usage(self._tier)
        except (msgspec.DecodeError, RecursionError):
            return None


_OPENING = frozenset({"message_start", "response.created", "response.in_progress"})
_TELLING = _OPENING | {"message_delta"}


def _after(number: msgspec.Raw) -> int:
    try:
        return msgspec.json.decode(number, type=int) + 1
    except msgspec.DecodeError:
        return 0


def _said_bytes(delta: bytes) -> int:
    """How much text a delta has: it is text itself, or has it in one of its members."""
    if delta[:1] != b"{":
        return len(delta) - 2
    try:
        said = _decode_said(delta)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return len(delta)
    return len(said.text) + len(said.thinking) + len(said.partial_json)


def _text(members: Mapping[str, msgspec.Raw], name: str) -> str:
    try:
        return msgspec.json.decode(members[name], type=str)
    except (KeyError, msgspec.DecodeError):
        return ""


def _reason(said: Mapping[str, msgspec.Raw]) -> str:
    """Why a response ended: its status, or what makes it incomplete."""
    status = _text(said, "status")
    if status != "incomplete":
        return status if status == "completed" else ""
    try:
        details = msgspec.json.decode(said["incomplete_details"])
    except (KeyError, msgspec.DecodeError):
        return "incomplete"
    return str(details.get("reason", "incomplete")) if isinstance(details, dict) else "incomplete"
