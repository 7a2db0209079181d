"""Requests of a load: times and lengths of a recorded trace, made-up text of so many tokens, some with an address to keep at home."""

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.traffic_engine import Call, calls

_WORDS = (
    "the committee will look at every proposal again in spring when figures for whole region are known and budget is settled so that "
    "nobody has to wait for long or ask twice what became of it after summer while most people think of other things as they should"
).split()
_CHARACTERS = 4
"""Of a token, about."""


@dataclass(frozen=True, slots=True)
class Mix:
    """What requests are like. Lengths are cut at so many tokens; shares are 0 to 1."""

    most_prompt: int = 1_000
    most_answer: int = 500
    sensitive: float = 0.2
    leaving: float = 0.0
    whole: float = 0.0


@dataclass(frozen=True, slots=True)
class Drawn:
    """A request that is to be sent `at_s` seconds after the beginning. `leaves`: at which share of its expected time its caller leaves."""

    at_s: float
    text: str
    tokens: int
    leaves: float | None
    is_stream: bool


def trace(folder: Path, name: str) -> list[Call]:
    """The requests of `folder/name.csv.gz` or `.jsonl.gz`. Raises SystemExit with a sentence where there is none."""
    for ending in ("csv.gz", "jsonl.gz"):
        if (file := folder / f"{name}.{ending}").is_file():
            return calls(file)
    raise SystemExit(f"There is no trace {name!r} in {folder}; README.md says what the folder must hold.")


def drawn(found: Sequence[Call], rate: float, mix: Mix, seed: int = 7) -> Iterator[Drawn]:
    """Requests without end: gaps between arrivals as in the trace, stretched to `rate` a second on average, again and again."""
    dice = random.Random(seed)
    span_s = max(found[-1].at_s - found[0].at_s, 1e-9) * len(found) / max(1, len(found) - 1)
    stretch = len(found) / span_s / rate
    for turn in itertools.count():
        for call in found:
            at_s = (call.at_s - found[0].at_s + turn * span_s) * stretch
            text = _text(max(1, min(call.input_tokens, mix.most_prompt)), dice, is_sensitive=dice.random() < mix.sensitive)
            tokens = max(1, min(call.output_tokens, mix.most_answer))
            leaves = dice.random() if dice.random() < mix.leaving else None
            yield Drawn(at_s, text, tokens, leaves, dice.random() >= mix.whole)


def _text(tokens: int, dice: random.Random, *, is_sensitive: bool) -> str:
    """Text that no other request has, of about so many tokens."""
    start = dice.choices(_WORDS, k=12)
    room = tokens * _CHARACTERS
    text = " ".join((*start, *_WORDS * (room // 150 + 1)))[:room] or "say"
    return f"{text} Write to {dice.choice(_WORDS)}.{dice.choice(_WORDS)}@example.org about it." if is_sensitive else text
