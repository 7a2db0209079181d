"""`Dialect`: how one kind of remote detector is spoken to. Text in, a body out; an answer in, spans out. No I/O."""

from collections.abc import Iterable
from typing import Protocol

from classifiers.kinds import Span


class Dialect(Protocol):
    """One kind of remote detector, with its options. Stateless."""

    @property
    def kind(self) -> str:
        """The file's name."""

    @property
    def path(self) -> bytes:
        """What is posted to, after the destination's URL."""

    @property
    def categories(self) -> frozenset[str]:
        """Every category that `read` may return."""

    @property
    def longest(self) -> int:
        """Characters of a text up to which it is asked about. A longer one is not sent, and a doubt."""

    def ask(self, text: str) -> bytes:
        """The body of the request about one text."""

    def read(self, text: str, answer: bytes) -> Iterable[Span]:
        """What a successful answer says of the text. Raises ValueError for one that is not as it was asked for: nothing odd is clean."""
