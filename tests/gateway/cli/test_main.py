"""Every command by its arguments: the exit code and what must be read."""

import hashlib
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner, Result

from gateway.cli.config import chosen, shipped
from gateway.cli.main import app

CONFIG = """\
version: 1
destinations:
  home: {kind: openai_compatible, zone: local, url: http://127.0.0.1:9/v1, model: small, clearance: restricted}
  away:
    kind: openai_compatible
    zone: external
    url: http://127.0.0.1:9/v1
    model: big
    key: {env: KEY_THAT_NOBODY_SETS}
    clearance: internal
    cost: {input_per_mtok_usd: 1.25, output_per_mtok_usd: 10}
sensitivity: {detectors: [patterns, secrets]}
difficulty: {scorer: lexical, threshold: 0.5}
routes:
  - {name: sensitive, when: {label: ">= personal"}, to: [home]}
  - {name: hard, when: {difficulty: "> threshold"}, to: [away], fallback: [home]}
  - {name: easy, to: [home], fallback: [away]}
tests:
  - {say: "mail bob@example.com", path: local}
"""
MAIL = "Please write to bob@example.com"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "own.yaml"
    path.write_text(CONFIG)
    return path


def tidegate(*arguments: object, stdin: str = "") -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)


def read(result: Result) -> Any:
    return msgspec.json.decode(result.stdout)


@pytest.mark.parametrize(
    "command", ["serve", "check", "explain", "classify", "routes", "schema", "engine", "demo", "key", "tune", "train", "cost", "advise"]
)
def test_every_command_explains_itself(command: str) -> None:
    result = tidegate(command, "--help")
    assert result.exit_code == 0
    assert "Usage" in result.stdout
    assert command in tidegate("--help").stdout


def test_help_comes_quickly_and_by_module_name_too() -> None:
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-X", "importtime", "-m", "gateway", "--help"], capture_output=True, text=True, check=True)
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "Usage: tidegate" in done.stdout
    assert not imported & {"fastapi", "uvicorn", "pydantic", "re2", "openai", "httpx", "gateway.config.compile", "rich.progress"}
    assert time.monotonic() - began < 60  # 0.35 s on a quiet machine; what is not imported is the real test


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        pytest.param(["check"], 1, ["KEY_THAT_NOBODY_SETS", "destinations.away.key", "1 problem"], id="a key that is not set is a problem"),
        pytest.param(
            ["check", "--without-secrets"],
            0,
            ["is sound", "1 of 1 hold", "$1.25 in", "public < internal", "lexical"],
            id="unless keys do not matter",
        ),
        pytest.param(["routes"], 0, ["label >= personal", "otherwise", "never reaches", "home, away"], id="rules and proof"),
    ],
)
def test_commands_on_a_configuration(config: Path, arguments: Sequence[str], code: int, said: Sequence[str]) -> None:
    result = tidegate(*arguments, config)
    assert result.exit_code == code, result.output
    assert [part for part in said if part not in result.stdout] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["check", "no-such-file.yaml"], "cannot be read", id="check of a file that is not there"),
        pytest.param(["routes", "no-such-file.yaml"], "cannot be read", id="routes of a file that is not there"),
        pytest.param(["serve", "no-such-file.yaml"], "cannot be read", id="serving a file that is not there"),
        pytest.param(["explain", "-c", "no-such-file.yaml", "hi"], "tidegate check", id="explaining by a file that is not there"),
    ],
)
def test_a_missing_configuration_is_a_sentence(arguments: Sequence[str], said: str) -> None:
    result = tidegate(*arguments)
    assert result.exit_code == 1
    assert said in result.output
    assert isinstance(result.exception, SystemExit)


def test_check_for_programs(config: Path) -> None:
    bad, good = tidegate("check", config, "--json"), tidegate("check", config, "--json", "--without-secrets")
    assert (bad.exit_code, good.exit_code) == (1, 0)
    assert read(bad)["ok"] is False
    assert read(bad)["problems"][0]["path"] == "destinations.away.key"
    assert read(bad)["problems"][0]["line"] > 0
    assert read(good)["destinations"][1]["clearance"] == "internal"
    assert [one["name"] for one in read(good)["routes"]] == ["sensitive", "hard", "easy"]


def test_check_does_not_count_replicas_that_are_yet_to_be_found(config: Path) -> None:
    config.write_text(CONFIG.replace("clearance: restricted}", "clearance: restricted, pool: {discover: dns}}"))
    found = read(tidegate("check", config, "--json", "--without-secrets"))["destinations"]
    assert [one["replicas"] for one in found] == ["discovered", 1]
    assert "discovered" in tidegate("check", config, "--without-secrets").stdout


def test_check_reports_all_problems_and_failing_tests(config: Path) -> None:
    config.write_text(CONFIG.replace("to: [away]", "to: [awya]").replace("threshold: 0.5", "treshold: 0.5"))
    result = tidegate("check", config, "--without-secrets")
    assert result.exit_code == 1
    assert "did you mean 'away'" in result.stdout
    assert "did you mean 'threshold'" in result.stdout
    config.write_text(CONFIG.replace("path: local}", "path: cloud}"))
    assert "expected cloud, got local" in tidegate("check", config, "--without-secrets").stdout


def test_a_probe_says_what_does_not_answer(config: Path) -> None:
    result = tidegate("check", config, "--probe", "--without-secrets")
    assert result.exit_code == 1
    assert "no connection" in result.stdout
    probes = read(tidegate("check", config, "--probe", "--without-secrets", "--json"))["probes"]
    assert [one["destination"] for one in probes] == ["home", "away"]
    assert all(one["problem"] for one in probes)


def test_routes_for_programs(config: Path) -> None:
    found = read(tidegate("routes", config, "--json"))
    assert found["leaks"] == []
    assert {row["label"]: row["targets"] for row in found["labels"]}["restricted"] == ["home"]
    assert found["routes"][1]["fallback"] == ["home"]


@pytest.mark.parametrize(
    ("arguments", "said", "silent"),
    [
        pytest.param(
            [MAIL], ["path local", "email", "16-31", "personal", "✓ label >= personal", "✗ away"], ["bob", "Please"], id="without its text"
        ),
        pytest.param(["--show", MAIL], ["Please write to <email>"], ["bob"], id="masked"),
        pytest.param(
            ["What is the capital of France?"], ["path local", "nothing was found", "1. home", "2. away"], ["France"], id="an easy one"
        ),
        pytest.param(["--model", "auto:best", "hi"], ["path cloud", "1.00", "the caller asked for it"], [], id="a preference"),
        pytest.param(["--model", "big", MAIL], ["path local", "route sensitive"], ["bob"], id="a name that may not have it"),
        pytest.param(["--model", "big", "hi"], ["path cloud", "route named"], [], id="a name that may have it"),
        pytest.param(
            [MAIL],
            ["What would change it", "home down → blocked, and nobody could serve it"],
            ["above 0.5"],
            id="what would change it",
        ),
    ],
)
def test_explain(config: Path, arguments: Sequence[str], said: Sequence[str], silent: Sequence[str]) -> None:
    result = tidegate("explain", "-c", config, *arguments)
    assert result.exit_code == 0, result.output
    assert [part for part in said if part not in result.stdout] == []
    assert [part for part in silent if part in result.stdout] == []


def test_a_cascade_is_explained_where_there_is_one(config: Path) -> None:
    accept = "{min_mean_logprob: -0.7, schema: false, self_check: {}}"
    config.write_text(CONFIG.replace("fallback: [away]}", f"fallback: [away], cascade: {{accept: {accept}}}}}"))
    seen = tidegate("explain", "-c", config, "hi")
    assert seen.exit_code == 0, seen.output
    say = "home answers first, unseen. Where it says nothing, it is cut at its length, it declines, its mean log-probability is below -0.7"
    assert say + " or it does not think itself right, away answers instead." in " ".join(seen.stdout.split())
    assert "answers first" not in tidegate("explain", "-c", config, MAIL).stdout, "what is sensitive does not"
    assert "answers first" not in tidegate("explain", "-c", config, "hi", "--model", "auto:local").stdout
    assert read(tidegate("explain", "-c", config, "hi", "--json"))["cascade"]["accept"]["min_mean_logprob"] == -0.7
    assert read(tidegate("explain", "-c", config, MAIL, "--json"))["cascade"] is None
    assert "away (also when an answer is rejected)" in tidegate("routes", config).stdout
    assert [one.get("cascade", {}).get("hold") for one in read(tidegate("routes", config, "--json"))["routes"]][-1]["max_s"] == 8.0


REMOTE = """\
  analyzer: {kind: presidio, zone: local, url: http://127.0.0.1:9, clearance: restricted}
sensitivity: {detectors: [patterns, secrets, presidio_rest: {destination: analyzer}]}
"""


def test_what_only_a_running_gateway_asks_is_named_where_it_matters(config: Path, tmp_path: Path) -> None:
    config.write_text(CONFIG.replace("sensitivity: {detectors: [patterns, secrets]}\n", REMOTE))
    shown = tidegate("explain", "-c", config, "hi", "--model", "away").stdout
    assert "presidio_rest was not asked here" in shown
    assert "not asked" not in tidegate("explain", "-c", config, MAIL).stdout, "it stays, whoever is asked"
    assert read(tidegate("explain", "-c", config, "hi", "--model", "away", "--json"))["unasked"] == ["presidio_rest"]
    assert read(tidegate("explain", "-c", config, MAIL, "--json"))["unasked"] == []
    lines = tmp_path / "in.jsonl"
    lines.write_text('{"model": "away", "messages": [{"role": "user", "content": "hi"}]}\n{"text": "bob@example.com"}\n')
    rows = [msgspec.json.decode(line) for line in tidegate("classify", lines, "-c", config).stdout.splitlines()]
    assert [(row["path"], row["unasked"]) for row in rows] == [("cloud", ["presidio_rest"]), ("local", [])]
    summary = tidegate("check", config, "--without-secrets").stdout
    assert "1 of 1 hold (without presidio_rest, which only a running gateway asks)" in summary


def test_explain_reads_bodies_and_prompts(config: Path, tmp_path: Path) -> None:
    body = tmp_path / "request.json"
    body.write_text('{"messages": [{"role": "user", "content": "hi"}], "user": "bob@example.com"}')
    by_file = read(tidegate("explain", "-c", config, "--json", "--file", body))
    by_body = read(tidegate("explain", "-c", config, "--json", "-", stdin=body.read_text()))
    by_prompt = read(tidegate("explain", "-c", config, "--json", "-", stdin=MAIL))
    assert by_file == by_body
    assert (by_file["findings"][0]["turn"], by_file["label"]) == (-1, "personal")
    assert by_file["changes"] == [
        {"means": "availability", "say": "home down", "label": "personal", "route": "sensitive", "path": "blocked", "target": None}
    ]
    assert (by_prompt["findings"][0]["start"], by_prompt["path"]) == (16, "local")


def test_explain_says_what_it_costs_to_leave_a_conversation(config: Path, tmp_path: Path) -> None:
    answer = "Cream, brass and a warm grey go well with it, as long as it is not too red. " * 9
    turns = [("user", "What goes well with green?"), ("assistant", answer), ("user", "Write an essay on quantum entropy, step by step.")]
    fields: dict[str, Any] = {"messages": [{"role": role, "content": text} for role, text in turns], "reasoning_effort": "high"}
    body = tmp_path / "request.json"
    body.write_bytes(msgspec.json.encode(fields))
    shown = tidegate("explain", "-c", config, "--file", body).stdout
    for part in ("it was scored 0.", "+0.75  reasoning_effort", "is with home", "a prefix of about 177 tokens", "the threshold counts 1."):
        assert part in shown, shown
    assert "Cream" not in shown
    fields["messages"][0]["content"] = "Prove that there are infinitely many primes of the form 4k+3."
    body.write_bytes(msgspec.json.encode(fields))
    assert "is with away" in tidegate("explain", "-c", config, "--file", body).stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        pytest.param(["explain"], 2, "either a prompt or --file", id="explain without anything"),
        pytest.param(["explain", "hi", "--file", "x"], 2, "either a prompt or --file", id="explain with both"),
        pytest.param(["explain", "--file", "no-such-file.json"], 2, "No such file", id="a body that is not there"),
        pytest.param(["explain", "--model", "nonsense", "hi"], 1, "no such model", id="a model that means nothing"),
        pytest.param(["explain", "-"], 1, "must be a list", id="a body that is not one"),
        pytest.param(["classify", "no-such-file.jsonl"], 2, "No such file", id="a file of prompts that is not there"),
        pytest.param(["demo", "--engine", "steam"], 2, "standin", id="an engine that is none"),
        pytest.param(["key", "new", "a b"], 2, "letters", id="a key's name with a space"),
        pytest.param(["engine", "m", "--lora", "x"], 2, "NAME=FOLDER", id="an adapter without a folder"),
        pytest.param(["engine", "m", "--dry-run", "--api-key", "x"], 1, "VLLM_API_KEY", id="a key on a command line"),
        pytest.param(["dance"], 2, "dance", id="an unknown command"),
    ],
)
def test_misuse_is_a_sentence(arguments: Sequence[str], code: int, said: str) -> None:
    result = tidegate(*arguments, stdin='{"messages": 1}')
    assert result.exit_code == code, result.output
    assert said in result.output
    assert "Traceback" not in result.output


def test_a_new_key_fits_its_digest() -> None:
    made = read(tidegate("key", "new", "app", "--tenant", "shop", "--json"))
    assert hashlib.sha256(made["key"].encode()).hexdigest() == made["sha256"]
    assert (made["name"], made["tenant"]) == ("app", "shop")
    lines = tidegate("key", "new", "app")
    key = lines.stdout.splitlines()[0]
    assert f"    sha256: {hashlib.sha256(key.encode()).hexdigest()}" in lines.stdout
    assert key != made["key"]


def test_the_schema_is_printed_or_written(tmp_path: Path) -> None:
    out = tmp_path / "schema.json"
    tidegate("schema", "--out", out)
    assert tidegate("schema").stdout.encode() == out.read_bytes()
    assert msgspec.json.decode(out.read_bytes())["title"] == "Tidegate configuration"


def test_the_engine_is_printed() -> None:
    line = tidegate("engine", "org/model", "--dry-run", "--port", "9000", "--served-name", "own", "--lora", "a=b", "--seed", "7").stdout
    assert "serve org/model" in line
    assert "--port 9000" in line
    assert "--served-model-name own" in line
    assert "a=b" in line
    assert line.rstrip().endswith("--seed 7")


def test_which_configuration_is_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert chosen(None) == shipped("default")
    assert shipped("default").is_file()
    (tmp_path / "tidegate.yaml").write_text(CONFIG)
    assert chosen(None) == Path("tidegate.yaml")
    assert chosen(Path("other")) == Path("other")
