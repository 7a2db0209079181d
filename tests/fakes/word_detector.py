"""A detector for tests: finds words, each being its own category."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from classifiers.kinds import Span


@dataclass(frozen=True, slots=True)
class Options:
    words: tuple[str, ...] | list[str] = ("email", "card")
    is_slow: bool = False
    fails: bool = False
    cannot_be_built: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    options: Options
    kind: str = "words"

    @property
    def categories(self) -> frozenset[str]:
        return frozenset(self.options.words)

    @property
    def is_slow(self) -> bool:
        return self.options.is_slow

    def detect(self, text: str) -> Iterable[Span]:
        if self.options.fails:
            raise RuntimeError("as the test wants")
        for word in self.options.words:
            for match in re.finditer(word, text):
                yield Span(match.start(), match.end(), word)


def build(options: Options) -> Words:
    if options.cannot_be_built:
        raise ValueError("no such words")
    return Words(options)
