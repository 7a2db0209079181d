"""The chunks of a body in their usual form, read without a parser: a size in hexadecimal digits, CRLF, so many bytes, CRLF.

What has any other form (an extension, a leading zero, a flaw, the last chunk) is not read here: it is llhttp's to judge.
"""

import re
from functools import lru_cache

_SIZE = re.compile(rb"[1-9A-Fa-f][0-9A-Fa-f]{0,6}")
LONGEST_SIZE = 7
"""Digits of a size that is read here: chunks of up to 256 MB."""


@lru_cache(4096)
def size_of(line: bytes) -> int:
    """The size that a line without its CRLF gives, in bytes; -1 for any line that is not read here. Sizes recur, so they are kept."""
    return int(line, 16) if _SIZE.fullmatch(line) else -1


def whole(data: bytes) -> tuple[int, list[bytes]]:
    """How far `data` is whole chunks, and what is in them."""
    parts = data.split(b"\r\n")
    most = (len(parts) - 1) & ~1
    sizes, found = parts[:most:2], parts[1:most:2]
    # Where no chunk holds a CRLF itself, size and content alternate.
    if sizes and max(map(len, sizes)) <= LONGEST_SIZE and list(map(size_of, sizes)) == list(map(len, found)):
        return len(data) - len(b"\r\n".join(parts[most:])), found
    return _one_by_one(data)


def _one_by_one(data: bytes) -> tuple[int, list[bytes]]:
    found: list[bytes] = []
    start, end = 0, len(data)
    while start < end:
        at = data.find(b"\r\n", start, start + LONGEST_SIZE + 2)
        size = size_of(data[start:at]) if at > 0 else -1
        after = at + size + 4
        if size < 0 or after > end or data[after - 2 : after] != b"\r\n":
            break
        found.append(data[at + 2 : after - 2])
        start = after
    return start, found


def owed(data: bytes) -> int:
    """What of the chunk with which `data` begins is still to come, in bytes.

    0: it is none of the usual form, or breaks its framing. -1: not all of its size is there.
    """
    at = data.find(b"\r\n", 0, LONGEST_SIZE + 2)
    if at >= 0:
        size = size_of(data[:at])
        return max(0, at + size + 4 - len(data)) if size > 0 else 0
    return -1 if len(data) <= LONGEST_SIZE + 1 and size_of(data.removesuffix(b"\r")) > 0 else 0
