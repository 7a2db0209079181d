"""The load and soak benchmarks measure what they say: figures, phases, and books that notice every kind of loss."""

import asyncio
import gzip
import math
import random
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest

from benchmarks import paced
from benchmarks.callers import Ask, Callers, Seen
from benchmarks.figures import Histogram, line
from benchmarks.load import fault, phase_of, phases
from benchmarks.load_mix import Mix, drawn, trace
from benchmarks.load_stage import Samples
from benchmarks.paced import Book, Books, Fault, Timetable
from benchmarks.soak import Held, leaked
from benchmarks.soak_books import unmatched
from benchmarks.traffic_engine import Call
from tests.fakes.client import get, post
from tests.fakes.patience import paced as in_time


@pytest.mark.parametrize("share", [0.5, 0.9, 0.99, 1.0])
def test_a_histogram_knows_shares_to_a_thousandth(share: float) -> None:
    dice = random.Random(1)
    values = sorted(dice.lognormvariate(-4, 2) for _ in range(5_000))
    histogram = Histogram()
    for value in values:
        histogram.add(value)
    exact = values[math.ceil(share * len(values)) - 1]
    assert exact <= histogram.at(share) <= exact * 1.001 + 1e-6


def test_a_histogram_of_nothing_has_no_shares() -> None:
    assert math.isnan(Histogram().at(0.5))


@pytest.mark.parametrize("slope", [pytest.param(0.0, id="flat"), pytest.param(2.5, id="rising")])
def test_the_interval_of_a_slope_holds_the_true_one(slope: float) -> None:
    dice = random.Random(3)
    found = line([(at / 60, 150 + slope * at / 60 + dice.gauss(0, 0.5)) for at in range(480)])
    assert found.low < slope < found.high
    assert found.high - found.low < 0.2
    assert found.low < found.slope < found.high


def test_the_interval_is_that_of_student() -> None:
    """Three points leave one degree of freedom: 12.706 standard errors, of sqrt(residuals / spread) = sqrt(1/6 / 2)."""
    found = line([(0, 0), (1, 1.5), (2, 2)], blocks=3)
    assert found.slope == pytest.approx(1.0)
    assert found.high - found.slope == pytest.approx(12.706 * math.sqrt(1 / 6 / 2))


def test_too_few_samples_make_no_line() -> None:
    with pytest.raises(ValueError, match="measure for longer"):
        line([(0, 1), (1, 1)])


def test_arrivals_have_the_gaps_of_the_trace_at_the_rate_that_was_asked(tmp_path: Path) -> None:
    rows = "".join(f"{at},{10 * at + 40},{at + 1}\n" for at in (0, 1, 2, 7))
    (tmp_path / "some.csv.gz").write_bytes(gzip.compress(f"t_seconds,input_tokens,output_tokens\n{rows}".encode()))
    found = trace(tmp_path, "some")
    first = [one for one, _ in zip(drawn(found, 2.0, Mix(most_answer=5)), range(400), strict=False)]
    assert first[399].at_s == pytest.approx(200, rel=0.02)
    assert [round((two.at_s - one.at_s) / first[1].at_s) for one, two in pairwise(first[:4])] == [1, 1, 5]
    assert [one.tokens for one in first[:4]] == [1, 2, 3, 5]
    assert len({one.text for one in first}) == 400
    sensitive = sum("@example.org" in one.text for one in first) / 400
    assert 0.14 < sensitive < 0.26


def test_a_trace_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="no trace 'other'"):
        trace(tmp_path, "other")


def test_phases_are_between_changes_of_the_timetable() -> None:
    faults = [fault("down@10+5:cloud"), fault("slow@12+8"), fault("status@40+1:local:0.5")]
    assert faults[2] == Fault("status", 40, 1, "local", 0.5)
    found = phases(faults)
    assert [(phase.begins_s, phase.name) for phase in found] == [
        (0, "calm"),
        (10, "down cloud"),
        (12, "down cloud and slow all"),
        (15, "slow all"),
        (20, "calm again"),
        (40, "status local"),
        (41, "calm again"),
    ]
    assert [phase_of(found, at_s).begins_s for at_s in (-0.1, 9.9, 14, 19.9, 99)] == [0, 0, 12, 15, 41]


@pytest.mark.parametrize("text", ["gone@1+2", "down@x+2", "down@1"])
def test_a_fault_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        fault(text)


SEEN = Seen(Ask(1, "text", 3, 0.0), "whole", 200, tokens=3)
ANSWER = Book(1, "local", 3, "whole")
EXCHANGE: dict[str, Any] = {
    "request_id": SEEN.ask.request_id,
    "result": "served",
    "usage": {"prompt": 100, "completion": 3},
    "attempts": [{"target": "local", "ending": "Served"}],
}
METRICS: Samples = {
    ("tidegate_requests_total", frozenset({("result", "served")})): 1,
    ("tidegate_tokens_total", frozenset({("kind", "prompt")})): 100,
    ("tidegate_tokens_total", frozenset({("kind", "completion")})): 3,
}
FEWER: Samples = {key: value - 1 for key, value in METRICS.items()}


def test_books_that_add_up_are_closed() -> None:
    assert unmatched([SEEN], [EXCHANGE], [ANSWER], METRICS) == []


@pytest.mark.parametrize(
    ("seen", "exchanges", "answers", "metrics", "say"),
    [
        pytest.param([SEEN], [], [ANSWER], {}, "without exactly one exchange", id="a request that nobody logged"),
        pytest.param([SEEN], [EXCHANGE, EXCHANGE], [ANSWER], METRICS, "without exactly one exchange", id="one that was logged twice"),
        pytest.param([], [EXCHANGE], [], METRICS, "that nobody asked for", id="an exchange of nobody"),
        pytest.param([SEEN], [EXCHANGE | {"result": "broken"}], [ANSWER], METRICS, "something else", id="a whole answer logged as broken"),
        pytest.param(
            [replace(SEEN, became="broken", code="upstream_interrupted")],
            [EXCHANGE],
            [Book(1, "local", 2, "cut")],
            METRICS,
            "something else",
            id="a broken answer logged as served",
        ),
        pytest.param(
            [replace(SEEN, became="refused", status=502, code="upstream_error")],
            [EXCHANGE | {"result": "failed", "code": "other"}],
            [],
            METRICS,
            "something else",
            id="another code than was logged",
        ),
        pytest.param([replace(SEEN, became="lost")], [EXCHANGE], [ANSWER], METRICS, "something else", id="a connection that ended"),
        pytest.param([replace(SEEN, tokens=2)], [EXCHANGE], [ANSWER], METRICS, "tokens differ", id="a token that the caller did not get"),
        pytest.param([SEEN], [EXCHANGE], [Book(1, "local", 2, "whole")], METRICS, "tokens differ", id="a token that nobody wrote"),
        pytest.param(
            [SEEN],
            [EXCHANGE | {"usage": {"prompt": 100, "completion": 2}}],
            [ANSWER],
            METRICS,
            "tokens differ",
            id="a token that the gateway did not count",
        ),
        pytest.param([SEEN], [EXCHANGE], [ANSWER, Book(1, "cloud", 1, "cut")], METRICS, "other than logged", id="an attempt not logged"),
        pytest.param([SEEN], [EXCHANGE], [Book(1, "cloud", 3, "whole")], METRICS, "other than logged", id="an attempt logged elsewhere"),
        pytest.param(
            [replace(SEEN, became="left", tokens=2, left_at_s=10.0)],
            [EXCHANGE],
            [Book(1, "local", 40, "whole", 12.5)],
            METRICS,
            "went on without a caller",
            id="a generation that was not stopped",
        ),
        pytest.param([SEEN], [EXCHANGE], [ANSWER, Book(0, "local")], METRICS, "still writes", id="a generation left running"),
        pytest.param([SEEN], [EXCHANGE], [ANSWER], FEWER, "requests_total says 0 served", id="a request not counted"),
        pytest.param([SEEN], [EXCHANGE], [ANSWER], FEWER, "tokens_total says 2 completion", id="tokens not counted"),
    ],
)
def test_what_does_not_add_up_is_said(
    seen: list[Seen], exchanges: list[dict[str, Any]], answers: list[Book], metrics: Samples, say: str
) -> None:
    assert any(say in one for one in unmatched(seen, exchanges, answers, metrics))


def test_what_is_held_afterwards_and_was_not_before_is_a_leak() -> None:
    before = Held(tasks=3, sockets=4, other_descriptors=12, upstream_connections=0)
    assert leaked(before, Held(3, 2, 12, 0)) == []
    assert leaked(before, Held(5, 4, 13, 1)) == [
        "tasks: 3 before, 5 after",
        "other_descriptors: 12 before, 13 after",
        "upstream_connections: 0 before, 1 after",
    ]


@pytest.fixture
async def scene() -> Any:
    made = paced.Scene(first_s=0.02, token_s=0.02)
    server = await asyncio.get_running_loop().create_server(lambda: paced.Connection(made), "127.0.0.1", 0)
    yield made, server.sockets[0].getsockname()[1]
    for connection in tuple(made.connections):
        connection.transport.abort()
    server.close()
    await server.wait_closed()


async def seen_of(port: int, **more: Any) -> Seen:
    callers = Callers(port, lambda _: None, b"/local/v1/chat/completions")
    seen = await callers.ask(replace(Ask(5, "text", 6, asyncio.get_running_loop().time()), **more))
    callers.close()
    return seen


async def books_of(port: int) -> Books:
    return msgspec.json.decode((await get(port, "/books")).body, type=Books)


async def ended(port: int) -> list[str]:
    """How the answers ended, when all have."""
    async with asyncio.timeout(20):
        while True:
            books = await books_of(port)
            if all(one.ended for one in books.answers):
                return [one.ended for one in books.answers]
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("is_stream", [True, False])
async def test_the_upstream_keeps_its_pace_and_its_books(scene: Any, *, is_stream: bool) -> None:
    _, port = scene
    seen = await seen_of(port, is_stream=is_stream)
    assert (seen.became, seen.status, seen.tokens) == ("whole", 200, 6)
    assert seen.total_s >= 0.02 + 6 * 0.02
    assert seen.first_s is not None
    assert seen.first_s >= (0.02 if is_stream else 0.14)
    (book,) = (await books_of(port)).answers
    assert (book.number, book.target, book.tokens, book.ended) == (5, "local", 6, "whole")


async def test_a_caller_who_leaves_stops_the_answer(scene: Any) -> None:
    _, port = scene
    seen = await seen_of(port, leaves_s=0.07, tokens=500)
    assert seen.became == "left"
    assert await ended(port) == ["left"]
    assert (await books_of(port)).running == 0


@pytest.mark.parametrize(
    ("kind", "became", "end"),
    [
        pytest.param("status", "refused", "refused", id="an error status"),
        pytest.param("down", "lost", "refused", id="a reset"),
        pytest.param("silent", "left", "refused", id="silence, until the caller has enough"),
        pytest.param("cut", "lost", "cut", id="a cut"),
        pytest.param("slow", "left", "left", id="a tenth of the pace"),
    ],
)
async def test_the_upstream_obeys_its_timetable(scene: Any, kind: str, became: str, end: str) -> None:
    _, port = scene
    timetable = Timetable((Fault(kind, target="local"),))  # type: ignore[arg-type]
    await post(port, msgspec.json.encode(timetable), "/timetable")
    seen = await (seen_of(port, leaves_s=0.4) if became == "left" else seen_of(port))
    assert seen.became == became
    assert await ended(port) == [end]


async def test_a_fault_of_another_target_or_time_is_none(scene: Any) -> None:
    _, port = scene
    timetable = Timetable((Fault("status", target="cloud"), Fault("status", at_s=60)))
    await post(port, msgspec.json.encode(timetable), "/timetable")
    assert (await seen_of(port)).became == "whole"


async def test_an_outage_cuts_what_is_running(scene: Any) -> None:
    _, port = scene

    async def play(pace: float) -> None:
        await post(port, msgspec.json.encode(Timetable((Fault("down", at_s=0.1 * pace, for_s=60),))), "/timetable")
        seen = await seen_of(port, tokens=500)
        assert seen.became == "lost"
        assert 0 < seen.tokens < 10 * pace

    await in_time(play)


async def test_lateness_counts_from_when_a_request_was_due(scene: Any) -> None:
    _, port = scene
    seen = await seen_of(port, due=asyncio.get_running_loop().time() - 5)
    assert seen.first_s is not None
    assert seen.first_s > 5
    assert seen.widest_s < 5


def test_a_trace_of_one_request_repeats_it() -> None:
    found = [one.tokens for one, _ in zip(drawn([Call(0.0, 5, 2)], 1.0, Mix()), range(3), strict=False)]
    assert found == [2, 2, 2]
