"""The prompt: every piece of text that a request carries, and where it stood.

The gateway walks a request body and produces one `Part` per string leaf; classifiers see nothing else. Neither `Part` nor `Prompt`
shows its text in `repr`, so that a traceback or a log line cannot carry it.
"""

from typing import Literal

import msgspec
from typing_extensions import override

from classifiers.signals import Doubt

Place = Literal[
    "content",  # what a person said: content parts, prompts, embeddings inputs
    "answer",  # what a model said: the content of an assistant's turns
    "instruction",  # system and developer turns
    "name",  # participant, file, function or tool names
    "tool",  # tool definitions: descriptions and schemas
    "call",  # arguments of a tool call
    "result",  # what a tool returned
    "field",  # any other string of the request: user, metadata, stop, response_format, unknown fields, object keys
]
"""Where a part stood. A closed set: it may appear in findings, logs and metrics, the text and the JSON path may not."""


class Part(msgspec.Struct, frozen=True, gc=False):
    """One string of the request. `turn` is the message's index (-1 outside of messages), `part` the running index inside the turn.

    `lead`: how many characters of the text stand before the string itself: the key that it belongs to.
    """

    text: str
    turn: int = 0
    part: int = 0
    place: Place = "content"
    lead: int = 0

    @override
    def __repr__(self) -> str:
        return f"<Part {self.part} of turn {self.turn}, {self.place}, {len(self.text)} characters>"


class Prompt(msgspec.Struct, frozen=True, gc=False):
    """All parts in the order of the body, and doubts about what could not be read (media, remote files, token ids)."""

    parts: tuple[Part, ...] = ()
    doubts: tuple[Doubt, ...] = ()

    @property
    def characters(self) -> int:
        """Length of all parts together, in characters."""
        parts = self.parts
        return len(parts[0].text) if len(parts) == 1 else sum([len(part.text) for part in parts])

    def with_field(self, text: str) -> "Prompt":
        """The same with one more string, which stands outside of the turns and of the body."""
        return Prompt((*self.parts, Part(text, -1, len(self.parts), "field")), self.doubts)
