import msgspec
import pytest

from gateway.errors import BadRequest
from gateway.wire.prompts import Line, ask_of_any, ask_of_body, ask_of_line, ask_of_text

HI = '[{"role": "user", "content": "hi"}]'


@pytest.mark.parametrize(
    ("body", "endpoint", "model"),
    [
        pytest.param('{"text": "hi"}', "chat", "auto", id="a text"),
        pytest.param('{"text": "hi", "model": "auto:best"}', "chat", "auto:best", id="a text for a model"),
        pytest.param(f'{{"messages": {HI}}}', "chat", "auto", id="messages"),
        pytest.param(f'{{"id": 7, "model": "gpt", "messages": {HI}}}', "chat", "gpt", id="a whole body"),
        pytest.param('{"prompt": "hi"}', "completions", "auto", id="a completion"),
        pytest.param('{"input": ["hi"], "model": "m"}', "embeddings", "m", id="an embedding"),
        pytest.param(f'{{"input": {HI}}}', "responses", "auto", id="a response to turns"),
        pytest.param('{"input": "hi", "stream": true}', "responses", "auto", id="a response in events"),
        pytest.param('{"input": "hi", "text": {"verbosity": "low"}}', "responses", "auto", id="a response that is told how to be"),
        pytest.param(f'{{"messages": {HI}, "system": "Be brief."}}', "messages", "auto", id="Anthropic's messages"),
        pytest.param('{"input": "hi", "voice": "alloy"}', "speech", "auto", id="speech"),
        pytest.param('{"prompt": "hi", "size": "64x64"}', "images", "auto", id="a picture"),
    ],
)
def test_whatever_holds_a_prompt_is_asked_about(body: str, endpoint: str, model: str) -> None:
    ask = ask_of_any(body.encode())
    assert (ask.endpoint, ask.model) == (endpoint, model)
    assert "hi" in [part.text for part in ask.prompt.parts]


def test_a_text_that_begins_with_a_brace_is_no_conversation() -> None:
    assert ask_of_any(b'{"input": "{hi}"}').endpoint == ask_of_any(b'{"input": "[{hi}]"}').endpoint == "embeddings"


@pytest.mark.parametrize(
    ("body", "endpoint"),
    [
        pytest.param('{"query": "a", "documents": ["b"]}', "rerank", id="documents in order"),
        pytest.param('{"text_1": "a", "text_2": "b"}', "score", id="two texts"),
    ],
)
def test_two_texts_are_asked_about_together(body: str, endpoint: str) -> None:
    ask = ask_of_any(body.encode())
    assert ask.endpoint == endpoint
    assert {"a", "b"} <= {part.text for part in ask.prompt.parts}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param(b"", "malformed_json", id="nothing"),
        pytest.param(b"\xff", "malformed_json", id="no text"),
        pytest.param(b"[1]", "not_an_object", id="a list"),
        pytest.param(b"{}", "no_prompt", id="an empty object"),
        pytest.param(b'{"text": 7}', "bad_field", id="a text that is a number"),
        pytest.param(b'{"text": {"format": {}}}', "no_prompt", id="no text"),
        pytest.param(b'{"text": "a", "messages": []}', "two_prompts", id="both"),
        pytest.param(b"[" * 100_000, "too_deep", id="a hundred thousand brackets"),
        pytest.param(b'{"messages": [], "messages": []}', "bad_field", id="no messages"),
        pytest.param(f'{{"messages": {HI}, "messages": {HI}}}'.encode(), "duplicate_key", id="a key twice"),
    ],
)
def test_what_holds_none_is_refused(body: bytes, code: str) -> None:
    with pytest.raises(BadRequest) as refused:
        ask_of_any(body)
    assert refused.value.code == code


def test_the_parts() -> None:
    assert ask_of_text("hi", "m").model == "m"
    assert ask_of_body(f'{{"messages": {HI}}}'.encode()).model == "auto"
    line = msgspec.json.encode({"text": "hi"})
    assert ask_of_line(line, msgspec.json.decode(line, type=Line)).model == "auto"
