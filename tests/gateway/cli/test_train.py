"""`tidegate train` on files, as an operator calls it."""

import random
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner, Result

from classifiers.models.difficulty.features import features
from classifiers.models.difficulty.head import shipped
from classifiers.scorers.learned import Options, build
from gateway.cli.main import app
from gateway.cli.train import vector_of
from gateway.wire.ask import decode
from gateway.wire.prompts import ask_of_text
from tests.gateway.cli.test_main import CONFIG

HARD = ("Plan the harvest of {} hectares of barley", "Which fertiliser suits barley after {} dry weeks?")
EASY = ("Translate {} sentences about ships into French", "Write a greeting for {} guests")


def tidegate(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def outcomes(many: int, *, learnable: bool) -> list[dict[str, Any]]:
    """On a farm the local model fails at whatever is about barley; or anywhere, as chance has it."""
    dice, rows = random.Random(6), []
    for _ in range(many):
        is_hard = dice.random() < 0.4
        text = dice.choice(HARD if is_hard else EASY).format(dice.randint(2, 99))
        fails = dice.random() < (0.8 if is_hard else 0.1) if learnable else dice.random() < 0.3
        rows.append({"text": text, "local_ok": not fails, "cloud_ok": True})
    return rows


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_bytes(msgspec.json.Encoder().encode_lines(rows))
    return path


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "own.yaml"
    path.write_text(CONFIG)
    return path


def test_it_learns_from_the_features_that_the_scorer_sees() -> None:
    made = features()
    turns = [
        {"role": "user", "content": "Prove that there are infinitely many primes."},
        {"role": "assistant", "content": "Say that there are n."},
    ]
    body = msgspec.json.encode({"model": "auto", "messages": [*turns, {"role": "user", "content": "And in French, please?"}]})
    for prompt in (ask_of_text(HARD[0]).prompt, decode(body, "chat").prompt):
        score = shipped(made.names).score(vector_of(prompt, made))
        assert score == pytest.approx(build(Options()).score(prompt).score, abs=1e-4), "or a head would be fitted to something else"


def test_a_better_head_is_written_and_the_scorer_takes_it(config: Path, tmp_path: Path) -> None:
    log, head = written(tmp_path / "log.jsonl", outcomes(300, learnable=True)), tmp_path / "head.json"
    said = tidegate("train", "-c", config, "--log", log, "--out", head)
    assert said.exit_code == 0, said.output
    for words in ("300 outcomes", "shipped head", "new head", "scorer: learned # now lexical", f"head: {head}", "outcomes that are not in"):
        assert words in " ".join(said.stdout.split())
    scorer = build(Options(head=str(head)))
    hard, easy = (scorer.score(ask_of_text(texts[0].format(7)).prompt).score for texts in (HARD, EASY))
    assert hard > 0.6
    assert easy < 0.25
    config.write_text(CONFIG.replace("{scorer: lexical,", f"{{scorer: learned, options: {{head: {head}}},"))
    assert tidegate("check", config, "--without-secrets").exit_code == 0


def test_a_head_that_is_no_better_is_not_written(config: Path, tmp_path: Path) -> None:
    easy = outcomes(500, learnable=False)
    dice = random.Random(2)
    scorer = build(Options())
    # The truth is what the shipped head says.
    for row in easy:
        row["local_ok"] = dice.random() >= scorer.score(ask_of_text(row["text"]).prompt).score
    log, head = written(tmp_path / "log.jsonl", easy), tmp_path / "head.json"
    shown = tidegate("train", "-c", config, "--log", log, "--out", head)
    assert shown.exit_code == 1
    assert "it was not written" in " ".join(shown.stdout.split())
    assert not head.exists()


def test_programs_get_numbers(config: Path, tmp_path: Path) -> None:
    log, head = written(tmp_path / "log.jsonl", outcomes(120, learnable=True)), tmp_path / "head.json"
    found = tidegate("train", "-c", config, "--log", log, "--out", head, "--json")
    numbers = msgspec.json.decode(found.stdout)
    assert numbers["is_better"] is head.exists() is (found.exit_code == 0)
    assert (numbers["patch"] is None) is (numbers["out"] is None) is (not numbers["is_better"])
    assert numbers["gain"]["low"] < numbers["gain"]["value"] == pytest.approx(numbers["shipped"]["brier"] - numbers["new"]["brier"])


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        pytest.param(outcomes(60, learnable=True), "40 more samples needed", id="too few"),
        pytest.param([{"text": "a", "local_ok": 1, "cloud_ok": 1}] * 200, "nearly all alike", id="nothing to tell apart"),
        pytest.param([{"score": 0.5, "local_ok": 1, "cloud_ok": 1}] * 200, "outcome 1 has a score only", id="no texts"),
    ],
)
def test_a_log_that_teaches_nothing_is_refused(config: Path, tmp_path: Path, rows: list[dict[str, Any]], said: str) -> None:
    result = tidegate("train", "-c", config, "--log", written(tmp_path / "log.jsonl", rows), "--out", tmp_path / "head.json")
    assert result.exit_code == 1
    assert said in result.stderr
    assert not (tmp_path / "head.json").exists()
