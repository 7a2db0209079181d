"""One engine, one stand-in for the cloud and one gateway for the whole session."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from openai import OpenAI

from gateway.engine import EngineOptions
from tests.journeys.vllm.engine import KEY, ROOT, TERSE, Engine, free_port, model_folder, process, running, wait_for
from tests.journeys.vllm.tap import Tap, tapped

IN_FLIGHT = 6
CONFIG = """
version: 1
destinations:
  tiny: {{kind: openai_compatible, zone: local, url: "{engine}", model: tiny, clearance: restricted, key: {{env: ENGINE_KEY}}, cost: {{gpu_hour_usd: 2.5}}}}
  lora: {{kind: openai_compatible, zone: local, url: "{engine}", model: tiny-lora, clearance: restricted, key: {{env: ENGINE_KEY}}, cost: {{gpu_hour_usd: 2.5}}}}
  tapped: {{kind: openai_compatible, zone: local, url: "{tap}", model: tiny, clearance: restricted, key: {{env: ENGINE_KEY}}, cost: {{gpu_hour_usd: 2.5}}}}
  torn: {{kind: openai_compatible, zone: local, url: "{tap}", model: tiny, clearance: restricted, key: {{env: ENGINE_KEY}}, cost: {{gpu_hour_usd: 2.5}}, continues: true}}
  locked: {{kind: openai_compatible, zone: local, url: "{engine}", model: tiny, clearance: restricted, key: {{env: WRONG_KEY}}, cost: {{gpu_hour_usd: 2.5}}}}
  nobody: {{kind: openai_compatible, zone: local, url: "{engine}", model: no-such-model, clearance: restricted, key: {{env: ENGINE_KEY}}, cost: {{gpu_hour_usd: 2.5}}}}
  cloud: {{kind: openai_compatible, zone: external, url: "{cloud}", model: cloud, clearance: internal, cost: {{input_per_mtok_usd: 1, output_per_mtok_usd: 8}}}}
routes:
  - {{name: sensitive, when: {{label: ">= personal"}}, to: [tiny]}}
  - {{name: other, to: [tiny], fallback: [cloud]}}
"""


@dataclass(frozen=True, slots=True)
class Gateway:
    """`url` is the API base; `metrics` is on the admin port."""

    url: str
    metrics: str

    def client(self) -> OpenAI:
        """The official client, as an application would make it, but without retries of its own."""
        return OpenAI(base_url=self.url, api_key="unused", max_retries=0, timeout=60)


@dataclass(frozen=True, slots=True)
class Cloud:
    """A stand-in that remembers what it was sent."""

    root: str

    def received(self) -> bytes:
        return httpx.get(f"{self.root}/_received").content


@pytest.fixture(scope="session")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("vllm")


@pytest.fixture(scope="session")
def vllm_server(logs: Path) -> Iterator[Engine]:
    options = EngineOptions(
        port=free_port(),
        served_name="tiny",
        in_flight=IN_FLIGHT,
        context_tokens=4096,
        tool_parser="hermes",
        loras={"tiny-lora": model_folder("tiny-lora")},
        lora_rank=8,
        small=True,
        extra=TERSE,
    )
    with running(logs / "engine.log", options) as engine:
        yield engine


@pytest.fixture(scope="session")
def tap(vllm_server: Engine) -> Iterator[Tap]:
    with tapped(int(vllm_server.root.rsplit(":", 1)[1])) as tap:
        yield tap


@pytest.fixture(scope="session")
def cloud(logs: Path) -> Iterator[Cloud]:
    port = free_port()
    words = [sys.executable, "-m", "gateway.standin", "--port", str(port), "--name", "cloud"]
    with process(words, {**os.environ, "PYTHONPATH": str(ROOT)}, logs / "cloud.log") as started:
        cloud = Cloud(f"http://127.0.0.1:{port}")
        wait_for(f"{cloud.root}/health", started, logs / "cloud.log", 60)
        yield cloud


@pytest.fixture(scope="session")
def gateway(vllm_server: Engine, tap: Tap, cloud: Cloud, logs: Path) -> Iterator[Gateway]:
    config = CONFIG.format(engine=vllm_server.url, tap=f"http://127.0.0.1:{tap.port}/v1", cloud=f"{cloud.root}/v1")
    with serving(config, logs / "gateway") as gateway:
        yield gateway


@contextmanager
def serving(config: str, at: Path) -> Iterator[Gateway]:
    """A gateway process with that configuration, ready."""
    at.with_suffix(".yaml").write_text(config)
    port, admin_port = free_port(), free_port()
    words = [
        sys.executable,
        "-m",
        "gateway",
        "serve",
        "--config",
        str(at.with_suffix(".yaml")),
        "--port",
        str(port),
        "--admin-port",
        str(admin_port),
    ]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "ENGINE_KEY": KEY, "WRONG_KEY": "sk-" + "wrong" * 4}
    with process(words, env, at.with_suffix(".log")) as started:
        wait_for(f"http://127.0.0.1:{port}/healthz", started, at.with_suffix(".log"), 60)
        yield Gateway(f"http://127.0.0.1:{port}/v1", f"http://127.0.0.1:{admin_port}/metrics")


@pytest.fixture
def client(gateway: Gateway) -> Iterator[OpenAI]:
    with gateway.client() as client:
        yield client
