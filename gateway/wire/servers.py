"""Servers that a request names for the model to call: what was cleared for a target is not cleared for them.

Hosted MCP tools say where (`server_url`, `connector_id`), and whoever runs the model sends there what it likes of the conversation.
"""

from collections.abc import Iterator, Mapping

from gateway.errors import BadRequest

_PLACES = frozenset({"server_url", "connector_id"})
_SAY = "A server named here would get what was cleared for the model alone. Call it in your application, and send its tools as functions."


def check_servers(fields: Mapping[str, object]) -> None:
    """Refuse a request that names a server. Raises `BadRequest`."""
    if fields.get("mcp_servers"):
        raise BadRequest("forbidden_field", _SAY, param="mcp_servers")
    for place, tool in _tools(fields):
        if tool.get("type") == "mcp" or not _PLACES.isdisjoint(tool):
            raise BadRequest("forbidden_field", _SAY, param=place)


def _tools(fields: Mapping[str, object]) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Each tool with its place, also of namespaces, and of items that bring some."""
    left = [("tools", fields.get("tools"))]
    given = fields.get("input")
    items = given if isinstance(given, list) else ()
    left += [(f"input[{n}].tools", item["tools"]) for n, item in enumerate(items) if isinstance(item, dict) and "tools" in item]
    while left:
        place, tools = left.pop()
        for number, tool in enumerate(tools if isinstance(tools, list) else ()):
            if isinstance(tool, dict):
                yield f"{place}[{number}]", tool
                left.append((f"{place}[{number}].tools", tool.get("tools")))
