from collections.abc import Mapping

import msgspec
import pytest

from gateway.upstreams.closed_fields import NotTaken, taken
from router.names import Endpoint

MESSAGES = [{"role": "user", "content": "hi"}]
STEERING = (
    "api_base base_url api_key api_version extra_headers headers custom_llm_provider mock_response mock_tool_calls callbacks fallbacks metadata "
    "litellm_params model_list extra_body num_retries timeout caching client proxy organization aws_role_name vertex_credentials model"
).split()


@pytest.mark.parametrize("name", STEERING)
@pytest.mark.parametrize("supported", [pytest.param(None, id="support unknown"), pytest.param(STEERING, id="even if it is supported")])
def test_a_member_that_could_steer_the_library_is_dropped(name: str, supported: list[str] | None) -> None:
    assert taken({"messages": MESSAGES, name: "x"}, "chat", supported) == {"messages": MESSAGES}


@pytest.mark.parametrize(
    ("fields", "endpoint", "supported", "expected"),
    [
        pytest.param(
            {"temperature": 0.5, "stream": True}, "chat", ["temperature"], {"temperature": 0.5, "stream": True}, id="what is known goes on"
        ),
        pytest.param({"seed": 1, "user": "u"}, "chat", [], {}, id="advice that the API has no place for is left out"),
        pytest.param({"n": 1, "logprobs": False}, "chat", [], {}, id="what asks for the usual is left out"),
        pytest.param({"tools": None, "stop": None}, "chat", [], {}, id="null is absent"),
        pytest.param({"n": 3}, "chat", None, {"n": 3}, id="all is tried where nothing is known of the API"),
        pytest.param({"dimensions": 8}, "embeddings", ["dimensions"], {"dimensions": 8}, id="embeddings"),
        pytest.param({"echo": False, "max_tokens": 4}, "completions", ["max_tokens"], {"max_tokens": 4}, id="completions"),
    ],
)
def test_taken(fields: Mapping[str, object], endpoint: Endpoint, supported: list[str] | None, expected: Mapping[str, object]) -> None:
    assert taken(fields, endpoint, supported) == expected


@pytest.mark.parametrize(
    ("fields", "endpoint", "param"),
    [
        pytest.param({"n": 2}, "chat", "n", id="more answers than one"),
        pytest.param({"response_format": {"type": "json_object"}}, "chat", "response_format", id="a form of the answer"),
        pytest.param({"echo": True}, "completions", "echo", id="echo"),
        pytest.param({"dimensions": 8}, "embeddings", "dimensions", id="dimensions"),
        pytest.param({"tools": [{"type": "mcp", "server_url": "https://there.example"}]}, "chat", "tools", id="a tool that names a server"),
        pytest.param({"tools": [{"type": "web_search_20250305"}]}, "chat", "tools", id="a tool that runs at the vendor"),
        pytest.param({"tools": ["f"]}, "chat", "tools", id="a tool that is none"),
    ],
)
def test_what_would_change_the_meaning_is_refused_without_quoting(fields: Mapping[str, object], endpoint: Endpoint, param: str) -> None:
    with pytest.raises(NotTaken) as refused:
        taken(fields, endpoint, ["temperature"])
    error = msgspec.json.decode(refused.value.body)["error"]
    assert error["param"] == param
    assert error["code"] == "unsupported_parameter"
    assert "there.example" not in error["message"]
