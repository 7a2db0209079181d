"""No request names a server that a model would call."""

from typing import Any

import msgspec
import pytest

from gateway.errors import BadRequest
from gateway.wire.ask import decode
from gateway.wire.servers import check_servers
from router.names import Endpoint

MCP = {"type": "mcp", "server_label": "m", "server_url": "https://mcp.example"}
FIND = {"type": "function", "name": "find", "parameters": {"type": "object", "properties": {"server_url": {"type": "string"}}}}
SAID = {"role": "user", "content": "Hi."}


@pytest.mark.parametrize(
    ("endpoint", "more", "param"),
    [
        pytest.param("responses", {"input": "Hi.", "tools": [FIND, MCP]}, "tools[1]", id="Responses"),
        pytest.param("responses", {"input": "Hi.", "tools": [{"type": "mcp", "connector_id": "c"}]}, "tools[0]", id="a connector"),
        pytest.param("responses", {"input": "Hi.", "tools": [{"type": "new", "server_url": "x"}]}, "tools[0]", id="of another type"),
        pytest.param("responses", {"input": [SAID, {"type": "additional_tools", "tools": [MCP]}]}, "input[1].tools[0]", id="an item"),
        pytest.param(
            "responses", {"input": "Hi.", "tools": [{"type": "namespace", "tools": [FIND, MCP]}]}, "tools[0].tools[1]", id="a namespace"
        ),
        pytest.param("messages", {"messages": [SAID], "mcp_servers": [{"type": "url", "url": "x"}]}, "mcp_servers", id="Messages"),
        pytest.param("chat", {"messages": [SAID], "tools": [MCP]}, "tools[0]", id="chat"),
    ],
)
def test_a_server_is_refused(endpoint: Endpoint, more: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        decode(msgspec.json.encode({"model": "m", "max_tokens": 9, **more}), endpoint)
    assert (refusal.value.code, refusal.value.param) == ("forbidden_field", param)
    assert "mcp.example" not in refusal.value.say


@pytest.mark.parametrize(
    "fields",
    [{}, {"tools": None}, {"tools": [5, FIND]}, {"tools": "mcp"}, {"mcp_servers": []}, {"input": "x"}, {"input": [5, {"tools": 5}]}],
)
def test_others_are_not(fields: dict[str, Any]) -> None:
    check_servers(fields)
