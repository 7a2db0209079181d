import pytest

from gateway.dialects.responses_over_chat.request import translated
from gateway.errors import BadRequest


def test_what_is_null_is_not_asked_for() -> None:
    asked = dict.fromkeys(
        ("temperature", "tools", "tool_choice", "text", "reasoning", "include", "stream_options", "instructions", "prompt")
    )
    assert translated({"model": "m", "input": "a", **asked}).fields == {"model": "m", "messages": [{"role": "user", "content": "a"}]}


def test_log_probabilities_are_asked_for_by_either_member() -> None:
    assert translated({"input": "a", "include": ["message.output_text.logprobs"]}).fields["logprobs"] is True
    assert translated({"input": "a", "top_logprobs": 2}).fields["top_logprobs"] == 2
    assert "logprobs" not in translated({"input": "a", "top_logprobs": 0}).fields


def test_the_caller_is_told_nothing_of_what_it_said() -> None:
    with pytest.raises(BadRequest) as refusal:
        translated({"input": [{"role": "user", "content": [{"type": "SECRET"}]}]})
    assert b"SECRET" not in refusal.value.body


@pytest.mark.parametrize(
    ("more", "code", "param"),
    [
        ({"input": []}, "bad_field", "input"),
        ({"input": [{"type": "reasoning", "summary": []}]}, "bad_field", "input"),
        ({"instructions": 7}, "bad_field", "instructions"),
        ({"text": "x"}, "bad_field", "text"),
        ({"text": {"format": "json"}}, "bad_field", "text.format"),
        ({"text": {"format": {"name": "x"}}}, "bad_field", "text.format.type"),
        ({"text": {"format": {"type": "grammar"}}}, "not_carried", "text.format.type"),
        ({"text": {"format": {"type": "json_schema", "schema": {}}}}, "bad_field", "text.format.name"),
        ({"text": {"format": {"type": "json_schema", "name": "x"}}}, "bad_field", "text.format.schema"),
        ({"reasoning": "high"}, "bad_field", "reasoning"),
        ({"include": "x"}, "bad_field", "include"),
        ({"include": [7]}, "bad_field", "include"),
        ({"input": [7]}, "bad_field", "input[0]"),
        ({"stream_options": []}, None, None),
        ({"stream_options": [1]}, "bad_field", "stream_options"),
        ({"conversation": {"id": "conv_1"}}, "not_carried", "conversation"),
    ],
)
def test_malformed_members_are_refused(more: dict[str, object], code: str | None, param: str | None) -> None:
    asked = {"model": "m", "input": "a", **more}
    if code is None:
        assert translated(asked).lost == ()
        return
    with pytest.raises(BadRequest) as refusal:
        translated(asked)
    assert (refusal.value.code, refusal.value.param) == (code, param)
