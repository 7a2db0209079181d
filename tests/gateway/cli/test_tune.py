"""`tidegate tune` on files, as an operator calls it."""

import random
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner, Result

from gateway.cli.main import app
from tests.gateway.cli.test_main import CONFIG


def tidegate(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def outcomes(many: int, *, costs: bool = True) -> list[dict[str, Any]]:
    """The harder, the more often the local model fails; the cloud is right in 9 of 10."""
    dice, rows = random.Random(4), []
    for _ in range(many):
        score, luck = dice.random(), dice.random()
        row = {"score": round(score, 3), "local_ok": luck < 0.9 - 0.5 * score**2, "cloud_ok": luck < 0.9}
        rows.append(row | ({"cost_local": 0.001, "cost_cloud": 0.02} if costs else {}))
    return rows


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_bytes(msgspec.json.Encoder().encode_lines(rows))
    return path


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "own.yaml"
    path.write_text(CONFIG)
    return path


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return written(tmp_path / "log.jsonl", outcomes(3_000))


def test_it_says_what_to_expect_and_changes_nothing(config: Path, log: Path) -> None:
    said = tidegate("tune", "-c", config, "--log", log, "--max-quality-loss", "2%")
    assert said.exit_code == 0, said.output
    for words in ("3,000 outcomes", "●", "everything local", "everything cloud", "chosen: 0.", "With 95% confidence", "  threshold: 0."):
        assert words in said.stdout
    assert config.read_text() == CONFIG


def test_the_patch_is_yaml_with_the_threshold(config: Path, log: Path) -> None:
    import yaml

    said = tidegate("tune", "-c", config, "--log", log, "--max-quality-loss", "2%").stdout
    patch = yaml.safe_load(said[said.index("difficulty:\n") :])
    found = msgspec.json.decode(tidegate("tune", "-c", config, "--log", log, "--max-quality-loss", "0.02", "--json").stdout)
    assert patch == found["patch"] == {"difficulty": {"threshold": found["threshold"]}}


def test_programs_get_numbers(config: Path, log: Path) -> None:
    found = msgspec.json.decode(tidegate("tune", "-c", config, "--log", log, "--max-quality-loss", "2%", "--json").stdout)
    chosen, cloud, now = (found["expected"][name] for name in ("chosen", "cloud", "now"))
    assert 0.3 < found["threshold"] < 0.5  # the truth is 0.493
    assert chosen["loss"] <= chosen["loss_bound"] <= 0.02
    assert chosen["cost"]["low"] < chosen["cost"]["value"] < cloud["cost"]["value"] == pytest.approx(0.02)
    assert now["threshold"] == 0.5
    assert found["warnings"] == []


def test_less_confidence_lets_more_stay(config: Path, log: Path) -> None:
    sure, bold = (
        msgspec.json.decode(
            tidegate("tune", "-c", config, "--log", log, "--max-quality-loss", "2%", "--confidence", share, "--json").stdout
        )["threshold"]
        for share in ("99%", "80%")
    )
    assert sure < bold


def test_a_share_of_the_cloud(config: Path, log: Path) -> None:
    said = tidegate("tune", "-c", config, "--log", log, "--cloud-share", "30%", "--json")
    found = msgspec.json.decode(said.stdout)
    assert found["threshold"] == pytest.approx(0.7, abs=0.03)
    assert 0.29 < found["expected"]["chosen"]["cloud_share"]["value"] <= 0.3
    shown = tidegate("tune", "-c", config, "--log", log, "--cloud-share", "0.3").stdout
    assert "cloud share <= 30.0%" in shown
    assert "the loss of quality is" in shown


def test_too_few_are_refused_with_how_many_more(config: Path, tmp_path: Path) -> None:
    log = written(tmp_path / "few.jsonl", outcomes(60))
    said = tidegate("tune", "-c", config, "--log", log, "--max-quality-loss", "2%")
    assert said.exit_code == 1
    assert "158 more samples needed" in said.stderr
    assert said.stdout == ""


def test_what_no_number_of_samples_can_show_is_said(config: Path, tmp_path: Path) -> None:
    rows = [{"score": 0.5, "local_ok": False, "cloud_ok": True}] * 300
    said = tidegate("tune", "-c", config, "--log", written(tmp_path / "bad.jsonl", rows), "--max-quality-loss", "2%")
    assert said.exit_code == 1
    assert "cannot be had" in said.stderr
    assert "tidegate train" in said.stderr


def test_groups_and_missing_costs_are_told(config: Path, tmp_path: Path) -> None:
    rows = outcomes(1_000) + outcomes(1_000, costs=False)
    log = written(tmp_path / "log.jsonl", [row | {"group": at % 1_000} for at, row in enumerate(rows)])
    said = tidegate("tune", "-c", config, "--log", log, "--cloud-share", "50%").stdout
    assert "2,000 outcomes in 1,000 groups" in said
    assert "1,000 outcomes have no costs" in said
    unpriced = written(tmp_path / "unpriced.jsonl", outcomes(1_000, costs=False))
    assert "unknown" in tidegate("tune", "-c", config, "--log", unpriced, "--cloud-share", "50%").stdout


def test_texts_are_scored_by_the_scorer_of_the_configuration(config: Path, tmp_path: Path) -> None:
    rows = [
        {"text": text, "local_ok": ok, "cloud_ok": True}
        for text, ok in [("hello there", True), ("Prove that the algorithm terminates, step by step", False)] * 200
    ]
    said = tidegate("tune", "-c", config, "--log", written(tmp_path / "log.jsonl", rows), "--max-quality-loss", "5%", "--json")
    found = msgspec.json.decode(said.stdout)
    assert found["expected"]["chosen"]["cloud_share"]["value"] == 0.5
    assert found["expected"]["chosen"]["loss"] == 0


HARD = '  - {say: "Prove that there are infinitely many primes", path: cloud}\n'


def test_a_slow_scorer_of_this_process_scores_them_too(tmp_path: Path) -> None:
    assert "\ndifficulty: " in CONFIG
    own = tmp_path / "own.yaml"
    own.write_text(re.sub(r"\ndifficulty: .*", "\ndifficulty: {scorer: tests.fakes.slow_scorer}", CONFIG))
    texts = [{key: value for key, value in row.items() if key != "score"} | {"text": "a"} for row in outcomes(500)]
    log = written(tmp_path / "texts.jsonl", texts)
    found = msgspec.json.decode(tidegate("tune", "-c", own, "--log", log, "--cloud-share", "100%", "--json").stdout)
    assert found["warnings"] == []


def test_tests_that_would_fail_are_named_and_those_that_fail_now_are_no_obstacle(tmp_path: Path, log: Path) -> None:
    config = tmp_path / "own.yaml"
    config.write_text(CONFIG.replace("threshold: 0.5", "threshold: 0.99") + HARD)
    assert tidegate("check", config, "--without-secrets").exit_code == 1
    well = tidegate("tune", "-c", config, "--log", log, "--max-quality-loss", "2%", "--json")
    assert well.exit_code == 0, well.output
    assert msgspec.json.decode(well.stdout)["warnings"] == []
    bad = tidegate("tune", "-c", config, "--log", log, "--cloud-share", "1%")
    assert "a test of the configuration fails: tests[1].path" in " ".join(bad.stdout.split())


def test_other_problems_of_the_configuration_still_end_it(tmp_path: Path, log: Path) -> None:
    config = tmp_path / "own.yaml"
    config.write_text(CONFIG.replace("clearance: internal", "clearance: secret") + HARD)
    said = tidegate("tune", "-c", config, "--log", log, "--max-quality-loss", "2%")
    assert said.exit_code == 1
    assert "secret" in said.stderr
    assert "(line 10)" in said.stderr, "of the file itself"


def test_a_threshold_that_no_rule_looks_at_is_told(tmp_path: Path, log: Path) -> None:
    config = tmp_path / "own.yaml"
    config.write_text(CONFIG.replace('"> threshold"', '"> 0.7"'))
    assert "No rule of the configuration" in tidegate("tune", "-c", config, "--log", log, "--cloud-share", "30%").stdout
    config.write_text("\n".join(line for line in CONFIG.splitlines() if "difficulty" not in line))
    said = tidegate("tune", "-c", config, "--log", log, "--cloud-share", "30%").stdout
    assert "judges no difficulty" in said


def test_the_curve_is_drawn_where_it_was_asked_for(config: Path, log: Path, tmp_path: Path) -> None:
    page = tmp_path / "curve.html"
    assert tidegate("tune", "-c", config, "--log", log, "--max-quality-loss", "2%", "--plot", page).exit_code == 0
    assert "<svg" in page.read_text()
    assert "With 95% confidence" in page.read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param([], "Give either", id="no wish"),
        pytest.param(["--max-quality-loss", "2%", "--cloud-share", "30%"], "Give either", id="two wishes"),
        pytest.param(["--max-quality-loss", "2"], "a share such as", id="two hundred per cent"),
        pytest.param(["--max-quality-loss", "much"], "a share such as", id="no number"),
        pytest.param(["--max-quality-loss", "0%"], "above 0%", id="nothing may be lost"),
        pytest.param(["--cloud-share", "3%", "--confidence", "100%"], "above 0%", id="certainty"),
        pytest.param(["--cloud-share", "3%", "--plot", "a.gif"], "ends in", id="a picture of another kind"),
    ],
)
def test_what_was_asked_wrongly(config: Path, log: Path, arguments: list[str], said: str) -> None:
    result = tidegate("tune", "-c", config, "--log", log, *arguments)
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_bad_log_is_a_sentence(config: Path, tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text("nonsense")
    said = tidegate("tune", "-c", config, "--log", tmp_path / "log.jsonl", "--cloud-share", "30%")
    assert said.exit_code == 1
    assert "line 1 is not one JSON object" in said.stderr
    assert tidegate("tune", "-c", config, "--log", tmp_path / "none.jsonl", "--cloud-share", "30%").exit_code == 2
