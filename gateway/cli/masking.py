"""Texts whose findings are named instead of shown."""

from collections.abc import Iterable, Iterator

from classifiers.prompt import Prompt
from classifiers.signals import Finding, Signals

AROUND = 24
"""Characters shown on either side of a finding."""


def masked(text: str, findings: Iterable[Finding]) -> str:
    """The text with every finding replaced by its category."""
    return "".join(piece for piece, _ in _pieces(text, findings))


def excerpt(prompt: Prompt, signals: Signals, wanted: Finding) -> str:
    """What stands around a finding, with the others masked too."""
    text = next((part.text for part in prompt.parts if (part.turn, part.part) == (wanted.turn, wanted.part)), "")
    before, mark, after = "", "", ""
    for piece, one in _pieces(text, (one for one in signals.findings if (one.turn, one.part) == (wanted.turn, wanted.part))):
        if not mark and one is not None and one.start <= wanted.start < one.end:
            mark = piece
        elif mark:
            after += piece
        else:
            before += piece
    return " ".join(f"{before[-AROUND:]}{mark}{after[:AROUND]}".split())


def _pieces(text: str, findings: Iterable[Finding]) -> Iterator[tuple[str, Finding | None]]:
    """The text in pieces; a piece that stands for a finding comes with the first of those that overlap there."""
    at = 0
    for one in sorted(findings, key=lambda one: (one.start, -one.end)):
        if one.start >= at:
            yield text[at : one.start], None
            yield f"<{one.category}>", one
        at = max(at, one.end)
    yield text[at:], None
