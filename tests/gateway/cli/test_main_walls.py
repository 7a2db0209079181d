"""`prove`, `audit` and `export`: exit codes, and what must be read."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner, Result

from gateway.cli.config import shipped
from gateway.cli.main import app
from gateway.ledger.book import files
from tests.fakes.ledgers import write

HOME = "home: {kind: openai_compatible, zone: local, url: http://127.0.0.1:9/v1, model: small, clearance: restricted}"
AWAY = "away: {kind: openai_compatible, zone: external, url: http://127.0.0.1:10/v1, model: big, clearance: internal, cost: unknown}"
SOUND = f"""\
version: 1
destinations:
  {HOME}
  {AWAY}
routes:
  - {{name: sensitive, when: {{label: ">= personal"}}, to: [home]}}
  - {{name: others, to: [home], fallback: [away]}}
"""
LEAKING = f"""\
version: 1
destinations:
  {HOME}
  {AWAY}
routes:
  - {{name: everything, to: [home], fallback: [away]}}
"""


def tidegate(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def read(result: Result) -> Any:
    return msgspec.json.decode(result.stdout)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "own.yaml"
    path.write_text(SOUND)
    return path


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    write(tmp_path / "ledger", 8)
    return tmp_path / "ledger"


def says(result: Result, code: int, *parts: str) -> None:
    assert result.exit_code == code, result.output
    shown = " ".join(result.output.split())
    assert [part for part in parts if part not in shown] == [], shown


def test_a_sound_configuration_is_proved(config: Path) -> None:
    says(tidegate("prove", config), 0, "is sound", "home, away", "any mixture", "LEDGER_UNAVAILABLE", "content, at 127.0.0.1:9", "metrics")


def test_a_cloud_fallback_for_everything_is_refused_and_named(config: Path) -> None:
    config.write_text(LEAKING)
    said = [f"{label} content leaves by route 'everything' to 'away'" for label in ("personal", "restricted")]
    says(tidegate("prove", config), 1, *said, "2 paths leak")
    result = tidegate("prove", config, "--json")
    assert result.exit_code == 1
    assert {(leak["label"], leak["route"], leak["target"]) for leak in read(result)["leaks"]} == {
        ("personal", "everything", "away"),
        ("restricted", "everything", "away"),
    }


def test_what_does_not_load_for_other_reasons_is_not_proved_either(config: Path) -> None:
    config.write_text("version: 2")
    says(tidegate("prove", config), 1, "Nothing can be proved")


def test_a_cloud_that_may_have_everything_is_pointed_at(config: Path) -> None:
    config.write_text(LEAKING.replace("clearance: internal", "clearance: restricted"))
    says(tidegate("prove", config), 0, "away is external and cleared for restricted: everything may leave")


def test_a_certificate_is_kept_and_checked_again(config: Path, tmp_path: Path) -> None:
    kept = tmp_path / "proof.json"
    kept.write_text(tidegate("prove", config, "--json").stdout)
    assert msgspec.json.decode(kept.read_bytes())["config_sha256"] == hashlib.sha256(SOUND.encode()).hexdigest()
    says(tidegate("prove", "--verify", kept, config), 0, "holds")
    config.write_text(SOUND.replace("fallback: [away]", ""))
    says(tidegate("prove", "--verify", kept, config), 1, "the configuration is another one", "rows are", "does not hold")
    config.write_text(LEAKING)
    says(tidegate("prove", "--verify", kept, config), 1, "does not load any more", "leaves by route 'everything'")
    assert read(tidegate("prove", "--verify", kept, config, "--json"))["holds"] is False
    kept.write_text("{}")
    says(tidegate("prove", "--verify", kept, config), 1, "no certificate")


@pytest.mark.parametrize("name", ["default", "hybrid", "healthcare", "airgap"])
def test_what_ships_is_proved(name: str) -> None:
    assert tidegate("prove", shipped(name)).exit_code == 0


def test_a_ledger_is_verified_and_its_head_is_said(ledger: Path) -> None:
    says(
        tidegate("audit", "verify", ledger), 0, "chain verified: 18 lines in 1 files", "no signed heads", "head 18:", "would not be missed"
    )
    head = read(tidegate("audit", "verify", ledger, "--json"))["head"]
    says(tidegate("audit", "verify", ledger, "--expect", head), 0, "holds every head")


def test_a_fault_is_said_with_its_line(ledger: Path) -> None:
    path = files(ledger)[0]
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:5] + lines[6:]))
    says(tidegate("audit", "verify", ledger), 1, f"{path.name}:6: line 6 is missing", "NOT verified")
    says(tidegate("audit", "query", ledger), 1, "NOT verified")
    assert read(tidegate("audit", "verify", ledger, "--json"))["faults"][0]["line"] == 6


def test_a_query_counts_what_left_and_says_what_it_rests_on(ledger: Path) -> None:
    arguments = ["--label", ">= personal", "--zone", "external", "--since", "2026-11-01", "--until", "2026-11-30"]
    says(tidegate("audit", "query", ledger, *arguments), 0, "personal external us gpt 2 200", "all 4 400", "chain verified")
    content = read(tidegate("audit", "query", ledger, *arguments, "--json"))
    assert content["attempts"] == 4
    assert content["verified"]
    assert {row["label"] for row in content["rows"]} == {"personal", "restricted"}
    assert {row["ending"] for row in content["rows"]} == {"Served"}
    says(tidegate("audit", "query", ledger, "--since", "2026-12-01"), 0, "all 0 0", "chain verified")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["query", "--label", "nonsense"], "the ledger knows no label", id="a label that there is not"),
        pytest.param(["query", "--since", "yesterday"], "2026-11-22", id="no day"),
        pytest.param(["verify", "--expect", "12"], "a head is", id="no head"),
        pytest.param(["verify", "--key", "pyproject.toml"], "public key", id="no key"),
    ],
)
def test_what_cannot_be_asked_is_misuse(ledger: Path, arguments: Sequence[str], said: str) -> None:
    command, *options = arguments
    says(tidegate("audit", command, ledger, *options), 2, said)


def test_a_folder_without_a_ledger_is_no_clean_ledger(tmp_path: Path) -> None:
    says(tidegate("audit", "verify", tmp_path), 2, "there is no ledger here")


@pytest.mark.parametrize(
    ("kind", "part"), [("kubernetes", "kind: NetworkPolicy"), ("nftables", "ip daddr { 127.0.0.1/32 } tcp dport 10 accept")]
)
def test_network_policies_are_exported(config: Path, kind: str, part: str) -> None:
    says(tidegate("export", "network-policy", config, "--kind", kind), 0, part)


def test_a_name_without_an_address_is_a_problem_and_no_hole(config: Path) -> None:
    config.write_text(SOUND.replace("http://127.0.0.1:10/v1", "https://nobody.invalid/v1"))
    says(tidegate("export", "network-policy", config), 1, "destinations.away", "nobody.invalid has none here")


def test_another_kind_is_misuse(config: Path) -> None:
    says(tidegate("export", "network-policy", config, "--kind", "iptables"), 2, "kubernetes")


def test_check_says_that_what_leaves_is_not_recorded(config: Path) -> None:
    says(tidegate("check", config), 0, "none: what leaves is not recorded")
    config.write_text(SOUND + "ledger: {dir: egress}\n")
    says(tidegate("check", config), 0, "egress, on disk before a byte leaves")
    assert read(tidegate("check", config, "--json"))["ledger"]["sync"] == "always"
