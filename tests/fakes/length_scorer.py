"""A scorer for tests: the difficulty is the number of characters, divided by `hundred_percent`."""

from dataclasses import dataclass

from classifiers.prompt import Prompt
from classifiers.signals import Difficulty


@dataclass(frozen=True, slots=True)
class Options:
    hundred_percent: int = 100


@dataclass(frozen=True, slots=True)
class Length:
    options: Options
    kind: str = "length"

    def score(self, prompt: Prompt) -> Difficulty:
        return Difficulty(min(1.0, prompt.characters / self.options.hundred_percent))


def build(options: Options) -> Length:
    return Length(options)
