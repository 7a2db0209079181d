"""The vault: which values of a conversation have which placeholders, encrypted, for a limited time and a limited number.

A placeholder is restored only in the answer to a request that sent it out, so what is kept here is for stability alone: a value keeps
its number though the history was trimmed, and is still masked where no detector sees it any more.
"""

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

import msgspec
from typing_extensions import override

from gateway.redact.values import Value

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MOST_CONVERSATIONS = 10_000
MOST_VALUES = 500
"""Of one conversation; the first ones are kept."""
MARK = 12
"""Bytes of a nonce."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[Value]).decode


class Gone(Exception):
    """What is known of conversations cannot be read or written now, so nothing may be redacted by it."""


class Known(NamedTuple):
    """What is known of a conversation, and `mark`, which tells whether that is still so when it is kept again. Empty: not known."""

    values: list[Value]
    mark: bytes = b""

    @override
    def __repr__(self) -> str:
        return f"<Known {len(self.values)} values>"


class Keeps(Protocol):
    """Somewhere that values of conversations are kept. Both calls raise `Gone`."""

    def conversation(self, tenant: str, key: str, fields: Mapping[str, object]) -> bytes:
        """The name of a conversation."""

    async def open(self, conversation: bytes) -> Known:
        """What is known of it."""

    async def keep(self, conversation: bytes, values: Sequence[Value], known: Known) -> bool:
        """Keep the values from now on. False: somebody else did so since they were `known`, and nothing was kept."""


def cipher() -> "type[AESGCM]":
    """What encrypts: 6 MB for those who redact, and some milliseconds when it is first asked for."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM


class Seal:
    """Names and encrypts conversations, with keys that are derived from `secret`. Shows nothing in `repr`."""

    __slots__ = ("_made", "_name_key", "_value_key")

    def __init__(self, secret: bytes) -> None:
        self._made: AESGCM | None = None
        self._value_key = hmac.digest(secret, b"tidegate vault", "sha256")
        self._name_key = hmac.digest(secret, b"tidegate conversation", "sha256")

    @property
    def _cipher(self) -> "AESGCM":
        if self._made is None:
            self._made = cipher()(self._value_key)
        return self._made

    def name(self, tenant: str, key: str, fields: Mapping[str, object]) -> bytes:
        """The name of a conversation: a keyed hash of who speaks and of their first turn."""
        digest = hashlib.blake2b(key=self._name_key, digest_size=16)
        for piece in (tenant.encode(), key.encode(), msgspec.json.encode(_first_turn(fields))):
            digest.update(len(piece).to_bytes(8, "big") + piece)
        return digest.digest()

    def close(self, conversation: bytes, values: Sequence[Value]) -> bytes:
        """The values, encrypted for that conversation and no other; begins with `MARK` bytes that are another each time."""
        nonce = secrets.token_bytes(MARK)
        return nonce + self._cipher.encrypt(nonce, _encode(values[:MOST_VALUES]), conversation)

    def open(self, conversation: bytes, sealed: bytes) -> list[Value] | None:
        """What was sealed; None when that cannot be read: by another key, of another conversation, or altered."""
        from cryptography.exceptions import InvalidTag

        try:
            return _decode(self._cipher.decrypt(sealed[:MARK], sealed[MARK:], conversation))
        except (InvalidTag, ValueError):  # the last: too short to hold anything, or no such values
            return None


class Vault:
    """In memory. Encrypted with a key of this process, or with `secret`. Shows nothing in `repr`."""

    __slots__ = ("_clock", "_kept", "_most", "_seal", "_ttl_s")

    def __init__(
        self, ttl_s: float = 3_600.0, secret: bytes = b"", most: int = MOST_CONVERSATIONS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._seal = Seal(secret or secrets.token_bytes(32))
        self._kept: OrderedDict[bytes, tuple[float, bytes]] = OrderedDict()
        self._ttl_s = ttl_s
        self._most = most
        self._clock = clock

    def __len__(self) -> int:
        return len(self._kept)

    @override
    def __repr__(self) -> str:
        return f"<Vault of {len(self._kept)} conversations>"

    def conversation(self, tenant: str, key: str, fields: Mapping[str, object]) -> bytes:
        """The name of a conversation."""
        return self._seal.name(tenant, key, fields)

    async def open(self, conversation: bytes) -> Known:
        """The values of a conversation; none when it is not known, or too old."""
        self._forget()
        kept = self._kept.get(conversation)
        # what cannot be read is a defect of memory at most: then numbers begin anew
        return Known([] if kept is None else self._seal.open(conversation, kept[1]) or [])

    async def keep(self, conversation: bytes, values: Sequence[Value], known: Known) -> bool:  # noqa: ARG002  # one loop: nothing came between
        """Keep the values of a conversation from now on."""
        self._kept[conversation] = self._clock() + self._ttl_s, self._seal.close(conversation, values)
        self._kept.move_to_end(conversation)
        self._forget()
        return True

    def _forget(self) -> None:
        """Drop what is too old, and the oldest of too many. Every conversation lives equally long, so the first are the oldest."""
        now = self._clock()
        while self._kept and (len(self._kept) > self._most or next(iter(self._kept.values()))[0] <= now):
            self._kept.popitem(last=False)


def _first_turn(fields: Mapping[str, object]) -> object:
    messages = fields.get("messages")
    for message in messages if isinstance(messages, list) else ():
        if isinstance(message, dict) and message.get("role") == "user":
            return message.get("content")
    return fields.get("prompt")
