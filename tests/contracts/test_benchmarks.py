"""The quality benchmark counts what it says it counts, and runs in any clone on the sample."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import pii_sets
from benchmarks.pii_scores import Document, Mark, Said, by_label, score, share
from benchmarks.pii_tables import MARKS, between_marks, has_marks

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "tests" / "samples" / "pii"
ONLY_NAMES = frozenset({"PERSON", "LOCATION"})


def document(*gold: str) -> Document:
    """Ten characters per span."""
    return Document("x" * 100, tuple(Mark(10 * at, 10 * at + 5, label) for at, label in enumerate(gold)))


def said(*hits: tuple[int, str], doubtful: bool = False) -> Said:
    return Said(tuple(Mark(start, start + 3, label) for start, label in hits), doubtful)


DOCUMENTS = [document("PERSON", "LOCATION"), document("PERSON"), document("EMAIL"), document("LOCATION"), document(), document()]
SAID = [
    said((3, "PERSON"), (30, "PHONE")),  # the person, and a hit beside everything
    said((50, "PERSON")),  # flagged for a wrong reason
    said(),  # missed
    said((0, "PERSON")),  # a place taken for a person
    said(doubtful=True),
    said(),
]


def rates(annotated: frozenset[str] | None = None) -> dict[str, float | None]:
    scored = score(DOCUMENTS, SAID) if annotated is None else score(DOCUMENTS, SAID, annotated)
    return {name: rate.value if rate.value is None else round(rate.value, 3) for name, rate in scored.items()}


def test_rates_are_of_texts_and_of_spans() -> None:
    assert rates() == {
        "recall": 0.667,  # two of the three with a core span
        "touched": 0.333,  # one for the right reason
        "precision": 0.5,  # two of four flagged
        "f2": 0.625,
        "fpr": 0.667,  # two of three clean ones: a place is no reason
        "span_recall": 0.333,
        "span_precision": 0.25,
    }


def test_kinds_that_a_set_does_not_mark_are_neither_right_nor_wrong() -> None:
    assert rates(ONLY_NAMES)["span_precision"] == 0.333
    only_mail = [document()], [said((0, "EMAIL"))]
    assert score(*only_mail)["fpr"].value == 1
    assert score(*only_mail, ONLY_NAMES)["fpr"].value == 0


def test_spans_are_counted_by_label() -> None:
    found = by_label(DOCUMENTS, SAID)
    assert (found["PERSON"][0].value, found["PERSON"][1].value, found["PERSON"][0].n) == (0.5, 0.5, 2)
    assert found["LOCATION"][0].value == 0.5
    assert found["LOCATION"][1].value == 0


@pytest.mark.parametrize(
    ("flags", "value", "low", "high"),
    [
        pytest.param([True] * 30 + [False] * 70, 0.3, 0.21, 0.39, id="some"),
        pytest.param([True] * 100, 1.0, 0.97, 1.0, id="all: the rule of three"),
        pytest.param([False] * 100, 0.0, 0.0, 0.03, id="none: the rule of three"),
    ],
)
def test_intervals_are_those_of_the_share(flags: list[bool], value: float, low: float, high: float) -> None:
    rate = share(flags)
    assert (rate.value, rate.n) == (value, 100)
    assert (rate.low, rate.high) == pytest.approx((low, high), abs=0.015)


def test_of_nothing_there_is_no_share() -> None:
    assert share([]).value is None
    assert str(share([])) == "-"


def test_what_is_for_training_is_not_scored() -> None:
    ids = [f"text-{number}" for number in range(5000)]
    kept = [name for name in ids if pii_sets.is_dev("btc_train_dev", name)]
    assert 900 < len(kept) < 1100
    assert kept[:3] == [name for name in reversed(ids) if pii_sets.is_dev("btc_train_dev", name)][:-4:-1]
    assert pii_sets.is_dev("btc_train_dev", "text-0") is pii_sets.is_dev("meddocan_train_dev", "text-0")
    assert all(pii_sets.is_dev("pupa_tnb", name) for name in ids), "what is only for measuring is all measured by"
    for name in pii_sets.names(SAMPLE):
        assert not list(pii_sets.rows(SAMPLE, name, dev=False)), f"{name}: the sample holds texts for training"


def test_the_sample_is_small_and_its_origins_are_told() -> None:
    files = sorted(SAMPLE.glob("*.gz"))
    assert sum(file.stat().st_size for file in files) < 1_000_000
    told = (SAMPLE / "README.md").read_text()
    assert all(f"| {file.name.split('.')[0]} |" in told for file in files)


def test_options_are_chosen_by_texts_that_are_not_scored() -> None:
    fifths = [pii_sets.fifth(f"text-{number}") for number in range(5000)]
    assert set(fifths) == set(range(5))
    assert pii_sets.MEASURED != pii_sets.TUNED


def test_the_readme_gets_its_tables_between_the_marks() -> None:
    text = f"before\n{MARKS[0]}\nold\n{MARKS[1]}\nafter\n"
    assert has_marks(text)
    assert not has_marks("no marks")
    assert not has_marks(f"{MARKS[1]} {MARKS[0]}")
    assert between_marks(text, "new") == f"before\n{MARKS[0]}\nnew\n{MARKS[1]}\nafter\n"


def test_a_folder_without_sets_is_told() -> None:
    with pytest.raises(ValueError, match="holds no"):
        pii_sets.names(ROOT / "configs")


WITHOUT_PRESIDIO = "import runpy, sys; sys.modules['presidio_analyzer'] = None; runpy.run_path(sys.argv.pop(1), run_name='__main__')"


def test_it_scores_the_sample_and_says_that_presidio_is_missing(tmp_path: Path) -> None:
    program, kept, readme = str(ROOT / "benchmarks" / "pii_quality.py"), tmp_path / "scores.json", tmp_path / "README.md"
    readme.write_text("\n".join(MARKS))
    words = [program, "--detectors", "patterns,secrets", "--limit", "20", "--no-speed", "--markdown"]
    words += ["--json", str(kept), "--readme", str(readme)]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_PRESIDIO, *words], capture_output=True, text=True, check=False, timeout=200, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    assert "Presidio: not installed" in done.stdout
    assert "| secrets_gitleaks_dev | tidegate | 20 |" in done.stdout
    assert "| secrets_gitleaks_dev | tidegate | 20 |" in readme.read_text()
    quality: dict[str, list[dict[str, Any]]] = json.loads(kept.read_text())["quality"]
    (secrets,) = [line for line in quality["sets"] if line["subject"] == "secrets_gitleaks_dev"]
    assert secrets["recall"]["value"] > 0.5
    (negatives,) = [line for line in quality["negatives"] if line["subject"] == "all"]
    assert negatives["flagged"]["value"] < 0.5
    assert any(line["subject"].startswith("PHONE ") for line in quality["numbers"])
    assert {line["subject"] for line in quality["names"]} >= {"de germeval14_dev", "fr europeana_fr_dev", "es meddocan_train_dev"}
