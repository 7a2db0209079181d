"""The local model answers first; what is not good enough gives way to the cloud's, and the caller never sees a byte of it."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.fakes.client import Reply, ask, caller
from tests.fakes.gateway import Gateway, between, total
from tests.fakes.sockets import Close, Sleep
from tests.fakes.upstream import DONE, HEAD, USAGE, Script, Upstream, answer, chunk, event, failing, stream, words
from tests.fakes.upstream import chat as chat_of

SURE, UNSURE = -0.05, -2.5
LOCAL, CLOUD = "it-said-at-home", "it-said-outside"
EMAIL = "write to someone.else@" + "tidegate-mail.org"
PRICED = {"input_per_mtok_usd": 2.0, "output_per_mtok_usd": 20}
"""Of the local model: 74 micro-USD for an answer."""


def routes(**cascade: Any) -> list[dict[str, Any]]:
    return [
        {"name": "sensitive", "when": {"label": ">= personal"}, "to": ["qwen"]},
        {"name": "first", "to": ["qwen"], "fallback": ["gpt"], "cascade": {"accept": {"min_mean_logprob": -0.7}} | cascade},
    ]


CASCADE: Mapping[str, Any] = {
    "routes": routes(),
    "destinations.qwen.cost": PRICED,
    "destinations.qwen.retries": 0,
    "destinations.gpt.retries": 0,
}
PLAIN = {**CASCADE, "routes": [{name: value for name, value in route.items() if name != "cascade"} for route in routes()]}


def tokens(*pairs: tuple[str, float]) -> dict[str, Any]:
    """Log-probabilities as vLLM writes them."""
    return {"content": [{"token": text, "logprob": value, "bytes": list(text.encode()), "top_logprobs": []} for text, value in pairs]}


def compact(content: object) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()


def spoken(text: str, logprob: float, *, finish: str = "stop", is_asked: bool = True, usage: tuple[int, int] = (7, 3), **more: Any) -> Script:
    """A whole answer of an engine; `is_asked`: it was asked for log-probabilities."""
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": text, "tool_calls": [], **more},
        "logprobs": tokens((text[:4], logprob), (text[4:], logprob)) if is_asked else None,
        "finish_reason": finish,
    }
    told = {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)}
    content = {"id": "c1", "object": "chat.completion", "created": 1, "model": "served", "choices": [choice], "usage": told}
    return answer(200, compact(content))


def delta(says: dict[str, Any], logprob: float | None, finish: str | None = None) -> bytes:
    """An event of vLLM's: the member is there, null where nothing was asked for."""
    logprobs = None if logprob is None else tokens((says.get("content", "x"), logprob))
    choice = {"index": 0, "delta": says, "logprobs": logprobs, "finish_reason": finish}
    return b"data: %b\n\n" % compact({"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "served", "choices": [choice]})


def streamed(*texts: str, logprob: float | None, pause_s: float = 0.0, finish: str = "stop") -> Script:
    """A stream of an engine; `logprob` None: it was not asked for them."""
    said: list[bytes | Sleep | Any] = [delta({"role": "assistant", "content": ""}, None)]
    for text in texts:
        said += [delta({"content": text}, logprob), *([Sleep(pause_s)] if pause_s else [])]
        if logprob is not None:
            said.append(delta({}, logprob))  # a token that the parser keeps to itself: there only because it was asked about
    return stream(*said, delta({"content": ""}, logprob, finish), USAGE, DONE)


def assert_escalated(reply: Reply, grounds: str, exchange: Any) -> None:
    assert reply.status == 200
    assert CLOUD.encode() in reply.body
    assert LOCAL.encode() not in reply.body
    assert b"logprob" not in reply.body
    assert (reply.headers["x-tidegate-cascade"], reply.headers["x-tidegate-target"]) == ("escalated", "gpt")
    assert (reply.headers["x-tidegate-path"], reply.headers["x-tidegate-attempts"]) == ("cloud", "2")
    assert (exchange.cascade, exchange.grounds, exchange.path, exchange.target) == ("escalated", grounds, "cloud", "gpt")
    assert [(one.target, one.ending) for one in exchange.attempts] == [("qwen", "Rejected"), ("gpt", "Served")]
    assert (exchange.attempts[0].rejection, exchange.attempts[0].failure) == (grounds, "")


@pytest.mark.parametrize("is_stream", [False, True], ids=["whole", "streamed"])
async def test_an_unsure_answer_gives_way_unseen(local: Upstream, cloud: Upstream, is_stream: bool) -> None:
    local.then(streamed(LOCAL, " and more", logprob=UNSURE) if is_stream else spoken(LOCAL, UNSURE))
    cloud.then(words(CLOUD) if is_stream else chat_of(CLOUD))
    async with between(local, cloud, CASCADE) as gate:
        reply = await gate.post(ask(stream=is_stream))
        assert_escalated(reply, "low_confidence", await gate.until_observed())
    assert local.fields[0]["logprobs"] is True
    assert "logprobs" not in cloud.fields[0], "the cloud gets what the caller sent"


@pytest.mark.parametrize("is_stream", [False, True], ids=["whole", "streamed"])
async def test_both_calls_are_paid_for_and_shown(local: Upstream, cloud: Upstream, is_stream: bool) -> None:
    local.then(streamed(LOCAL, logprob=UNSURE) if is_stream else spoken(LOCAL, UNSURE))
    cloud.then(words(CLOUD) if is_stream else chat_of(CLOUD))
    async with between(local, cloud, CASCADE) as gate:
        reply = await gate.post(ask(stream=is_stream))
        exchange, metrics = await gate.until_observed(), await gate.metrics()
    assert [one.cost for one in exchange.attempts] == [74, 37]
    assert (exchange.cost, exchange.baseline_cost) == (74 + 37, 37)
    if not is_stream:
        assert reply.headers["x-tidegate-cost-usd"] == "0.000111"
    assert total(metrics, "tidegate_cost_usd_total", path="local", target="qwen") == pytest.approx(74e-6)
    assert total(metrics, "tidegate_cost_usd_total", path="cloud", target="gpt") == pytest.approx(37e-6)
    assert total(metrics, "tidegate_baseline_cost_usd_total") == pytest.approx(37e-6)
    assert total(metrics, "tidegate_tokens_total", target="qwen", kind="completion") == 3
    assert total(metrics, "tidegate_tokens_total", target="gpt", kind="completion") == 3
    assert total(metrics, "tidegate_cascades_total", route="first", result="escalated", grounds="low_confidence") == 1
    assert total(metrics, "tidegate_cascades_total") == 1
    assert total(metrics, "tidegate_upstream_attempts_total", target="qwen", ending="Rejected") == 1
    assert total(metrics, "tidegate_fallbacks_total") == 0, "nothing failed"
    assert total(metrics, "tidegate_circuit_state", target="qwen", state="closed") == 1
    assert b'"rejection":"low_confidence"' in gate.log.getvalue()
    assert LOCAL.encode() not in gate.log.getvalue()


@pytest.mark.parametrize("is_stream", [False, True], ids=["whole", "streamed"])
async def test_a_sure_answer_is_the_one_that_comes_without_a_cascade(local: Upstream, cloud: Upstream, is_stream: bool) -> None:
    texts = (LOCAL, " {[\"logprobs\": 1, ", "}] \\", " äöü")
    local.then(streamed(*texts, logprob=None) if is_stream else spoken("".join(texts), 0.0, is_asked=False))
    async with between(local, cloud, PLAIN) as gate:
        without = await gate.post(ask(stream=is_stream))
    local.then(streamed(*texts, logprob=SURE) if is_stream else spoken("".join(texts), SURE))
    async with between(local, cloud, CASCADE) as gate:
        reply = await gate.post(ask(stream=is_stream))
        exchange = await gate.until_observed()
        assert total(await gate.metrics(), "tidegate_cascades_total", result="accepted", grounds="none") == 1
    assert reply.body == without.body
    own = {"x-tidegate-cascade", "server-timing", "x-request-id", "date"}
    assert {**reply.headers, **dict.fromkeys(own)} == {**without.headers, **dict.fromkeys(own)}
    assert (exchange.cascade, exchange.grounds, exchange.path, exchange.cost) == ("accepted", "", "local", 74)
    assert cloud.accepted == 0
