"""A Responses request as a chat request.

Ids, `store` and `metadata` are for the one who keeps responses, which is the gateway: they stay behind. What a response would have been
continued from is in `input` already; where it is not, the request is refused.
"""

from collections.abc import Mapping
from types import MappingProxyType

from gateway.dialects.reading import Lost, Thing, bad, filled, not_carried, text, texts, thing, things
from gateway.dialects.responses_over_chat.items import Turns
from gateway.dialects.responses_over_chat.tools import chosen, offered
from gateway.dialects.translation import Translated

Fields = dict[str, object]

_SAME = (
    *("model", "stream", "temperature", "top_p", "service_tier", "user", "safety_identifier"),
    *("prompt_cache_key", "prompt_cache_retention", "prompt_cache_options"),
)
"""Members that a chat has too, under the same name and with the same meaning."""
_READ = frozenset(
    "input instructions max_output_tokens top_logprobs include tools tool_choice parallel_tool_calls text reasoning stream_options "
    "metadata store background truncation".split()
) | frozenset(_SAME)
"""Members that are read below, and those that say nothing to a model."""
_CONTINUES = "The gateway has not found what this continues. Send the whole conversation in `input`."
_REFUSED: Mapping[str, str] = MappingProxyType(
    {
        "previous_response_id": _CONTINUES,
        "conversation": _CONTINUES,
        "prompt": "Prompt templates are kept at OpenAI. Send `instructions` and `input` instead.",
        "background": "The model that serves this request does not work in the background. Leave `background` out, and stream instead.",
    }
)
_LOGPROBS = "message.output_text.logprobs"
_INCLUDES = frozenset(
    "reasoning.encrypted_content web_search_call.action.sources web_search_call.results file_search_call.results "
    "message.input_image.image_url computer_call_output.output.image_url code_interpreter_call.outputs".split()
)
"""What else may be asked for; by its name it is said that it is lost."""
_FORMATS = frozenset({"text", "json_schema", "json_object"})
_FORMAT = "The model that serves this request can be held to `text`, `json_object` or `json_schema` only."


def translated(fields: Thing) -> Translated:
    """The request in a chat's words. Raises `BadRequest` for what is malformed, and for what cannot be left out."""
    for name, say in _REFUSED.items():
        if fields.get(name):
            raise not_carried(name, say)
    lost = Lost()
    chat: Fields = {name: fields[name] for name in _SAME if fields.get(name) is not None}
    chat["messages"] = _messages(fields, lost)
    if fields.get("max_output_tokens") is not None:
        chat["max_completion_tokens"] = fields["max_output_tokens"]
    for part in (_stream, _tools, _text, _reasoning, _logprobs):
        chat |= part(fields, lost)
    if fields.get("truncation") not in (None, "disabled"):
        lost.add("truncation")
    lost.rest(fields, _READ)
    return Translated(chat, lost.names)


def _messages(fields: Thing, lost: Lost) -> list[Fields]:
    turns = Turns(lost)
    if fields.get("instructions"):
        turns.instruct(text(fields["instructions"], "instructions"))
    asked = fields.get("input")
    if isinstance(asked, str):
        asked = [{"role": "user", "content": asked}]
    if not isinstance(asked, list) or not asked:
        raise bad("input", "a string, or a list of at least one item")
    for place, item in things(asked, "input"):
        turns.add(item, place)
    messages = turns.messages()
    if not messages:
        raise bad("input", "more than reasoning: at least one message")
    return messages


def _stream(fields: Thing, lost: Lost) -> Fields:
    """A stream has to tell its usage, which a response always has."""
    options = thing(fields.get("stream_options") or {}, "stream_options")
    lost.rest(options, (), "stream_options")
    return {"stream_options": {"include_usage": True}} if fields.get("stream") else {}


def _tools(fields: Thing, lost: Lost) -> Fields:
    """Tools and the choice among them; without tools engines take neither."""
    offer = offered(fields, lost)
    functions, choice = chosen(fields.get("tool_choice"), offer, lost)
    if not functions:
        return {}
    parallel = fields.get("parallel_tool_calls")
    return {
        "tools": functions,
        **({} if choice is None else {"tool_choice": choice}),
        **({} if parallel is None else {"parallel_tool_calls": parallel}),
    }


def _text(fields: Thing, lost: Lost) -> Fields:
    asked = thing(fields.get("text") or {}, "text")
    lost.rest(asked, ("format", "verbosity"), "text")
    verbosity = {} if asked.get("verbosity") is None else {"verbosity": asked["verbosity"]}
    form = thing(asked.get("format") or {"type": "text"}, "text.format")
    kind = filled(form.get("type"), "text.format.type")
    if kind not in _FORMATS:
        raise not_carried("text.format.type", _FORMAT)
    return verbosity | _response_format(kind, form, lost)


def _response_format(kind: str, form: Thing, lost: Lost) -> Fields:
    if kind != "json_schema":
        lost.rest(form, ("type",), "text.format")
        return {} if kind == "text" else {"response_format": {"type": kind}}
    lost.rest(form, ("type", "name", "description", "schema", "strict"), "text.format")
    filled(form.get("name"), "text.format.name")
    thing(form.get("schema"), "text.format.schema")
    schema = {name: form[name] for name in ("name", "description", "schema", "strict") if form.get(name) is not None}
    return {"response_format": {"type": kind, "json_schema": schema}}


def _reasoning(fields: Thing, lost: Lost) -> Fields:
    """The effort. Asked for a summary, the answer has the reasoning itself there: chats have no other."""
    reasoning = thing(fields.get("reasoning") or {}, "reasoning")
    lost.rest(reasoning, ("effort", "summary", "generate_summary"), "reasoning")
    return {} if reasoning.get("effort") is None else {"reasoning_effort": reasoning["effort"]}


def _logprobs(fields: Thing, lost: Lost) -> Fields:
    """Log probabilities, which are asked for by either of two members."""
    included = texts(fields.get("include") or [], "include")
    for name in included:
        if name != _LOGPROBS:
            lost.add(name if name in _INCLUDES else "include[]")
    top = fields.get("top_logprobs")
    if not top and _LOGPROBS not in included:
        return {}
    return {"logprobs": True} if top is None else {"logprobs": True, "top_logprobs": top}
