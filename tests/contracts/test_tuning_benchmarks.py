"""The benchmarks of tuning: they count what they say they count, and run on small made-up sets."""

import gzip
import json
import random
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from benchmarks.traffic_engine import Call, Engine, calls, load
from benchmarks.traffic_figure import Bar, svg
from benchmarks.traffic_savings import MARKS
from benchmarks.tune_promise import losses
from router.tuning import GRID, Outcome

ROOT = Path(__file__).parents[2]
ENGINE = Engine(prefill=100, decode=10, alone=1, hour_usd=36)


def packed(path: Path, text: str) -> Path:
    path.write_bytes(gzip.compress(text.encode()))
    return path


def run(program: str, *words: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(ROOT / "benchmarks" / program), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=200, cwd=ROOT)


def test_traces_are_read_in_both_forms_and_in_order_of_time(tmp_path: Path) -> None:
    as_csv = packed(tmp_path / "a.csv.gz", "t_seconds,input_tokens,output_tokens\n2.5,10,1\n0.0,20,2\n")
    as_json = packed(
        tmp_path / "b.jsonl.gz",
        '{"t_ms": 0, "input_tokens": 20, "output_tokens": 2, "prefix_blocks": []}\n{"t_ms": 2500, "input_tokens": 10, "output_tokens": 1}\n',
    )
    assert calls(as_csv) == calls(as_json) == [Call(0.0, 20, 2), Call(2.5, 10, 1)]
    with pytest.raises(ValueError, match="holds no requests"):
        calls(packed(tmp_path / "c.csv.gz", "t_seconds,input_tokens,output_tokens\n"))


def test_the_load_by_hand() -> None:
    # 1 s of reading and 3 s of writing each, in flight for 31 s: from 0, from 10, and from 31, when the first has just gone.
    there = load([Call(0.0, 100, 30), Call(10.0, 100, 30), Call(31.0, 100, 30)], ENGINE)
    assert there.gpu_s == pytest.approx(12)
    assert there.in_flight == 2
    first_minute = 4 + 4 + 4 * 29 / 31
    assert there.busiest == pytest.approx(first_minute / 60, abs=1e-5)
    assert there.engines == 1


def test_nothing_that_stays_needs_no_engine() -> None:
    none = load([], ENGINE)
    assert (none.gpu_s, none.busiest, none.in_flight, none.engines) == (0, 0, 0, 0)
    assert load([Call(5.0, 0, 0)], ENGINE).gpu_s == 0


def test_the_figure_is_well_formed_and_says_the_numbers() -> None:
    figure = ET.fromstring(
        svg("Costs & <answers>", ["a note"], [Bar("all cloud", "", 40, 0, 0.73), Bar("ours", "x", 10, 5, 0.7, is_ours=True)])
    )
    said = [text.text for text in figure.iter() if text.tag.endswith("text")]
    assert {"Costs & <answers>", "$40.00", "$15.00", "73 of 100", "70 of 100", "a note"} <= set(said)
    cloud, ours, home = (
        float(bar.attrib["width"]) for bar in figure.findall("{*}rect") if bar.attrib.get("height") == "34" and bar.attrib["width"] != "0.0"
    )
    assert (ours / cloud, home / cloud) == pytest.approx((0.25, 0.125), abs=0.001)
    ET.fromstring(svg("Nothing", [], [Bar("all local", "", 0, 0, 0)]))


def test_losses_are_those_of_every_threshold_and_groups_count_once() -> None:
    rows = [Outcome(0.2, 0.0, 1.0, group="a"), Outcome(0.2, 0.0, 1.0, group="a"), Outcome(0.6, 1.0, 0.0, group="b")]
    by_threshold = dict(zip(GRID, losses(rows), strict=True))
    assert (by_threshold[0.1], by_threshold[0.2], by_threshold[0.6]) == pytest.approx((0.0, 0.5, 0.0))


@pytest.fixture(scope="module")
def router(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Prompts of two kinds; the weak model fails at three of four of the hard ones, the strong one at nothing."""
    folder, dice, rows = tmp_path_factory.mktemp("router"), random.Random(8), []
    for at in range(1_200):
        is_hard = at % 3 == 0
        prompt = f"Prove step by step that {at} is no sum of two primes" if is_hard else f"What is the time in Paris {at}"
        rows.append({"prompt": prompt, "group": f"g{at}", "weak": float(not is_hard or dice.random() < 0.25), "strong": 1.0})
    rows.append({"prompt": "unknown", "group": "none", "weak": None, "strong": 1.0})
    packed(folder / "dev.jsonl.gz", "".join(json.dumps(row) + "\n" for row in rows))
    return folder


def test_the_promise_is_counted(router: Path, tmp_path: Path) -> None:
    done = run("tune_promise.py", router, "--resamples", 30, "--scorers", "lexical", "--sizes", 0.5, 1, "--json", tmp_path / "kept.json")
    assert done.returncode == 0, done.stderr
    small, large = json.loads((tmp_path / "kept.json").read_text())["lexical"]
    assert (small["groups"], large["groups"]) == (600, 1200)
    assert large["broken"] <= 0.05
    assert large["found"] == 1
    assert large["could_stay"] == pytest.approx(2 / 3, abs=0.05)
    assert 0.6 < large["stays"] <= large["could_stay"]


def test_the_simulation_says_what_each_way_costs(router: Path, tmp_path: Path) -> None:
    traffic, readme = tmp_path / "traffic", tmp_path / "README.md"
    traffic.mkdir()
    packed(traffic / "hour.csv.gz", "t_seconds,input_tokens,output_tokens\n" + "".join(f"{at * 3.6},1000,100\n" for at in range(1_001)))
    readme.write_text(f"before\n{MARKS[0]}\n{MARKS[1]}\nafter\n")
    words = ["--scorers", "length,lexical", "--model", "gpt-4o-2024-08-06", "--out", tmp_path / "a.svg", "--json", tmp_path / "a.json"]
    done = run("traffic_savings.py", traffic, router, *words, "--readme", readme)
    assert done.returncode == 0, done.stderr
    kept: list[dict[str, Any]] = json.loads((tmp_path / "a.json").read_text())["lines"]
    lines = {(one["way"], one["asked"]): one for one in kept}
    cloud, local, lexical = lines["all cloud", ""], lines["all local", ""], lines["lexical scorer", "loss <= 5%"]
    assert cloud["cloud_usd"] == pytest.approx(1_001 * (1_000 * 2.5e-6 + 100 * 10e-6)), "2.5 and 10 USD per million tokens"
    assert (cloud["home_usd"], cloud["gpu_s"], cloud["in_flight"], cloud["quality"]) == (0, 0, 0, 1)
    assert local["gpu_s"] == pytest.approx(1_001 * (1_000 / 20_000 + 100 / 2_500))
    assert (local["cloud_usd"], local["home_usd"]) == (0, pytest.approx(2.49))
    assert lexical["stays"] == pytest.approx(2 / 3, abs=0.06)
    assert lexical["quality"] > 0.95
    assert local["quality"] < 0.85
    assert lexical["low"] < lexical["quality"] < lexical["high"]
    assert ET.parse(tmp_path / "a.svg").getroot().tag.endswith("svg")
    assert "| hour | lexical scorer | loss <= 5% |" in readme.read_text()
    assert readme.read_text().endswith(f"{MARKS[1]}\nafter\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(["--traces", "none"], "holds no none", id="a trace that is not there"),
        pytest.param(["--model", "nobody/knows"], "no price of nobody/knows", id="a model without a price"),
        pytest.param(["--readme", str(ROOT / "LICENSE")], "has no lines", id="a file without marks"),
    ],
)
def test_what_is_not_there_is_told(router: Path, tmp_path: Path, words: list[str], said: str) -> None:
    packed(tmp_path / "hour.csv.gz", "t_seconds,input_tokens,output_tokens\n0,1,1\n")
    done = run("traffic_savings.py", tmp_path, router, *words)
    assert done.returncode == 1
    assert said in done.stderr
