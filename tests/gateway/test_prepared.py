"""What is loaded before the first request, what after it, and what never where nobody needs it."""

import subprocess
import sys
from pathlib import Path

import pytest

from gateway.prepared import complete, prepare
from tests.fakes.gateway import compiled, configuration

SAY = """
import sys
from gateway.config.compile import compile_text
from gateway.prepared import complete, prepare
plan = compile_text(sys.stdin.read(), {"CALLER_KEY": "not-a-key", "CLOUD_KEY": "not-a-cloud-key"})
def said():
    loaded = {name.split(".")[0] for name in sys.modules}
    print("cryptography" in loaded, "phonenumbers.data.region_FI" in sys.modules)
prepare(plan)
said()
complete(plan)
said()
"""
CONFIG = """
version: 1
destinations:
  qwen: {kind: openai_compatible, zone: local, url: "http://127.0.0.1:1/v1", model: m, clearance: restricted}
  gpt: {kind: openai_compatible, zone: external, url: "http://127.0.0.1:2/v1", model: gpt-5, clearance: internal}
routes:
  - {name: sensitive, when: {label: ">= personal"}, to: [qwen]%s}
  - {name: rest, to: [gpt]}
sensitivity: {detectors: [patterns]}
"""


@pytest.mark.parametrize(
    ("more", "said"),
    [
        pytest.param("", "False False\nFalse True\n", id="nobody redacts"),
        pytest.param(", fallback: [gpt], redact: true", "True False\nTrue True\n", id="somebody redacts"),
    ],
)
def test_what_a_request_waits_for_is_there_first(more: str, said: str, tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", SAY], input=CONFIG % more, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == (said, "")


def test_both_can_be_done_again() -> None:
    plan = compiled(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"))
    for _ in range(2):
        prepare(plan)
        complete(plan)
