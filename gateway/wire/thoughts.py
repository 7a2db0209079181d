"""How much to think, as one model of Anthropic's API takes it: the older are told a number of tokens, the newer an effort. Pure.

Which model takes what, and what else each refuses: platform.claude.com/docs, "Extended thinking" and "Adaptive thinking"; what becomes of
a request that does not heed it: docker-agent#3362, bifrost#5934, pydantic-ai#2075.
"""

from collections.abc import Callable, Mapping

from router.quirks import Thinks

Fields = dict[str, object]
Lost = tuple[str, ...]
LEAST = 1_024
"""Tokens of the smallest budget."""
_SHARES: tuple[tuple[str, int], ...] = (("low", 20), ("medium", 50))
"""How many of a hundred of an answer's tokens an effort may think; others `_MOST`. The rest is left to say something."""
_MOST = 80
_EFFORTS: tuple[tuple[int, str], ...] = ((4_096, "low"), (16_384, "medium"))
"""Up to how many tokens an effort stands for; `high` for more."""
_THOUGHTS = ("thinking", "redacted_thinking")


def thought_as(fields: Fields, thinks: Thinks) -> tuple[Fields, Lost]:
    """The members of a request to Messages as such a model takes them, and what was lost. Themselves where nothing is to be done."""
    return _WAYS[thinks](fields)


def _by_budget(fields: Fields) -> tuple[Fields, Lost]:
    """A share of the tokens for an effort. Not to think where that cannot be: too few tokens, or calls without the thoughts before."""
    effort, thinking = _object(fields, "output_config").get("effort"), _object(fields, "thinking")
    if effort is None and thinking.get("type") != "adaptive":
        return fields, ()
    left = _without_effort(fields)
    if thinking.get("type") != "adaptive":
        return left, ("output_config.effort",)
    most = fields.get("max_tokens")
    if not isinstance(most, int) or most <= LEAST or _goes_on_without_thoughts(fields):
        del left["thinking"]
        return left, ("thinking",)
    share = next((share for name, share in _SHARES if name == effort), _MOST)
    return left | {"thinking": {"type": "enabled", "budget_tokens": max(most * share // 100, LEAST)}}, ()


def _by_effort(fields: Fields) -> tuple[Fields, Lost]:
    """An effort for a number of tokens, unless one is named beside it."""
    thinking, config = _object(fields, "thinking"), _object(fields, "output_config")
    if thinking.get("type") != "enabled":
        return fields, ()
    budget = thinking.get("budget_tokens")
    stands = next((name for most, name in _EFFORTS if isinstance(budget, int) and budget <= most), "high")
    shown = {name: thinking[name] for name in ("display",) if name in thinking}
    return fields | {"thinking": {"type": "adaptive", **shown}, "output_config": {"effort": stands, **config}}, ("thinking.budget_tokens",)


def _always(fields: Fields) -> tuple[Fields, Lost]:
    """By effort; that it is not to think is left out."""
    if _object(fields, "thinking").get("type") != "disabled":
        return _by_effort(fields)
    return {name: value for name, value in fields.items() if name != "thinking"}, ("thinking",)


_WAYS: Mapping[Thinks, Callable[[Fields], tuple[Fields, Lost]]] = {
    "either": lambda fields: (fields, ()),
    "by_budget": _by_budget,
    "by_effort": _by_effort,
    "always": _always,
}


def _object(fields: Mapping[str, object], name: str) -> Fields:
    found = fields.get(name)
    return found if isinstance(found, dict) else {}


def _without_effort(fields: Fields) -> Fields:
    config = {name: value for name, value in _object(fields, "output_config").items() if name != "effort"}
    left = {name: value for name, value in fields.items() if name != "output_config"}
    return left | {"output_config": config} if config else left


def _goes_on_without_thoughts(fields: Fields) -> bool:
    """Whether tools have answered calls that came after no thoughts: who has a budget must begin such a turn with them."""
    turns = fields.get("messages")
    said = [turn for turn in turns if isinstance(turn, dict)] if isinstance(turns, list) else []
    if not said or not any(block.get("type") == "tool_result" for block in _blocks(said[-1])):
        return False
    called = next((_blocks(turn) for turn in reversed(said) if turn.get("role") == "assistant"), [])
    return not called or called[0].get("type") not in _THOUGHTS


def _blocks(turn: Fields) -> list[Fields]:
    content = turn.get("content")
    return [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []
