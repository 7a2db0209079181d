"""`metrics`: the table of families, and how many series a configuration can bring about."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner, Result

from gateway.cli.config import shipped
from gateway.cli.main import app
from gateway.families import FAMILIES
from gateway.possible import MANY
from tests.fakes.exchanges import fifty_models


def tidegate(*arguments: object) -> Result:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result


def read(result: Result) -> Any:
    return msgspec.json.decode(result.stdout)


def test_every_family_is_listed() -> None:
    for family in FAMILIES:
        assert f"tidegate_{family.name} " in tidegate("metrics").stdout
    rows = read(tidegate("metrics", "--json"))
    assert [row["name"] for row in rows] == [f"tidegate_{family.name}" for family in FAMILIES]
    assert rows[0]["labels"] == ["endpoint", "path", "target", "result"]
    assert tidegate("metrics", "--markdown").stdout.count("\n") == len(FAMILIES) + 2


def test_series_are_counted_by_family(tmp_path: Path) -> None:
    config = tmp_path / "own.yaml"
    config.write_text(json.dumps(fifty_models()))
    counted = read(tidegate("metrics", config, "--cardinality", "--json"))
    assert counted["most"] == sum(counted["families"].values()) < MANY
    assert counted["families"].keys() == {family.name for family in FAMILIES}
    said = tidegate("metrics", "--config", config, "--cardinality").stdout
    assert f"at most {counted['most']:,} series" in said
    assert "tidegate_upstream_attempts_total" in said
    assert read(tidegate("check", config, "--json"))["series"] == counted["most"]


def test_too_many_series_are_worth_a_word(tmp_path: Path) -> None:
    content = fifty_models()
    names = [name for name in content["destinations"] if name.startswith("local")]
    content["routes"][-1] |= {"to": names[:1], "fallback": names[1:]}
    config = tmp_path / "own.yaml"
    config.write_text(json.dumps(content))
    assert "more than 15,000: have shorter chains" in " ".join(tidegate("check", config).stdout.split())
    assert "more than" not in tidegate("check", shipped("hybrid"), "--without-secrets").stdout


def test_markdown_is_a_form_of_its_own() -> None:
    assert CliRunner().invoke(app, ["metrics", "--markdown", "--json"]).exit_code == 2


@pytest.mark.parametrize("flag", ["--json", "--cardinality"])
def test_what_cannot_be_read_is_said(tmp_path: Path, flag: str) -> None:
    config = tmp_path / "own.yaml"
    config.write_text("version: 2\n")
    result = CliRunner().invoke(app, ["metrics", str(config), "--cardinality", flag])
    assert result.exit_code == 1
    assert "`tidegate check` lists it" in result.output
