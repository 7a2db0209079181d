import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli.main import app
from gateway.usage.writing import write
from tests.fakes.usage import used

DAY = 1_790_553_600.0


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "usage.db"
    write(path, [used(at=DAY + hour * 3_600.0, path="cloud", target="gpt", model="gpt-5", cost=1_000_000) for hour in range(48)])
    return path


def run(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [*map(str, words)])
    return result.exit_code, result.output


def test_a_span_of_a_table_is_exported_once(store: Path, tmp_path: Path) -> None:
    out = tmp_path / "used.csv"
    command = ("usage", "export", "--store", store, "--since", "2026-09-28T12:00:00Z", "--until", "2026-09-28", "--csv", out)
    assert run(*command) == (0, f"12 rows of used in {out}\n")
    assert len(out.read_text().splitlines()) == 13
    code, said = run(*command)
    assert (code, "not overwritten" in said) == (2, True)
    assert run("usage", "export", "--store", store, "--parquet", tmp_path / "x.parquet", "--table", "rated")[0] == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        pytest.param((), "Give either --csv or --parquet", id="no file"),
        pytest.param(("--csv", "x", "--parquet", "y"), "Give either --csv or --parquet", id="two files"),
        pytest.param(("--csv", "x", "--table", "requests"), "--table is one of used", id="no table"),
        pytest.param(("--csv", "x", "--since", "yesterday"), "Write a day as", id="no time"),
    ],
)
def test_what_is_asked_wrongly_is_said(store: Path, words: tuple[str, ...], sentence: str) -> None:
    code, said = run("usage", "export", "--store", store, *words)
    assert (code, sentence in said) == (2, True), said


def test_what_is_in_a_store_is_shown(store: Path) -> None:
    code, said = run("usage", "show", "--store", store)
    assert code == 0
    assert "48 2026-09-28 00:00:00Z 2026-09-29 23:00:00Z" in " ".join(said.split())
    assert "0 rows are missing" in said
    shown = json.loads(run("usage", "show", "--store", store, "--json")[1])
    assert shown["tables"]["used"] == {"rows": 48, "first": DAY, "last": DAY + 47 * 3_600.0}


def test_the_store_is_that_of_the_configuration(store: Path, tmp_path: Path) -> None:
    config = tmp_path / "tidegate.yaml"
    config.write_text(Path("configs/default.yaml").read_text().replace("usage:", "ignored:"))
    text = config.read_text()
    config.write_text(text + "\nusage: {store: usage.db}\n")
    assert run("usage", "show", "--config", config)[0] == 0
    config.write_text(text)
    code, said = run("usage", "show", "--config", config)
    assert (code, "keeps no usage" in said) == (2, True)
    assert run("usage", "show", "--store", tmp_path / "gone.db")[0] == 2


def test_an_invoice_is_compared_and_what_is_off_is_said(store: Path, tmp_path: Path) -> None:
    bill = tmp_path / "bill.csv"
    bill.write_text("date,model,usd\n2026-09-28,gpt-5,24.00\n2026-09-29,gpt-5,23.90\n")
    command = ("reconcile", bill, "--store", store, "--columns", "day=date,model=model,cost=usd")
    code, said = run(*command)
    assert (code, "+0.42" in said) == (0, True), said
    code, said = run(*command, "--tolerance", "0.1%")
    assert (code, "off by +0.21%" in said) == (1, True), said
    told = json.loads(run(*command, "--json")[1])
    assert (told["by"], len(told["lines"]), told["ours"]["cost"]) == ("cost", 2, 48.0)
    code, said = run("reconcile", bill, "--store", store)
    assert (code, "has the columns date, model, usd" in said) == (2, True)
    assert run(*command, "--tolerance", "some")[0] == 2
