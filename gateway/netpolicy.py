"""The registry of destinations as rules for walls outside of the process: a Kubernetes NetworkPolicy, or nftables for the gateway's user.

Both know addresses only. Names are resolved when the rules are written, which is said in them; a destination whose addresses change needs
`networks`, or a proxy that filters by name.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

from gateway.registry import Exit

Addresses = Mapping[str, Sequence[str]]
"""What each host name resolved to."""


@dataclass(frozen=True, slots=True)
class Opening:
    """One exit as networks. `why` says where they come from."""

    exit: Exit
    networks: tuple[IPv4Network | IPv6Network, ...]
    why: str


def unresolved(exits: Iterable[Exit], is_stated: Mapping[str, bool]) -> list[str]:
    """The host names that must be resolved: those of exits whose networks the configuration does not state."""
    names = [one.host for one in exits if one.port and not one.is_address and not (one.networks and is_stated.get(one.name))]
    return list(dict.fromkeys(names))


def openings(exits: Iterable[Exit], addresses: Addresses, is_stated: Mapping[str, bool]) -> list[Opening]:
    """Every exit that a packet filter can know. `is_stated` tells of which destinations the configuration itself names the networks."""
    found = []
    for one in exits:
        if not one.port:
            continue  # a socket of this machine
        if one.is_address:
            found.append(Opening(one, (ip_network(one.host.partition("%")[0]),), "as configured"))
        elif one.networks and is_stated.get(one.name):
            found.append(Opening(one, one.networks, "the networks of the configuration"))
        else:
            networks = tuple(sorted((ip_network(address) for address in addresses.get(one.host, ()) if one.allows(address)), key=str))
            found.append(Opening(one, networks, "resolved when this was written"))
    return found


def kubernetes(found: Sequence[Opening], *, digest: str, namespace: str = "", app: str = "tidegate") -> str:
    """A NetworkPolicy for the gateway's pods: to each destination, and to the cluster's DNS."""
    lines = [
        f"# Egress of Tidegate, configuration {digest}. Made by `tidegate export network-policy`; make it again when that changes.",
        "# A NetworkPolicy knows addresses only. Where names were resolved, addresses may change: state `networks`, or filter by name.",
        "# Traffic to a Service is judged by the addresses of its pods: for a destination in the cluster state their network.",
        "apiVersion: networking.k8s.io/v1",
        "kind: NetworkPolicy",
        "metadata:",
        f"  name: {app}-egress",
        *([f"  namespace: {namespace}"] if namespace else []),
        "spec:",
        "  podSelector:",
        "    matchLabels:",
        f"      app.kubernetes.io/name: {app}",
        "  policyTypes: [Egress]",
        "  egress:",
        "    # names, from the cluster's own name server",
        "    - to:",
        "        - namespaceSelector:",
        "            matchLabels:",
        "              kubernetes.io/metadata.name: kube-system",
        "      ports:",
        "        - {protocol: UDP, port: 53}",
        "        - {protocol: TCP, port: 53}",
    ]
    for one in found:
        lines += [f"    # {one.exit.name} ({one.exit.purpose}): {one.exit.host}, {one.why}", "    - to:"]
        lines += [f"        - ipBlock: {{cidr: {_quoted(network)}}}" for network in one.networks]
        lines += ["      ports:", f"        - {{protocol: TCP, port: {one.exit.port}}}"]
    return "\n".join(lines) + "\n"


def nftables(found: Sequence[Opening], *, digest: str, user: str = "tidegate") -> str:
    """A table that lets processes of one user reach the destinations and name servers, and nothing else. Others are not touched."""
    lines = [
        "#!/usr/sbin/nft -f",
        f"# Egress of Tidegate, configuration {digest}. Made by `tidegate export network-policy`; make it again when that changes.",
        "# Where names were resolved, addresses may change: state `networks`, or filter by name.",
        f"# The gateway must run as user {user}, and no other program of that user needs the network.",
        "table inet tidegate",
        "delete table inet tidegate",
        "table inet tidegate {",
        "  chain egress {",
        "    type filter hook output priority filter; policy accept;",
        f'    meta skuid != "{user}" accept',
        "    ct state established,related accept",
        "    meta l4proto { tcp, udp } th dport 53 accept",
    ]
    for one in found:
        lines.append(f"    # {one.exit.name} ({one.exit.purpose}): {one.exit.host}, {one.why}")
        for family, version in (("ip", 4), ("ip6", 6)):
            networks = ", ".join(str(network) for network in one.networks if network.version == version)
            if networks:
                lines.append(f"    {family} daddr {{ {networks} }} tcp dport {one.exit.port} accept")
    lines += ["    counter reject with icmpx admin-prohibited", "  }", "}"]
    return "\n".join(lines) + "\n"


def _quoted(network: IPv4Network | IPv6Network) -> str:
    return f'"{network}"' if network.version == 6 else str(network)
