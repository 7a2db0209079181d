"""`tidegate advise` as an operator calls it."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner, Result

from gateway.cli.main import app
from gateway.usage.writing import write
from tests.fakes.usage import rated
from tests.fakes.week import HOUSE, MONDAY, minutes, requests

A_WEEK = ("--since", "2025-11-10", "--until", "2025-11-16")


def tidegate(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def read(*arguments: object) -> Any:
    said = tidegate("advise", *arguments, "--json")
    assert said.exit_code == 0, said.output
    return msgspec.json.decode(said.stdout)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("advise") / "usage.sqlite"
    write(path, [*requests(), *minutes(), rated(at=float(MONDAY))])
    return path


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "own.yaml"
    path.write_text(HOUSE)
    return path


def test_a_week_in_a_store(config: Path, store: Path) -> None:
    said = tidegate("advise", config, "--store", store, *A_WEEK)
    assert said.exit_code == 0, said.output
    assert said.stdout.startswith("# Open or closed models: own.yaml\n")
    assert "From 4,032 answered requests" in said.stdout
    assert read(config, "--store", store, *A_WEEK)["break_even"][0]["gpus"]["usd"] == "2920.00"
    assert config.read_text() == HOUSE


def test_days_are_chosen(config: Path, store: Path) -> None:
    assert read(config, "--store", store, "--since", "2025-11-11", "--until", "2025-11-12")["period"]["hours"] == 48
    assert read(config, "--store", store, "--until", "2025-11-10")["period"]["hours"] == 24
    assert read(config, "--store", store)["period"] is None, "the last 28 days have nothing"


def test_without_a_store_the_questions_work(config: Path, tmp_path: Path) -> None:
    answers = tmp_path / "answers.yaml"
    answers.write_text("privacy: 5\noperations: {score: 4, because: we run two already}\n")
    found = read(config, "--answers", answers)
    assert (found["assessment"]["low"], found["assessment"]["high"]) == (13, 29)
    assert found["missing"][0].startswith("Nothing was recorded")
    assert "we run two already" in tidegate("advise", "-c", config, "--answers", answers).stdout


def test_the_configuration_says_where_the_store_is(config: Path, store: Path) -> None:
    config.write_text(f"{HOUSE}usage: {{store: {store}}}\n")
    assert read(config, *A_WEEK)["period"]["answered"] == 4_032


def test_a_store_that_was_named_has_to_be_there(config: Path) -> None:
    said = tidegate("advise", config, "--store", "/nowhere/usage.sqlite")
    assert said.exit_code != 0
    assert "there is no usage store" in said.output


def test_a_store_that_has_not_begun_leaves_the_questions(config: Path) -> None:
    config.write_text(f"{HOUSE}usage: {{store: nowhere.sqlite}}\n")
    found = read(config)
    assert found["missing"][0].startswith("Nothing could be read: ")
    assert "no usage store" in found["missing"][0]
    assert (found["assessment"]["low"], found["assessment"]["high"]) == (6, 30)


@pytest.mark.parametrize(
    ("arguments", "code", "say"),
    [
        pytest.param(("--since", "yesterday"), 2, "--since is a day, as 2026-11-01", id="no day"),
        pytest.param(("--until", "2025-13-01"), 2, "--until is a day, as 2026-11-01", id="no such month"),
        pytest.param(("--since", "2025-11-10", "--until", "2025-11-09"), 2, "--since is after --until", id="backwards"),
        pytest.param(("--answers", "/nowhere/a.yaml"), 2, "No such file", id="no such answers"),
    ],
)
def test_what_is_wrong_is_said(config: Path, arguments: tuple[str, ...], code: int, say: str) -> None:
    said = tidegate("advise", config, *arguments)
    assert (said.exit_code, say in said.output) == (code, True), said.output


def test_answers_that_are_none_are_said(config: Path, tmp_path: Path) -> None:
    answers = tmp_path / "answers.yaml"
    answers.write_text("speed: 3\n")
    said = tidegate("advise", config, "--answers", answers)
    assert said.exit_code == 2
    assert "there is no dimension 'speed'" in said.output


def test_in_a_terminal_it_asks_for_what_nobody_measured(config: Path, store: Path) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "gateway", "advise", str(config), "--store", str(store), *A_WEEK]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True) as running:
        os.close(theirs)
        os.write(ours, b"7\n4\n")  # 7 is no answer
        said = b""
        while chunk := _chunk(ours):
            said += chunk
        assert running.wait(60) == 0
    os.close(ours)
    text = said.decode().replace("\r\n", "\n")
    assert "customisation: How much must the model be yours?" in text
    assert "a number of 1 to 5, or Enter" in text
    assert "| customisation | 4 | answered |" in text
    assert re.search(r"\| \*\*sum\*\* \| \*\*18-19\*\*", text)


def _chunk(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:  # Linux says so when nobody has the other end any more
        return b""
