"""`Reading`: what is known of an answer that is held back, read from its bytes as they come: texts, tokens, how it ended.

Nothing of it is kept beyond the request, and none of it can be shown.
"""

from dataclasses import dataclass, field

import msgspec

from gateway.cascade.forms import Form, fits, is_json
from gateway.cascade.refusals import refuses
from gateway.wire.sse import payload
from router.cascade import Evidence

_LEAST_LOGPROB = -20.0
"""Less than one in half a billion is as good as never. Engines write -9999 for it, of which one would decide the mean."""


class _Token(msgspec.Struct):
    logprob: float | None = None


class _Logprobs(msgspec.Struct):
    content: list[_Token] | None = None
    token_logprobs: list[float | None] | None = None


class _Function(msgspec.Struct):
    arguments: str | None = None


class _Call(msgspec.Struct):
    index: int | None = None
    function: _Function | None = None


class _Message(msgspec.Struct):
    content: str | None = None
    refusal: str | None = None
    tool_calls: list[_Call] | None = None
    function_call: _Function | None = None


class _Choice(msgspec.Struct):
    index: int = 0
    message: _Message | None = None
    delta: _Message | None = None
    text: str | None = None
    logprobs: _Logprobs | None = None
    finish_reason: str | None = None


class _Answer(msgspec.Struct):
    choices: list[_Choice] | None = None


_decode = msgspec.json.Decoder(_Answer).decode


@dataclass(slots=True)
class _Said:
    """One choice so far."""

    texts: list[str] = field(default_factory=list, repr=False)
    arguments: dict[int, str] = field(default_factory=dict, repr=False)
    declines: bool = False
    finish: str = ""
    logprob: float = 0.0
    tokens: int = 0

    def note(self, choice: _Choice) -> None:
        """One more piece of it."""
        message = choice.message or choice.delta or _Message()
        for text in (message.content, choice.text):
            if text:
                self.texts.append(text)
        self.declines = self.declines or bool(message.refusal)
        calls = message.tool_calls or ([_Call(function=message.function_call)] if message.function_call else [])
        for place, call in enumerate(calls):
            index = place if call.index is None else call.index
            more = call.function.arguments if call.function else None
            self.arguments[index] = self.arguments.get(index, "") + (more or "")
        self.finish = choice.finish_reason or self.finish
        told = choice.logprobs or _Logprobs()
        for value in (*(token.logprob for token in told.content or ()), *(told.token_logprobs or ())):
            if value is not None:
                self.logprob += max(value, _LEAST_LOGPROB)
                self.tokens += 1

    @property
    def text(self) -> str:
        """Its text, in one piece."""
        if len(self.texts) > 1:
            self.texts[:] = ["".join(self.texts)]
        return self.texts[0] if self.texts else ""

    def fits(self, form: Form) -> bool:
        """Whether it has the form that was asked for. Who calls a tool need not say anything."""
        if self.arguments:
            return all(map(is_json, self.arguments.values()))
        return fits(self.text, form)


class Reading:
    """One answer. `events` counts what came of it, for engines that do not tell tokens."""

    __slots__ = ("_choices", "_is_odd", "events")

    def __init__(self) -> None:
        self._choices: dict[int, _Said] = {}
        self._is_odd = False
        self.events = 0

    def stream(self, block: bytes) -> None:
        """Some whole events of a stream."""
        for event in block.replace(b"\r\n", b"\n").split(b"\n\n"):
            text = payload(event)
            if text[:1] == b"{":
                self.events += 1
                self.whole(text)

    def whole(self, body: bytes) -> None:
        """A whole answer. What cannot be read speaks against nothing: the caller may know what it is."""
        try:
            answer = _decode(body)
        except (ValueError, RecursionError):
            self._is_odd = True
            return
        for choice in answer.choices or ():
            self._choices.setdefault(choice.index, _Said()).note(choice)

    @property
    def tokens(self) -> int:
        """How many there are so far."""
        return max([self.events, *(said.tokens for said in self._choices.values())])

    @property
    def text(self) -> str:
        """What the first choice says."""
        return self._choices[min(self._choices)].text if self._choices else ""

    def evidence(self, form: Form, *, is_whole: bool) -> Evidence:
        """What is known now."""
        said = self._choices.values()
        means = [one.logprob / one.tokens for one in said if one.tokens]
        return Evidence(
            is_whole=is_whole,
            is_empty=not self._is_odd and any(not (one.text.strip() or one.arguments or one.declines) for one in said or (_Said(),)),
            is_cut=any(one.finish == "length" for one in said),
            fits=self._is_odd or all(one.fits(form) for one in said),
            refuses=any(one.declines or (not one.arguments and refuses(one.text)) for one in said),
            mean_logprob=min(means, default=None),
        )
