"""deploy/compose.yaml: what it promises about networks, secrets, images and vLLM's flags; and that everything it mounts is there."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.config.compile import load
from gateway.engine import EngineOptions, command, environment
from gateway.plan import Plan
from router.names import TargetName

DEPLOY = Path(__file__).parents[2] / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
RUNNING = {name: service for name, service in SERVICES.items() if "profiles" not in service}
"""What `docker compose up` starts: all but `fetch`, which sees no request."""
QWEN = TargetName("qwen")

TOP_LEVEL = {"name", "services", "networks", "volumes", "secrets"}
SERVICE_KEYS = {
    "image", "build", "networks", "ports", "volumes", "secrets", "depends_on", "stop_grace_period", "deploy", "entrypoint", "command", "environment",
    "cap_drop", "shm_size", "healthcheck", "profiles", "security_opt", "user", "tmpfs", "restart", "logging", "read_only",
}  # fmt: skip
"""The elements of the Compose specification that we use. A misspelt one would be refused only by `docker compose`, which is not here."""


@cache
def _plan() -> Plan:
    return load(DEPLOY / "tidegate.yaml", {}, needs_secrets=False)


def _networks(name: str) -> list[str]:
    return list(SERVICES[name]["networks"])


def _has_egress(network: str) -> bool:
    settings = COMPOSE["networks"][network]
    masquerade = settings.get("driver_opts", {}).get("com.docker.network.bridge.enable_ip_masquerade", "true")
    return not settings.get("internal", False) and masquerade == "true"


def test_it_uses_only_known_elements() -> None:
    assert {key for key in COMPOSE if not key.startswith("x-")} == TOP_LEVEL
    assert {key for service in SERVICES.values() for key in service} <= SERVICE_KEYS


def test_the_services_are_there() -> None:
    assert set(RUNNING) == {"gateway", "vllm", "redis", "prometheus", "grafana"}


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_what_a_service_names_is_declared(name: str) -> None:
    service = SERVICES[name]
    assert set(_networks(name)) <= set(COMPOSE["networks"])
    assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"])
    assert set(service.get("depends_on", {})) <= set(SERVICES)
    for mount in service.get("volumes", []):
        source = mount.partition(":")[0]
        assert (DEPLOY / source).exists() if source.startswith(".") else source in COMPOSE["volumes"], mount


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_an_image_is_pinned_to_a_release(name: str) -> None:
    assert re.fullmatch(r"[a-z0-9./-]+:v?\d+\.\d+\.\d+(-[a-z0-9.]+)?", SERVICES[name]["image"])


@pytest.mark.parametrize("name", sorted(RUNNING))
def test_a_service_comes_back_and_may_not_gain_privileges(name: str) -> None:
    service = RUNNING[name]
    assert service["restart"] == "unless-stopped"
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["cap_drop"] == ["ALL"]


def test_every_service_has_a_health_check() -> None:
    without = {name for name, service in RUNNING.items() if "healthcheck" not in service}
    assert without == {"gateway"}
    assert "HEALTHCHECK" in (DEPLOY / "Dockerfile").read_text()


def test_only_the_gateway_can_reach_the_internet() -> None:
    assert {name for name in RUNNING if any(map(_has_egress, _networks(name)))} == {"gateway"}


def test_what_fetches_weights_meets_no_other_service() -> None:
    for network in _networks("fetch"):
        assert [name for name in SERVICES if network in _networks(name)] == ["fetch"]


def test_the_engine_is_on_internal_networks_only() -> None:
    assert all(COMPOSE["networks"][network]["internal"] for network in _networks("vllm"))


def test_only_the_api_and_the_dashboard_are_published_and_only_on_loopback() -> None:
    ports = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert ports == {"gateway": ["127.0.0.1:8080:8080"], "grafana": ["127.0.0.1:3000:3000"]}


def test_no_secret_is_in_the_environment() -> None:
    for service in SERVICES.values():
        names = [name for name in service.get("environment", {}) if re.search("KEY|TOKEN|PASSWORD|SECRET", name)]
        assert all(name.endswith("__FILE") for name in names)
    assert all(set(secret) == {"file"} and secret["file"].startswith("./secrets/") for secret in COMPOSE["secrets"].values())


def test_the_folder_of_secrets_is_kept_out_of_git() -> None:
    assert "\n*\n" in (DEPLOY / "secrets" / ".gitignore").read_text()


def test_vllm_has_the_flags_that_the_gateway_makes_use_of() -> None:
    vllm = SERVICES["vllm"]
    options = EngineOptions(host="0.0.0.0", served_name="qwen3-8b", tool_parser="hermes", reasoning_parser="qwen3", context_tokens=32768)
    assert vllm["entrypoint"] + vllm["command"] == command("Qwen/Qwen3-8B", options, Path("vllm"))
    assert environment("Qwen/Qwen3-8B", options, {}).items() <= vllm["environment"].items()
    assert vllm["environment"]["HF_HUB_OFFLINE"] == "1"


def test_the_weights_that_are_fetched_are_the_weights_that_are_served() -> None:
    fetch, vllm = SERVICES["fetch"], SERVICES["vllm"]
    assert fetch["command"] == ["download", vllm["command"][1]]
    assert fetch["environment"]["HF_HOME"] == vllm["environment"]["HF_HOME"]
    assert (fetch["image"], fetch["volumes"]) == (vllm["image"], vllm["volumes"])


def test_the_configuration_is_sound_and_means_these_services() -> None:
    flags = SERVICES["vllm"]["command"]
    plan = _plan()
    assert list(plan.upstreams[QWEN].urls) == ["http://vllm:8000/v1"]
    assert plan.policy.targets[QWEN].model == flags[flags.index("--served-model-name") + 1]
    assert plan.policy.targets[QWEN].window == int(flags[flags.index("--max-model-len") + 1])
    assert plan.state_url == "redis://redis:6379/0"
    assert plan.tests


def test_the_engine_may_only_be_on_its_own_network() -> None:
    [subnet] = COMPOSE["networks"]["engine"]["ipam"]["config"]
    assert [str(network) for network in _plan().upstreams[QWEN].networks] == [subnet["subnet"]]


def test_the_secrets_that_are_read_are_the_secrets_that_are_mounted() -> None:
    read = set(re.findall(r"file: /run/secrets/(\w+)", (DEPLOY / "tidegate.yaml").read_text()))
    assert read == set(SERVICES["gateway"]["secrets"])
    assert SERVICES["grafana"]["environment"]["GF_SECURITY_ADMIN_PASSWORD__FILE"] == "/run/secrets/" + SERVICES["grafana"]["secrets"][0]


def test_answers_may_end_before_the_container_is_killed() -> None:
    assert int(SERVICES["gateway"]["stop_grace_period"].removesuffix("s")) > _plan().listen.grace_s
