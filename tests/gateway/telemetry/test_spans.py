from typing import Any

import pytest

from gateway.exchange import Exchange, Times
from gateway.telemetry.spans import Span, calls, error_of, spans
from gateway.tracing import CHECKS, below
from router.attempt import Usage
from router.names import MicroUsd
from tests.fakes.told import EXCHANGE, GPT, PLACES, QWEN, SPAN, attempt, exchange

END = 10**18
US = 1_000


def of(one: Exchange) -> list[Span]:
    return list(spans(one, END, PLACES))


def test_a_request_is_a_span_with_what_the_conventions_ask_for() -> None:
    root, *_ = of(EXCHANGE)
    assert (root.name, root.kind, root.span_id, root.parent_id) == ("chat qwen", "SERVER", SPAN, "00f067aa0ba902b7")
    assert (root.start, root.end, root.is_error) == (END - 500_000 * US, END, False)
    assert root.events == (("commit", END - 200_000 * US),)
    assert root.attributes == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai_compatible",
        "gen_ai.request.model": "qwen3-8b",
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.usage.input_tokens": 7,
        "gen_ai.usage.output_tokens": 3,
        "gen_ai.usage.cache_read.input_tokens": 2,
        "gen_ai.usage.reasoning.output_tokens": 1,
        "http.request.method": "POST",
        "http.route": "/v1/chat/completions",
        "http.response.status_code": 200,
        "tidegate.request_id": "req_1",
        "tidegate.result": "served",
        "tidegate.preference": "auto",
        "tidegate.path": "local",
        "tidegate.target": "qwen",
        "tidegate.tenant": "anonymous",
        "tidegate.label": "personal",
        "tidegate.route": "easy",
        "tidegate.attempts": 1,
        "tidegate.stream": True,
        "tidegate.cost_usd": 0.005,
        "tidegate.difficulty": 0.25,
    }


def test_an_attempt_is_a_call_below_it() -> None:
    one = exchange(attempts=(attempt(replica=1, sent_bytes=90, cost=MicroUsd(3)),))
    span = next(span for span in of(one) if span.kind == "CLIENT")
    assert (span.name, span.span_id, span.parent_id) == ("chat qwen3-8b", below(SPAN, 1), SPAN)
    assert (span.start, span.end) == (END - 400_000 * US, END)
    assert span.events == (("first_token", END - 200_000 * US),)
    assert span.attributes["server.address"] == "10.0.0.2"
    assert span.attributes["server.port"] == 8000
    assert span.attributes["http.response.status_code"] == 200
    assert span.attributes["gen_ai.usage.input_tokens"] == 7, "the only attempt used what the request did"
    assert span.attributes["tidegate.cost_usd"] == 3e-6
    assert "server.address" not in of(exchange(attempts=(attempt(replica=7),)))[-1].attributes, "one that the configuration does not name"


@pytest.mark.parametrize(
    ("more", "kind", "is_error", "error"),
    [
        pytest.param({"ending": "Failed", "failure": "CUT"}, "CLIENT", True, "CUT", id="failed"),
        pytest.param({"ending": "Failed", "failure": "FULL"}, "INTERNAL", True, "FULL", id="not made for want of room"),
        pytest.param({"ending": "Abandoned"}, "CLIENT", False, None, id="the caller left"),
        pytest.param({"ending": "Outrun"}, "CLIENT", False, None, id="outrun"),
        pytest.param({"ending": "Rejected", "rejection": "refusal"}, "CLIENT", False, None, id="not good enough"),
        pytest.param({"ending": "Served", "is_hedge": True}, "CLIENT", False, None, id="a hedge"),
    ],
)
def test_an_attempt_that_ended_otherwise(more: dict[str, Any], kind: str, is_error: bool, error: str | None) -> None:
    span = of(exchange(attempts=(attempt(**more),)))[-1]
    assert (span.kind, span.is_error, span.attributes.get("error.type")) == (kind, is_error, error)
    assert span.attributes.get("tidegate.rejection", "") == more.get("rejection", "")
    assert span.attributes.get("tidegate.is_hedge", False) == more.get("is_hedge", False)


def test_self_checks_have_ids_of_their_own() -> None:
    one = exchange(cascade="accepted", attempts=(attempt(), attempt(ending="Checked"), attempt(ending="Checked"), attempt(number=2)))
    found = [span.span_id for span in of(one) if "tidegate.ending" in span.attributes]
    assert found == [below(SPAN, 1), below(SPAN, 0), below(SPAN, CHECKS + 1), below(SPAN, 2)]


def test_what_was_used_is_told_once_unless_every_call_has_its_own() -> None:
    two = (attempt(ending="Failed", failure="CUT"), attempt(target=GPT, number=2))
    assert [used for _, used in calls(exchange(attempts=two, target=GPT))] == [None, EXCHANGE.usage]
    assert [used for _, used in calls(exchange(attempts=two, target=None))] == [None, None]
    both = (attempt(usage=Usage(1, 1)), attempt(usage=Usage(2, 2)))
    assert [used for _, used in calls(exchange(attempts=both, hedge="primary"))] == [Usage(1, 1), Usage(2, 2)]


@pytest.mark.parametrize(
    ("more", "error", "is_error"),
    [
        pytest.param({}, "", False, id="served"),
        pytest.param({"result": "invalid", "code": "bad_json", "status": 400}, "bad_json", False, id="the caller's fault"),
        pytest.param({"result": "failed", "code": "local_unavailable", "status": 503}, "local_unavailable", True, id="nobody could"),
        pytest.param({"result": "broken", "attempts": (attempt(ending="Broken", failure="CUT"),)}, "CUT", True, id="broke"),
        pytest.param({"result": "abandoned", "attempts": ()}, "abandoned", False, id="the caller left"),
    ],
)
def test_the_kind_of_error_is_of_a_closed_set(more: dict[str, Any], error: str, is_error: bool) -> None:
    root = of(exchange(**more))[0]
    assert error_of(exchange(**more)) == error == root.attributes.get("error.type", "")
    assert root.is_error == is_error


def test_stages_have_spans_where_they_took_time() -> None:
    times = Times(total_s=0.5, receive_s=0.01, decode_s=0.00001, classify_s=0.02, decide_s=0.00002, slow_s=0.03, redact_s=0.04)
    one = exchange(times=times, attempts=(attempt(began_s=0.3, line="public", queue_s=0.1),))
    stages = {span.name: (span.start - END + 500_000 * US, span.end - span.start) for span in of(one) if not span.attributes}
    assert {name: (round(at / 1e7), round(took / 1e7)) for name, (at, took) in stages.items()} == {
        "tidegate receive": (0, 1),
        "tidegate classify": (1, 2),
        "tidegate classify slowly": (3, 3),
        "tidegate redact": (6, 4),
        "tidegate queue": (20, 10),
    }
    assert len({span.span_id for span in of(one)}) == len(of(one))


def test_nothing_stands_outside_of_its_request() -> None:
    late = attempt(began_s=0.4, total_s=9.0, first_byte_s=8.0, line="public", queue_s=2.0)
    for span in of(exchange(attempts=(late, attempt(began_s=7.0)), times=Times(total_s=0.5, first_byte_s=3.0, slow_s=4.0, redact_s=1.0))):
        assert END - 500_000 * US <= span.start <= span.end <= END
        assert all(span.start <= at <= span.end for _, at in span.events)


def test_a_target_that_a_reload_took_away_has_a_span_too() -> None:
    found = list(spans(EXCHANGE, END, {}))
    assert (found[0].name, found[-1].name) == ("chat qwen", "chat")
    assert found[-1].attributes["gen_ai.provider.name"] == "tidegate"
    assert of(exchange(endpoint=None, target=None, attempts=(), label=None, route=None, cost=None, difficulty=None))[0].name == "chat"
    assert QWEN in PLACES
