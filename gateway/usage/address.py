"""Where a PostgreSQL is, by its URL: one place, which the configuration names and the backstop lets through."""

import re
from urllib.parse import parse_qs, unquote, urlsplit

POSTGRES = ("postgresql://", "postgres://")
PORT = 5432
_ELSEWHERE = ("hostaddr", "service", "servicefile", "oauth_issuer")
"""What else could say where it is, unseen, or have something else connected to."""
_OTHERWISE = re.compile(r"[\x00-\x20\x7f#]")
"""What libpq reads otherwise than Python: it knows no fragments, and leaves out nothing."""


def address(url: str) -> tuple[str, int]:
    """Host and port; a host that begins with a slash is the folder of a socket of this machine. Raises ValueError with a sentence."""
    try:
        parts = urlsplit(url)
        port, asked = parts.port, parse_qs(parts.query)
        hosts = [unquote(parts.hostname)] if parts.hostname else []
        port = int(",".join(asked["port"])) if "port" in asked else port
    except ValueError:
        raise ValueError("the URL of the database names no one host and port") from None
    hosts += asked.get("host", [])
    is_one = len(hosts) == 1 and "," not in hosts[0] and not any(name in asked for name in _ELSEWHERE)
    if not url.startswith(POSTGRES) or not is_one or not _is_plain(url, parts.netloc):
        raise ValueError("write the database as postgresql://USER:PASSWORD@HOST:5432/NAME, with one host")
    return hosts[0], PORT if port is None else port


def _is_plain(url: str, authority: str) -> bool:
    """Whether libpq reads the same there: to it, a user's name and password go to the first @ before a slash, whatever stands in them."""
    asked = url.partition("://")[2].partition("/")[0]
    return not _OTHERWISE.search(url) and asked.count("@") == authority.count("@") <= 1
