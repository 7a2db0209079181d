"""The seam of every translation: what becomes of a request, and who brings its answer back. Pure: no clock, no dice, no I/O.

A folder for each pair, named `A_over_B`: callers who speak A are served by a target that speaks B. `request.py` has `translated(fields)`,
`answers.py` an `Answers`. What has no counterpart is named in `lost`, or refused with `BadRequest("not_carried", ...)` where an answer
without it would not be the answer to what was asked.
"""

from typing import NamedTuple, Protocol


class Translated(NamedTuple):
    """A request in the other words. `lost` names members that could not be carried over, such as `top_k` or `tools[].strict`: no values."""

    fields: dict[str, object]
    lost: tuple[str, ...] = ()


def hex_of(request_id: str) -> str:
    """What the ids of an answer are made of: `req_0a1b` and a UUID without what is no figure of theirs."""
    return request_id.removeprefix("req_").replace("-", "")


class Answers(Protocol):
    """Brings one answer back. Made for one request, from its members and its id.

    What cannot be read raises `msgspec.DecodeError`, `UnicodeError` or `RecursionError`: half an answer must not look whole.
    """

    def whole(self, body: bytes) -> bytes:
        """A whole answer of status 200."""

    def events(self, block: bytes) -> bytes:
        """Whole server-sent events, in any number; what is to be said of them so far. An error among them ends the stream as an error.

        What comes back looks finished only after the end mark of the dialect that comes in: a cut stream stays a cut one.
        """
