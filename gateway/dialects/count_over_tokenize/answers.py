"""Tokens, as their count."""

from collections.abc import Mapping

import msgspec


class _Tokens(msgspec.Struct):
    count: int


class CountAnswers:
    """Brings one answer back."""

    def __init__(self, asked: Mapping[str, object], request_id: str) -> None:
        """Nothing of the request is needed."""

    def whole(self, body: bytes) -> bytes:
        """The number alone. Raises `msgspec.DecodeError` for an answer without one."""
        return msgspec.json.encode({"input_tokens": msgspec.json.decode(body, type=_Tokens).count})

    def events(self, block: bytes) -> bytes:
        """There are no streams of it."""
        return block
