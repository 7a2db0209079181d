"""Labels stick to conversations on the wire: trimmed, edited and pasted ones stay home, whole and streamed; others may leave."""

import asyncio
import json
import logging
import random
from collections.abc import Mapping
from typing import Any

import pytest

from tests.fakes.client import caller, post
from tests.fakes.gateway import Gateway, between, total
from tests.fakes.secrets import Canary
from tests.fakes.sockets import Close, Sleep
from tests.fakes.upstream import DONE, END, HEAD, Upstream, chat, chunk, delta, words

_DICE = random.SystemRandom()
HARD = "Prove that there are infinitely many primes of the form 4k+3, in full."


def sentence() -> str:
    """Words that no detector knows, fresh every time."""
    return " ".join("".join(_DICE.choices("bcdfgklmnprst", k=2)) + _DICE.choice(["area", "order", "evening", "light"]) for _ in range(12))


def turns(*texts: str, **more: Any) -> dict[str, Any]:
    roles = ["user", "assistant"] * len(texts)
    return {"model": "gpt", "messages": [{"role": role, "content": text} for role, text in zip(roles, texts, strict=False)]} | more


def answering(text: str, *, is_stream: bool) -> Any:
    return words(*(text[at : at + 7] for at in range(0, len(text), 7))) if is_stream else chat(text)


async def sensitive(gate: Gateway, local: Upstream, answer: str, *, is_stream: bool = False, say: str = "") -> None:
    """A request that stays, and its answer."""
    local.then(answering(answer, is_stream=is_stream))
    reply = await gate.post(turns(say or Canary().say, stream=is_stream))
    assert (reply.status, reply.headers["x-tidegate-path"]) == (200, "local")


def follow_ups(question: str, answer: str) -> Mapping[str, dict[str, Any]]:
    tool = [{"role": "tool", "tool_call_id": "c", "content": answer}, {"role": "user", "content": HARD}]
    return {
        "the first turn dropped": {"model": "gpt", "messages": turns("", answer, HARD)["messages"][1:]},
        "the first turn edited": turns("Something else.", answer, HARD),
        "turns in another order": turns(HARD, "Yes.", "So?", answer, "And?"),
        "pasted into a new conversation": turns(f"Translate this: {answer}"),
        "pasted in part": turns("What is meant by this?\n\n> " + answer.split(". ")[1] + "\n"),
        "pasted under the explicit cloud model": turns(answer, model="gpt-5"),
        "a tool's result": {"model": "gpt", "messages": tool},
        "the id of the answer": turns(HARD, previous_response_id="c1"),
    }


@pytest.mark.parametrize("is_stream", [False, True], ids=["whole", "streamed"])
async def test_what_continues_or_quotes_a_sensitive_conversation_stays(
    local: Upstream, cloud: Upstream, is_stream: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    canary, answer = Canary(), f"{sentence()}. {sentence()}. {sentence()}."
    async with between(local, cloud) as gate:
        await sensitive(gate, local, answer, is_stream=is_stream, say=canary.say)
        local.then(chat("As you wish."))
        for how, body in follow_ups(canary.say, answer).items():
            reply = await gate.post(body)
            assert (reply.status, reply.headers["x-tidegate-path"], reply.headers["x-tidegate-label"]) == (200, "local", "restricted"), how
            assert reply.headers["x-tidegate-rerouted"] == "sensitivity", how
        assert cloud.accepted == 0
        exchange = await gate.until_observed(9)
        assert {one.inherited for one in gate.exchanges} == {"", "answer", "id"}
        metrics = await gate.metrics()
        assert total(metrics, "tidegate_taint_inherited_total", source="answer") == 7
        assert total(metrics, "tidegate_taint_inherited_total", source="id") == 1
        assert total(metrics, "tidegate_rerouted_total", reason="sensitivity") == 9
        canary.assert_nowhere(log=gate.log.getvalue(), logging=caplog.text, exchanges=repr(gate.exchanges), last=str(exchange))
        assert answer[:40] not in gate.log.getvalue().decode() + caplog.text + repr(gate.exchanges)


async def test_other_conversations_may_leave(local: Upstream, cloud: Upstream) -> None:
    system = {"role": "system", "content": "You are the assistant of a shop. " + sentence()}
    answer = f"{sentence()}. {sentence()}."
    async with between(local, cloud) as gate:
        local.then(chat(answer))
        body = {"model": "gpt", "messages": [system, {"role": "user", "content": Canary().say}]}
        assert (await gate.post(body)).headers["x-tidegate-path"] == "local"
        for other in (
            {"model": "gpt", "messages": [system, {"role": "user", "content": HARD}]},
            turns(HARD),
            turns(HARD, "Let p be such a prime.", "continue"),
            turns("Hi", "Hello! How can I help you today?", HARD),
            turns(HARD, previous_response_id="another"),
        ):
            reply = await gate.post(other)
            assert (reply.headers["x-tidegate-path"], reply.headers["x-tidegate-label"]) == ("cloud", "public"), other
        assert (await gate.until_observed(6)).inherited == ""


async def test_an_answer_that_was_cut_or_left_is_known_too(local: Upstream, cloud: Upstream) -> None:
    cut, left = f"{sentence()}. {sentence()}.", f"{sentence()}. {sentence()}."
    async with between(local, cloud) as gate:
        local.then((HEAD, chunk(delta(cut)), Close()), chat("ok"))
        assert b"[DONE]" not in (await gate.post(turns(Canary().say, stream=True))).body
        assert (await gate.post(turns("What is this? " + cut))).headers["x-tidegate-label"] == "restricted"
        local.then((HEAD, chunk(delta(left)), Sleep(30)))
        async with caller(gate.port) as one:
            one.post(turns(Canary().say, stream=True))
            await one.reader.readuntil(b"}\n\n")
            await one.leave()
        await gate.until_observed(3)
        local.then(chat("ok"))
        assert (await gate.post(turns("What is this? " + left))).headers["x-tidegate-label"] == "restricted"
        assert cloud.accepted == 0


async def test_the_next_request_is_no_faster_than_the_memory(local: Upstream, cloud: Upstream) -> None:
    """Asked in the very moment in which the last byte of the answer came, on a connection that waits."""
    async with between(local, cloud) as gate:
        for _ in range(20):
            answer = f"{sentence()}. {sentence()}."
            local.then((HEAD, chunk(delta(answer)), chunk(delta(finish="stop") + DONE), END), chat("ok"))
            async with caller(gate.port) as one:
                one.post(turns(Canary().say, stream=True))
                await one.reader.readuntil(b"[DONE]\n\n")
                async with caller(gate.port) as two:
                    two.post(turns(answer))
                    assert (await two.reply()).headers["x-tidegate-label"] == "restricted"
        assert cloud.accepted == 0


async def test_a_reload_forgets_nothing_and_a_restart_everything(local: Upstream, cloud: Upstream) -> None:
    answer = f"{sentence()}. {sentence()}."
    async with between(local, cloud) as gate:
        await sensitive(gate, local, answer)
        gate.live.runtime = gate.live._bring_up(gate.live.runtime.plan)
        assert (await gate.post(turns(answer))).headers["x-tidegate-label"] == "restricted"
    async with between(local, cloud) as gate:
        assert (await gate.post(turns(answer))).headers["x-tidegate-path"] == "cloud"
    edits = {"sensitivity.lineage": {"unknown_history": "doubt"}}
    async with between(local, cloud, edits) as gate:
        assert (await gate.post(turns("Go on.", answer, HARD))).headers["x-tidegate-label"] == "restricted"
        local.then(chat("A prime is a number that has two divisors."))
        cloud.then(chat("A prime is a number that has two divisors."))
        first = await gate.post(turns(HARD))
        told = json.loads(first.body)["choices"][0]["message"]["content"]
        assert (await gate.post(turns(HARD, told, "Why?"))).headers["x-tidegate-path"] == "cloud", "its own answers are no doubt"


async def test_explain_names_what_is_inherited(local: Upstream, cloud: Upstream) -> None:
    answer = f"{sentence()}. {sentence()}."
    async with between(local, cloud) as gate:
        await sensitive(gate, local, answer)
        said = (await post(gate.admin, turns(answer), "/admin/explain")).json
        assert said["raised"] == [["restricted", "lineage", "answer"]]
        assert [stop["target"] for stop in said["chain"]] == ["qwen"]


async def test_it_can_be_switched_off(local: Upstream, cloud: Upstream) -> None:
    answer = f"{sentence()}. {sentence()}."
    async with between(local, cloud, {"sensitivity.lineage": {"entries": 0}}) as gate:
        await sensitive(gate, local, answer)
        assert (await gate.post(turns(answer))).headers["x-tidegate-path"] == "cloud"


async def test_many_conversations_at_once_do_not_mix(local: Upstream, cloud: Upstream) -> None:
    local.then(chat(sentence() + " " + sentence()))
    async with between(local, cloud) as gate:

        async def talk(number: int) -> None:
            is_sensitive = number % 2 == 0
            asked = Canary().say if is_sensitive else f"{sentence()} {number}"
            first = await gate.post(turns(asked))
            assert first.headers["x-tidegate-path"] == ("local" if is_sensitive else "cloud")

        await asyncio.gather(*(talk(number) for number in range(20)))
