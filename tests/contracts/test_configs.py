"""The configurations that ship: they load, they pass their own tests, and the schema for editors is the one of the code."""

import re
from pathlib import Path

import jsonschema
import msgspec
import pytest
import yaml

from classifiers.kinds import kinds
from gateway.config.compile import load, run_tests
from gateway.config.models import schema
from gateway.config.prices import bundled
from tests.gateway.config.examples import edited

CONFIGS = Path(__file__).parents[2] / "configs"
FILES = sorted(CONFIGS.glob("*.yaml"))
FIRST_LINE = "# yaml-language-server: $schema=schema.json"


def _env(text: str) -> dict[str, str]:
    return {name: f"not-a-key-{name.lower()}" for name in re.findall(r"\benv: (\w+)", text)}


def _each_file() -> list[object]:
    return [pytest.param(path, id=path.name) for path in FILES]


def test_the_configurations_are_there() -> None:
    assert {"airgap.yaml", "default.yaml", "healthcare.yaml", "hybrid.yaml"} <= {path.name for path in FILES}


def test_the_schema_is_fresh() -> None:
    assert (CONFIGS / "schema.json").read_bytes() == schema(), "write the output of `tidegate schema` to configs/schema.json"


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(msgspec.json.decode(schema()))


@pytest.mark.parametrize("path", _each_file())
def test_a_configuration_fits_the_schema(path: Path) -> None:
    text = path.read_text()
    assert text.startswith(f"{FIRST_LINE}\n")
    jsonschema.validate(yaml.safe_load(text), msgspec.json.decode(schema()), jsonschema.Draft202012Validator)


def test_the_schema_refuses_what_the_code_refuses() -> None:
    validator = jsonschema.Draft202012Validator(msgspec.json.decode(schema()))
    assert validator.is_valid(edited({}))
    refused: list[dict[str, object]] = [
        {"sever": {}},
        {"destinations.gpt.zone": "x"},
        {"destinations.gpt.key": "plain"},
        {"destinations.gpt.key": {}},
        {"routes": []},
    ]
    for edits in refused:
        assert not validator.is_valid(edited(edits)), edits


@pytest.mark.parametrize("path", _each_file())
def test_a_configuration_loads_and_passes_its_own_tests(path: Path) -> None:
    text = path.read_text()
    if "names" in text and "names" not in kinds("detectors"):
        pytest.skip("the names detector is not installed")
    if ("kind: litellm" in text or "vendor:" in text) and bundled() is None:
        pytest.skip("litellm is not installed")
    plan = load(path, _env(text))
    assert plan.tests
    assert run_tests(plan) == []


def test_nothing_can_leave_the_air_gap() -> None:
    plan = load(CONFIGS / "airgap.yaml", {})
    assert {target.zone for target in plan.policy.targets.values()} == {"local"}


def test_no_finding_may_leave_healthcare() -> None:
    path = CONFIGS / "healthcare.yaml"
    if "names" not in kinds("detectors"):
        pytest.skip("the names detector is not installed")
    policy = load(path, _env(path.read_text())).policy
    leaving = [decision for decision in policy.decisions.values() if decision.leaves]
    assert leaving
    assert {decision.label for decision in leaving} == {policy.labels.lowest}
    assert all(label > policy.labels.lowest for label in policy.categories.values())
