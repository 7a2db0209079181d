"""Whether a usage store is outside: a database that is not in the own networks. While a lockdown is on, nothing goes there."""

import socket

from gateway.config.addresses import LOCAL_NETWORKS
from gateway.upstreams.origin import Origin
from gateway.usage.address import POSTGRES, address

SAY = "a lockdown is on, and the database of the usage store is outside"


def is_outside(url: str) -> bool:
    """Asks for the addresses of a host that has a name; one that has none now is taken to be outside."""
    if not url.startswith(POSTGRES):
        return False
    host, port = address(url)
    if host.startswith("/"):
        return False
    try:
        found = {str(row[4][0]).partition("%")[0] for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        return True
    place = Origin("http", host, port, networks=LOCAL_NETWORKS)
    return not all(map(place.allows, found))
