"""Names of tools: those of MCP servers are long, and Anthropic's API takes longer ones than OpenAI's."""

from collections.abc import Mapping
from hashlib import sha256

from gateway.dialects.reading import listed, string

LONGEST = 64
"""Characters of a function's name in a chat."""
_DIGITS = 8


def short(name: str) -> str:
    """A tool's name in a chat: one that is too long is cut, and ends in a digest of the whole, so that no two become one."""
    if len(name) <= LONGEST:
        return name
    return f"{name[: LONGEST - _DIGITS - 1]}_{sha256(name.encode(errors='surrogatepass')).hexdigest()[:_DIGITS]}"


def shortened(asked: Mapping[str, object]) -> dict[str, str]:
    """The names of a request's tools by what they were cut to; of those that were."""
    names = [string(tool.get("name")) for tool in listed(asked.get("tools"))]
    return {short(name): name for name in names if len(name) > LONGEST}
