"""Embeddings: the same weights in an engine that pools instead of generating."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from openai import OpenAI

from gateway.engine import EngineOptions
from tests.journeys.vllm.conftest import Gateway, serving
from tests.journeys.vllm.engine import Engine, free_port, running

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(120, func_only=True), pytest.mark.xdist_group("vllm")]

CONFIG = """
version: 1
destinations:
  pooled: {{kind: openai_compatible, zone: local, url: "{engine}", model: tiny, clearance: restricted, key: {{env: ENGINE_KEY}}, serves: [embeddings], cost: unknown}}
routes:
  - {{name: all, to: [pooled]}}
"""


@pytest.fixture(scope="module")
def pooling_engine(logs: Path) -> Iterator[Engine]:
    pooling = ("--runner", "pooling", "--convert", "embed")
    options = EngineOptions(port=free_port(), served_name="tiny", context_tokens=512, small=True, extra=pooling)
    with running(logs / "pooling_engine.log", options) as engine:
        yield engine


@pytest.fixture(scope="module")
def pooling_gateway(pooling_engine: Engine, logs: Path) -> Iterator[Gateway]:
    with serving(CONFIG.format(engine=pooling_engine.url), logs / "pooling_gateway") as gateway:
        yield gateway


@pytest.mark.parametrize(
    "encoding", [pytest.param("float", id="as numbers"), pytest.param("base64", id="as base64, the client's own wish")]
)
def test_vectors_are_those_of_the_engine(pooling_gateway: Gateway, pooling_engine: Engine, encoding: str) -> None:
    texts = ["the tide comes in", "the gate closes"]
    with pooling_gateway.client() as through, OpenAI(base_url=pooling_engine.url, api_key=pooling_engine.key) as direct:
        answer = through.embeddings.create(model="auto", input=texts, encoding_format=encoding)  # type: ignore[arg-type]  # from a table
        expected = direct.embeddings.create(model="tiny", input=texts, encoding_format=encoding)  # type: ignore[arg-type]  # likewise
    assert answer.data == expected.data
    assert answer.data[0].embedding != answer.data[1].embedding
    assert answer.usage == expected.usage
