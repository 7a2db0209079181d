"""Fixed headers by which a destination, or a collector, knows us: names that can be sent, values that are secrets."""

import re
from collections.abc import Iterator, Mapping

from gateway.config.destinations import SecretRef
from gateway.config.errors import Where
from gateway.config.secrets import Secrets
from gateway.secret import Secret

_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_OWN_HEADERS = frozenset(
    {"host", "content-length", "content-type", "transfer-encoding", "connection", "accept-encoding", "te", "upgrade", "trailer", "expect"}
)


def fixed_headers(headers: Mapping[str, SecretRef], where: Where, secrets: Secrets) -> Iterator[tuple[str, Secret]]:
    """The headers whose secrets are there. What is wrong with one is reported."""
    seen: set[str] = set()
    for name, ref in headers.items():
        if not _HEADER.fullmatch(name):
            secrets.report.add((*where, name), "this is not the name of a header")
        elif name.lower() in _OWN_HEADERS:
            secrets.report.add((*where, name), "the gateway sets this header itself")
        elif name.lower() in seen:
            secrets.report.add((*where, name), "this header stands here twice: capitals make no difference")
        seen.add(name.lower())
        secret = secrets.read(ref, (*where, name))
        if secret is not None:
            yield name, secret
