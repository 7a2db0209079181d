"""How long the model is to think: `thinking` and `output_config.effort`, as a chat's `reasoning_effort`."""

from collections.abc import Mapping

from gateway.dialects.reading import Lost, Thing, bad, text, thing, whole

EFFORTS = ("low", "medium", "high", "xhigh", "max")
_BUDGETS: Mapping[str, int] = {"low": 4_096, "medium": 16_384}
"""Up to how many tokens of thought an effort stands for; `high` for more. Nothing in a chat says a number."""
_KINDS = ("enabled", "adaptive", "disabled", "between_tools")


def effort(fields: Thing, lost: Lost) -> dict[str, object]:
    """The chat's `reasoning_effort`. Nothing is said where nothing was asked: then the model does what it does. Raises `BadRequest`.

    Not to think comes first, then the effort that is named, then the one that the budget stands for. Thinking without any of them is
    `high`, as Anthropic's API has it.
    """
    config = {} if fields.get("output_config") is None else thing(fields["output_config"], "output_config")
    lost.rest(config, {"effort", "format"}, "output_config")
    named = None if config.get("effort") is None else text(config["effort"], "output_config.effort")
    if named not in (None, *EFFORTS):
        raise bad("output_config.effort", "one of " + ", ".join(f"`{name}`" for name in EFFORTS))
    if fields.get("thinking") is None:
        return {} if named is None else {"reasoning_effort": named}
    thinking = thing(fields["thinking"], "thinking")
    kind = thinking.get("type")
    if kind not in _KINDS:
        raise bad("thinking.type", "one of " + ", ".join(f"`{name}`" for name in _KINDS))
    lost.rest(thinking, {"type", "budget_tokens", "display"}, "thinking")
    if kind == "disabled":
        if named is not None:
            lost.add("output_config.effort")
        return {"reasoning_effort": "none"}
    if kind == "between_tools":
        lost.add("thinking.type")
    budgeted = _budgeted(thinking, lost) if kind == "enabled" else "high"
    return {"reasoning_effort": named or budgeted}


def _budgeted(thinking: Thing, lost: Lost) -> str:
    budget = whole(thinking.get("budget_tokens"), "thinking.budget_tokens", 1)
    lost.add("thinking.budget_tokens")
    return next((name for name, most in _BUDGETS.items() if budget <= most), "high")
