"""Names of tools, which may be longer in Anthropic's API than in OpenAI's, and ids of calls, which may not be so odd."""

import re
from collections.abc import Mapping
from hashlib import sha256

from gateway.dialects.reading import listed, string

LONGEST = 64
"""Characters of a function's name in a chat."""
_DIGITS = 8
_ODD = re.compile(r"[^A-Za-z0-9_-]")


def short(name: str) -> str:
    """A tool's name in a chat: one that is too long is cut, and ends in a digest of the whole, so that no two become one."""
    if len(name) <= LONGEST:
        return name
    return f"{name[: LONGEST - _DIGITS - 1]}_{_digest(name)}"


def plain(call_id: str) -> str:
    """The id of a call in Anthropic's characters. One with others in it, as `find:0`, ends in a digest, so that no two become one."""
    made = _ODD.sub("_", call_id)
    return call_id if made == call_id else f"{made}_{_digest(call_id)}"


def shortened(asked: Mapping[str, object]) -> dict[str, str]:
    """The names of a request's tools by what they were cut to; of those that were."""
    names = [string(tool.get("name")) for tool in listed(asked.get("tools"))]
    return {short(name): name for name in names if len(name) > LONGEST}


def _digest(name: str) -> str:
    return sha256(name.encode(errors="surrogatepass")).hexdigest()[:_DIGITS]
