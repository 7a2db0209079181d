"""Which beginnings of prompts an engine probably still has in its cache: chained hashes of their blocks, the latest ones, never text.

An engine with a prefix cache skips what it has computed before, so a prompt is best sent where its beginning was sent.
"""

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from itertools import accumulate
from zlib import crc32

BLOCK = 256
"""Bytes of a block: about 64 tokens, four blocks of vLLM's. What two prompts have in common below that is cheap to compute again."""
MOST_BLOCKS = 128
"""Blocks of one prompt that are looked at: 32 kB. Prompts that have so much in common have it in one place."""
KEPT_BLOCKS = 8_192
"""Blocks that are kept for each replica: half a million tokens, as much as the cache of one engine holds."""


def blocks_of(texts: Iterable[str]) -> tuple[int, ...]:
    """One hash for each whole block of a prompt, of that block and all before it. 32 bits: a chance hit costs a detour and no more."""
    pieces: list[bytes] = []
    left = MOST_BLOCKS * BLOCK
    for text in texts:
        piece = text[:left].encode("utf-8", "surrogatepass")
        pieces.append(piece)
        left -= len(piece)
        if left <= 0:
            break
    whole = b"".join(pieces)[: MOST_BLOCKS * BLOCK]
    cuts = range(0, len(whole) - BLOCK + 1, BLOCK)
    return tuple(accumulate((whole[at : at + BLOCK] for at in cuts), lambda before, block: crc32(block, before), initial=0))[1:]


class Prefixes:
    """What one replica was sent, the latest first to stay. At most `most` blocks."""

    __slots__ = ("_known", "_most")

    def __init__(self, most: int = KEPT_BLOCKS) -> None:
        self._known: OrderedDict[int, None] = OrderedDict()
        self._most = most

    def share(self, blocks: Sequence[int]) -> float:
        """How much of a prompt is known, from its beginning on: 0 to 1."""
        known = self._known
        if not blocks or blocks[0] not in known:
            return 0.0
        return bisect_left(blocks, True, key=lambda block: block not in known) / len(blocks)

    def add(self, blocks: Sequence[int]) -> None:
        """The replica was sent this prompt. What comes first is forgotten last: without its beginning the rest is worth nothing."""
        known = self._known
        for block in reversed(blocks):
            known[block] = None
            known.move_to_end(block)
        while len(known) > self._most:
            known.popitem(last=False)

    def clear(self) -> None:
        """The engine was started anew: its cache is empty."""
        self._known.clear()

    def __len__(self) -> int:
        """How many blocks are known."""
        return len(self._known)
