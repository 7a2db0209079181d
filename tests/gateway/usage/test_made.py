from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.exchange import AttemptRecord, Exchange, Times
from gateway.usage.made import called, count, used
from gateway.usage.rows import Called, Used
from router.attempt import Usage
from router.labels import Labels
from router.names import MicroUsd, RouteName, TargetName
from tests.fakes import usage as rows

QWEN, GPT = TargetName("qwen"), TargetName("gpt")
MODELS = {QWEN: "Qwen/Qwen3-8B", GPT: "gpt-5"}
LOW = Labels(("public", "personal")).lowest


def made(exchange: Exchange) -> Used:
    return Used._make(used(1_000.0, exchange, MODELS, None))


def attempt(ending: Any = "Served", cost: int | None = None, target: TargetName = QWEN, **more: Any) -> AttemptRecord:
    return AttemptRecord(target, 1, ending, cost=None if cost is None else MicroUsd(cost), **more)


def test_every_member_of_a_request_has_its_column() -> None:
    exchange = Exchange(
        "req_1",
        "chat",
        "served",
        200,
        tenant="acme",
        key="acme-key",
        is_stream=True,
        label=LOW,
        route=RouteName("easy"),
        path="local",
        target=QWEN,
        difficulty=0.25,
        attempts=(attempt(gpu_s=0.5, total_s=2.0),),
        usage=Usage(100, 20, 30, 40, 5),
        cost=MicroUsd(45),
        times=Times(2.0, 0.5, 8.0, 0.25, 0.125, 0.5, 0.0625, 4.0, 1.0, 0.75),
        redaction="done",
        is_estimate=True,
    )
    assert made(exchange) == rows.used(
        is_stream=True,
        cached=30,
        cache_write=40,
        reasoning=5,
        is_estimate=True,
        gpu_s=0.5,
        total_s=2.0,
        first_byte_s=0.5,
        own_s=0.25 + 0.125 + 0.5 + 0.0625 + 1.0,
        queue_s=0.75,
        redaction="done",
    )


def test_what_is_not_known_is_none_and_what_there_is_not_is_empty() -> None:
    row = made(Exchange("req_1", None, "invalid", 400, "bad_field"))
    assert (row.endpoint, row.label, row.route, row.target, row.model, row.first) == ("",) * 6
    assert (row.prompt, row.completion, row.cached, row.cache_write, row.reasoning) == (None,) * 5
    assert (row.cost, row.beside, row.first_byte_s, row.difficulty) == (None,) * 4
    assert (row.attempts, row.gpu_s, row.code) == (0, 0.0, "bad_field")


@pytest.mark.parametrize(
    ("attempts", "more", "beside"),
    [
        pytest.param((attempt(),), {}, 0, id="one that served"),
        pytest.param((attempt("Failed", 3), attempt(target=GPT)), {}, 3, id="a failed one, which cost something"),
        pytest.param((attempt("Rejected", 40), attempt("Checked", 5), attempt(cost=55)), {"cascade": "escalated"}, 45, id="an escalation"),
        pytest.param((attempt("Rejected", 90), attempt("Failed", 10, GPT)), {"cascade": "kept"}, 10, id="a rejected answer that was kept"),
        pytest.param((attempt(cost=70), attempt("Outrun", 30)), {"hedge": "primary"}, 30, id="a hedge that was outrun"),
        pytest.param((attempt("Failed", 60), attempt("Failed", 40)), {}, 100, id="nobody served"),
        pytest.param((attempt("Failed", 900), attempt(target=GPT)), {}, 100, id="never more than there is"),
        pytest.param((attempt("Broken"),), {}, 0, id="a cut stream, of which the caller got a part"),
        pytest.param((attempt("Broken", 60), attempt(cost=40)), {}, 0, id="a cut stream that was continued: the caller got both parts"),
    ],
)
def test_what_was_spent_beside_the_answer(attempts: tuple[AttemptRecord, ...], more: dict[str, Any], beside: int) -> None:
    exchange = Exchange("req_1", "chat", "served", 200, attempts=attempts, cost=MicroUsd(100))
    assert made(msgspec.structs.replace(exchange, **more)).beside == beside


def test_the_first_target_is_the_one_that_answered_unless_it_is_said() -> None:
    exchange = Exchange("req_1", "chat", "served", 200, target=GPT, path="cloud")
    assert made(exchange).first == "gpt"
    assert made(msgspec.structs.replace(exchange, first=QWEN)).first == "qwen"


@pytest.mark.parametrize(
    ("attempts", "rows"),
    [
        pytest.param((), 1, id="none"),
        pytest.param((attempt(),), 1, id="one that served says nothing new"),
        pytest.param((attempt("Failed"),), 2, id="one that failed"),
        pytest.param((attempt("Failed"), attempt()), 3, id="two"),
    ],
)
def test_attempts_have_rows_where_they_say_more(attempts: tuple[AttemptRecord, ...], rows: int) -> None:
    assert count(Exchange("req_1", "chat", "served", 200, attempts=attempts)) == rows


def test_every_member_of_an_attempt_has_its_column() -> None:
    whole = attempt("Rejected", 40, failure="TIMEOUT", usage=Usage(10, 2), gpu_s=0.5, total_s=2.0, number=2, is_hedge=True)
    exchange = Exchange("req_1", "chat", "served", 200, attempts=(whole, attempt()))
    first, second = (Called._make(row) for row in called(1_000.0, exchange, None))
    assert first == Called(1_000.0, "req_1", 2, "qwen", 1, "Rejected", "TIMEOUT", True, 10, 2, 40, 0.5, 2.0)
    assert (second.prompt, second.completion, second.cost) == (None, None, None)


@given(
    attempts=st.lists(
        st.builds(
            attempt, st.sampled_from(("Served", "Failed", "Rejected", "Checked", "Outrun", "Abandoned")), st.none() | st.integers(0, 99)
        )
    ),
    cost=st.none() | st.integers(0, 200),
    usage=st.none() | st.builds(Usage, st.integers(0, 9), st.integers(0, 9)),
)
def test_any_exchange_makes_rows_of_the_tables_widths(attempts: list[AttemptRecord], cost: int | None, usage: Usage | None) -> None:
    exchange = Exchange(
        "req_1", "chat", "served", 200, attempts=tuple(attempts), usage=usage, cost=None if cost is None else MicroUsd(cost)
    )
    row = made(exchange)
    assert len(row) == len(Used._fields)
    assert (row.beside is None) is (cost is None)
    assert cost is None or 0 <= (row.beside or 0) <= cost
    assert all(len(one) == len(Called._fields) for one in called(1.0, exchange, None))
