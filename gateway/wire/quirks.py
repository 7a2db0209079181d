"""A request in the words of one target: what it refuses is left out and named, what it calls otherwise is called so. Pure."""

from collections.abc import Iterator, Mapping

from router.quirks import Quirks

Fields = Mapping[str, object]

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


def adapted(fields: Fields, quirks: Quirks) -> tuple[dict[str, object], tuple[str, ...]]:
    """The members of a chat, Messages or Responses request as the target takes them, and the names of those that were lost.

    Members of turns are named `messages[].name`. The request itself stays as it is. Raises nothing.
    """
    left = {name: value for name, value in fields.items() if name not in quirks.without}
    lost = [name for name in fields if name not in left and _says_something(name, fields[name])]
    for name, other in quirks.called:
        if name in left:
            value = left.pop(name)
            if left.setdefault(other, value) != value:
                lost.append(name)
    turns = left.get("messages")
    if (quirks.roles or quirks.turns_without) and isinstance(turns, list):
        lost += [f"messages[].{name}" for name in sorted(quirks.turns_without) if any(_has(turn, name) for turn in turns)]
        left["messages"] = list(_turns(turns, quirks))
    return left, tuple(lost)


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
