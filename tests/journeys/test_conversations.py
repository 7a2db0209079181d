"""Conversations on the wire stay where they began unless the last ask outweighs it, however their history is cut; hints move the line."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.fakes.client import Reply, ask, post
from tests.fakes.gateway import Gateway, between, total
from tests.fakes.secrets import Canary
from tests.fakes.upstream import Upstream, chat, words

JUDGED: dict[str, Any] = {
    "difficulty": {"scorer": "lexical", "threshold": 0.5},
    "routes": [
        {"name": "sensitive", "when": {"label": ">= personal"}, "to": ["qwen"]},
        {"name": "hard", "when": {"difficulty": "> threshold"}, "to": ["gpt"], "fallback": ["qwen"]},
        {"name": "easy", "to": ["qwen"], "fallback": ["gpt"]},
    ],
}
EASY, EASIER = "Which colours go well with a dark green door?", "What is the capital of France?"  # 0.1 and less
BELOW = "Compare oak and pine for a table, and explain how each of them ages."  # 0.27
NEAR = "Analyse the performance of the two kinds of doors, and explain how both age."  # 0.45
ABOVE = "Explain how a quantum computer evaluates a function, with an equation."  # 0.58
HARD = "Prove that there are infinitely many primes of the form 4k+3, and say where the form matters."  # 0.84
ANSWER = "Cream, brass and a warm grey go well with it; so does the brown of oak, as long as it is not too red. " * 6


@dataclass
class Talk:
    """A caller that keeps the history of one conversation."""

    gate: Gateway
    system: str = ""
    history: list[dict[str, str]] = field(default_factory=list)
    window: int = 99

    async def say(self, text: str, **more: Any) -> str:
        """The path of the answer to a further turn."""
        self.history.append({"role": "user", "content": text})
        system = [{"role": "system", "content": self.system}] if self.system else []
        reply = await self.gate.post({"model": "auto", "messages": system + self.history[-self.window :]} | more)
        assert reply.status == 200, reply.body
        self.history.append({"role": "assistant", "content": ANSWER})
        return reply.headers["x-tidegate-path"]

    async def all(self, *texts: str) -> list[str]:
        """The paths of several turns."""
        return [await self.say(text) for text in texts]


def answering(*servers: Upstream, is_stream: bool = False) -> None:
    for server in servers:
        server.then(words(*(ANSWER[at : at + 50] for at in range(0, len(ANSWER), 50))) if is_stream else chat(ANSWER))


async def test_four_turns_stay_at_home_unless_the_last_outweighs_the_prefix(local: Upstream, cloud: Upstream) -> None:
    answering(local, cloud)
    async with between(local, cloud, JUDGED) as gate:
        assert await Talk(gate).all(ABOVE) == ["cloud"], "alone it goes out"
        assert await Talk(gate).all(EASY, EASIER, BELOW, ABOVE) == ["local"] * 4
        kept = await gate.until_observed(5)
        assert kept.leaned is not None
        assert (kept.leaned.sticky, kept.leaned.prefix_tokens > 450) == ("kept", True)
        assert kept.difficulty is not None
        assert kept.leaned.difficulty is not None
        assert kept.leaned.difficulty < 0.5 < kept.difficulty
        assert await Talk(gate).all(EASY, EASIER, BELOW, HARD) == ["local"] * 3 + ["cloud"]
        switched = await gate.until_observed(9)
        assert switched.leaned is not None
        assert (switched.leaned.sticky, json.loads(gate.log.getvalue().splitlines()[-1])["leaned"]["sticky"]) == ("switched", "switched")
        metrics = await gate.metrics()
        assert [total(metrics, "tidegate_sticky_total", result=result) for result in ("kept", "switched")] == [1, 1]


@pytest.mark.parametrize("is_stream", [False, True], ids=["whole", "streamed"])
async def test_four_turns_stay_outside_unless_the_last_is_too_easy_for_it(local: Upstream, cloud: Upstream, is_stream: bool) -> None:
    answering(local, cloud, is_stream=is_stream)
    async with between(local, cloud, JUDGED) as gate:
        talk = Talk(gate)
        assert [await talk.say(text, stream=is_stream) for text in (HARD, "continue", "now in French", BELOW)] == ["cloud"] * 4
        assert [await talk.say(text, stream=is_stream) for text in (EASIER, BELOW)] == ["local"] * 2, "it pays to come home, and to stay"


@pytest.mark.parametrize("window", [3, 5])
async def test_a_trimmed_history_keeps_its_stickiness(local: Upstream, cloud: Upstream, window: int) -> None:
    answering(local, cloud)
    async with between(local, cloud, JUDGED) as gate:
        assert await Talk(gate).all(NEAR) == ["local"], "alone it stays"
        assert await Talk(gate, window=window).all(EASY, "Which of these would you take for a small hall?", BELOW, ABOVE) == ["local"] * 4
        assert await Talk(gate, window=window).all(HARD, HARD[:-1] + " to Gauss.", HARD[:-1] + " to Euler.", NEAR) == ["cloud"] * 4
        edited = Talk(gate, system="You know everything about doors.")
        assert await edited.all(EASY, BELOW) == ["local"] * 2
        edited.system, edited.window = "You know nothing about doors. Today is Monday.", 3
        assert await edited.all(ABOVE) == ["local"]


async def test_what_was_cut_is_all_that_tells(local: Upstream, cloud: Upstream) -> None:
    """The same last ask in a conversation that nobody here has served goes where its difficulty sends it."""
    answering(local, cloud)
    async with between(local, cloud, JUDGED) as gate:
        stranger = Talk(gate, history=[{"role": "user", "content": EASY}, {"role": "assistant", "content": ANSWER}])
        assert await stranger.all(ABOVE) == ["cloud"]
    async with between(local, cloud, JUDGED | {"difficulty": {**JUDGED["difficulty"], "sticky": {"entries": 0}}}) as gate:
        assert await Talk(gate).all(EASY, ABOVE) == ["local", "cloud"], "it can be switched off"


async def test_a_sensitive_turn_comes_home_whatever_was_before(local: Upstream, cloud: Upstream) -> None:
    answering(local, cloud)
    async with between(local, cloud, JUDGED) as gate:
        talk = Talk(gate)
        assert await talk.all(HARD, HARD[:-1] + " to Gauss.") == ["cloud"] * 2
        sent, canary = cloud.accepted, Canary()
        assert await talk.all(f"{HARD} {canary.say}", HARD, "continue") == ["local"] * 3
        assert cloud.accepted == sent
        canary.assert_nowhere(log=gate.log.getvalue(), exchanges=repr(gate.exchanges))


async def test_a_tool_s_result_inherits_the_ask(local: Upstream, cloud: Upstream) -> None:
    answering(local, cloud)
    call = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"at": "primes"}'}}
    turns: Sequence[Mapping[str, object]] = (
        {"role": "user", "content": HARD},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "2 3 5 7"},
    )
    async with between(local, cloud, JUDGED) as gate:
        assert (await gate.post({"model": "auto", "messages": turns})).headers["x-tidegate-path"] == "cloud"


async def test_explain_shows_what_leaving_costs(local: Upstream, cloud: Upstream) -> None:
    answering(local, cloud)
    async with between(local, cloud, JUDGED) as gate:
        talk = Talk(gate)
        await talk.all(EASY, BELOW)
        body = {"model": "auto", "messages": [*talk.history, {"role": "user", "content": ABOVE}], "metadata": {"quality": 6}}
        seen = (await post(gate.admin, body, "/admin/explain")).json
        stay = seen["difficulty"]["stay"]
        assert (stay["target"], stay["zone"], stay["prefix"] > 250, 1 < stay["factor"] <= 1.5) == ("qwen", "local", True, True)
        assert seen["difficulty"]["hints"] == [["quality", pytest.approx(0.4)]]
        assert seen["difficulty"]["scored"] != seen["difficulty"]["score"]
        assert seen["chain"][0]["target"] == "qwen"


def path_of(reply: Reply) -> str:
    assert reply.status == 200, reply.body
    return reply.headers["x-tidegate-path"]


async def test_hints_move_the_line_and_reach_the_target_as_they_are(local: Upstream, cloud: Upstream) -> None:
    async with between(local, cloud, JUDGED) as gate:
        assert path_of(await gate.post(ask(ABOVE))) == "cloud"
        for hint in ({"metadata": {"quality": 3}}, {"metadata": {"quality": "3", "team": "a"}}, {"reasoning_effort": "low"}):
            assert path_of(await gate.post(ask(ABOVE, **hint))) == "local"
            assert local.fields[-1].items() >= hint.items()
        for hint in ({"metadata": {"quality": 9}}, {"reasoning": {"effort": "xhigh"}}):
            assert path_of(await gate.post(ask(BELOW, **hint))) == "cloud"
            assert cloud.fields[-1].items() >= hint.items()
        assert path_of(await gate.post(ask(BELOW, metadata={"quality": "high"}))) == "local"
        canary = Canary()
        assert path_of(await gate.post(ask(canary.say, metadata={"quality": 10}))) == "local", "no hint lets sensitive content out"
        reply = await gate.post(ask(BELOW, metadata={"quality": 95}))
        assert (reply.status, reply.error["code"], reply.error["param"]) == (400, "bad_field", "metadata.quality")
        assert path_of(await gate.post(ask(BELOW, "qwen", metadata={"quality": 95}))) == "local", (
            "where it counts for nothing it may be anything"
        )
        exchange = await gate.until_observed(10)
        assert exchange.leaned is None


async def test_a_key_has_its_limits(local: Upstream, cloud: Upstream) -> None:
    limited = {"name": "app", "sha256": hashlib.sha256(b"key-of-the-app").hexdigest(), "quality": {"max": 4}, "may_ask_best": False}
    mine = {"authorization": "Bearer key-of-the-app"}
    async with between(local, cloud, JUDGED | {"keys": [limited]}) as gate:
        assert path_of(await gate.post(ask(ABOVE), headers=mine)) == "local", "what nobody asked for is limited too"
        assert path_of(await gate.post(ask(ABOVE, metadata={"quality": 10}), headers=mine)) == "local"
        assert path_of(await gate.post(ask(HARD), headers=mine)) == "cloud"
        assert path_of(await gate.post(ask(HARD, "auto:cheap"), headers=mine)) == "local"
        reply = await gate.post(ask(HARD, "auto:best"), headers=mine)
        assert (reply.status, reply.error["code"], reply.error["param"]) == (403, "may_not_ask_best", "model")
        assert total(await gate.metrics(), "tidegate_refusals_total", code="may_not_ask_best") == 1
