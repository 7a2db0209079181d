"""`tidegate report`, as an operator calls it."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.cli.main import app
from gateway.cli.report import period
from gateway.report.period import Period
from gateway.usage.writing import write
from tests.fakes.usage import used
from tests.gateway.cli.test_main import CONFIG

WEEK = Period.week("2026-W46")


def tidegate(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["report", *map(str, arguments)])


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "own.yaml"
    path.write_text(f"{CONFIG}\nusage: {{store: usage.sqlite}}\n")
    write(tmp_path / "usage.sqlite", [used(at=WEEK.since + 5, cost=1_234_560_000), used(at=WEEK.until, cost=1)])
    return path


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(("--week", "2026-W46"), id="a week"),
        pytest.param(("--since", "2026-11-09", "--until", "2026-11-15"), id="days"),
    ],
)
def test_markdown_is_printed(config: Path, asked: tuple[str, ...]) -> None:
    done = tidegate(config, *asked)
    assert done.exit_code == 0, done.output
    assert done.output.startswith("# Tidegate report: ")
    assert "1 request was answered" in done.output
    assert "$1,234.56" in done.output


def test_a_page_is_written(config: Path, tmp_path: Path) -> None:
    done = tidegate("--config", config, "--week", "2026-W46", "--html", tmp_path / "week.html")
    assert done.exit_code == 0, done.output
    assert done.output.strip().endswith("week 46, 9 to 15 November 2026")
    assert (tmp_path / "week.html").read_text().startswith("<!doctype html>")


def test_a_store_may_be_named(config: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(CONFIG)
    assert tidegate(other, "--week", "2026-W46", "--store", tmp_path / "usage.sqlite").exit_code == 0


@pytest.mark.parametrize(
    ("asked", "code", "say"),
    [
        (("--week", "46"), 2, "'46' is no week; write it as 2026-W46."),
        (("--week", "2026-W46", "--since", "2026-11-09"), 2, "Give either --week or --since."),
        (("--until", "2026-11-09"), 2, "--until needs --since."),
        (("--since", "2026-11-09", "--until", "2026-11-08"), 2, "it ends before it begins."),
        (("--store", "gone.sqlite"), 2, "gone.sqlite"),
    ],
)
def test_what_cannot_be_is_said(config: Path, asked: tuple[str, ...], code: int, say: str) -> None:
    done = tidegate(config, *asked)
    assert (done.exit_code, say in done.output) == (code, True), done.output


def test_a_configuration_without_a_store_is_told_how_to_get_one(tmp_path: Path) -> None:
    (tmp_path / "bare.yaml").write_text(CONFIG)
    done = tidegate(tmp_path / "bare.yaml")
    assert done.exit_code == 2
    assert "add `usage: {store: usage.sqlite}` to it" in done.output


def test_unless_told_otherwise_it_is_the_last_week() -> None:
    found = period("", "", "")
    assert found.hours == 168
    assert found.name.startswith("week ")
