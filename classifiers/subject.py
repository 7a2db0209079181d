"""`Subjects`: what an ask is about, as far as rules ask for it: whether it holds code, its language, its topic."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, Protocol

from msgspec.structs import replace

from classifiers.asked import asked
from classifiers.code import Code
from classifiers.language import language
from classifiers.prompt import Prompt
from classifiers.signals import Signals, Subject

Wanted = Literal["code", "language", "topic"]


class TellsTopics(Protocol):
    """Topics by nearest centroid, or otherwise."""

    def of(self, text: str) -> str | None:
        """What a text is about; None when it cannot be told."""
        ...


@dataclass(frozen=True, slots=True)
class Subjects:
    """What is to be found out. Absent: nobody asks, so nobody looks."""

    code: Code | None = None
    topics: TellsTopics | None = None
    has_language: bool = False

    def of(self, prompt: Prompt) -> Subject:
        """What the last ask is about."""
        text = asked(prompt).text
        return Subject(
            code=None if self.code is None else self.code.is_in(text),
            language=language(text) if self.has_language else None,
            topic=None if self.topics is None else self.topics.of(text),
        )


def subjects(wanted: Collection[Wanted], topics: TellsTopics | None) -> Subjects | None:
    """For what rules want; None when that is nothing. `topics` must be there for `topic`."""
    if not wanted:
        return None
    return Subjects(
        code=Code() if "code" in wanted else None,
        topics=topics if "topic" in wanted else None,
        has_language="language" in wanted,
    )


def with_subject(signals: Signals, prompt: Prompt, reader: Subjects | None) -> Signals:
    """The signals, and what the prompt is about if anybody asks. Never raises: what could not be told satisfies no rule."""
    if reader is None:
        return signals
    try:
        return replace(signals, subject=reader.of(prompt))
    except Exception:  # noqa: BLE001  # as with a scorer: it must not stop a request
        return signals
