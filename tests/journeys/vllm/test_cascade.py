"""A cascade before a real engine: its log-probabilities decide, and nobody who did not ask for them sees any."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.journeys.vllm.conftest import Cloud, Gateway, serving
from tests.journeys.vllm.engine import Engine, metric
from tests.journeys.vllm.tap import Tap

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(300, func_only=True), pytest.mark.xdist_group("vllm")]

CONFIG = """
version: 1
destinations:
  tiny: {{kind: openai_compatible, zone: local, url: "{tap}", model: tiny, clearance: restricted, key: {{env: ENGINE_KEY}}, cost: {{gpu_hour_usd: 2.5}}}}
  cloud: {{kind: openai_compatible, zone: external, url: "{cloud}", model: cloud, clearance: internal, cost: {{input_per_mtok_usd: 1, output_per_mtok_usd: 8}}}}
keys:
  - {{name: lax, value: {{env: ENGINE_KEY}}, tenant: lax}}
  - {{name: strict, value: {{env: WRONG_KEY}}, tenant: strict}}
routes:
  - {{name: sensitive, when: {{label: ">= personal"}}, to: [tiny]}}
  - name: strict
    when: {{tenant: strict}}
    to: [tiny]
    fallback: [cloud]
    cascade: {{accept: {{min_mean_logprob: -0.01, length_stop: false}}}}
  - name: lax
    to: [tiny]
    fallback: [cloud]
    cascade: {{accept: {{min_mean_logprob: -20, length_stop: false, refusals: false, self_check: {{min_probability: 0, max_s: 30}}}}, hold: {{max_s: 60}}}}
"""
LAX, STRICT = "sk-" + "engine" * 4, "sk-" + "wrong" * 4
ASK = {"model": "auto", "messages": [{"role": "user", "content": "Tell me of the tide."}], "temperature": 0, "seed": 1, "max_tokens": 12}
"""The tiny model's weights are random: it is never sure, and it does not know yes from no."""
PROMPT = {"model": "auto", "prompt": "The tide", "temperature": 0, "seed": 1, "max_tokens": 12}
_OWN = re.compile(rb'"(id)":"[^"]*"|"(created)":\d+|"(system_fingerprint)":"[^"]*"')


@pytest.fixture(scope="module")
def cascade(tap: Tap, cloud: Cloud, logs: Path) -> Iterator[Gateway]:
    with serving(CONFIG.format(tap=f"http://127.0.0.1:{tap.port}/v1", cloud=f"{cloud.root}/v1"), logs / "cascade") as gateway:
        yield gateway


def post(url: str, body: dict[str, object], key: str) -> httpx.Response:
    path = "chat/completions" if "messages" in body else "completions"
    return httpx.post(f"{url}/{path}", json=body, headers={"authorization": f"Bearer {key}"}, timeout=60)


def masked(body: bytes) -> bytes:
    """Without what differs from one answer to the next."""
    return _OWN.sub(b"", body)


def events(body: bytes) -> list[dict[str, Any]]:
    return [json.loads(event[6:]) for event in body.split(b"\n\n") if event.startswith(b"data: {")]


def said(answer: list[dict[str, Any]]) -> str:
    choices = [choice for event in answer for choice in event["choices"]]
    return "".join(choice.get("text") or choice.get("delta", {}).get("content") or "" for choice in choices)


@pytest.mark.parametrize("ask", [ASK, PROMPT], ids=["chat", "completions"])
@pytest.mark.parametrize("is_stream", [False, True], ids=["whole", "streamed"])
def test_an_accepted_answer_is_the_engines_own(
    cascade: Gateway, vllm_server: Engine, tap: Tap, ask: dict[str, object], is_stream: bool
) -> None:
    more: dict[str, object] = {"stream": True, "stream_options": {"include_usage": True}} if is_stream else {}
    direct = post(vllm_server.url, ask | more | {"model": "tiny"}, vllm_server.key)
    tap.forget()
    answer = post(cascade.url, ask | more, LAX)
    assert answer.headers["x-tidegate-cascade"] == "accepted"
    assert b'"logprobs":' in bytes(tap.asked)
    if not is_stream:
        assert masked(answer.content) == masked(direct.content)
        return
    ours, theirs = events(answer.content), events(direct.content)
    assert said(ours) == said(theirs)  # how many tokens an event holds is a matter of time
    assert [set(event) for event in (ours[0], ours[-1])] == [set(event) for event in (theirs[0], theirs[-1])]
    assert all(choice["logprobs"] is None for event in ours for choice in event["choices"])


@pytest.mark.parametrize("ask", [ASK, PROMPT], ids=["chat", "completions"])
@pytest.mark.parametrize("is_stream", [False, True], ids=["whole", "streamed"])
def test_an_engine_that_is_not_sure_gives_way(cascade: Gateway, ask: dict[str, object], is_stream: bool) -> None:
    before = metric(cascade.metrics, "tidegate_cascades_total", route="strict", result="escalated", grounds="low_confidence")
    answer = post(cascade.url, ask | {"stream": is_stream}, STRICT)
    assert (answer.status_code, answer.headers["x-tidegate-cascade"], answer.headers["x-tidegate-target"]) == (200, "escalated", "cloud")
    assert b"logprobs" not in answer.content.replace(b'"logprobs":null', b"")
    after = metric(cascade.metrics, "tidegate_cascades_total", route="strict", result="escalated", grounds="low_confidence")
    assert after == before + 1


def test_the_engine_takes_the_question_about_its_answer(cascade: Gateway) -> None:
    name = "tidegate_upstream_attempts_total"
    before = metric(cascade.metrics, name, ending="Checked", failure="none")
    assert post(cascade.url, ASK, LAX).status_code == 200
    assert metric(cascade.metrics, name, ending="Checked", failure="none") == before + 1
