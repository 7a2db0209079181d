"""What the protocol itself defines: words, keys and roles, and where what they hold stands."""

from collections.abc import Mapping

from classifiers.prompt import Place
from gateway.wire.opaque import OPAQUE, SEALED, SOURCES

WORDS = frozenset(
    (
        "user assistant system developer tool function text image_url input_audio file auto none required json_object json_schema low "
        "medium high minimal object string number integer boolean array null default flex priority float base64 audio stop length "
        "message input_text output_text input_image input_file function_call function_call_output tool_use tool_result thinking enabled "
        "disabled adaptive ephemeral any summary_text reasoning_text completed in_progress custom"
    ).split()
)
"""Values that the protocol itself defines. They carry nothing of the caller's, so they are not scanned."""

LONGEST_WORD = max(map(len, WORDS))

KEYS = frozenset(
    (
        "role content type text name messages model stream stream_options include_usage temperature top_p n max_tokens "
        "max_completion_tokens stop tools tool_choice tool_calls tool_call_id function arguments description parameters properties "
        "required items enum strict id index user metadata response_format json_schema schema seed logprobs top_logprobs "
        "presence_penalty frequency_penalty logit_bias prompt input suffix image_url url detail input_audio data format file file_id "
        "file_data filename reasoning_effort parallel_tool_calls prediction modalities audio service_tier store verbosity "
        "safety_identifier prompt_cache_key dimensions encoding_format best_of echo additionalProperties title refusal reasoning "
        "reasoning_content function_call functions top_k min_p repetition_penalty extra_body system instructions max_output_tokens "
        "stop_sequences cache_control input_schema tool_use_id is_error thinking budget_tokens disable_parallel_tool_use call_id "
        "previous_response_id context_management input_text output_text text_1 text_2 top_n documents query"
    ).split()
)
"""Keys that the protocol itself defines. Any other is the caller's own, and is scanned."""

SPEAKERS: dict[str, Place] = {
    "user": "content",
    "system": "instruction",
    "developer": "instruction",
    "assistant": "answer",
    "tool": "result",
    "function": "result",
}
"""The protocol's own roles. Any other is a person's, but for `model`, which is Gemini's for `assistant`."""
PLACE_OF_ROLE: dict[str, Place] = {**SPEAKERS, "model": "answer"}
RESULTS = frozenset({"tool_result", "function_call_output", "custom_tool_call_output", "mcp_tool_result"})
"""Content parts of a person's turn that hold what a tool returned."""
TELLING = RESULTS.union(SEALED)
"""Types of objects that say something of what they hold."""
PLACE_OF_ITEM: dict[str, Place] = {
    "function_call": "call",
    "custom_tool_call": "call",
    "function_call_output": "result",
    "custom_tool_call_output": "result",
    "reasoning": "answer",
}
"""Items of a conversation that have no role, by their type."""
PLACE_OF_KEY: dict[str, Place] = {
    "name": "name",
    "filename": "name",
    "tools": "tool",
    "functions": "tool",
    "arguments": "call",
    "system": "instruction",
    "instructions": "instruction",
}
KNOWN = KEYS.union(OPAQUE, SOURCES)
"""Keys that are no caller's own, or under which may stand what no detector can read."""
PARAMETERS = "properties"
"""Under which a tool names its parameters."""
PLAIN_KEYS = KEYS.difference(OPAQUE, SOURCES, {PARAMETERS})
"""Keys that say nothing but, some of them, where their value stands."""
QUIET_KEYS = frozenset(key for key in KEYS if key not in OPAQUE)
"""Keys that say nothing when their value is small: a number, a flag, nothing."""


def place_of_turn(turn: Mapping[str, object]) -> Place:
    """Where what a turn says stands: by its role, or, of those that have none, as Responses have some, by its type."""
    role, kind = turn.get("role"), turn.get("type")
    if type(role) is str:
        return PLACE_OF_ROLE.get(role, "content")
    return PLACE_OF_ITEM.get(kind, "content") if type(kind) is str else "content"
