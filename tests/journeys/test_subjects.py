"""Rules that ask what a prompt is about: code, language, topic; and how long its answer may be."""

import pytest

from tests.fakes.client import ask, post
from tests.fakes.gateway import between
from tests.fakes.upstream import Upstream

ROUTES = [
    {"name": "sensitive", "when": {"label": ">= personal"}, "to": ["qwen"]},
    {"name": "german", "when": {"language": "de"}, "to": ["qwen"]},
    {"name": "legal", "when": {"topic": "law", "endpoint": "chat"}, "to": ["gpt"]},
    {"name": "easy", "to": ["qwen"]},
]
LAW = "May a landlord sue a tenant in court for breach of contract?"


@pytest.mark.parametrize(
    ("text", "route", "target"),
    [
        pytest.param(LAW, "legal", "gpt", id="a topic"),
        pytest.param("Darf der Vermieter das und warum nicht?", "german", "qwen", id="a language"),
        pytest.param("ok", "easy", "qwen", id="nothing that can be told"),
        pytest.param(LAW + " My email is bob@example.com", "sensitive", "qwen", id="a label goes before any topic"),
    ],
)
async def test_what_it_is_about_decides(local: Upstream, cloud: Upstream, text: str, route: str, target: str) -> None:
    async with between(local, cloud, {"routes": ROUTES}) as gate:
        reply = await gate.post(ask(text))
        assert (reply.headers["x-tidegate-route"], reply.headers["x-tidegate-target"]) == (route, target)
        told = (await post(gate.admin, {"text": text}, "/admin/route/explain")).json
        assert (told["route"], told["target"]) == (route, target)


async def test_explain_names_the_topic_and_what_another_would_do(local: Upstream, cloud: Upstream) -> None:
    async with between(local, cloud, {"routes": ROUTES}) as gate:
        told = (await post(gate.admin, {"text": LAW}, "/admin/route/explain")).json
    assert told["subject"] == {"code": None, "language": "en", "topic": "law"}, "no rule asks for code"
    assert {change["say"]: change["route"] for change in told["changes"] if change["means"] == "subject"} == {
        "language de": "german",
        "another topic": "easy",
    }


async def test_a_target_whose_window_the_answer_would_fill_is_passed_over(local: Upstream, cloud: Upstream) -> None:
    edits = {"destinations.qwen.window": 4_000}
    async with between(local, cloud, edits) as gate:
        assert (await gate.post(ask("hi") | {"max_tokens": 3_000})).headers["x-tidegate-target"] == "qwen"
        assert (await gate.post(ask("hi") | {"max_tokens": 5_000})).headers["x-tidegate-target"] == "gpt"
        assert (await gate.post(ask("hi", "auto:local") | {"max_tokens": 5_000})).error["code"] == "context_length_exceeded"
