"""A detector for tests: finds words, each being its own category."""

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass

from classifiers.kinds import Span


@dataclass(frozen=True, slots=True)
class Options:
    words: tuple[str, ...] | list[str] = ("email", "card")
    is_slow: bool = False
    only_first: bool = False
    """Find only the first of the words that is there."""
    fails: bool = False
    cannot_be_built: bool = False
    hangs_s: float = 0.0
    category: str = ""
    """The category of all words; empty: each is its own."""


@dataclass(frozen=True, slots=True)
class Words:
    options: Options
    kind: str = "words"

    @property
    def categories(self) -> frozenset[str]:
        return frozenset({self.options.category} if self.options.category else self.options.words)

    @property
    def is_slow(self) -> bool:
        return self.options.is_slow

    def detect(self, text: str) -> Iterable[Span]:
        time.sleep(self.options.hangs_s)
        if self.options.fails:
            raise RuntimeError(f"as the test wants, and it quotes {text}")
        for word in self.options.words:
            found = [Span(match.start(), match.end(), self.options.category or word) for match in re.finditer(word, text)]
            yield from found
            if found and self.options.only_first:
                return


def build(options: Options) -> Words:
    if options.cannot_be_built:
        raise ValueError("no such words")
    return Words(options)
