"""`SharedVault`: the vault in Redis or Valkey, so that a conversation has the same placeholders at every replica.

Values are encrypted before they leave the process, with keys derived from a secret that replicas share and Redis never sees; names of
conversations are keyed hashes. Whatever is wrong with Redis, or with what it holds, is `Gone`: then the request is not redacted by it.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from typing_extensions import override

from gateway.redact.values import Value
from gateway.redact.vault import MARK, Gone, Known, Seal

PREFIX = b"tidegate:vault:"
LARGEST = 262_144
"""Bytes of one conversation, encrypted. More is not kept, and the request is not redacted."""


class Cabinet(Protocol):
    """Values under keys, elsewhere, each for a limited time. Raises `OSError` whatever is wrong."""

    async def get(self, key: bytes) -> bytes | None:
        """What is kept there."""

    async def put(self, key: bytes, value: bytes, ttl_s: float, mark: bytes) -> bool:
        """Keep it, if what is kept there begins with `mark`; empty: if there is nothing. Whether that was so."""

    async def close(self) -> None:
        """End every connection."""


class SharedVault:
    """A vault in a cabinet. `is_degraded`: the last call did not succeed."""

    __slots__ = ("_cabinet", "_seal", "_ttl_s", "is_degraded")

    def __init__(self, cabinet: Cabinet, secret: bytes, ttl_s: float) -> None:
        self._cabinet = cabinet
        self._seal = Seal(secret)
        self._ttl_s = ttl_s
        self.is_degraded = False

    @override
    def __repr__(self) -> str:
        return "<SharedVault>"

    def conversation(self, tenant: str, key: str, fields: Mapping[str, object]) -> bytes:
        """The name of a conversation."""
        return self._seal.name(tenant, key, fields)

    async def open(self, conversation: bytes) -> Known:
        """The values of a conversation; none when it is not known, or too old. Raises `Gone`, also for what another key encrypted."""
        try:
            sealed = await self._cabinet.get(PREFIX + conversation.hex().encode())
        except OSError as error:
            raise self._gone() from error
        values = [] if sealed is None else self._seal.open(conversation, sealed)
        if values is None:
            raise self._gone()
        self.is_degraded = False
        return Known(values, b"" if sealed is None else sealed[:MARK])

    async def keep(self, conversation: bytes, values: Sequence[Value], known: Known) -> bool:
        """Keep the values, unless another replica did so since they were `known`. Raises `Gone`."""
        sealed = self._seal.close(conversation, values)
        if len(sealed) > LARGEST:
            raise Gone
        try:
            is_kept = await self._cabinet.put(PREFIX + conversation.hex().encode(), sealed, self._ttl_s, known.mark)
        except OSError as error:
            raise self._gone() from error
        self.is_degraded = False
        return is_kept

    async def close(self) -> None:
        """End every connection."""
        await self._cabinet.close()

    def _gone(self) -> Gone:
        self.is_degraded = True
        return Gone()
