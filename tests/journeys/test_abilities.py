"""A request goes only where it fits: through the whole gateway, to scripted upstreams."""

import pytest

from tests.fakes.client import ask
from tests.fakes.gateway import between
from tests.fakes.upstream import Upstream

TOOLS = [{"type": "function", "function": {"name": "look_up", "parameters": {"type": "object"}}}]
PICTURE = {"type": "image_url", "image_url": {"url": "https://images.example.com/cat.png"}}
SEEING = {"messages": [{"role": "user", "content": [{"type": "text", "text": "What is it?"}, PICTURE]}]}
BLOCKS = [
    {"type": "text", "text": "What is it?"},
    {"type": "image", "source": {"type": "url", "url": "https://images.example.com/cat.png"}},
]


async def test_who_lacks_what_is_needed_is_passed_over(local: Upstream, cloud: Upstream) -> None:
    async with between(local, cloud, {"destinations.qwen.can": {"tools": False}}) as gate:
        plain, tooled = await gate.post(ask("hello")), await gate.post(ask("hello", tools=TOOLS))
        assert [plain.headers["x-tidegate-target"], tooled.headers["x-tidegate-target"]] == ["qwen", "gpt"]
        assert cloud.fields[0]["tools"] == TOOLS
        assert len(local.fields) == 1


@pytest.mark.parametrize("model", ["auto", "qwen", "gpt", "auto:best"])
async def test_what_must_stay_and_nobody_here_can_do_is_refused(local: Upstream, cloud: Upstream, model: str) -> None:
    """A picture is a doubt, so it stays: that the cloud could see it makes no difference."""
    async with between(local, cloud, {"destinations.qwen.can": {"vision": False}}) as gate:
        reply = await gate.post(SEEING | {"model": model})
        assert (reply.status, reply.error["code"], reply.error["type"]) == (400, "unable", "invalid_request_error")
        assert reply.error["message"].startswith("No model that may take this request can see pictures.")
        assert (await gate.until_observed()).code == "unable"
        assert not local.fields
        assert not cloud.fields


async def test_a_caller_of_messages_is_told_so_in_their_words(local: Upstream, cloud: Upstream) -> None:
    body = {"model": "auto", "max_tokens": 9, "messages": [{"role": "user", "content": BLOCKS}]}
    async with between(local, cloud, {"destinations.qwen.can": {"vision": False}}) as gate:
        reply = await gate.post(body, "/v1/messages")
        assert (reply.status, reply.json["type"], reply.json["error"]["type"]) == (400, "error", "invalid_request_error")
        assert "see pictures" in reply.json["error"]["message"]
