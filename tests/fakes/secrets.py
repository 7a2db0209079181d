"""Secrets that a request may hold, fresh in every run, and the search for them in whatever was recorded."""

import base64
import random
import re
import string
import urllib.parse
from dataclasses import dataclass, field

DICE = random.SystemRandom()


def card() -> str:
    """A valid card number: Visa's first digit, fourteen random ones, Luhn's."""
    digits = [4, *(DICE.randrange(10) for _ in range(14))]
    total = sum(digit if place % 2 else sum(divmod(2 * digit, 10)) for place, digit in enumerate(digits))
    return "".join(map(str, [*digits, -total % 10]))


def email() -> str:
    """An address that nobody has."""
    return "".join(DICE.choices(string.ascii_lowercase, k=14)) + "@" + "".join(DICE.choices(string.ascii_lowercase, k=10)) + ".org"


@dataclass(frozen=True, slots=True)
class Canary:
    """A card number and an address in one sentence."""

    card: str = field(default_factory=card)
    email: str = field(default_factory=email)

    @property
    def say(self) -> str:
        """A prompt that holds both."""
        grouped = " ".join(self.card[place : place + 4] for place in range(0, 16, 4))
        return f"Write to {self.email} that card {grouped} was charged."

    def assert_nowhere(self, **recorded: bytes | str) -> None:
        """Neither stands in any of these: raw, url-encoded, base64 at any alignment, as bare digits, as JSON or hexadecimal escapes."""
        for place, text in recorded.items():
            raw = text.encode() if isinstance(text, str) else text
            for secret in (self.card, self.email, self.say, " ".join(self.card[at : at + 4] for at in range(0, 16, 4))):
                for form in forms(secret.encode()):
                    assert form.lower() not in raw.lower(), f"{place} holds a secret"
            assert self.card.encode() not in re.sub(rb"[^0-9]", b"", raw), f"{place} holds the card's digits"


def forms(secret: bytes) -> list[bytes]:
    """How a secret may be written down."""
    text = secret.decode()
    forms = [secret, urllib.parse.quote(text, safe="").encode(), urllib.parse.quote_plus(text).encode(), secret.hex().encode()]
    for shift in range(3):  # base64 in any text: its bytes depend on what stands before
        encoded = base64.b64encode(b"x" * shift + secret)
        forms.append(encoded[4 if shift else 0 : len(encoded) - 4])
    return forms
