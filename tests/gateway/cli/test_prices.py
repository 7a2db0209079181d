"""`tidegate prices`: looked up and compared, and what `tidegate check` says of old ones."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner, Result

from gateway.cli.main import app
from gateway.config.prices import bundled

OLD: dict[str, dict[str, Any]] = {
    "same": {"input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6},
    "dear": {"input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6, "cache_read_input_token_cost": 1e-7},
    "gone": {"input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6},
    "timed": {"input_cost_per_second": 1},
}
NEW: dict[str, dict[str, Any]] = {
    "same": OLD["same"],
    "dear": {"input_cost_per_token": 2e-6, "output_cost_per_token": 1.5e-6, "input_cost_per_token_above_200k_tokens": 3e-6},
    "born": {
        "input_cost_per_token": 1e-6,
        "output_cost_per_token": 2e-6,
        "input_cost_per_token_flex": 5e-7,
        "output_cost_per_token_flex": 1e-6,
        "input_cost_per_request": 0.005,
        "google_maps_grounding_cost_per_query": 0.025,
    },
    "timed": {"input_cost_per_second": 2},
}


@pytest.fixture
def maps(tmp_path: Path) -> tuple[Path, Path]:
    old, new = tmp_path / "old.json", tmp_path / "new.yaml"
    old.write_bytes(msgspec.json.encode(OLD))
    new.write_bytes(msgspec.json.encode(NEW))  # JSON is YAML
    return old, new


def tidegate(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def read(result: Result) -> Any:
    return msgspec.json.decode(result.stdout)


def test_a_model_in_a_file(maps: tuple[Path, Path]) -> None:
    result = tidegate("prices", "born", "--file", maps[1])
    assert result.exit_code == 0
    assert tidegate("prices", "show", "born", "--file", maps[1]).stdout == result.stdout
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in result.stdout.splitlines()]
    assert ["input", "1", "0.5"] in rows
    assert "request, per request" in result.stdout
    assert "maps, per call" in result.stdout
    assert "as of an unknown day" in result.stdout


def test_a_model_for_programs(maps: tuple[Path, Path]) -> None:
    told = read(tidegate("prices", "born", "--file", maps[1], "--json"))
    assert (told["model"], told["source"], told["as_of"]) == ("born", "file", None)
    assert told["prices"] == [
        {"kind": "request", "tier": "default", "above_tokens": 0, "usd": 0.005, "per": "request"},
        {"kind": "prompt", "tier": "default", "above_tokens": 0, "usd": 1.0, "per": "million tokens"},
        {"kind": "completion", "tier": "default", "above_tokens": 0, "usd": 2.0, "per": "million tokens"},
        {"kind": "request", "tier": "flex", "above_tokens": 0, "usd": 0.005, "per": "request"},
        {"kind": "prompt", "tier": "flex", "above_tokens": 0, "usd": 0.5, "per": "million tokens"},
        {"kind": "completion", "tier": "flex", "above_tokens": 0, "usd": 1.0, "per": "million tokens"},
        {"kind": "maps", "tier": "default", "above_tokens": 0, "usd": 0.025, "per": "call"},
    ]


def test_what_is_not_there(maps: tuple[Path, Path]) -> None:
    result = tidegate("prices", "bor", "--file", maps[1])
    assert result.exit_code == 1
    assert "'bor' is not in the price map" in result.stderr
    assert "born" in result.stderr
    result = tidegate("prices", "timed", "--file", maps[1])
    assert (result.exit_code, result.stderr) == (1, "'timed' has no prices per token.\n")
    assert read(tidegate("prices", "bor", "--file", maps[1], "--json"))["prices"] is None


def test_what_rose_fell_appeared_and_vanished(maps: tuple[Path, Path]) -> None:
    told = read(tidegate("prices", "diff", *maps, "--json"))
    seen = {way: [(one["model"], one["kind"], one["tier"], one["above_tokens"]) for one in some] for way, some in told.items()}
    assert seen == {
        "rose": [("dear", "prompt", "default", 0)],
        "fell": [("dear", "completion", "default", 0)],
        "appeared": [
            ("born", "request", "default", 0),
            ("born", "prompt", "default", 0),
            ("born", "completion", "default", 0),
            ("born", "request", "flex", 0),
            ("born", "prompt", "flex", 0),
            ("born", "completion", "flex", 0),
            ("born", "maps", "default", 0),
            ("dear", "prompt", "default", 200_000),
            ("dear", "completion", "default", 200_000),
        ],
        "vanished": [("dear", "cached", "default", 0), ("gone", "prompt", "default", 0), ("gone", "completion", "default", 0)],
    }
    assert told["rose"][0] == {"model": "dear", "kind": "prompt", "tier": "default", "above_tokens": 0, "old_usd": 1.0, "new_usd": 2.0}


def test_the_same_for_people(maps: tuple[Path, Path]) -> None:
    text = tidegate("prices", "diff", *maps).stdout
    assert "rose: 1" in text
    assert "+100.0%" in text
    assert "input, above 200,000 tokens" in text
    assert tidegate("prices", "diff", maps[0], maps[0]).stdout == "Both maps have the same prices.\n"


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    assert tidegate("prices", "diff", tmp_path / "none.json", tmp_path / "none.json").exit_code == 2
    (tmp_path / "odd.json").write_text("[]")
    result = tidegate("prices", "diff", "bundled" if bundled() else tmp_path / "odd.json", tmp_path / "odd.json")
    assert result.exit_code == 2
    assert "expected a mapping of models" in result.stderr


@pytest.mark.skipif(bundled() is None, reason="litellm is not installed")
def test_the_bundled_map() -> None:
    assert "litellm" in tidegate("prices").stdout
    result = tidegate("prices", "openai/gpt-5")
    assert "1.25" in result.stdout
    assert read(tidegate("prices", "gpt-5", "--json"))["source"] == "litellm"
    assert "Both maps" in tidegate("prices", "diff", "bundled", "bundled").stdout


CONFIG = """\
version: 1
destinations:
  gpt: {kind: openai_compatible, zone: external, url: "https://api.openai.com/v1", model: m, clearance: public, key: {env: KEY}}
  home: {kind: openai_compatible, zone: local, url: http://127.0.0.1:9/v1, model: small, clearance: restricted}
routes: [{name: all, to: [home]}]
"""


@pytest.mark.parametrize(
    ("prices", "warning"),
    [
        pytest.param("{file: p.json}", "nobody knows how old the prices of file", id="no day is known"),
        pytest.param("{file: p.json, as_of: 2026-01-01}", "days old", id="old ones"),
        pytest.param("{file: p.json, as_of: 9999-01-01}", "a day that has not come", id="ones of tomorrow"),
    ],
)
def test_check_warns_of_old_prices(tmp_path: Path, prices: str, warning: str) -> None:
    (tmp_path / "p.json").write_text('{"m": {"input_cost_per_token": 1e-6, "output_cost_per_token": 1e-6}}')
    config = tmp_path / "c.yaml"
    config.write_text(CONFIG + f"prices: {prices}\n")
    result = tidegate("check", "--without-secrets", config)
    assert result.exit_code == 0, result.stdout
    assert "warning: " in result.stdout
    assert warning in result.stdout
    told = read(tidegate("check", "--without-secrets", "--json", config))
    assert told["ok"] is True
    (only,) = told["warnings"]
    assert warning in only
    assert told["prices"]["source"] == "file"


def test_check_warns_of_nothing_where_all_prices_are_stated(tmp_path: Path) -> None:
    config = tmp_path / "c.yaml"
    config.write_text(CONFIG.replace("key: {env: KEY}", "key: {env: KEY}, cost: {input_per_mtok_usd: 1, output_per_mtok_usd: 2}"))
    told = read(tidegate("check", "--without-secrets", "--json", config))
    assert (told["warnings"], told["prices"]) == ([], {"source": "", "version": "", "as_of": None})
