"""Encoded runs inside a text: base64 (both alphabets), base32, hexadecimal digits; also of compressed text (gzip, zlib).

What decodes to readable text is read in its place.

A finding in what was decoded covers the whole run. Random bytes are not readable, so what is is meant to be read: no proof is needed.
"""

import base64
import binascii
import re
import zlib
from collections.abc import Iterator

from classifiers.kinds import OverBudget
from classifiers.normalise.view import linear, spans
from classifiers.work import Work

SHORTEST = 16
"""Characters of the shortest run that is looked at: eight hexadecimal bytes, twelve of base64. A padded one may have half of that."""

LONG_RUN = "[A-Za-z0-9+/_-]{16}"
PAIRS_RUN = "(?:[0-9A-Fa-f]{2}[ :,-]{1,2}(?:0x)?){7}[0-9A-Fa-f]{2}"
RUN = rf"{LONG_RUN}|[A-Za-z0-9+/_-]{{8}}=|{PAIRS_RUN}"
"""Every text with a run matches this (re2 syntax)."""

TRY, PER_CHARACTER = 6, 0.1
"""Microseconds to try a run, and for each of its characters."""

MOST = 1_000_000
"""Bytes that one run may hold compressed. More are not read: a doubt."""

PER_BYTE = 0.02
"""Microseconds for each of them; a character of what is read of it costs as much as one of a run, since it is scanned."""

_COMPRESSED = re.compile(rb"\x1f\x8b\x08|[\x08-\x78][\x01\x5e\x9c\xda]")
"""How gzip (RFC 1952) begins, and zlib with the levels that everybody uses (RFC 1950)."""

_RUN = linear(
    r"\b(?:0x)?[0-9A-Fa-f]{2}(?:[ :,-]{1,2}(?:0x)?[0-9A-Fa-f]{2}){7,}\b"
    r"|[A-Za-z0-9+/_-]{16,}(?:\r?\n[A-Za-z0-9+/_-]{4,})*={0,6}|[A-Za-z0-9+/_-]{8,15}={1,2}"
)
_PAIRS = re.compile(r"(?:0x)?[0-9A-Fa-f]{2}(?:[ :,-]{1,2}(?:0x)?[0-9A-Fa-f]{2})++")
_HEX = re.compile(r"(?:0[xX])?((?:[0-9A-Fa-f]{2}){8,})")
_BASE32 = re.compile(r"[A-Z2-7]{16,}")
_TO_STANDARD = str.maketrans("-_", "+/", "\r\n=")
_READABLE = bytes(range(0x20, 0x7F)) + b"\t\n\r"
_RARE = 8
"""One byte in so many may be none of plain text's: the run began or ended beside the encoded text."""


def unpacked(text: str, work: Work) -> Iterator[tuple[int, int, str]]:
    """Each run that decodes to readable text, and that text. Raises `OverBudget`."""
    for start, end in spans(_RUN, text):
        work.spend(TRY + PER_CHARACTER * (end - start))
        run = text[start:end]
        are_pairs = _PAIRS.fullmatch(run) is not None
        if read := _from_pairs(run, work) if are_pairs else _decoded(run, work):
            yield start, end, f" {read} " if are_pairs else read


def decoded(run: str) -> str:
    """The readable text that the run encodes; empty when there is none, or too much."""
    try:
        return _decoded(run, Work())
    except OverBudget:
        return ""


def _decoded(run: str, work: Work) -> str:
    if (match := _HEX.fullmatch(run)) and (read := _plain(bytes.fromhex(match[1]), work)):
        return read
    run = run.translate(_TO_STANDARD)
    for shift in range(4):  # the run may have begun before the encoded text: a path, a name with a dash
        if read := _plain(_from_base64(run[shift:]), work):
            return read
    return readable(_from_base32(run)) if _BASE32.fullmatch(run) else ""


def _from_pairs(run: str, work: Work) -> str:
    digits = re.sub(r"0x|[^0-9A-Fa-f]", "", run)
    return _plain(bytes.fromhex(digits), work)


def _plain(read: bytes, work: Work) -> str:
    """The bytes as text, also when they are compressed. Raises `OverBudget` when they hold too much."""
    if _COMPRESSED.match(read) is None:
        return readable(read)
    inside = zlib.decompressobj(wbits=47)  # whichever of the two it is
    try:
        whole = inside.decompress(read, MOST)
    except zlib.error:
        return readable(read)
    work.spend(len(whole) * PER_BYTE)
    text = readable(whole)
    if text and inside.unconsumed_tail:
        raise OverBudget("a compressed text is too long")
    work.spend(len(text) * PER_CHARACTER)
    return text


def _from_base64(run: str) -> bytes:
    rest = len(run) % 4
    whole = run[: len(run) - rest] + (run[len(run) - rest :] + "=" * (4 - rest) if rest > 1 else "")
    return binascii.a2b_base64(whole)


def _from_base32(run: str) -> bytes:
    whole = run[: len(run) // 8 * 8]
    rest = run[len(whole) :]
    if len(rest) in {2, 4, 5, 7}:
        whole += rest + "=" * (8 - len(rest))
    return base64.b32decode(whole)


def readable(read: bytes) -> str:
    """The bytes as text, when that is what they are: mostly printable ASCII, UTF-8 with few control characters, or UTF-16; else empty."""
    if len(read) >= SHORTEST and read[1::2].count(0) * 10 >= len(read) * 4:
        read = read[::2]
    strange = read.translate(None, _READABLE)
    if len(strange) * _RARE <= len(read):
        return read.decode("utf-8", "replace")
    try:
        text = read.decode()
    except UnicodeDecodeError:
        return ""
    controls = sum(byte < 0x20 or byte == 0x7F for byte in strange)
    return text if controls * _RARE <= len(read) else ""
