"""What callers ask, of every kind: easy and hard, sensitive and public, with failures that they wish for, and what is refused."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.client import ask
from tests.fakes.secrets import Canary, email

APP, OFFICER = "key-of-the-app", "key-of-the-officer"
MOST_TOKENS = 24
"""Of an answer: a real engine's small model would never stop."""
DOCUMENT = "My card is 4111 1111 1111 1111. Report {} of the year. " + "What was agreed then was done and it was done in time. " * 4
EVERYDAY = (
    "why how when does the old river bend so far from here and who said that it would not freeze again before the spring comes".split()
)


@dataclass(frozen=True, slots=True)
class Ask:
    """One request. `leaves_s`: the caller goes away after so long."""

    body: object
    path: str = "/v1/chat/completions"
    headers: Mapping[str, str] = field(default_factory=lambda: keyed(APP))
    leaves_s: float = 0.0


def keyed(key: str, **headers: str) -> dict[str, str]:
    """The headers of a caller with this key."""
    return {"authorization": f"Bearer {key}"} | {f"x-tidegate-{name}": value for name, value in headers.items()}


Dice = random.Random


def say(dice: Dice, least: int, most: int, acts: str = "") -> str:
    """A question of about so many characters, acts included."""
    length = dice.randint(least, most) - len(acts)
    said = ""
    while len(said) < length - 6:
        said += dice.choice(EVERYDAY) + " "
    return said + acts


def talk(dice: Dice, text: str, model: str = "auto", **more: Any) -> Ask:
    """A chat, streamed most of the time."""
    return Ask(ask(text, model, stream=dice.random() < 0.7, max_tokens=MOST_TOKENS), **more)


KINDS: Mapping[str, tuple[float, Callable[[Dice], Ask]]] = {
    "easy": (9, lambda dice: talk(dice, say(dice, 10, 38))),
    "middle": (5, lambda dice: talk(dice, say(dice, 42, 55))),
    "unsure": (2, lambda dice: talk(dice, say(dice, 48, 58, "@qwen:unsure"))),
    "hard": (6, lambda dice: talk(dice, say(dice, 68, 110))),
    "card": (4, lambda dice: talk(dice, Canary().say)),
    "document": (4, lambda dice: talk(dice, DOCUMENT.format(dice.randint(1, 5)) + say(dice, 10, 30))),
    "mail": (3, lambda _: Ask(ask(f"Write to {email()} that the river bends and the old bridge does not.", "gpt", max_tokens=MOST_TOKENS))),
    "card, outside": (1, lambda _: Ask(ask(Canary().say, "gpt", max_tokens=MOST_TOKENS))),
    "vectors": (2, lambda dice: Ask({"model": "qwen", "input": say(dice, 20, 200)}, "/v1/embeddings")),
    "local fails": (1, lambda dice: talk(dice, say(dice, 20, 38, "@qwen:fail"))),
    "cloud fails": (1, lambda dice: talk(dice, say(dice, 68, 90, "@gpt:fail"))),
    "cloud is full": (0.5, lambda dice: talk(dice, say(dice, 68, 90, "@gpt:limit"))),
    "cut": (0.5, lambda dice: Ask(ask(say(dice, 20, 38, "@qwen:cut"), stream=True, max_tokens=MOST_TOKENS))),
    "slow": (1, lambda dice: Ask(ask(say(dice, 80, 120, "@gpt:slow"), stream=True, max_tokens=MOST_TOKENS))),
    "leaves": (
        1,
        lambda dice: Ask(ask(say(dice, 68, 90, "@gpt:long"), stream=True, max_tokens=MOST_TOKENS), leaves_s=dice.uniform(0.2, 0.5)),
    ),
    "mute": (0.5, lambda dice: Ask(ask(say(dice, 68, 90, "@gpt:mute"), max_tokens=MOST_TOKENS))),
    "exact": (3, lambda dice: talk(dice, say(dice, 30, 150), "claude")),
    "unpriced": (0.5, lambda dice: Ask(ask(say(dice, 30, 90), "odd", max_tokens=MOST_TOKENS))),
    "not there": (0.5, lambda dice: Ask(ask(say(dice, 30, 90), "spare", max_tokens=MOST_TOKENS))),
    "lowered": (0.5, lambda _: Ask(ask(Canary().say, "claude", max_tokens=MOST_TOKENS), headers=keyed(OFFICER, declassify="internal"))),
    "no key": (0.5, lambda _: Ask(ask(), headers={})),
    "malformed": (0.5, lambda _: Ask(b'{"model": ')),
    "unknown model": (0.5, lambda _: Ask(ask(model="nothing-like-it"))),
}
"""What callers do, and how often each beside the others."""
