import pytest

from gateway.exchange import Times
from gateway.telemetry.instruments import FIRST_TOKEN, INSTRUMENTS, OPERATION, PER_TOKEN, REQUEST, TOKENS, Instrument, Instruments
from router.attempt import Usage
from tests.fakes.told import EXCHANGE, GPT, PLACES, attempt, exchange


def counted(made: Instruments, instrument: Instrument, **labels: str) -> list[tuple[int, float]]:
    wanted = {(name.replace("__", "."), value) for name, value in labels.items()}
    rows = [row for row in made.rows() if row.instrument == instrument and wanted <= set(row.attributes)]
    return [(sum(row.counts), row.sum) for row in rows]


def test_the_bounds_are_those_of_the_conventions() -> None:
    assert list(TOKENS.bounds) == [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864]
    assert list(OPERATION.bounds) == pytest.approx([0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92])
    assert [one.bounds[-1] for one in INSTRUMENTS] == [67108864, 81.92, 81.92, 10.0, 2.5]
    assert all(list(one.bounds) == sorted(one.bounds) for one in INSTRUMENTS)


def test_a_request_and_its_calls_are_counted() -> None:
    made = Instruments(PLACES)
    made.add(EXCHANGE)
    assert counted(made, REQUEST) == [(1, 0.5)]
    assert counted(made, OPERATION) == [(1, 0.4)]
    assert counted(made, TOKENS, gen_ai__token__type="input") == [(1, 7.0)]
    assert counted(made, TOKENS, gen_ai__token__type="output") == [(1, 3.0)]
    assert counted(made, FIRST_TOKEN) == [(1, 0.3)]
    [(count, per_token)] = counted(made, PER_TOKEN)
    assert count == 1
    assert per_token == pytest.approx(0.1)
    assert {name for row in made.rows() for name, _ in row.attributes} == {
        "gen_ai.operation.name",
        "gen_ai.provider.name",
        "gen_ai.request.model",
        "gen_ai.token.type",
    }


def test_only_answers_that_came_whole_and_in_a_stream_have_a_first_token() -> None:
    made = Instruments(PLACES)
    for more in ({"is_stream": False}, {"result": "broken"}, {"times": Times(total_s=1.0)}):
        made.add(exchange(**more))
    assert counted(made, FIRST_TOKEN) == counted(made, PER_TOKEN) == []
    made.add(exchange(usage=Usage(7, 1)))
    made.add(exchange(usage=None))
    assert counted(made, FIRST_TOKEN)[0][0] == 2
    assert counted(made, PER_TOKEN) == []


def test_errors_are_told_apart_and_what_was_no_call_is_none() -> None:
    made = Instruments(PLACES)
    attempts = (
        attempt(ending="Failed", failure="CUT"),
        attempt(ending="Failed", failure="FULL"),
        attempt(ending="Outrun", target=GPT),
    )
    made.add(exchange(result="failed", code="local_unavailable", attempts=attempts, target=None, usage=None))
    assert counted(made, REQUEST, error__type="local_unavailable", gen_ai__provider__name="tidegate") == [(1, 0.5)]
    assert counted(made, OPERATION, error__type="CUT") == [(1, 0.4)]
    assert counted(made, OPERATION, error__type="FULL") == []
    assert len(counted(made, OPERATION)) == 2
    assert counted(made, TOKENS) == []


def test_a_copy_stays_as_it_was() -> None:
    made = Instruments(PLACES)
    made.add(EXCHANGE)
    rows = list(made.rows())
    made.add(EXCHANGE)
    assert sum(rows[0].counts) == 1
    assert sum(next(made.rows()).counts) == 2
