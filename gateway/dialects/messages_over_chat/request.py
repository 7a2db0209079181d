"""A request of the Messages API, in the words of chat completions."""

from collections.abc import Callable, Mapping

from gateway.dialects.messages_over_chat.effort import effort
from gateway.dialects.messages_over_chat.tools import tools
from gateway.dialects.messages_over_chat.turns import goes_on, messages
from gateway.dialects.reading import Lost, Thing, bad, flag, not_carried, number, text, texts, thing, whole
from gateway.dialects.translation import Translated

LONGEST_USER = 64
"""Characters that OpenAI takes as `user`. Claude Code's `user_id` has more."""
_SCALARS: Mapping[str, tuple[str, Callable[[object, str], object]]] = {
    "temperature": ("temperature", number),
    "top_p": ("top_p", number),
    "top_k": ("top_k", lambda value, at: whole(value, at, 0)),
    "max_tokens": ("max_completion_tokens", lambda value, at: whole(value, at, 1)),
}
"""Members that are carried as they are: their names in a chat, and how they are read. `top_k` is no member of OpenAI's, but all local
engines have it; limits on tokens include what is thought in both APIs."""
_NEEDED = frozenset({"max_tokens"})
_REFUSED: Mapping[str, str] = {
    "container": "Containers are at Anthropic. Leave `container` out, or ask for one of Anthropic's models.",
    "mcp_servers": "Anthropic's servers call MCP servers, this model's do not. Leave `mcp_servers` out, and call them yourself.",
    "inference_geo": "A region cannot be asked for at this model. Leave `inference_geo` out, or ask for a model of that region.",
    "thread": "Threads are kept at Anthropic. Leave `thread` out, and send the whole conversation.",
}
"""Members without which the answer would not be the one that was asked for."""
_AS_ABSENT: Mapping[str, tuple[object, ...]] = {"mcp_servers": ([],), "inference_geo": ("global", "not_available")}
_CARRIED = frozenset(
    {"model", "system", "messages", "stop_sequences", "tools", "tool_choice", "thinking", "output_config", "output_format"}
)


def translated(fields: Mapping[str, object]) -> Translated:
    """The same request as a chat. Raises `BadRequest`: `bad_field` for what is malformed, `not_carried` for what no chat can do.

    A message that ends with the model's own words is to be continued: vLLM and SGLang are asked to, in their own words, and an engine
    that cannot refuses it.
    """
    _refuse(fields)
    lost = Lost()
    said = messages(fields, lost)
    chat: dict[str, object] = {"model": text(fields.get("model"), "model"), "messages": said}
    for name, (in_chat, read) in _SCALARS.items():
        if fields.get(name) is not None or name in _NEEDED:
            chat[in_chat] = read(fields.get(name), name)
    if fields.get("stop_sequences"):
        chat["stop"] = texts(fields["stop_sequences"], "stop_sequences")
    chat |= tools(fields, lost) | effort(fields, lost) | _form(fields) | _user(fields, lost) | _stream(fields)
    if goes_on(said):
        chat |= {"continue_final_message": True, "add_generation_prompt": False}
    lost.rest(fields, _CARRIED | _SCALARS.keys() | {"metadata", "stream"} | _REFUSED.keys())
    return Translated(chat, lost.names)


def _refuse(fields: Thing) -> None:
    for name, say in _REFUSED.items():
        if fields.get(name) is not None and fields[name] not in _AS_ABSENT.get(name, ()):
            raise not_carried(name, say)


def _form(fields: Thing) -> dict[str, object]:
    """The schema of the answer. Anthropic's API holds every answer to it, so the other one is asked to do the same."""
    config = {} if fields.get("output_config") is None else thing(fields["output_config"], "output_config")
    at, form = ("output_config.format", config["format"]) if config.get("format") else ("output_format", fields.get("output_format"))
    if form is None:
        return {}
    form = thing(form, at)
    if form.get("type") != "json_schema":
        raise bad(f"{at}.type", "`json_schema`")
    schema = thing(form.get("schema"), f"{at}.schema")
    return {"response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True}}}


def _user(fields: Thing, lost: Lost) -> dict[str, object]:
    """For whom the request is: both APIs ask for an opaque id, to tell misuse by one from misuse by all."""
    if fields.get("metadata") is None:
        return {}
    metadata = thing(fields["metadata"], "metadata")
    lost.rest(metadata, {"user_id"}, "metadata")
    if metadata.get("user_id") is None:
        return {}
    user = text(metadata["user_id"], "metadata.user_id")
    if len(user) > LONGEST_USER:
        lost.add("metadata.user_id")
        return {}
    return {"user": user}


def _stream(fields: Thing) -> dict[str, object]:
    is_stream = fields.get("stream") is not None and flag(fields["stream"], "stream")
    return {"stream": True, "stream_options": {"include_usage": True}} if is_stream else {}
