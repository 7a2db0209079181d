"""Where a conversation was served before, known by its content: a history that was trimmed, or has another system prompt, is known as well.

The last turn of a request that was served is remembered, together with the one before it, and alone if it is long enough to be of one
conversation. Its successor has both in its history.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import msgspec

from classifiers.prompt import Part
from gateway.state.conversations import Conversations, Words
from router.facts import Facts
from router.lean import stay
from router.names import TargetName
from router.policy import Policy
from router.values import replace

A_CONVERSATION = 3
"""Messages from which on there is a history that has been looked at before."""
LEAST = 32
"""Characters from which on a turn alone is taken to be of one conversation, within a tenant. Shorter ones are everybody's."""
MOST_BACK = 12
"""Turns of the history that are looked at."""
USUAL_ANSWER = 256
"""Tokens that are expected of an answer, as long as there is none in the history to go by."""
_PER_TOKEN = 4
"""Characters, as for the estimate of a prompt's tokens."""
_SPOKEN = frozenset({"content", "answer", "result", "call"})
ASKING = frozenset({"content", "result"})


class Earlier(NamedTuple):
    """Where a conversation was served. `prefix` tokens were there already, `fresh` ones are new, `expected` is the length of an answer."""

    target: TargetName
    prefix: int
    fresh: int
    expected: int


class _Turn(msgspec.Struct, frozen=True, gc=False):
    text: str
    is_asking: bool
    is_answer: bool


def earlier(memory: Conversations, tenant: str, parts: Sequence[Part]) -> Earlier | None:
    """Where the conversation before its last turn was served; None when nobody remembers."""
    if memory.is_empty:
        return None
    turns: list[_Turn] = []
    for turn in islice(_latest_first(parts), MOST_BACK):
        turns.append(turn)
        if len(turns) > 2 and (target := _recalled(memory, tenant, turns[-2], turn)) is not None:
            return _earlier(target, turns[:-1], parts)
    if len(turns) > 1 and (target := _recalled(memory, tenant, turns[-1], None)) is not None:
        return _earlier(target, turns, parts)
    return None


def remember(memory: Conversations, tenant: str, parts: Sequence[Part], target: TargetName) -> None:
    """The target has served this: its last turn is known from now on."""
    if len(parts) == 1:
        if parts[0].place in ASKING:
            memory.keep((tenant, parts[0].text), target)
        return
    last, before = (*islice(_latest_first(parts), 2), None, None)[:2]
    if last is not None and last.is_asking:
        for words in _words(tenant, last, before):
            memory.keep(words, target)


def with_stay(memory: Conversations | None, policy: Policy, parts: Sequence[Part], facts: Facts) -> Facts:
    """The facts, with where the conversation was served. Only who lets the gateway choose has one that counts."""
    if memory is None or facts.turns < A_CONVERSATION or facts.preference != "auto":
        return facts
    found = earlier(memory, facts.tenant, parts)
    target = None if found is None else policy.targets.get(found.target)
    if found is None or target is None:  # a reload may have taken it away
        return facts
    return replace(facts, stay=stay(policy, target, found.prefix, found.fresh, found.expected))


def _recalled(memory: Conversations, tenant: str, turn: _Turn, before: _Turn | None) -> TargetName | None:
    """Which target served the turn, if one did."""
    for words in _words(tenant, turn, before) if turn.is_asking else ():
        target = memory.recall(words)
        if target is not None:
            return target
    return None


def _words(tenant: str, turn: _Turn, before: _Turn | None) -> tuple[Words, ...]:
    """What a turn behind another one is remembered under."""
    if before is None:
        return ((tenant, turn.text),)
    both = tenant, before.text, turn.text
    return (both, (tenant, turn.text)) if len(turn.text) >= LEAST else (both,)


def _latest_first(parts: Sequence[Part]) -> Iterator[_Turn]:
    turn: list[Part] = []
    for part in reversed(parts):
        if part.turn >= 0 and part.place in _SPOKEN:
            if turn and turn[0].turn != part.turn:
                yield _turn(turn)
                turn = []
            turn.append(part)
    if turn:
        yield _turn(turn)


def _turn(parts: list[Part]) -> _Turn:
    """The turn of these parts, the last one first."""
    first = parts[-1]
    text = first.text if len(parts) == 1 else "\n".join([part.text for part in reversed(parts)])
    return _Turn(text, first.place in ASKING, first.place == "answer")


def _earlier(target: TargetName, turns: Sequence[_Turn], parts: Sequence[Part]) -> Earlier:
    """The last of the turns, the latest being first, was found. What the model said next is in the cache too: the same engine wrote it."""
    end = len(turns) - 1
    while end > 1 and not turns[end - 1].is_asking:
        end -= 1
    everything = sum([len(part.text) for part in parts if part.place in _SPOKEN])
    fresh = sum([len(turn.text) for turn in turns[:end]])
    answers = [len(turn.text) for turn in turns if turn.is_answer]
    expected = sum(answers) // len(answers) // _PER_TOKEN if answers else USUAL_ANSWER
    return Earlier(target, max(0, everything - fresh) // _PER_TOKEN, fresh // _PER_TOKEN, expected)
