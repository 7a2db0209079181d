"""A plain text that broke off midway is continued by the same target, once, from its own words (`continues` of a destination).

The target gets what it had before and what it has said so far, under the same label; nobody else gets anything. The caller sees one stream.
"""

import time

import msgspec
from typing_extensions import override

from gateway.record import Record
from gateway.upstreams.relaying import our_last
from gateway.upstreams.upstream import Downstream, Through
from gateway.wire.ask import Ask
from gateway.wire.said import Said
from gateway.wire.sse import payload, split
from router.attempt import Attempt, Broken, Outcome, Served, Usage
from router.clearance import ClearedBody, clear
from router.decision import Target

_NOT_PLAIN = frozenset(
    "tools functions tool_choice function_call response_format logprobs top_logprobs guided_json guided_regex guided_choice guided_grammar "
    "structured_outputs prediction continue_final_message add_generation_prompt modalities audio".split()
)
"""Members of requests whose answers are more than a text, or whose form a second beginning would break."""


class Continuing(Through):
    """A caller's side that keeps what was said, and holds back the last bytes until it is known how the attempt ended."""

    __slots__ = ("last", "said")

    def __init__(self, out: Downstream) -> None:
        super().__init__(out)
        self.said = Said()
        self.last: bytes | None = None

    @override
    async def write(self, data: bytes) -> None:
        """Some of a stream."""
        self.said.stream(data)
        await super().write(data)

    @override
    def write_nowait(self, data: bytes) -> bool:
        """Some of a stream, at once."""
        is_written = super().write_nowait(data)
        if is_written:
            self.said.stream(data)
        return is_written

    @override
    async def end(self, data: bytes = b"") -> None:
        """The last of a stream: not yet."""
        self.last = data

    async def finish(self, data: bytes) -> None:
        """The end, after all."""
        await super().end(data)


class _Rest:
    """A caller's side in the midst of a stream: chunks go on under the id of the first ones, and usage is that of both parts."""

    __slots__ = ("_first", "_held", "is_committed", "last")

    def __init__(self, held: Continuing, first: Usage) -> None:
        self._held = held
        self._first = first
        self.is_committed = False
        self.last = b""

    @property
    def is_gone(self) -> bool:
        """Whether the caller has left."""
        return self._held.is_gone

    async def answer(self, status: int, content_type: bytes, body: bytes, usage: Usage | None) -> None:
        """No whole answer was asked for."""

    async def begin(self, status: int, content_type: bytes) -> None:  # noqa: ARG002  # the caller has a head already
        """The first words of the rest."""
        self.is_committed = True

    async def write(self, data: bytes) -> None:
        """Some of the rest."""
        await self._held.write(self._as_one(data))

    def write_nowait(self, data: bytes) -> bool:
        """Some of the rest, at once."""
        return self._held.write_nowait(self._as_one(data))

    async def end(self, data: bytes = b"") -> None:
        """The last of the rest: not yet."""
        self.last = self._as_one(data)

    def _as_one(self, data: bytes) -> bytes:
        return b"".join(self._event(event) for event in split(data))

    def _event(self, event: bytes) -> bytes:
        text = payload(event)
        try:
            chunk = msgspec.json.decode(text) if text[:1] == b"{" else None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            chunk = None
        if not isinstance(chunk, dict):
            return event
        if self._held.said.id and "id" in chunk:
            chunk["id"] = self._held.said.id
        usage = chunk.get("usage")
        if isinstance(usage, dict):
            chunk["usage"] = _of_both(usage, self._first)
        return b"data: " + msgspec.json.encode(chunk) + b"\n\n"


def _of_both(usage: dict[str, object], first: Usage) -> dict[str, object]:
    """The second part's prompt holds what the first part said."""
    prompt, completion = usage.get("prompt_tokens"), usage.get("completion_tokens")
    if type(prompt) is not int or type(completion) is not int:
        return usage
    mine = max(0, prompt - first.completion)
    said = completion + first.completion
    return {**usage, "prompt_tokens": mine, "completion_tokens": said, "total_tokens": mine + said}


def may_continue(record: Record, ask: Ask, target: Target) -> bool:
    """Whether an answer of this target could be continued: it can be told to, and what was asked for is one plain text, as it is."""
    ledger = record.runtime.ledger
    is_plain = ask.endpoint == "chat" and ask.is_stream and ask.choices == 1 and _NOT_PLAIN.isdisjoint(ask.fields)
    return target.continues and is_plain and (ledger is None or not ledger.plan.keeps_all)


async def go_on(record: Record, attempt: Attempt, held: Continuing, outcome: Outcome) -> None:
    """The attempt has ended: end the answer, or have its target continue it, which is an attempt of its own."""
    if held.last is None:
        return
    if not isinstance(outcome, Broken):
        await held.finish(held.last)
        return
    *before, last = split(held.last)
    if before:  # words that came with the error
        await held.write(b"".join(before))
    next_one = _next_one(record, attempt, held, outcome)
    if next_one is None:
        await held.finish(last)
    else:
        await _continue(record, *next_one, held, outcome)


def _next_one(record: Record, attempt: Attempt, held: Continuing, broken: Broken) -> tuple[Attempt, ClearedBody] | None:
    """The attempt that continues, and its body. None: what was said is no plain text, it would not help, or nobody may be asked now.

    It takes from the retry budget of its target: if all streams of one break, its load does not double.
    """
    runtime, target, text, now = record.runtime, attempt.target, held.said.plain, time.monotonic()
    is_able = target.continues and not record.is_barred(target)  # a hedge may have been quicker, elsewhere
    if text is None or broken.usage is None or not broken.failure.is_passing or now >= record.facts.due or not is_able:
        return None
    body = _body(record.ask.plain, target, text, broken.usage.completion)
    replica = runtime.fleet.pick(target, now, but=(attempt.replica,))
    if body is None or replica is None or not runtime.fleet.may_repeat(target, now):
        return None
    label = record.decision.label
    cleared = clear(record.facts.request_id, target, label, body, is_locked=runtime.lockdown.is_on, withdrawn=runtime.withdrawn)
    return Attempt(len(record.history) + 1, target, replica, is_repeated=True), cleared


def _body(ask: Ask, target: Target, text: str, tokens: int) -> bytes | None:
    """The request, with what was said as the beginning of the answer. None when there is nothing left to say."""
    messages = ask.fields.get("messages")
    if not isinstance(messages, list) or (ask.answer_tokens and ask.answer_tokens <= tokens):
        return None
    limits = {name: most - tokens for name in ("max_tokens", "max_completion_tokens") if type(most := ask.fields.get(name)) is int}
    options = ask.fields.get("stream_options")
    more: dict[str, object] = {
        "model": target.model,
        "messages": [*messages, {"role": "assistant", "content": text}],
        "continue_final_message": True,
        "add_generation_prompt": False,
        "stream_options": {**(options if isinstance(options, dict) else {}), "include_usage": True},
    }
    return msgspec.json.encode({**ask.fields, **limits, **more})


async def _continue(record: Record, attempt: Attempt, body: ClearedBody, held: Continuing, broken: Broken) -> None:
    runtime, first, began = record.runtime, broken.usage or Usage(), time.monotonic()
    rest = _Rest(held, first)
    outcome: Outcome = broken
    record.lease(attempt, reads=False)
    runtime.fleet.begin(attempt, began)
    try:
        outcome = await runtime.upstreams[attempt.target.name].relay(attempt, body, record.call(record.ask.plain), rest)
    finally:
        runtime.fleet.note(attempt, outcome, time.monotonic(), runtime.dice())
        whole = _whole(outcome, first)
        record.note(attempt, whole, body, began=began)
    if isinstance(whole, Served):
        await held.finish(rest.last)
    elif isinstance(whole, Broken):
        before = b"".join(split(rest.last)[:-1])
        tokens = (whole.usage or first).completion
        await held.finish(before + our_last(whole.failure, tokens, is_estimate=True))


def _whole(outcome: Outcome, first: Usage) -> Outcome:
    """How the answer ended as a whole, whose first part has used so much. What was committed before cannot fail any more, only break."""
    if isinstance(outcome, Served):
        return Served(outcome.status, _sum(outcome.usage, first), outcome.answered, outcome.finish, outcome.timing, is_estimate=True)
    if isinstance(outcome, Broken):
        return Broken(outcome.failure, _sum(outcome.usage, first), outcome.timing, is_estimate=True)
    failure = getattr(outcome, "failure", None)
    return outcome if failure is None else Broken(failure, first, outcome.timing, is_estimate=True)


def _sum(usage: Usage | None, first: Usage) -> Usage:
    if usage is None:
        return first
    return Usage(max(0, usage.prompt - first.completion), usage.completion + first.completion, usage.cached)
