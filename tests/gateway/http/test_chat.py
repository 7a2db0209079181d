from collections.abc import Mapping

import msgspec
import pytest
from starlette.types import Message

from gateway.errors import NotFound
from gateway.http.chat import Hot, demanded, facts_of
from gateway.http.headers import Headers
from gateway.plan import CallerKey
from gateway.runtime import Runtime
from gateway.wire.ask import decode
from router.facts import Needs
from router.names import Endpoint
from tests.fakes.client import ask
from tests.fakes.gateway import compiled, configuration
from tests.fakes.scripted import Caller, Scripted, stage

PLAN = compiled(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"))


def test_facts_say_what_the_router_may_know() -> None:
    body = ask("x" * 400, "auto:local", stream=True, tools=[{"type": "function"}], response_format={"type": "json_object"})
    raw = msgspec.json.encode(body)
    facts = facts_of("req_1", PLAN, decode(raw, "chat"), CallerKey("app", b"", "apps"), PLAN.policy.labels["personal"])
    assert (facts.request_id, facts.endpoint, facts.is_stream, facts.preference, facts.named) == ("req_1", "chat", True, "local", None)
    assert (facts.tenant, facts.key, facts.body_bytes, facts.turns, str(facts.floor)) == ("apps", "app", len(raw), 1, "personal")
    assert facts.needs == Needs(has_tools=True, has_schema=True, abilities=frozenset({"tools"}))
    assert 100 <= facts.prompt_tokens < 120


def test_other_endpoints_count_as_one_turn() -> None:
    assert facts_of("req_1", PLAN, decode(b'{"model":"qwen","prompt":["a","b"]}', "completions")).turns == 1


def test_a_lot_is_drawn_only_where_a_rule_takes_a_share() -> None:
    asked = decode(msgspec.json.encode(ask("one thing")), "chat")
    routes = [{"name": "some", "when": {"share": "5%"}, "to": ["qwen"]}, {"name": "rest", "to": ["qwen"]}]
    drawing = compiled(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1") | {"routes": routes, "tests": []})
    assert facts_of("req_1", PLAN, asked).lot is None
    assert (lot := facts_of("req_1", drawing, asked).lot) is not None
    assert facts_of("req_2", drawing, asked).lot == lot


def test_an_unknown_model_is_not_quoted() -> None:
    with pytest.raises(NotFound) as raised:
        facts_of("req_1", PLAN, decode(msgspec.json.encode(ask(model="something private")), "chat"))
    assert "something private" not in raised.value.say


async def called(
    runtime: Runtime, messages: list[Message], headers: Mapping[bytes, bytes] | None = None, endpoint: Endpoint = "chat"
) -> Caller:
    caller = Caller()

    async def receive() -> Message:
        return messages.pop(0)

    await Hot(endpoint, lambda: runtime)({"headers": list((headers or {}).items())}, receive, caller.send)
    return caller


async def test_every_request_ends_in_exactly_one_exchange() -> None:
    on = stage(PLAN, {"qwen": Scripted(), "gpt": Scripted()})
    good: Message = {"type": "http.request", "body": msgspec.json.encode(ask())}
    assert (await called(on.runtime, [good])).status == 200
    assert (await called(on.runtime, [{"type": "http.request", "body": b"{"}])).status == 400
    assert (await called(on.runtime, [{"type": "http.disconnect"}])).messages == []
    assert (await called(on.runtime, [])).error["code"] == "internal_error", "the list is empty: a defect"
    assert [(exchange.result, exchange.code) for exchange in on.exchanges] == [
        ("served", ""),
        ("invalid", "malformed_json"),
        ("abandoned", "caller_left"),
        ("failed", "internal_error"),
    ]


async def test_a_header_can_raise_the_label() -> None:
    on = stage(PLAN, {"qwen": Scripted(), "gpt": Scripted()})
    body: Message = {"type": "http.request", "body": msgspec.json.encode(ask())}
    caller = await called(on.runtime, [body.copy()] if isinstance(body, dict) else [body], {b"x-tidegate-label": b"restricted"})
    assert caller.headers["x-tidegate-label"] == "restricted"
    caller = await called(on.runtime, [{"type": "http.request", "body": msgspec.json.encode(ask())}], {b"x-tidegate-label": b"\xff"})
    assert caller.error["code"] == "unknown_label"


def _said(*labels: bytes) -> Headers:
    return Headers([(b"x-tidegate-label", label) for label in labels])


@pytest.mark.parametrize("order", [(b"public", b"restricted"), (b"restricted", b"public")], ids=["the higher last", "the higher first"])
async def test_of_several_label_headers_the_highest_counts(order: tuple[bytes, bytes]) -> None:
    assert demanded(_said(*order), PLAN, CallerKey("app", b"")) == PLAN.policy.labels["restricted"]
    personal = PLAN.policy.labels["personal"]
    assert demanded(_said(*order), PLAN, CallerKey("app", b"", floor=personal)) == PLAN.policy.labels["restricted"]
    assert demanded(_said(b"public"), PLAN, CallerKey("app", b"", floor=personal)) == personal
