"""`Outline`: a body without its long strings, which are most of its bytes: there members are counted and keys are found.

Exact for valid JSON. What is left out are whole strings, each from its opening quote to its closing one, so that what remains outside of
strings is all there is.
"""

import re
from collections.abc import Sequence

import msgspec
from typing_extensions import override

from classifiers.prompt import Part

LONG = 1_000
"""Characters from which on it is cheaper to step over a string than to look at its bytes."""
_HEAD = 12
"""Characters by which a string is found."""
_NO_OPENING = frozenset(b",:]} ")
"""What may stand behind a closing quote. A quote before anything else opens a string."""
_BACKSLASH = 0x5C
_encode = msgspec.json.Encoder().encode
_TO_ITS_END = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
Cuts = tuple[tuple[int, int], ...]


class Outline(msgspec.Struct, frozen=True, gc=False):
    """`text`: what is left of the body. `cuts`: where something was left out of it, and how many bytes were up to there."""

    text: bytes
    cuts: Cuts = ()

    @override
    def __repr__(self) -> str:
        return f"<Outline, {len(self.text)} bytes>"

    def place(self, at: int) -> int:
        """Where in the body stands what stands there in the text."""
        for cut, missing in reversed(self.cuts):
            if at >= cut:
                return at + missing
        return at


def outline(body: bytes, parts: Sequence[Part]) -> Outline:
    """The outline of a body with these parts: without the long ones, and those with a colon, which would be taken for a member's."""
    kept, cuts, done, left = [], [], 0, 0
    for part in parts:
        text = part.text
        if part.lead or (len(text) < LONG and ":" not in text):
            continue
        head = _encode(text[:_HEAD])[:-1]
        at = body.find(head, done)
        if at < 0:  # it is written in another way; looking for more would cost a look at everything
            break
        if body[at - 1] == _BACKSLASH or head[1] in _NO_OPENING:
            continue
        kept.append(body[done:at])
        left += at - done
        done = body.find(b'"', at + len(head)) + 1
        if body[done - 2] == _BACKSLASH:
            done = _TO_ITS_END.match(body, at + len(head)).end()  # type: ignore[union-attr]  # it has one
        cuts.append((left, done - left))
    if not kept:
        return Outline(body)
    kept.append(body[done:])
    return Outline(b"".join(kept), tuple(cuts))


def members_written(text: bytes) -> int:
    """How many `key: value` pairs the text has. More than the decoded objects hold means that a key came twice."""
    return outside(text).count(b":")


def members_met(value: object) -> int:
    """How many members the objects of a decoded body have."""
    count, waiting = 0, [value]
    while waiting:
        one = waiting.pop()
        if type(one) is dict:
            count += len(one)
            waiting += one.values()
        elif type(one) is list:
            waiting += one
    return count


def outside(text: bytes) -> bytes:
    """The text outside of strings.

    Backslashes occur in strings only, so removing escaped backslashes and then escaped quotes leaves every remaining quote a delimiter,
    and the even pieces between quotes are the text outside of strings.
    """
    if text.find(b"\\") >= 0:
        text = text.replace(b"\\\\", b"").replace(b'\\"', b"")
    return b"".join(text.split(b'"')[::2])
