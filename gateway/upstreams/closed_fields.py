"""What of a request a vendor's library is told: an allow-list of OpenAI's fields, so that no member of a body can steer the library.

A field outside of the list is dropped. So is, when the target's API has no such thing, an `_ADVISORY` field, without which an answer is
still what was asked for. Any other that the target's API lacks is refused, because its absence would change what the answer means.
"""

from collections.abc import Collection, Mapping

from gateway.errors import error_body
from router.names import Endpoint

_CARRIERS: Mapping[Endpoint, frozenset[str]] = {
    "chat": frozenset({"messages", "stream", "stream_options"}),
    "completions": frozenset({"prompt", "stream", "stream_options"}),
    "embeddings": frozenset({"input"}),
}
_MEANT: Mapping[Endpoint, frozenset[str]] = {
    "chat": frozenset(
        "temperature top_p n stop max_tokens max_completion_tokens modalities audio response_format tools tool_choice parallel_tool_calls "
        "functions function_call logprobs top_logprobs thinking".split()
    ),
    "completions": frozenset("temperature top_p n stop max_tokens suffix echo best_of logprobs".split()),
    "embeddings": frozenset({"dimensions", "encoding_format"}),
}
_ADVISORY: Mapping[Endpoint, frozenset[str]] = {
    "chat": frozenset(
        "user seed presence_penalty frequency_penalty logit_bias prediction reasoning_effort verbosity service_tier "
        "safety_identifier".split()
    ),
    "completions": frozenset("user seed presence_penalty frequency_penalty logit_bias".split()),
    "embeddings": frozenset({"user"}),
}
_SAME_AS_ABSENT: Mapping[str, object] = {
    "n": 1,
    "logprobs": False,
    "echo": False,
    "best_of": 1,
    "modalities": ["text"],
    "encoding_format": "float",
}
"""Values that ask for what happens anyway."""
_TOOLS = frozenset({"function", "custom"})


class NotTaken(Exception):  # not an error: a value of the request that the target has no place for
    """The target's API has no place for a field. `body` is the refusal in OpenAI's shape; it names the field and quotes no value."""

    def __init__(self, field: str, say: str) -> None:
        super().__init__(field)
        self.body = error_body(say, "invalid_request_error", "unsupported_parameter", field)


def taken(fields: Mapping[str, object], endpoint: Endpoint, supported: Collection[str] | None) -> dict[str, object]:
    """The arguments of the call. `supported` names what the target's API knows; None: unknown, everything is tried. Raises `NotTaken`."""
    _check_tools(fields.get("tools"))
    arguments = {name: fields[name] for name in _CARRIERS[endpoint] if fields.get(name) is not None}
    for name in sorted((_MEANT[endpoint] | _ADVISORY[endpoint]) & fields.keys()):
        value = fields[name]
        if value is None or (name in _SAME_AS_ABSENT and value == _SAME_AS_ABSENT[name]):
            continue
        if supported is None or name in supported:
            arguments[name] = value
        elif name in _MEANT[endpoint]:
            raise NotTaken(name, f"The API of this target has no `{name}`. Leave it out, or ask for another model.")
    return arguments


def _check_tools(tools: object) -> None:
    """A tool of another type runs at the vendor, and some name a server that would then receive content: nobody cleared that."""
    for tool in tools if isinstance(tools, list) else ():
        if not isinstance(tool, dict) or tool.get("type", "function") not in _TOOLS:
            raise NotTaken("tools", "This target gets tools of type `function` only. Run other tools yourself, or ask for another model.")
