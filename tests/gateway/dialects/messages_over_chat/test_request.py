from typing import Any

import pytest

from gateway.dialects.messages_over_chat.request import LONGEST_USER, translated
from gateway.errors import BadRequest

ASKED: dict[str, Any] = {"model": "claude", "max_tokens": 10, "messages": [{"role": "user", "content": "hi"}]}
CHAT = {"model": "claude", "max_completion_tokens": 10, "messages": [{"role": "user", "content": "hi"}]}
SCHEMA = {"type": "object", "properties": {}, "additionalProperties": False}
FORM = {"response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA, "strict": True}}}
CONTINUED = {"continue_final_message": True, "add_generation_prompt": False}


@pytest.mark.parametrize(
    ("more", "said", "lost"),
    [
        pytest.param({}, {}, (), id="as little as can be"),
        pytest.param({"temperature": 0.5, "top_p": 1, "top_k": 40}, {"temperature": 0.5, "top_p": 1, "top_k": 40}, (), id="sampling"),
        pytest.param({"stop_sequences": ["\n", "END"]}, {"stop": ["\n", "END"]}, (), id="stop"),
        pytest.param({"stop_sequences": []}, {}, (), id="nothing stops it"),
        pytest.param({"stream": True}, {"stream": True, "stream_options": {"include_usage": True}}, (), id="a stream"),
        pytest.param({"stream": False}, {}, (), id="no stream"),
        pytest.param({"metadata": {"user_id": "u" * LONGEST_USER}}, {"user": "u" * LONGEST_USER}, (), id="for whom"),
        pytest.param({"metadata": {"user_id": "u" * (LONGEST_USER + 1)}}, {}, ("metadata.user_id",), id="too long a name"),
        pytest.param({"metadata": {"team": "x"}}, {}, ("metadata.team",), id="whatever else"),
        pytest.param({"metadata": None}, {}, (), id="null"),
        pytest.param({"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}}, FORM, (), id="a form"),
        pytest.param({"output_format": {"type": "json_schema", "schema": SCHEMA}}, FORM, (), id="a form, as it was asked for in betas"),
        pytest.param({"output_config": {"effort": "low"}}, {"reasoning_effort": "low"}, (), id="effort"),
        pytest.param(
            {"tools": [{"name": "f", "input_schema": {}}]},
            {"tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}]},
            (),
            id="tools",
        ),
        pytest.param(
            {"service_tier": "auto", "speed": "fast", "context_management": {"edits": []}},
            {},
            ("context_management", "service_tier", "speed"),
            id="lost",
        ),
        pytest.param({"container": None, "mcp_servers": [], "inference_geo": "global"}, {}, (), id="what is refused, asking nothing"),
    ],
)
def test_members_of_a_request(more: dict[str, Any], said: dict[str, Any], lost: tuple[str, ...]) -> None:
    assert translated({**ASKED, **more}) == ({**CHAT, **said}, lost)


def test_an_answer_that_was_begun_is_continued() -> None:
    begun = {"role": "assistant", "content": "The answer is ("}
    assert translated({**ASKED, "messages": [*ASKED["messages"], begun]}).fields == {
        **CHAT,
        **CONTINUED,
        "messages": [*ASKED["messages"], begun],
    }


@pytest.mark.parametrize("name", ["container", "mcp_servers", "inference_geo", "thread"])
def test_what_no_chat_can_do_is_refused(name: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        translated({**ASKED, name: [{"type": "x"}]})
    assert (refusal.value.code, refusal.value.param) == ("not_carried", name)
    assert name in refusal.value.say or name == "container"


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"model": None}, "model"),
        ({"max_tokens": None}, "max_tokens"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": 1.5}, "max_tokens"),
        ({"temperature": "hot"}, "temperature"),
        ({"top_k": -1}, "top_k"),
        ({"stop_sequences": "END"}, "stop_sequences"),
        ({"metadata": "u"}, "metadata"),
        ({"metadata": {"user_id": 5}}, "metadata.user_id"),
        ({"stream": "yes"}, "stream"),
        ({"output_config": {"format": {"type": "regex"}}}, "output_config.format.type"),
        ({"output_config": {"format": {"type": "json_schema"}}}, "output_config.format.schema"),
        ({"output_format": "json"}, "output_format"),
        ({"messages": "hi"}, "messages"),
    ],
)
def test_another_form_is_refused(more: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        translated({**ASKED, **more})
    assert (refusal.value.code, refusal.value.param) == ("bad_field", param)
