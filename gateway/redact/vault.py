"""The vault: which values of a conversation have which placeholders, encrypted in memory, for a limited time and a limited number.

A placeholder is restored only in the answer to a request that sent it out, so what is kept here is for stability alone: a value keeps
its number though the history was trimmed, and is still masked where no detector sees it any more.
"""

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from typing_extensions import override

from gateway.redact.values import Value

MOST_CONVERSATIONS = 10_000
MOST_VALUES = 500
"""Of one conversation; the first ones are kept."""
_NONCE = 12

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[Value]).decode


class Vault:
    """What is kept of conversations. Encrypted with a key of this process, or with `secret`. Shows nothing in `repr`."""

    __slots__ = ("_cipher", "_clock", "_kept", "_most", "_name_key", "_ttl_s")

    def __init__(
        self, ttl_s: float = 3_600.0, secret: bytes = b"", most: int = MOST_CONVERSATIONS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        secret = secret or secrets.token_bytes(32)
        self._cipher = AESGCM(hmac.digest(secret, b"tidegate vault", "sha256"))
        self._name_key = hmac.digest(secret, b"tidegate conversation", "sha256")
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
        """The name of a conversation: a keyed hash of who speaks and of their first turn."""
        digest = hashlib.blake2b(key=self._name_key, digest_size=16)
        for piece in (tenant.encode(), key.encode(), msgspec.json.encode(_first_turn(fields))):
            digest.update(len(piece).to_bytes(8, "big") + piece)
        return digest.digest()

    def open(self, conversation: bytes) -> list[Value]:
        """The values of a conversation; none when it is not known, or too old."""
        self._forget()
        kept = self._kept.get(conversation)
        if kept is None:
            return []
        sealed = kept[1]
        try:
            return _decode(self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], conversation))
        except (InvalidTag, msgspec.DecodeError):  # a defect of memory at most; numbers begin anew
            return []

    def keep(self, conversation: bytes, values: Sequence[Value]) -> None:
        """Keep the values of a conversation from now on."""
        nonce = secrets.token_bytes(_NONCE)
        sealed = nonce + self._cipher.encrypt(nonce, _encode(values[:MOST_VALUES]), conversation)
        self._kept[conversation] = self._clock() + self._ttl_s, sealed
        self._kept.move_to_end(conversation)
        self._forget()

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
