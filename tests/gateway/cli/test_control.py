"""`lockdown` against a running gateway, `canary` against a configuration."""

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.cli.main import app
from tests.fakes.gateway import configuration, gateway

CONTENT = configuration("http://127.0.0.1:9/v1", "http://127.0.0.1:8/v1")


def tidegate(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "own.yaml"
    path.write_text(json.dumps(CONTENT))
    return path


async def test_a_running_gateway_is_locked_down_and_released(config: Path) -> None:
    async with gateway(CONTENT) as gate:

        async def said(*arguments: object) -> str:
            result = await asyncio.to_thread(tidegate, "lockdown", *arguments, "-c", config, "--admin-port", gate.admin)
            assert result.exit_code == 0, result.output
            return result.output.strip()

        assert await said("status") == "lockdown off"
        assert await said("on") == "lockdown on, until the gateway is restarted: set `lockdown_file`"
        assert (await gate.metrics())["tidegate_lockdown", frozenset()] == 1
        assert json.loads(await said("status", "--json")) == {"lockdown": "on"}
        assert await said("off") == "lockdown off"
        assert (await gate.metrics())["tidegate_lockdown", frozenset()] == 0
        wrong = await asyncio.to_thread(tidegate, "lockdown", "status", "-c", config, "--admin-port", gate.port)
        assert wrong.exit_code == 1
        assert "is no gateway that can do that (status 404)" in wrong.stderr


def test_where_nobody_answers_it_says_so(config: Path) -> None:
    result = tidegate("lockdown", "on", "-c", config, "--admin-port", 1)
    assert result.exit_code == 1
    assert "No gateway answers at 127.0.0.1:1" in result.stderr


def test_a_turn_that_there_is_not_is_a_misuse(config: Path) -> None:
    assert tidegate("lockdown", "maybe", "-c", config).exit_code == 2


def test_canaries_of_a_sound_configuration_stay(config: Path) -> None:
    result = tidegate("canary", config)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("card")
    assert "leaked" not in result.stdout
    rows = json.loads(tidegate("canary", "-c", config, "--json").stdout)
    assert all(row["kept"] > 0 == row["leaked"] for row in rows.values())


@pytest.mark.parametrize(
    "detectors,say",
    [
        pytest.param([{"tests.fakes.word_detector": {"words": ["email"]}}], "leaked", id="blind"),
        pytest.param([{"tests.fakes.word_detector": {"words": ["zebra"]}}], "nothing that canaries hold", id="no category of theirs"),
    ],
)
def test_a_configuration_that_lets_one_go_is_a_problem(tmp_path: Path, detectors: list[object], say: str) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(json.dumps(configuration("http://127.0.0.1:9/v1", "http://127.0.0.1:8/v1", {"sensitivity.detectors": detectors})))
    result = tidegate("canary", path)
    assert result.exit_code == 1
    assert say in result.output
