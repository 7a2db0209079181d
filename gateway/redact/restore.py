"""Restoring: placeholders become values again, in whole texts and in texts that come in pieces.

Only placeholders that this very request sent out are known. What looks like another one is left as it is, and counted.
"""

from collections.abc import Mapping

import msgspec

from gateway.redact.placeholders import Grammar, Placeholder, Seen, grammar


class Restorer:
    """The placeholders of one request and what they stand for. `unrestored` counts those that were left. Shows no value in `repr`."""

    __slots__ = ("_grammar", "_own", "_values", "unrestored")

    def __init__(self, values: Mapping[Placeholder, str], own: frozenset[Placeholder] = frozenset()) -> None:
        """`own` are what the caller wrote: they look like placeholders, and are none of ours."""
        self._values = dict(values)
        self._own = own
        self._grammar: Grammar = grammar(frozenset(placeholder.kind for placeholder in values))
        self.unrestored = 0

    def __len__(self) -> int:
        return len(self._values)

    def whole(self, text: str, *, is_json: bool = False) -> str:
        """A text with its placeholders restored. `is_json`: the text is JSON, and stays valid."""
        return self._restored(text, 0, len(text), is_json=is_json)

    def _restored(self, text: str, start: int, end: int, *, is_json: bool) -> str:
        pieces, at = [], start
        for seen in self._grammar.found(text, start):
            if seen.end > end:
                break
            value = self._value(seen)
            if value is not None:
                pieces += [text[at : seen.start], _escaped(value) if is_json else value]
                at = seen.end
        if not pieces:
            return text[start:end]
        pieces.append(text[at:end])
        return "".join(pieces)

    def _value(self, seen: Seen) -> str | None:
        value = self._values.get(seen.placeholder)
        if value is None and seen.placeholder not in self._own:
            self.unrestored += 1
        return value

    def flow(self, *, is_json: bool = False) -> "Flow":
        """For a text that comes in pieces."""
        return Flow(self, self._grammar, is_json=is_json)


class Flow:
    """One text that comes in pieces. What may be the beginning of a placeholder is held back until it is known."""

    __slots__ = ("_before", "_grammar", "_held", "_is_json", "_restorer")

    def __init__(self, restorer: Restorer, known: Grammar, *, is_json: bool) -> None:
        self._restorer = restorer
        self._grammar = known
        self._is_json = is_json
        self._held = ""
        self._before = ""  # the character before what is held: a placeholder without brackets does not begin inside of a word

    @property
    def is_holding(self) -> bool:
        """Whether something is held back."""
        return bool(self._held)

    def feed(self, piece: str) -> str:
        """What may go on."""
        text = self._before + self._held + piece
        return self._pass(text, self._grammar.cut(text, len(self._before)))

    def finish(self) -> str:
        """What was held back: the text is over."""
        text = self._before + self._held
        return self._pass(text, len(text))

    def _pass(self, text: str, until: int) -> str:
        restored = self._restorer._restored(text, len(self._before), until, is_json=self._is_json)  # noqa: SLF001  # its other half
        self._held, self._before = text[until:], text[until - 1 : until] if until else self._before
        return restored


def _escaped(value: str) -> str:
    """A value as it stands inside of a JSON string."""
    return msgspec.json.encode(value).decode()[1:-1]
