"""What requests need, in three dialects."""

import base64

import msgspec
import pytest

from classifiers.prompt import Prompt
from gateway.wire.ask import decode
from gateway.wire.needs import needs_of
from router.facts import Needs
from router.names import Ability, Endpoint

URL = "https://images.example.com/cat.png"
PNG = {"type": "base64", "media_type": "image/png", "data": base64.b64encode(bytes(range(256))).decode()}
FUNCTION = {"type": "function", "function": {"name": "f", "parameters": {}}}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "n", "schema": {}}}


def chat(*parts: dict[str, object], **more: object) -> dict[str, object]:
    return {"model": "m", "messages": [{"role": "user", "content": [{"type": "text", "text": "Look."}, *parts]}], **more}


def responses(*parts: dict[str, object], **more: object) -> dict[str, object]:
    return {"model": "m", "input": [{"role": "user", "content": [{"type": "input_text", "text": "Look."}, *parts]}], **more}


@pytest.mark.parametrize(
    ("endpoint", "fields", "abilities"),
    [
        pytest.param("chat", chat(), set(), id="text"),
        pytest.param("chat", chat({"type": "image_url", "image_url": {"url": URL}}), {"vision"}, id="a picture"),
        pytest.param("chat", chat({"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}}), {"audio"}, id="sound"),
        pytest.param("chat", chat({"type": "audio_url", "audio_url": {"url": URL}}), {"audio"}, id="sound by its address"),
        pytest.param("chat", chat({"type": "file", "file": {"file_id": "file-1"}}), {"documents"}, id="a file"),
        pytest.param("chat", chat({"type": "video_url", "video_url": {"url": URL}}), set(), id="a film: nobody says who can"),
        pytest.param("chat", chat(tools=[FUNCTION]), {"tools"}, id="tools"),
        pytest.param("chat", chat(functions=[{"name": "f"}]), {"tools"}, id="functions"),
        pytest.param("chat", chat(tools=[]), set(), id="no tools"),
        pytest.param("chat", chat(response_format=SCHEMA), {"json_schema"}, id="a schema"),
        pytest.param("chat", chat(response_format={"type": "json_object"}), set(), id="JSON of any schema"),
        pytest.param("messages", chat({"type": "image", "source": PNG}), {"vision"}, id="Messages: a picture"),
        pytest.param("messages", chat({"type": "document", "source": {"type": "url", "url": URL}}), {"documents"}, id="Messages: a file"),
        pytest.param(
            "messages",
            chat({"type": "document", "source": {"type": "text", "data": "x"}}, {"type": "image", "source": PNG}),
            {"vision"},
            id="Messages: a document of text needs nothing",
        ),
        pytest.param(
            "messages",
            chat({"type": "tool_result", "tool_use_id": "1", "content": [{"type": "image", "source": PNG}]}),
            {"vision"},
            id="Messages: in a tool's result",
        ),
        pytest.param("messages", chat(output_config={"format": {"type": "json_schema"}}), {"json_schema"}, id="Messages: a schema"),
        pytest.param("messages", chat(output_format={"type": "json_schema"}), {"json_schema"}, id="Messages: a schema, as it was"),
        pytest.param("responses", responses({"type": "input_image", "image_url": URL}), {"vision"}, id="Responses: a picture"),
        pytest.param("responses", responses({"type": "input_file", "file_url": URL}), {"documents"}, id="Responses: a file"),
        pytest.param("responses", responses(text={"format": {"type": "json_schema"}}), {"json_schema"}, id="Responses: a schema"),
        pytest.param("responses", responses(text={"format": {"type": "text"}}), set(), id="Responses: text"),
        pytest.param(
            "responses",
            {
                "model": "m",
                "input": [{"type": "function_call_output", "call_id": "1", "output": [{"type": "input_image", "image_url": URL}]}],
            },
            {"vision"},
            id="Responses: in a function's output",
        ),
    ],
)
def test_abilities(endpoint: Endpoint, fields: dict[str, object], abilities: set[Ability]) -> None:
    assert decode(msgspec.json.encode(fields), endpoint).needs.abilities == abilities


def test_what_rules_ask_for() -> None:
    needs = decode(msgspec.json.encode(chat({"type": "image_url", "image_url": {"url": URL}}, tools=[FUNCTION])), "chat").needs
    assert needs == Needs(True, True, False, frozenset({"tools", "vision"}))
    assert decode(msgspec.json.encode(chat(response_format={"type": "text"})), "chat").needs == Needs(has_schema=True)
    assert decode(msgspec.json.encode(responses(text={"format": {"type": "json_schema"}})), "responses").needs.has_schema


def test_odd_shapes_need_nothing() -> None:
    fields = {"messages": [None, {"type": ["image"], "content": "x"}], "text": "x", "output_config": 1, "response_format": "x"}
    assert needs_of(fields, Prompt()).abilities == frozenset()
