"""A scorer for tests that never says anything: whoever asks it in a thread has a thread that does not end."""

import threading
from dataclasses import dataclass

from classifiers.prompt import Prompt
from classifiers.signals import Difficulty


@dataclass(frozen=True, slots=True)
class Options:
    """None."""


@dataclass(frozen=True, slots=True)
class Hanging:
    kind: str = "hanging"
    is_slow: bool = True

    def score(self, _prompt: Prompt) -> Difficulty:
        threading.Event().wait()
        raise AssertionError


def build(_options: Options) -> Hanging:
    return Hanging()
