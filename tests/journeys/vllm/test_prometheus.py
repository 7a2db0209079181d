"""The same scene with a real vLLM at home: what Prometheus says of its tokens is what the engine says itself."""

from pathlib import Path

import pytest

from tests.fakes.prometheus import missing
from tests.fakes.scene import Engines, scene
from tests.journeys.vllm.engine import KEY, Engine
from tests.journeys.watching import EMPTY, every_request_is_counted_once, rules_are_well, settled, silent

pytestmark = [
    pytest.mark.vllm,
    pytest.mark.skipif(bool(missing()), reason=missing()),
    pytest.mark.timeout(600, func_only=True),
    pytest.mark.xdist_group("vllm"),
]
PLAY_S, A_SECOND = 40.0, 5.0
QUIET = {
    "economics · Not known for certain · estimated · {{target}}": "a real engine cuts nothing off",
    "reliability · Checks · {{target}} · {{result}}": "what is never there is asked for too seldom to be checked",
}
TOKENS = {"prompt": "vllm:prompt_tokens_total", "completion": "vllm:generation_tokens_total"}


async def test_queries_answer_and_tokens_are_those_of_the_engine(vllm_server: Engine, tmp_path: Path) -> None:
    before = {kind: vllm_server.metric(series) for kind, series in TOKENS.items()}
    async with scene(tmp_path, Engines([vllm_server.url], "tiny", KEY)) as on:
        await on.play(PLAY_S, A_SECOND)
        await settled(on)
        assert await silent(on) <= EMPTY.keys() | QUIET.keys()
        await rules_are_well(on)
        await every_request_is_counted_once(on)
        spent = {kind: vllm_server.metric(series) - before[kind] for kind, series in TOKENS.items()}
        assert spent["completion"] > 0
        assert {kind: await on.watch.total(f'sum(tidegate_tokens_total{{target="qwen", kind="{kind}"}})') for kind in TOKENS} == spent
        hits, queries = (vllm_server.metric(f"vllm:prefix_cache_{name}_total") for name in ("hits", "queries"))
        print(f"asked {on.told.asked}; prefix cache {hits / queries:.0%}")
