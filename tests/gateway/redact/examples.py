"""Answers for tests of restoring: values that are hard to put into JSON, and texts that hold placeholders in every form."""

import json
import random
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.redact.placeholders import Placeholder

KINDS = ("PERSON", "EMAIL", "PHONE", "IP_ADDRESS", "IBAN")
HARD = (
    'Jo "Q" Public',
    "back\\slash",
    "two\nlines",
    "tab\there",
    "Zoë Ångström",
    "李小龙",
    "👩‍👩‍👧 family",
    "\u2028sep",
    "a</script>",
    "<b>",
    "<PERSON_1>x",
    "O'Neil",
)
FILLERS = (
    "Dear ",
    ", ",
    " and ",
    ". ",
    "",
    "",
    "<",
    "person",
    " PERS",
    "a<b>c",
    "&lt;",
    "<h1>",
    "é😀",
    "\\u003",
    "\n- ",
    "**",
    "12 ",
    "(",
    ")",
    "[",
    "](mailto:",
    "…",
    "<div>",
)


def values(dice: random.Random) -> dict[Placeholder, str]:
    """Some placeholders with values."""
    found = {}
    for _ in range(dice.randint(1, 6)):
        kind, number = dice.choice(KINDS), dice.choice([1, 2, 3, 11, 12, 123])
        found[Placeholder(kind, number, dice.choice(["", "", "", "A", "B"]))] = dice.choice(HARD) + dice.choice(["", str(dice.random())])
    return found


def forms(one: Placeholder) -> Sequence[str]:
    """The ways to write it that are understood."""
    spaced = one.kind.replace("_", " ")
    tail = f"{one.number}{one.part}"
    return (
        *(one.text,) * 8,
        one.text.lower(),
        f"<{one.kind.title()}_{tail}>",
        f"<{spaced} {tail}>",
        f"<{one.kind}-{tail}>",
        f"<{one.kind}{tail}>",
        f"< {one.bare} >",
        f"&lt;{one.bare}&gt;",
        f"<{one.kind}\\_{tail}>",
    )


def answer(dice: random.Random, known: Mapping[Placeholder, str], *, is_json: bool) -> tuple[str, str]:
    """A text with placeholders, and the text that it must become. As JSON: a document with them in strings."""
    said, meant = "", ""
    for _ in range(dice.randint(1, 3)):
        filler, one = dice.choice(FILLERS), dice.choice(list(known))
        said += filler + (one.text if filler.endswith(("<", "\\u003", "&lt;")) else dice.choice(forms(one)))
        meant += filler + known[one]
    if not is_json:
        return said, meant
    ascii_only = dice.random() < 0.5
    document: Any = {"to": [said]}
    return json.dumps(document, ensure_ascii=ascii_only), json.dumps({"to": [meant]})
