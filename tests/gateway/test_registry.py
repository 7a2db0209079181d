import re
from dataclasses import replace
from ipaddress import ip_network

import pytest

from gateway.plan import UpstreamPlan
from gateway.registry import Exit, _of, _state, exits
from gateway.upstreams.vendor_hosts import HOSTS
from router.decision import Target
from router.labels import Labels
from router.names import Sent, TargetName
from tests.fakes.gateway import compiled, configuration

NAME = TargetName("closed")


def closed(vendor: str, *urls: str, **options: object) -> list[Exit]:
    target = Target(NAME, "external", Labels().lowest, Sent(f"{vendor}/some-model"))
    return list(_of(UpstreamPlan(NAME, "litellm", urls=urls, options=options), target))


def test_every_destination_of_a_plan_and_its_state_is_an_exit() -> None:
    plan = compiled(configuration("http://127.0.0.1:8001/v1", "https://api.example/v1"))
    found = exits(plan)
    assert [(one.name, one.host, one.port, one.is_external) for one in found] == [
        ("qwen", "127.0.0.1", 8001, False),
        ("gpt", "api.example", 443, True),
    ]
    assert found[0].is_address
    assert not found[1].is_address
    assert found[0].allows("127.0.0.1")
    assert not found[0].allows("192.0.2.1")
    assert found[1].allows("192.0.2.1")


@pytest.mark.parametrize("vendor", HOSTS)
def test_a_vendors_hosts_are_those_that_its_door_lets_through(vendor: str) -> None:
    found = [one for one in closed(vendor, aws_region_name="eu-central-1", vertex_location="europe-west1") if one.purpose == "destination"]
    assert found
    assert [one.host for one in found if not re.fullmatch(HOSTS[vendor], one.host)] == []
    assert {one.port for one in found} == {443}


def test_a_vendor_at_an_address_of_ones_own_is_reached_there_only() -> None:
    assert [(one.host, one.port) for one in closed("anthropic", "https://proxy.example:8443")] == [("proxy.example", 8443)]


def test_where_credentials_come_from_is_no_place_for_content() -> None:
    assert {one.host for one in closed("vertex_ai") if one.purpose == "account"} >= {"oauth2.googleapis.com", "169.254.169.254"}
    assert {one.port for one in closed("bedrock") if one.host.startswith("169.254")} == {80}


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("redis://cache:6380/0", "cache", 6380),
        ("rediss://:pw@cache", "cache", 6379),
        ("unix:///run/redis.sock", "/run/redis.sock", 0),
        ("", "", 0),
    ],
)
def test_shared_state_is_an_exit(url: str, host: str, port: int) -> None:
    assert [(one.host, one.port) for one in _state(url)] == ([(host, port)] if host else [])


def test_a_vault_that_replicas_share_is_an_exit() -> None:
    plan = compiled(configuration("http://127.0.0.1:8001/v1", "https://api.example/v1"))
    plan = replace(plan, redacting=replace(plan.redacting, vault_url="redis://cache:6380/0"))
    assert ("cache", 6380, "state") in {(one.host, one.port, one.purpose) for one in exits(plan)}


def test_an_address_with_a_zone_is_one() -> None:
    assert Exit("a", "destination", "fe80::1%eth0", 1, (ip_network("fe80::/10"),)).allows("fe80::1%eth0")


def test_the_service_of_a_detector_is_an_exit_and_a_model_that_is_asked_is_one_once() -> None:
    edits = {
        "destinations.analyzer": {"kind": "presidio", "zone": "local", "url": "http://127.0.0.1:3000", "clearance": "restricted"},
        "sensitivity.detectors": ["secrets", {"presidio_rest": {"destination": "analyzer"}}, {"llm": {"destination": "qwen"}}],
    }
    found = exits(compiled(configuration("http://127.0.0.1:8001/v1", "https://api.example/v1", edits)))
    assert [(one.name, one.port, one.purpose, one.is_external) for one in found] == [
        ("qwen", 8001, "destination", False),
        ("gpt", 443, "destination", True),
        ("analyzer", 3000, "destination", False),
    ]
    assert not found[2].allows("192.0.2.1")
