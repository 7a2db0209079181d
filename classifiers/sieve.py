"""`Sieve`: many patterns in one pass over a text.

Linear in the text, whatever the text is: google-re2 never backtracks. Besides `normalise`, `scan` and the scorers, this is the only
module that imports re2.
"""

from collections.abc import Iterable, Sequence

import re2

from classifiers.kinds import OverBudget
from classifiers.normalise import WORTH
from classifiers.work import Work

MAX_MEM = 64 << 20
"""Bytes that the automaton of all patterns may take. With re2's default of 8 MB random text makes it start over again and again."""

PASS = 0.02
"""Microseconds per byte of a pass: four times what text that the automaton knows takes, a tenth of what random characters take."""


class Sight:
    """What a sieve saw in a text: which gates it opens. The text is UTF-8 too; a lone surrogate has become "?", which keeps the offsets."""

    __slots__ = ("encoded", "opened", "sieve", "text")

    def __init__(self, sieve: "Sieve", text: str, encoded: bytes, opened: Sequence[str]) -> None:
        self.sieve = sieve
        self.text = text
        self.encoded = encoded
        self.opened = opened

    @property
    def reads_otherwise(self) -> bool:
        """Whether normalising can change the text."""
        return WORTH in self.opened


class Sieve:
    """Patterns that are matched together: one pass, whatever their number."""

    __slots__ = ("_always", "_patterns", "_set")

    def __init__(self, patterns: Iterable[str]) -> None:
        self._patterns = tuple(dict.fromkeys(patterns))
        self._set = re2.Set.SearchSet(re2_options())
        for pattern in self._patterns:
            self._set.Add(pattern)
        self._always = self._set.Add(r"\z")
        self._set.Compile()

    def sift(self, text: str, work: Work) -> Sight:
        """Which patterns the text matches. Raises `OverBudget`."""
        try:
            encoded = text.encode()
        except UnicodeEncodeError:
            encoded = text.encode("utf-8", "replace")
            text = encoded.decode()
        return Sight(self, text, encoded, self.matches(encoded, work))

    def matches(self, encoded: bytes, work: Work) -> Sequence[str]:
        """The patterns that match, in their order. Raises `OverBudget`."""
        work.spend(len(encoded) * PASS)
        hits = self._set.Match(encoded)
        if hits == [self._always]:
            return ()
        if not hits:  # re2 ran out of memory, and says so by finding nothing at all
            raise OverBudget("the patterns need more memory than they may take")
        return [self._patterns[index] for index in sorted(hits)[:-1]]


def re2_options() -> re2.Options:
    """Ours for every pattern: more memory, and no log."""
    options = re2.Options()
    options.max_mem = MAX_MEM
    options.log_errors = False
    return options
