"""Where a PostgreSQL is, by its URL: one place, which the configuration names and the backstop lets through."""

from urllib.parse import parse_qs, unquote, urlsplit

POSTGRES = ("postgresql://", "postgres://")
PORT = 5432
_ELSEWHERE = ("hostaddr", "service", "servicefile")
"""What else could say where it is, unseen."""


def address(url: str) -> tuple[str, int]:
    """Host and port; a host that begins with a slash is the folder of a socket of this machine. Raises ValueError with a sentence."""
    try:
        parts = urlsplit(url)
        port, asked = parts.port, parse_qs(parts.query)
        hosts = [unquote(parts.hostname)] if parts.hostname else []
        port = int(asked["port"][0]) if "port" in asked else port
    except ValueError:
        raise ValueError("the URL of the database names no one host and port") from None
    hosts += asked.get("host", [])
    if not url.startswith(POSTGRES) or len(hosts) != 1 or "," in hosts[0] or any(name in asked for name in _ELSEWHERE):
        raise ValueError("write the database as postgresql://USER:PASSWORD@HOST:5432/NAME, with one host")
    return hosts[0], PORT if port is None else port
