"""A line of the ledger: a record with its number, its time and a hash over the hash of the line before it and the line's own bytes.

The bytes are hashed as they stand in the file, so that nothing has to be written in the same way twice.
"""

import hashlib
import re
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec
from typing_extensions import override

from gateway.ledger.errors import Unanswerable
from gateway.ledger.records import AnyRecord, Record

_HASH = re.compile(rb',"hash":"([0-9a-f]{64})"\}')
_HASH_BYTES = len(',"hash":""}') + 64
_HEAD = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})")
_encode = msgspec.json.Encoder(order="deterministic").encode


class Head(NamedTuple):
    """Where a chain ends: the number and the hash of its last line. Prints as `number:hash`; 0 and zeros before the first line."""

    seq: int = 0
    hash: str = "0" * 64

    @classmethod
    def parse(cls, text: str) -> "Head":
        """The head that `str` wrote. Raises `Unanswerable`."""
        match = _HEAD.fullmatch(text.strip())
        if match is None:
            raise Unanswerable(
                "a head is a line's number, a colon and its hash of 64 hexadecimal digits, as `tidegate audit verify` says it"
            )
        return cls(int(match[1]), match[2])

    @override
    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"


class _Place(msgspec.Struct, frozen=True, gc=False):
    seq: int
    at: str
    kind: str


class Line(NamedTuple):
    """A line that has the form of one. `hash` is what it states; `body` what that must be over. `at` is UTC, in ISO 8601."""

    seq: int
    at: str
    kind: str
    hash: str
    body: bytes

    def follows(self, before: str) -> bool:
        """Whether its hash is right after a line with the hash `before`."""
        return _hash(before, self.body) == self.hash

    def fields(self) -> dict[str, object]:
        """Everything that it says."""
        fields: dict[str, object] = msgspec.json.decode(self.body)
        return fields


def seal(record: Record, before: Head, now: float) -> tuple[bytes, Head]:
    """The line after `before`, with its line end, and the new head. `now` is seconds since 1970."""
    at = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    body = b'{"seq":%d,"at":"%b",%b' % (before.seq + 1, at.encode(), _encode(record)[1:])
    digest = _hash(before.hash, body)
    return b'%b,"hash":"%b"}\n' % (body[:-1], digest.encode()), Head(before.seq + 1, digest)


def unseal(line: bytes) -> Line | None:
    """A line without its line end, taken apart; None when it has not the form of one. Whether its hash is right is not looked at."""
    match = _HASH.fullmatch(line[-_HASH_BYTES:])
    if match is None:
        return None
    body = line[:-_HASH_BYTES] + b"}"
    try:
        place = _place(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return Line(place.seq, place.at, place.kind, match[1].decode(), body)


def record_of(line: Line) -> AnyRecord | None:
    """The record of a line; None when it is of no kind that this version knows."""
    try:
        record: AnyRecord = _record(line.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return record


def _hash(before: str, body: bytes) -> str:
    return hashlib.sha256(before.encode() + b"\n" + body).hexdigest()


_place = msgspec.json.Decoder(_Place).decode
_record = msgspec.json.Decoder(AnyRecord).decode
