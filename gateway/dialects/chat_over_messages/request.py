"""A chat, in the words of the Messages API."""

from collections.abc import Callable, Mapping

from gateway.dialects.chat_over_messages.tools import tools
from gateway.dialects.chat_over_messages.turns import turns
from gateway.dialects.reading import Lost, Thing, bad, mapping, not_carried, number, text, texts, thing, whole
from gateway.dialects.translation import Translated

MOST_TOKENS = 8_192
"""Of an answer, where the caller sets no limit: Anthropic's API must have one, and each of its models since Claude 3.5 can say so much."""
MOST_WITH_THOUGHTS = 32_000
"""The same where it thinks before, which counts as well: so much each model that thinks can say."""
HOTTEST = 1.0
"""Anthropic's temperatures end where OpenAI's are half way."""
_BLANK_STOP = "This model stops at no sequence of blanks only. Leave it out, or ask for another model."
_REFUSED: Mapping[str, tuple[tuple[object, ...], str]] = {
    "n": ((1,), "This model gives one answer to each request. Leave `n` out, and ask several times."),
    "logprobs": ((False,), "This model tells no probabilities. Leave `logprobs` out, or ask for another model."),
    "top_logprobs": ((0,), "This model tells no probabilities. Leave `top_logprobs` out, or ask for another model."),
    "modalities": ((["text"],), "This model answers in text only. Leave `modalities` out, or ask for another model."),
    "audio": ((), "This model answers in text only. Leave `audio` out, or ask for another model."),
    "functions": (([],), "This model knows `functions` as `tools` only. Send them as those."),
    "function_call": ((), "This model knows `function_call` as `tool_choice` only. Send it as that."),
    "web_search_options": ((), "This model's searches are tools of Anthropic's own. Ask for them by POST /v1/messages."),
}
"""Members without which the answer would not be the one that was asked for, the values that ask for what happens anyway, and what to do."""
_SAMPLING: Mapping[str, Callable[[object, str], int | float]] = {
    "temperature": number,
    "top_p": number,
    "top_k": lambda value, at: whole(value, at, 0),
}
_USUAL: Mapping[str, int] = {"temperature": 1, "top_p": 1}
"""What happens where nothing is said."""
_FORCED = frozenset({"any", "tool"})
_EFFORTS: Mapping[str, str] = {"minimal": "low", "low": "low", "medium": "medium", "high": "high", "xhigh": "xhigh", "max": "max"}
_TIERS: Mapping[str, str] = {"auto": "auto", "default": "standard_only"}
_READ = frozenset(
    "model messages max_tokens max_completion_tokens temperature stop tools tool_choice parallel_tool_calls response_format "
    "reasoning_effort thinking user safety_identifier service_tier stream stream_options top_p top_k".split()
)


def translated(fields: Mapping[str, object]) -> Translated:
    """The same request to Messages. Raises `BadRequest`: `bad_field` for what is malformed, `not_carried` for what has no counterpart."""
    for name, (as_absent, say) in _REFUSED.items():
        if fields.get(name) is not None and fields[name] not in as_absent:
            raise not_carried(name, say)
    lost = Lost()
    made: dict[str, object] = {"model": text(fields.get("model"), "model")}
    made |= turns(fields, lost) | tools(fields, lost) | _stops(fields) | _who(fields) | _tier(fields, lost)
    made |= _thinking(fields, made.get("tool_choice"), lost)
    is_thinking = _is_thinking(made)
    made |= _most(fields, is_thinking=is_thinking) | _sampling(fields, lost, is_thinking=is_thinking)
    if fields.get("stream"):
        made["stream"] = True
    lost.rest(fields, _READ | _REFUSED.keys())
    return Translated(made, lost.names)


def _most(fields: Thing, *, is_thinking: bool) -> dict[str, object]:
    name = "max_completion_tokens" if fields.get("max_completion_tokens") is not None else "max_tokens"
    if fields.get(name) is not None:
        return {"max_tokens": whole(fields[name], name, 1)}
    return {"max_tokens": MOST_WITH_THOUGHTS if is_thinking else MOST_TOKENS}


def _stops(fields: Thing) -> dict[str, object]:
    stop = fields.get("stop")
    if not stop:
        return {}
    sequences = [stop] if isinstance(stop, str) else texts(stop, "stop")
    if not all(sequence.strip() for sequence in sequences):
        raise not_carried("stop", _BLANK_STOP)
    return {"stop_sequences": sequences}


def _sampling(fields: Thing, lost: Lost, *, is_thinking: bool) -> dict[str, object]:
    """How to choose tokens. The API takes one of `temperature` and `top_p`, and none of them beside thoughts."""
    asked = {name: read(fields[name], name) for name, read in _SAMPLING.items() if fields.get(name) is not None}
    if is_thinking:
        kept: dict[str, object] = {}
    elif "temperature" in asked:
        kept = {**asked, "temperature": min(asked["temperature"], HOTTEST)}
        kept.pop("top_p", None)
    else:
        kept = dict(asked)
    for name, wanted in asked.items():
        if kept.get(name, _USUAL.get(name)) != wanted:
            lost.add(name)
    return kept


def _thinking(fields: Thing, choice: object, lost: Lost) -> dict[str, object]:
    """How long to think, and what form the answer must have: both stand in `output_config`. `thinking` is Anthropic's own, and goes on.

    Who must call a tool cannot think before, says the API: the effort alone is told then.
    """
    config, effort = _form(fields), fields.get("reasoning_effort")
    own: dict[str, object] = {} if fields.get("thinking") is None else {"thinking": thing(fields["thinking"], "thinking")}
    if effort == "none":
        own = own or {"thinking": {"type": "disabled"}}
    elif effort is not None:
        if not isinstance(effort, str) or effort not in _EFFORTS:
            raise bad("reasoning_effort", "one of " + ", ".join(f"`{name}`" for name in ("none", *_EFFORTS)))
        config["effort"] = _EFFORTS[effort]
        if not own and mapping(choice).get("type") in _FORCED:
            lost.add("reasoning_effort")
        else:
            own = own or {"thinking": {"type": "adaptive"}}
    return own | ({"output_config": config} if config else {})


def _is_thinking(made: Thing) -> bool:
    return mapping(made.get("thinking")).get("type") in ("adaptive", "enabled")


def _form(fields: Thing) -> dict[str, object]:
    if fields.get("response_format") is None:
        return {}
    form = thing(fields["response_format"], "response_format")
    if form.get("type") == "json_schema":
        asked = thing(form.get("json_schema"), "response_format.json_schema")
        schema = thing(asked.get("schema"), "response_format.json_schema.schema")
        return {"format": {"type": "json_schema", "schema": schema}}
    if form.get("type") != "text":
        raise not_carried("response_format", "This model can be held to a `json_schema` only. Send one, or ask for another model.")
    return {}


def _who(fields: Thing) -> dict[str, object]:
    name = "safety_identifier" if fields.get("safety_identifier") is not None else "user"
    return {} if fields.get(name) is None else {"metadata": {"user_id": text(fields[name], name)}}


def _tier(fields: Thing, lost: Lost) -> dict[str, object]:
    tier = fields.get("service_tier")
    if tier is None:
        return {}
    if not isinstance(tier, str) or tier not in _TIERS:
        lost.add("service_tier")
        return {}
    return {"service_tier": _TIERS[tier]}
