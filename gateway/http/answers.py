"""JSON answers of the cold endpoints."""

import msgspec
from fastapi import Response
from typing_extensions import override


class Json(Response):
    """A JSON answer."""

    media_type = "application/json"

    @override
    def render(self, content: object) -> bytes:
        """Encode `content`; labels and other names print as text."""
        return msgspec.json.encode(content, enc_hook=str)
