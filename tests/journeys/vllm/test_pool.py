"""Two real engines behind one target: prompts that begin alike find their beginning in a cache, as the engines' own metrics say."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from gateway.engine import EngineOptions
from tests.journeys.vllm.conftest import Gateway, serving
from tests.journeys.vllm.engine import TERSE, Engine, free_port, metric, running, until

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(600, func_only=True), pytest.mark.xdist_group("vllm")]

CONFIG = """
version: 1
destinations:
  tiny: {{kind: openai_compatible, zone: local, urls: ["{one}", "{two}"], model: tiny, clearance: restricted, key: {{env: ENGINE_KEY}}, cost: {{gpu_hour_usd: 2.5}}}}
routes:
  - {{name: all, to: [tiny]}}
"""
DOCUMENTS, TURNS = 6, 5
HITS, QUERIES = "vllm:prefix_cache_hits_total", "vllm:prefix_cache_queries_total"


def document(number: int) -> str:
    return " ".join(f"Fact {number * 100 + line} of the report." for line in range(40))


@pytest.fixture(scope="module")
def two_engines(vllm_server: Engine, logs: Path) -> Iterator[tuple[Engine, Engine]]:
    options = EngineOptions(port=free_port(), served_name="tiny", context_tokens=4096, small=True, extra=TERSE)
    with running(logs / "second.log", options) as second:
        yield vllm_server, second


@pytest.fixture
def pool(two_engines: tuple[Engine, Engine], logs: Path) -> Iterator[Gateway]:
    one, two = two_engines
    with serving(CONFIG.format(one=one.url, two=two.url), logs / "pool") as gateway:
        yield gateway


def caches(engines: tuple[Engine, Engine]) -> list[tuple[float, float]]:
    return [(engine.metric(HITS), engine.metric(QUERIES)) for engine in engines]


def share(before: list[tuple[float, float]], after: list[tuple[float, float]]) -> float:
    hits, queries = (sum(late[which] - early[which] for early, late in zip(before, after, strict=True)) for which in (0, 1))
    return hits / queries


def ask(url: str, text: str, headers: dict[str, str] | None = None) -> None:
    body = {"model": "tiny", "messages": [{"role": "user", "content": text}], "max_tokens": 2}
    httpx.post(f"{url}/chat/completions", json=body, headers=headers, timeout=60).raise_for_status()


def test_prompts_find_their_beginning_in_a_cache(two_engines: tuple[Engine, Engine], pool: Gateway) -> None:
    blind = caches(two_engines)
    for turn in range(TURNS):
        for number in range(DOCUMENTS):
            engine = two_engines[(turn + number) % 2]  # in turn: what round robin does to one document after the other
            ask(engine.url, "Blind. " + document(number) + f" Question {turn}?", dict(engine.headers))
    before = caches(two_engines)
    for turn in range(TURNS):
        for number in range(DOCUMENTS):
            ask(pool.url, "Pool. " + document(number) + f" Question {turn}?")
    after = caches(two_engines)
    by_turns, by_choice = share(blind, before), share(before, after)
    print(f"prefix cache hits: in turn {by_turns:.0%}, chosen {by_choice:.0%}")
    assert by_choice > by_turns + 0.1
    assert all(late[1] > early[1] for early, late in zip(before, after, strict=True)), "both are used"


def test_the_gateway_reads_what_the_engines_say(two_engines: tuple[Engine, Engine], pool: Gateway) -> None:
    ask(pool.url, "Hello.")
    until(lambda: "tidegate_replica_kv_use_ratio{" in httpx.get(pool.metrics).text, 30)
    assert metric(pool.metrics, "tidegate_scrape_missing_series") == 0
    rows = httpx.get(pool.metrics.replace("/metrics", "/admin/pools")).json()["replicas"]
    assert [(row["out"], row["running"]) for row in rows] == [([], 0), ([], 0)]
