"""Which addresses a destination may have: what a local one is held to, what an external one needs, and lists of replicas in files."""

import re
from collections.abc import Iterator, Sequence
from ipaddress import ip_address, ip_network

from gateway.upstreams.origin import Network, Origin

LOCAL_NETWORKS: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in (
        "127.0.0.0/8",
        "::1/128",
        "10.0.0.0/8",  # RFC 1918, as the next two
        "172.16.0.0/12",
        "192.168.0.0/16",
        "fc00::/7",  # RFC 4193
        "100.64.0.0/10",  # RFC 6598; also what Tailscale uses. Not link-local: cloud metadata services live there
    )
)
_PRIVATE_NAMES = frozenset({"localhost", "local", "internal", "lan", "home", "corp", "intranet", "private", "svc", "arpa", "test"})
"""Last labels of host names that public name servers do not give out."""
_LOOKS_NUMERIC = re.compile(r"(.*\.)?(0x[0-9a-f]*|[0-9]+)", re.IGNORECASE)


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine's own."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def local_objection(origin: Origin, *, has_networks: bool) -> str:
    """Why a local destination may not be there; empty when it may. `has_networks`: the operator has named its networks."""
    try:
        ip_address(origin.host)
    except ValueError:
        pass
    else:
        outside = "this address is outside the networks of a local destination; name its network under `networks`"
        return "" if origin.allows(origin.host) else outside
    if _LOOKS_NUMERIC.fullmatch(origin.host):
        return "write the address as four decimal numbers"
    last = origin.host.rstrip(".").rpartition(".")[2]
    is_public = "." in origin.host and last not in _PRIVATE_NAMES
    if is_public and origin.scheme == "http" and not has_networks:
        return f"{origin.host!r} looks like a public host: use https, or name the networks that it is in under `networks`"
    return ""


def external_objection(origin: Origin) -> str:
    """Why an external destination may not be reached so; empty when it may."""
    if _LOOKS_NUMERIC.fullmatch(origin.host) and not is_loopback(origin.host) and ":" not in origin.host and origin.host.count(".") != 3:
        return "write the address as four decimal numbers"
    if origin.scheme == "http" and not is_loopback(origin.host):
        return "an external destination must be reached by https, so that nobody in between reads along"
    return ""


def listed(text: str, networks: Sequence[Network], *, has_networks: bool) -> Iterator[tuple[int, str, str]]:
    """A file of replicas, one API base a line: `(line, base, what is wrong with it)`. Lines that are empty or begin with `#` are none."""
    for number, line in enumerate(text.splitlines(), 1):
        url = line.strip().rstrip("/")
        if not url or url.startswith("#"):
            continue
        try:
            yield number, url, local_objection(Origin.parse(url, networks), has_networks=has_networks)
        except ValueError as error:
            yield number, url, str(error)
