"""Network policies: golden files, and the real tools where they are installed."""

import os
import shutil
import subprocess
from ipaddress import ip_network
from pathlib import Path

import pytest
import yaml

from gateway.netpolicy import kubernetes, nftables, openings, unresolved
from gateway.registry import Exit

GOLDEN = Path(__file__).parents[1] / "golden"
EXITS = (
    Exit("qwen", "destination", "10.0.0.4", 8000, (ip_network("10.0.0.0/8"),)),
    Exit("pool", "destination", "vllm.svc", 8000, (ip_network("10.8.0.0/16"), ip_network("fd00::/8"))),
    Exit("gpt", "destination", "api.example", 443, is_external=True),
    Exit("redis", "state", "cache.internal", 6379),
    Exit("redis", "state", "/run/redis.sock", 0),
)
ADDRESSES = {"api.example": ["192.0.2.7", "2001:db8::7"], "cache.internal": ["10.0.0.9"]}
STATED = {"pool": True, "qwen": False}
FOUND = openings(EXITS, ADDRESSES, STATED)


def test_names_without_networks_must_be_resolved() -> None:
    assert unresolved(EXITS, STATED) == ["api.example", "cache.internal"]


def test_addresses_outside_of_a_destinations_networks_are_left_out() -> None:
    (found,) = openings([Exit("a", "destination", "a.internal", 1, (ip_network("10.0.0.0/8"),))], {"a.internal": ["192.0.2.1"]}, {})
    assert found.networks == ()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("network-policy.yaml", kubernetes(FOUND, digest="c0ffee", namespace="llm"), id="kubernetes"),
        pytest.param("egress.nft", nftables(FOUND, digest="c0ffee"), id="nftables"),
    ],
)
def test_the_rules_are_those_of_the_golden_file(name: str, text: str) -> None:
    if os.environ.get("GOLDEN"):
        (GOLDEN / name).write_text(text)
    assert text == (GOLDEN / name).read_text(), (
        "if it should differ: GOLDEN=1 pytest tests/gateway/test_netpolicy.py, and read the difference"
    )


def test_the_kubernetes_policy_has_the_shape_of_one() -> None:
    policy = yaml.safe_load(kubernetes(FOUND, digest="c0ffee"))
    assert (policy["apiVersion"], policy["kind"]) == ("networking.k8s.io/v1", "NetworkPolicy")
    assert policy["spec"]["policyTypes"] == ["Egress"]
    assert "namespace" not in policy["metadata"]
    for rule in policy["spec"]["egress"]:
        assert rule.keys() == {"to", "ports"}
        for port in rule["ports"]:
            assert port["protocol"] in {"TCP", "UDP"}
            assert 0 < port["port"] < 65_536
    blocks = {peer["ipBlock"]["cidr"] for rule in policy["spec"]["egress"] for peer in rule["to"] if "ipBlock" in peer}
    assert blocks == {"10.0.0.4/32", "10.8.0.0/16", "fd00::/8", "192.0.2.7/32", "2001:db8::7/128", "10.0.0.9/32"}
    assert {str(ip_network(block)) for block in blocks} == blocks


def test_nftables_accepts_the_rules(tmp_path: Path) -> None:
    nft = os.environ.get("NFT") or shutil.which("nft")
    if nft is None:
        pytest.skip("nft is not installed: apt-get install nftables")
    path = tmp_path / "egress.nft"
    path.write_text(nftables(FOUND, digest="c0ffee", user="root"))
    done = subprocess.run([nft, "-c", "-f", str(path)], capture_output=True, text=True, check=False)
    if "Operation not permitted" in done.stderr:
        pytest.skip("nft must be run by an administrator")
    assert done.returncode == 0, done.stderr
