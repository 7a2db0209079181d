"""Where an upstream client connects to: a base URL, parsed strictly, and the networks that its address must be in."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Literal
from urllib.parse import urlsplit

from typing_extensions import override

Network = IPv4Network | IPv6Network
DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(%[A-Za-z0-9._~-]+)?")
_PATH = re.compile(r"(/[A-Za-z0-9._~!$&'()*+,;=:@%-]*)*")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a client connects to: the parsed base URL, and the networks that its address must be in (none: any)."""

    scheme: Literal["http", "https"]
    host: str
    port: int
    base_path: str = ""
    networks: tuple[Network, ...] = ()

    @classmethod
    def parse(cls, url: str, networks: Sequence[Network] = ()) -> "Origin":
        """Parse a base URL such as `http://vllm-0:8000/v1`. Raises `ValueError` with a sentence that does not repeat the URL."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise ValueError("the URL cannot be parsed: write it like http://host:8000/v1") from None
        host = parts.hostname or ""
        path = parts.path.rstrip("/")
        wrong = (
            (parts.scheme not in DEFAULT_PORTS, "must begin with http:// or https://"),
            ("@" in parts.netloc, "must not contain a user name or password: put the credential under `key`"),
            ("?" in url, "must not have a query (`?...`)"),
            ("#" in url, "must not have a fragment (`#...`)"),
            (not host, "has no host"),
            (
                not _HOST.fullmatch(host),
                "has a host with characters that host names do not have: write international names in their xn-- form",
            ),
            (port == 0, "has port 0"),
            (not _PATH.fullmatch(path), "has a path with characters that must be percent-encoded"),
        )
        for is_wrong, sentence in wrong:
            if is_wrong:
                raise ValueError(f"the URL {sentence}; write it like http://host:8000/v1")
        scheme: Literal["http", "https"] = "https" if parts.scheme == "https" else "http"
        return cls(scheme, host, port or DEFAULT_PORTS[scheme], path, tuple(networks))

    @property
    def authority(self) -> str:
        """Host and port as the Host header has them: the default port is left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @override
    def __str__(self) -> str:
        """Scheme, host and port: what messages show."""
        return f"{self.scheme}://{self.authority}"

    def allows(self, address: str) -> bool:
        """Tell whether an address may be connected to. An IPv4 address inside an IPv6 one counts as the IPv4 address that it is."""
        if not self.networks:
            return True
        parsed: IPv4Address | IPv6Address = ip_address(address)
        if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
            parsed = parsed.ipv4_mapped
        return any(parsed in network for network in self.networks)
