import pytest

from gateway.pool.hits import STEP_S, STEPS, Cached, Hits
from gateway.pool.reading import read


def test_of_nothing_there_is_nothing() -> None:
    assert Hits().late == Cached(0, 0)


def test_only_what_came_of_late_counts() -> None:
    hits = Hits()
    for step in range(4 * STEPS):
        hits.note(Cached(1000 + step * 5, 5000 + step * 10), step * STEP_S / 2)
    late = hits.late
    assert 0.9 * STEPS * 2 * 10 < late.queries <= STEPS * 2 * 10
    assert late.hits == late.queries / 2


def test_an_engine_that_begins_anew_has_nothing_yet() -> None:
    hits = Hits()
    hits.note(Cached(0, 0), 0.0)
    hits.note(Cached(90, 100), 1.0)
    hits.note(Cached(1, 20), 2.0)
    assert hits.late == Cached(0, 0)
    hits.note(Cached(2, 40), 3.0)
    assert hits.late == Cached(1, 20)


@pytest.mark.parametrize(
    "hits,queries",
    [
        pytest.param("vllm:prefix_cache_hits_total", "vllm:prefix_cache_queries_total", id="vLLM"),
        pytest.param("vllm:gpu_prefix_cache_hits_total", "vllm:gpu_prefix_cache_queries_total", id="older vLLM"),
        pytest.param("sglang:cached_tokens_total", "sglang:prompt_tokens_total", id="SGLang"),
    ],
)
def test_it_is_read_under_any_of_its_names(hits: str, queries: str) -> None:
    said = "".join(f'{name}{{engine="{engine}"}} {value}\n' for engine in "01" for name, value in ((hits, 3), (queries, 10)))
    assert read(said).cached == Cached(6, 20)
    assert read(said.replace("hits", "").replace("cached", "")).cached is None
    assert read("").cached is None
