"""The small form of the soak in benchmarks/soak.py: 50 streams for twenty seconds, callers who leave, streams that are cut, two reloads."""

import gzip
import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.gateway import ROOT

OPTIONS = "--streams 50 --minutes 0.33 --warm-up 0.1 --token-s 0.1 --answer-tokens 60 --prime 300 --memory 100 --hang-up --most-mb 1000"
"""Memory of so few seconds makes no line; the books and what is held are the same as in ten minutes."""


@pytest.mark.long
@pytest.mark.timeout(600)
def test_fifty_streams_leave_nothing_behind_and_every_request_is_accounted_for_once(tmp_path: Path) -> None:
    dice = random.Random(5)
    rows = "".join(f"{at / 3:.2f},{dice.randint(20, 900)},{dice.randint(1, 90)}\n" for at in range(400))
    (tmp_path / "made_up.csv.gz").write_bytes(gzip.compress(f"t_seconds,input_tokens,output_tokens\n{rows}".encode()))
    result = tmp_path / "soak.json"
    command = [sys.executable, "-m", "benchmarks.soak", str(tmp_path), "--trace", "made_up", *OPTIONS.split(), "--json", str(result)]
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=550)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(result.read_bytes())
    assert found["wrong"] == []
    assert found["reloads"] == 2
    assert {"whole", "left", "broken"} <= found["became"].keys()
    assert found["tokens"] > 500
