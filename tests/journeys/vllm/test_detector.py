"""A local model as a detector, on a real engine: it answers or is a doubt, within the deadline, and nothing leaves on its silence."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.vllm.conftest import Cloud, Gateway, serving
from tests.journeys.vllm.engine import Engine

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(180, func_only=True), pytest.mark.xdist_group("vllm")]

CONFIG = """
version: 1
destinations:
  tiny: {{kind: openai_compatible, zone: local, url: "{engine}", model: tiny, clearance: restricted, key: {{env: ENGINE_KEY}}, cost: unknown}}
  cloud: {{kind: openai_compatible, zone: external, url: "{cloud}", model: cloud, clearance: internal, cost: {{input_per_mtok_usd: 1, output_per_mtok_usd: 8}}}}
sensitivity:
  detectors: [patterns, {{llm: {{destination: tiny, max_tokens: 60}}}}]
  slow_deadline_s: {deadline}
routes:
  - {{name: sensitive, when: {{label: ">= personal"}}, to: [tiny]}}
  - {{name: other, to: [cloud], fallback: [tiny]}}
"""
DEADLINE_S = 60.0
PROMPT = "Prove that there are infinitely many primes, for a lecture on the fourteenth floor."


@pytest.fixture(scope="module")
def patient(vllm_server: Engine, cloud: Cloud, logs: Path) -> Iterator[Gateway]:
    with serving(CONFIG.format(engine=vllm_server.url, cloud=f"{cloud.root}/v1", deadline=DEADLINE_S), logs / "patient") as gateway:
        yield gateway


@pytest.fixture(scope="module")
def hurried(vllm_server: Engine, cloud: Cloud, logs: Path) -> Iterator[Gateway]:
    with serving(CONFIG.format(engine=vllm_server.url, cloud=f"{cloud.root}/v1", deadline=0.001), logs / "hurried") as gateway:
        yield gateway


def asked(gateway: Gateway, text: str) -> tuple[str, str]:
    """Path and label of the answer."""
    with gateway.client() as client:
        raw = client.chat.completions.with_raw_response.create(
            model="auto", messages=[{"role": "user", "content": text}], max_tokens=4, temperature=0
        )
    return raw.headers["x-tidegate-path"], raw.headers["x-tidegate-label"]


def test_a_model_without_sense_answers_or_is_a_doubt(patient: Gateway) -> None:
    start = time.monotonic()
    path, label = asked(patient, PROMPT)
    assert time.monotonic() - start < DEADLINE_S
    assert (path, label) in {("cloud", "public"), ("local", "personal"), ("local", "restricted")}


def test_what_it_has_no_time_for_stays(hurried: Gateway, cloud: Cloud) -> None:
    before = cloud.received()
    assert asked(hurried, PROMPT) == ("local", "restricted")
    assert cloud.received() == before
