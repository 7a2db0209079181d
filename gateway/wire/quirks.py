"""A request in the words of one target: what it refuses is left out and named, what it calls otherwise is called so. Pure."""

from collections.abc import Iterator, Mapping

from gateway.wire.thoughts import thought_as
from router.quirks import Quirks, Renamed

_SAME_AS_ABSENT: Mapping[str, object] = {
    "temperature": 1,
    "top_p": 1,
    "presence_penalty": 0,
    "frequency_penalty": 0,
    "n": 1,
    "logprobs": False,
    "logit_bias": {},
    "parallel_tool_calls": True,
    "service_tier": "auto",
    "store": False,
}
"""Values that ask for what happens anyway: nothing is lost with them."""
_NO_LOSS = frozenset({"stream_options"})
"""Who refuses this tells of usage unasked."""


def adapted(fields: dict[str, object], quirks: Quirks) -> tuple[dict[str, object], tuple[str, ...]]:
    """The members of a request as the target takes them, and the names of those that were lost. Themselves where nothing is to be done.

    Members of turns are named `messages[].name`. Who calls members otherwise does so where there are messages: a completion's `max_tokens`
    is called the same everywhere. The request itself stays as it is. Raises nothing.
    """
    lost: list[str] = []
    left = fields
    if not quirks.without.isdisjoint(fields):
        left = {name: value for name, value in fields.items() if name not in quirks.without}
        lost = [name for name in fields if name not in left and _says_something(name, fields[name])]
    left, unthought = thought_as(left, quirks.thinks)
    lost += unthought
    turns = left.get("messages")
    if not isinstance(turns, list):
        return left, tuple(lost)
    if any(name in left for name, _ in quirks.called):
        left = _renamed(left, quirks.called, lost)
    if _differs(turns, quirks):
        lost += [f"messages[].{name}" for name in sorted(quirks.turns_without) if any(_has(turn, name) for turn in turns)]
        left = {**left, "messages": list(_turns(turns, quirks))}
    return left, tuple(lost)


def without_unkept(fields: dict[str, object]) -> tuple[dict[str, object], tuple[str, ...]]:
    """A request of Responses without thoughts that only who kept them could look up, and what was lost.

    Nobody outside keeps any, and OpenAI answers 404 to the id of one it has not kept, whatever stands beside it. With their encrypted
    content it reads them from there.
    """
    items = fields.get("input")
    if not isinstance(items, list):
        return fields, ()
    left = [item for item in items if not _is_unkept(item)]
    return (fields, ()) if len(left) == len(items) else ({**fields, "input": left}, ("input[].reasoning",))


def _is_unkept(item: object) -> bool:
    return isinstance(item, dict) and item.get("type") == "reasoning" and not item.get("encrypted_content")


def _renamed(fields: dict[str, object], called: Renamed, lost: list[str]) -> dict[str, object]:
    """The members under their other names. Of two that would have the same name the one that has it already stays."""
    left = dict(fields)
    for name, other in called:
        if name in left:
            value = left.pop(name)
            if left.setdefault(other, value) != value:
                lost.append(name)
    return left


def _differs(turns: list[object], quirks: Quirks) -> bool:
    """Whether some turn has a role or a member that the target does not take."""
    roles = [role for role, _ in quirks.roles]
    return any(isinstance(turn, dict) and (turn.get("role") in roles or not quirks.turns_without.isdisjoint(turn)) for turn in turns)


def _says_something(name: str, value: object) -> bool:
    return value is not None and name not in _NO_LOSS and _SAME_AS_ABSENT.get(name) != value


def _has(turn: object, name: str) -> bool:
    return isinstance(turn, dict) and turn.get(name) is not None


def _turns(turns: list[object], quirks: Quirks) -> Iterator[object]:
    """The turns; those that change are copies."""
    roles = dict(quirks.roles)
    for turn in turns:
        if not isinstance(turn, dict):
            yield turn
            continue
        role = turn.get("role")
        other = roles.get(role) if isinstance(role, str) else None
        if other is None and quirks.turns_without.isdisjoint(turn):
            yield turn
            continue
        changed = {name: value for name, value in turn.items() if name not in quirks.turns_without}
        yield changed if other is None else {**changed, "role": other}
