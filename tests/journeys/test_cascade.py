"""The local model answers first; what is not good enough gives way to the cloud's, and the caller never sees a byte of it."""

import asyncio
import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import pytest

from tests.fakes.client import Reply, ask, caller
from tests.fakes.gateway import PATIENCE_S, between, total
from tests.fakes.sockets import Close, Sleep
from tests.fakes.upstream import DONE, HEAD, USAGE, Script, Upstream, Wait, answer, chunk, event, failing, stream, words
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


def spoken(
    text: str, logprob: float, *, finish: str = "stop", is_asked: bool = True, usage: tuple[int, int] = (7, 3), **more: Any
) -> Script:
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


def streamed(*texts: str, logprob: float | None, pause: Sleep | Wait | None = None, finish: str = "stop") -> Script:
    """A stream of an engine; `logprob` None: it was not asked for them; `pause`: after each word."""
    said: list[Any] = [delta({"role": "assistant", "content": ""}, None)]
    for text in texts:
        said += [delta({"content": text}, logprob), *([pause] if pause else [])]
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
    texts = (LOCAL, ' {["logprobs": 1, ', "}] \\", " äöü")
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


@pytest.mark.parametrize(
    "script,grounds,more",
    [
        pytest.param(spoken("I'm sorry, but I can't help with that.", SURE), "refusal", {}, id="it declines"),
        pytest.param(spoken("Das kann ich dir leider nicht sagen.", SURE), "refusal", {}, id="it declines in German"),
        pytest.param(spoken(LOCAL, SURE, refusal="No."), "refusal", {}, id="it says that it declines"),
        pytest.param(spoken(LOCAL, SURE, finish="length"), "length", {}, id="it is cut"),
        pytest.param(spoken("  \n", SURE), "empty", {}, id="it says nothing"),
        pytest.param(spoken(LOCAL, SURE), "schema", {"response_format": {"type": "json_object"}}, id="it is no JSON"),
        pytest.param(
            spoken('{"anser": 4}', SURE),
            "schema",
            {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {"required": ["answer"]}}}},
            id="it is another JSON",
        ),
        pytest.param(streamed("I'm sorry, I ", "cannot help.", logprob=SURE), "refusal", {"stream": True}, id="a stream declines"),
        pytest.param(streamed(LOCAL, logprob=SURE, finish="length"), "length", {"stream": True}, id="a stream is cut"),
        pytest.param(streamed(logprob=SURE), "empty", {"stream": True}, id="a stream says nothing"),
    ],
)
async def test_every_test_can_reject(local: Upstream, cloud: Upstream, script: Script, grounds: str, more: dict[str, Any]) -> None:
    local.then(script)
    cloud.then(words(CLOUD) if more.get("stream") else chat_of(CLOUD))
    async with between(local, cloud, CASCADE) as gate:
        assert_escalated(await gate.post(ask(**more)), grounds, await gate.until_observed())


def verdict(yes: float, no: float) -> Script:
    """What an engine says when it is asked about an answer."""
    top = [
        {"token": "Yes", "logprob": yes, "bytes": [], "top_logprobs": []},
        {"token": "No", "logprob": no, "bytes": [], "top_logprobs": []},
    ]
    content = [{"token": "Yes", "logprob": yes, "bytes": [], "top_logprobs": top}]
    choice = {"index": 0, "message": {"role": "assistant", "content": "Yes"}, "logprobs": {"content": content}, "finish_reason": "length"}
    usage = {"prompt_tokens": 50, "completion_tokens": 1, "total_tokens": 51}
    return answer(200, compact({"id": "c2", "object": "chat.completion", "model": "served", "choices": [choice], "usage": usage}))


SILENT: Script = (Sleep(300),)
CHECKED = {**CASCADE, "routes": routes(accept={"self_check": {"min_probability": 0.6, "max_s": 20}})}


@pytest.mark.parametrize("is_stream", [False, True], ids=["whole", "streamed"])
async def test_the_local_model_may_think_its_answer_wrong(local: Upstream, cloud: Upstream, is_stream: bool) -> None:
    local.then(streamed(LOCAL, logprob=None) if is_stream else spoken(LOCAL, 0.0, is_asked=False), verdict(-1.5, -0.3))
    cloud.then(words(CLOUD) if is_stream else chat_of(CLOUD))
    async with between(local, cloud, CHECKED) as gate:
        reply = await gate.post(ask("How deep is the sea?", stream=is_stream))
        exchange, metrics = await gate.until_observed(), await gate.metrics()
    assert (reply.headers["x-tidegate-cascade"], exchange.grounds) == ("escalated", "self_check")
    assert CLOUD.encode() in reply.body
    assert [(one.target, one.ending, one.cost) for one in exchange.attempts] == [
        ("qwen", "Rejected", 74),
        ("qwen", "Checked", 120),
        ("gpt", "Served", 37),
    ]
    assert exchange.cost == 74 + 120 + 37
    assert total(metrics, "tidegate_cost_usd_total", target="qwen") == pytest.approx(194e-6)
    assert total(metrics, "tidegate_fallbacks_total") == 0
    asked = local.fields[1]
    assert (asked["max_tokens"], asked["logprobs"], asked.get("stream")) == (1, True, None)
    assert json.loads(asked["messages"][1]["content"]) == {"question": "How deep is the sea?", "answer": LOCAL}
    assert "logprobs" not in local.fields[0], "the answer itself needs none"


@pytest.mark.parametrize(
    "second,grounds",
    [
        pytest.param(verdict(-0.1, -3.0), "", id="it thinks it right"),
        pytest.param(failing(500), "unmeasured", id="it cannot be asked"),
        pytest.param(SILENT, "unmeasured", id="it does not answer"),
        pytest.param(spoken("Perhaps", -0.1), "unmeasured", id="it says neither"),
    ],
)
async def test_a_self_check_that_says_nothing_rejects_nothing(local: Upstream, cloud: Upstream, second: Script, grounds: str) -> None:
    local.then(spoken(LOCAL, 0.0, is_asked=False), second)
    checked = {**CASCADE, "routes": routes(accept={"self_check": {"min_probability": 0.6, "max_s": 0.5}})} if second == SILENT else CHECKED
    async with between(local, cloud, checked) as gate:
        reply = await gate.post(ask())
        exchange = await gate.until_observed()
    assert (exchange.cascade, exchange.grounds, exchange.target) == ("accepted", grounds, "qwen")
    assert LOCAL.encode() in reply.body
    assert [one.ending for one in exchange.attempts] == ["Served", "Checked"]
    assert cloud.accepted == 0


@pytest.mark.parametrize("is_stream", [False, True], ids=["whole", "streamed"])
async def test_a_self_check_takes_the_place_of_the_answer_it_is_about(local: Upstream, cloud: Upstream, is_stream: bool) -> None:
    said = streamed(LOCAL, logprob=None) if is_stream else spoken(LOCAL, 0.0, is_asked=False)
    yes = verdict(-0.1, -3.0)
    local.then(said, (Wait(), *yes), said, yes)
    edits: dict[str, Any] = {
        "routes": routes(accept={"self_check": {"max_s": PATIENCE_S}}),
        "destinations.qwen.admission": {"slots": 1, "spill": False},
    }
    async with between(local, cloud, {**CASCADE, **edits}) as gate:
        first = asyncio.create_task(gate.post(ask(stream=is_stream)))
        await local.until(requests=2)
        second = asyncio.create_task(gate.post(ask(stream=is_stream)))
        async with asyncio.timeout(PATIENCE_S):
            while not total(await gate.metrics(), "tidegate_local_queue_depth"):  # noqa: ASYNC110  # a gate tells nobody
                await asyncio.sleep(0.01)
        assert [one["max_tokens"] for one in local.fields if "max_tokens" in one] == [1], "the engine has one request: a check"
        assert len(local.bodies) == 2
        local.go_on()
        replies = await asyncio.gather(first, second)
        assert [reply.headers["x-tidegate-cascade"] for reply in replies] == ["accepted", "accepted"]
        await gate.until_observed(2)
    assert len(local.bodies) == 4
    assert [[one.ending for one in exchange.attempts] for exchange in gate.exchanges] == [["Served", "Checked"]] * 2
    assert {exchange.grounds for exchange in gate.exchanges} == {""}, "both checks were made"
    assert cloud.accepted == 0


async def test_an_engine_that_tells_no_logprobs_is_believed_and_counted(local: Upstream, cloud: Upstream) -> None:
    local.then(chat_of(LOCAL))
    async with between(local, cloud, CASCADE) as gate:
        reply = await gate.post(ask())
        assert (await gate.until_observed()).grounds == "unmeasured"
    assert LOCAL.encode() in reply.body
    assert cloud.accepted == 0


REDACTING = {
    **CASCADE,
    "routes": [{"name": "first", "to": ["qwen"], "fallback": ["gpt"], "redact": True, "cascade": {"accept": {"min_mean_logprob": -0.7}}}],
}


@pytest.mark.parametrize("edits", [CASCADE, REDACTING], ids=["by a rule of its own", "by a rule that cascades"])
@pytest.mark.parametrize(
    "script",
    [
        pytest.param((HEAD, chunk(delta({"content": LOCAL}, None)), Wait(), *words("rest")[1:]), id="unsure, if anybody asked"),
        pytest.param(streamed("I'm sorry, I cannot help.", logprob=None, pause=Wait()), id="it declines"),
        pytest.param(streamed(LOCAL, logprob=None, finish="length", pause=Wait()), id="it is cut"),
    ],
)
async def test_what_is_sensitive_never_escalates_nor_waits(local: Upstream, cloud: Upstream, edits: dict[str, Any], script: Script) -> None:
    local.then(script)
    async with between(local, cloud, edits) as gate, caller(gate.port) as one:
        one.post(ask(EMAIL, stream=True))
        async with asyncio.timeout(20):
            first = await one.reader.readuntil(b"data: ")  # it comes while the engine is silent
        local.go_on()
        assert b"x-tidegate-path: local" in first
        assert b"x-tidegate-cascade" not in first
        exchange = await gate.until_observed()
    assert (exchange.result, exchange.cascade, str(exchange.label)) == ("served", "", "personal")
    assert "logprobs" not in local.fields[0]
    assert cloud.accepted == 0


@pytest.mark.parametrize("is_stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(
    "script",
    [pytest.param(failing(500), id="it fails"), pytest.param(failing(503), id="it is full"), pytest.param((Close(),), id="it is gone")],
)
async def test_without_the_local_model_it_is_as_without_a_cascade(
    local: Upstream, cloud: Upstream, script: Script, is_stream: bool
) -> None:
    replies, exchanges = [], []
    for edits in (PLAIN, CASCADE):
        local.then(script)
        cloud.then(words(CLOUD) if is_stream else chat_of(CLOUD))
        async with between(local, cloud, edits) as gate:
            replies.append(await gate.post(ask(stream=is_stream)))
            exchanges.append(await gate.until_observed())
    assert replies[0].body == replies[1].body
    assert "x-tidegate-cascade" not in replies[1].headers
    assert [[(one.target, one.ending, one.failure) for one in exchange.attempts] for exchange in exchanges[:1]] == [
        [(one.target, one.ending, one.failure) for one in exchanges[1].attempts]
    ]
    assert (exchanges[1].cascade, exchanges[1].cost) == ("", exchanges[0].cost)


@pytest.mark.parametrize("is_stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(
    "outside",
    [
        pytest.param(failing(500), id="it fails"),
        pytest.param(failing(401), id="it does not know us"),
        pytest.param(failing(400), id="it does not take the request"),
        pytest.param((Close(),), id="it is gone"),
        pytest.param(stream(delta({"role": "assistant", "content": ""}, None)), id="it breaks before content"),
    ],
)
async def test_when_the_cloud_fails_the_caller_gets_what_there_is(
    local: Upstream, cloud: Upstream, outside: Script, is_stream: bool
) -> None:
    local.then(streamed(LOCAL, " and more", logprob=None) if is_stream else spoken(LOCAL, 0.0, is_asked=False))
    async with between(local, cloud, PLAIN) as gate:
        without = await gate.post(ask(stream=is_stream))
    local.then(streamed(LOCAL, " and more", logprob=UNSURE) if is_stream else spoken(LOCAL, UNSURE))
    cloud.then(outside)
    async with between(local, cloud, CASCADE) as gate:
        reply = await gate.post(ask(stream=is_stream))
        exchange, metrics = await gate.until_observed(), await gate.metrics()
    assert (reply.status, reply.is_whole) == (200, True)
    assert b"logprob" not in reply.body.replace(b'"logprobs":null', b"")
    assert reply.body == without.body
    assert (reply.headers["x-tidegate-cascade"], reply.headers["x-tidegate-target"]) == ("kept", "qwen")
    assert (exchange.result, exchange.cascade, exchange.grounds, exchange.target) == ("served", "kept", "low_confidence", "qwen")
    assert (exchange.path, exchange.cost) == ("local", 74)
    assert len(local.bodies) == 1
    assert total(metrics, "tidegate_cost_usd_total") == pytest.approx(74e-6)
    assert total(metrics, "tidegate_cascades_total", result="kept") == 1


BRIEF = {**CASCADE, "routes": routes(hold={"max_s": 0.15})}
FEW = {**CASCADE, "routes": routes(hold={"max_tokens": 3})}


@pytest.mark.parametrize("edits", [BRIEF, FEW], ids=["of time", "of tokens"])
async def test_past_its_bound_a_good_beginning_goes_on_as_it_comes(local: Upstream, cloud: Upstream, edits: dict[str, Any]) -> None:
    texts = ("one", " two", " three", " four", " five")
    local.then(streamed(*texts, logprob=None))
    async with between(local, cloud, PLAIN) as gate:
        without = await gate.post(ask(stream=True))
    script = streamed(*texts, logprob=SURE)
    local.then((*script[:-4], Sleep(1.0), *script[-4:]))
    async with between(local, cloud, edits) as gate:
        reply = await gate.post(ask(stream=True))
        exchange = await gate.until_observed()
    assert reply.body == without.body
    assert (exchange.cascade, exchange.grounds, exchange.target) == ("accepted", "bound", "qwen")
    assert exchange.times.first_byte_s is not None
    assert exchange.times.first_byte_s < exchange.times.total_s - 0.15
    assert cloud.accepted == 0


@pytest.mark.parametrize("edits", [BRIEF, FEW], ids=["of time", "of tokens"])
async def test_past_its_bound_a_bad_beginning_is_stopped(local: Upstream, cloud: Upstream, edits: dict[str, Any]) -> None:
    local.then((*streamed(LOCAL, " two", " three", " four", logprob=UNSURE, pause=Sleep(0.1))[:8], Wait()))
    cloud.then(words(CLOUD))
    async with between(local, cloud, edits) as gate:
        reply = await gate.post(ask(stream=True))
        exchange = await gate.until_observed()
        await local.until(closed=True)
        assert_escalated(reply, "low_confidence", exchange)
        assert (exchange.attempts[0].cost, exchange.cost) == (None, None), "what it used is not known, so neither is the sum"
        metrics = await gate.metrics()
    assert total(metrics, "tidegate_cost_unknown_total", target="qwen") == 1
    assert total(metrics, "tidegate_cost_usd_total", target="gpt") == pytest.approx(37e-6)


async def test_a_beginning_that_was_stopped_is_asked_for_again_when_the_cloud_fails(local: Upstream, cloud: Upstream) -> None:
    local.then(streamed(*"abcdef", logprob=UNSURE, pause=Sleep(0.1)), streamed(LOCAL, logprob=None))
    cloud.then(failing(500))
    edits = {**FEW, "destinations.gpt.retries": 1}
    async with between(local, cloud, edits) as gate:
        reply = await gate.post(ask(stream=True))
        exchange = await gate.until_observed()
    assert LOCAL.encode() in reply.body
    assert b"[DONE]" in reply.body
    assert [(one.target, one.ending) for one in exchange.attempts] == [("qwen", "Rejected"), ("gpt", "Failed"), ("qwen", "Served")]
    assert (exchange.cascade, exchange.target, reply.headers["x-tidegate-attempts"]) == ("kept", "qwen", "3")
    assert "logprobs" not in local.fields[1]


async def test_a_silent_stream_is_judged_when_its_time_is_over(local: Upstream, cloud: Upstream) -> None:
    local.then((HEAD, chunk(delta({"content": LOCAL}, SURE)), Wait(), *streamed(" rest", logprob=SURE)[1:]))
    async with between(local, cloud, BRIEF) as gate, caller(gate.port) as one:
        one.post(ask(stream=True))
        async with asyncio.timeout(20):
            await one.reader.readuntil(LOCAL.encode())  # before the engine goes on
        local.go_on()
        assert (await gate.until_observed()).result == "served"


@pytest.mark.parametrize(
    "rest",
    [
        pytest.param((Close(),), id="it is cut"),
        pytest.param((Sleep(30),), id="it falls silent"),
        pytest.param((chunk(event({"error": {"message": "died", "code": 500}})), chunk(DONE), b"0\r\n\r\n"), id="it tells of an error"),
    ],
)
async def test_a_stream_that_breaks_while_it_is_held_is_answered_elsewhere(local: Upstream, cloud: Upstream, rest: Script) -> None:
    local.then((HEAD, chunk(delta({"content": LOCAL}, SURE)), *rest))
    cloud.then(words(CLOUD))
    clocks = {"connect_s": 1, "headers_s": 1, "first_token_s": 1, "between_chunks_s": 0.2, "total_s": 2}
    async with between(local, cloud, {**CASCADE, "destinations.qwen.clocks": clocks}) as gate:
        reply = await gate.post(ask(stream=True))
        exchange = await gate.until_observed()
    assert CLOUD.encode() in reply.body
    assert LOCAL.encode() not in reply.body
    assert ([one.ending for one in exchange.attempts], exchange.cascade) == (["Failed", "Served"], "")


@pytest.mark.parametrize("edits", [CASCADE, FEW], ids=["while it is held", "after it was"])
async def test_who_leaves_while_an_answer_is_held_stops_the_work(local: Upstream, cloud: Upstream, edits: dict[str, Any]) -> None:
    local.then((*streamed(*"abcdef", logprob=SURE, pause=Sleep(0.05))[:20], Wait()))
    async with between(local, cloud, edits) as gate, caller(gate.port) as one:
        one.post(ask(stream=True))
        await local.until(requests=1)
        await asyncio.sleep(0.4)
        await one.leave()
        exchange = await gate.until_observed()
        await local.until(closed=True)
        assert (exchange.result, [one.ending for one in exchange.attempts]) == ("abandoned", ["Abandoned"])
        assert total(await gate.metrics(), "tidegate_requests_in_flight") == 0
    assert cloud.accepted == 0


async def test_who_asks_for_logprobs_gets_them(local: Upstream, cloud: Upstream) -> None:
    script = spoken(LOCAL, SURE)
    local.then(script)
    async with between(local, cloud, CASCADE) as gate:
        reply = await gate.post(ask(logprobs=True, top_logprobs=2))
        assert (await gate.until_observed()).cascade == "accepted"
    assert isinstance(script[0], bytes)
    assert reply.body == script[0].partition(b"\r\n\r\n")[2]
    assert (local.fields[0]["logprobs"], local.fields[0]["top_logprobs"]) == (True, 2)


async def test_completions_cascade_too(local: Upstream, cloud: Upstream) -> None:
    def said(text: str, logprob: float | None) -> Script:
        logprobs = (
            None
            if logprob is None
            else {"tokens": [text], "token_logprobs": [logprob], "top_logprobs": [{text: logprob}], "text_offset": [0]}
        )
        choice = {"index": 0, "text": text, "logprobs": logprobs, "finish_reason": "stop"}
        return answer(200, compact({"id": "c", "object": "text_completion", "model": "m", "choices": [choice]}))

    local.then(said(LOCAL, UNSURE), said(LOCAL, SURE))
    cloud.then(said(CLOUD, None))
    async with between(local, cloud, CASCADE) as gate:
        first, second = [await gate.post({"model": "auto", "prompt": "a"}, "/v1/completions") for _ in range(2)]
    assert CLOUD.encode() in first.body
    plain = said(LOCAL, None)[0]
    assert isinstance(plain, bytes)
    assert second.body == plain.partition(b"\r\n\r\n")[2]
    assert local.fields[0]["logprobs"] == 1


async def test_with_nowhere_to_go_a_local_answer_is_final_at_once(local: Upstream, cloud: Upstream) -> None:
    local.then(streamed(LOCAL, logprob=None))
    async with between(local, cloud, CASCADE) as gate:
        gate.live.turn_lockdown(on=True, by="admin")
        reply = await gate.post(ask(stream=True))
        exchange = await gate.until_observed()
    assert LOCAL.encode() in reply.body
    assert (exchange.cascade, "logprobs" in local.fields[0]) == ("", False)
    assert cloud.accepted == 0


async def test_embeddings_are_never_judged(local: Upstream, cloud: Upstream) -> None:
    local.then(answer(200, compact({"object": "list", "data": [{"embedding": [0.1], "index": 0}], "model": "m"})))
    edits = {**CASCADE, "routes": [{**routes()[0]}, {"name": "vectors", "when": {"endpoint": "embeddings"}, "to": ["qwen"]}, routes()[1]]}
    async with between(local, cloud, edits) as gate:
        assert (await gate.post({"model": "auto", "input": "a"}, "/v1/embeddings")).status == 200
        assert (await gate.until_observed()).cascade == ""


async def test_a_rejected_answer_is_not_remembered_as_given(local: Upstream, cloud: Upstream) -> None:
    """Whoever pastes it has it from elsewhere. The answer that was given carries the label of its request, as ever."""
    rejected = "The harbour master keeps a list of all the ships that came in during the night, with their names and cargo."
    given = "A lighthouse keeper writes down the weather at noon and at midnight, and whatever passes by in between."
    local.then(spoken(rejected, UNSURE), spoken("Yes.", SURE))
    cloud.then(chat_of(given))
    keys = [
        {"name": "app", "sha256": sha256(b"app").hexdigest(), "floor": "internal"},
        {"name": "other", "sha256": sha256(b"other").hexdigest()},
    ]
    async with between(local, cloud, {**CASCADE, "keys": keys}) as gate:
        reply = await gate.post(ask("Who came in?"), headers={"authorization": "Bearer app"})
        assert given.encode() in reply.body
        labels = []
        for count, text in enumerate((given, rejected), 2):
            await gate.post(ask(text), headers={"authorization": "Bearer other"})
            labels.append(str((await gate.until_observed(count)).label))
    assert labels == ["internal", "public"]


@pytest.mark.parametrize("is_stream", [False, True], ids=["whole", "streamed"])
async def test_an_engine_that_does_not_take_our_question_is_asked_without(local: Upstream, cloud: Upstream, is_stream: bool) -> None:
    local.then(failing(400, "no logprobs here"), words(LOCAL) if is_stream else chat_of(LOCAL))
    async with between(local, cloud, CASCADE) as gate:
        reply = await gate.post(ask(stream=is_stream))
        exchange = await gate.until_observed()
        assert total(await gate.metrics(), "tidegate_circuit_state", target="qwen", state="closed") == 1
    assert LOCAL.encode() in reply.body
    assert ["logprobs" in fields for fields in local.fields] == [True, False]
    assert [(one.ending, one.rejection) for one in exchange.attempts] == [("Rejected", "unasked"), ("Served", "")]
    assert (exchange.cascade, exchange.target, "x-tidegate-cascade" in reply.headers) == ("", "qwen", False)
    assert cloud.accepted == 0


async def test_a_request_that_the_engine_refuses_gets_the_engines_own_words(local: Upstream, cloud: Upstream) -> None:
    replies = []
    for edits in (PLAIN, CASCADE):
        local.then(failing(422, "too hot"))
        async with between(local, cloud, edits) as gate:
            replies.append(await gate.post(ask(temperature=9)))
            assert (await gate.until_observed()).result == "refused"
    assert (replies[0].status, replies[0].body) == (replies[1].status, replies[1].body)
    assert cloud.accepted == 0
