"""The text that a custom tool takes, out of the arguments of the function that stands for it, as they come.

A patch may be long: told only at its end, it would leave a caller without a sign of life for minutes.
"""

import re
from collections.abc import Mapping

from gateway.dialects.reading import object_in

_BEGIN = re.compile(r'\s*+\{\s*+"input"\s*+:\s*+"')
_HIGH = r"\\u[dD][89abAB][0-9a-fA-F]{2}"
_READY = re.compile(rf'(?:[^"\\]++|\\[^u]|(?!{_HIGH})\\u[0-9a-fA-F]{{4}}|{_HIGH}(?:\\u[0-9a-fA-F]{{4}}|(?=[^\\]|\\[^u])))*+', re.DOTALL)
"""As much of a string's inside as can be read whatever follows: no half of an escape, and none of the two that are one character."""
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_SHORT: Mapping[str, str] = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


class FreeText:
    """Reads the member `input`, which is the only one. What a model says instead of such an object is the text itself."""

    __slots__ = ("_is_begun", "_is_over", "_pending")

    def __init__(self) -> None:
        self._pending = ""
        self._is_begun = self._is_over = False

    def take(self, delta: str) -> str:
        """What of the text is told by more of the arguments."""
        if self._is_over:
            return ""
        self._pending += delta
        if not self._is_begun:
            begin = _BEGIN.match(self._pending)
            if begin is None:
                return ""
            self._is_begun, self._pending = True, self._pending[begin.end() :]
        ready = _READY.match(self._pending)
        end = ready.end() if ready else 0
        told, self._pending = self._pending[:end], self._pending[end:]
        self._is_over = self._pending.startswith('"')
        return _read(told)

    def rest(self) -> str:
        """What is still to be told when no more arguments come."""
        return "" if self._is_over else self._pending if self._is_begun else _otherwise(self._pending)


def _read(inside: str) -> str:
    """The inside of a JSON string as text. Halves of a character that stand alone are none."""
    text = _ESCAPE.sub(_character, inside)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _character(escape: re.Match[str]) -> str:
    code, short = escape.groups()
    return chr(int(code, 16)) if code else _SHORT.get(short, short)


def _otherwise(arguments: str) -> str:
    """The text in arguments that do not begin with it."""
    text = (object_in(arguments) or {}).get("input")
    return text if isinstance(text, str) else arguments
