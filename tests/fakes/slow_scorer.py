"""A scorer for tests that says it takes long."""

from dataclasses import dataclass

from classifiers.prompt import Prompt
from classifiers.signals import Difficulty


@dataclass(frozen=True, slots=True)
class Options:
    score: float = 0.25


@dataclass(frozen=True, slots=True)
class Slow:
    options: Options
    kind: str = "slow"
    is_slow: bool = True

    def score(self, prompt: Prompt) -> Difficulty:
        return Difficulty(self.options.score)


def build(options: Options) -> Slow:
    return Slow(options)
