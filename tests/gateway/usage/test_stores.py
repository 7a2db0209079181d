"""What is so of either store."""

import math
import subprocess
import sys
from pathlib import Path
from typing import get_args

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.exchange import AttemptRecord, Exchange, Times
from gateway.usage.made import called as called_of
from gateway.usage.made import used as used_of
from gateway.usage.reading import open_store
from gateway.usage.rows import Called, Leased, Rated, Row, Used
from gateway.usage.store import BadRow, Batch, Known, StoreError, plain
from gateway.usage.writing import open_writer, write
from router.attempt import Usage
from router.names import TargetName
from tests.fakes.postgres import Database
from tests.fakes.usage import called, leased, rated, used

QWEN, GPT = TargetName("qwen"), TargetName("gpt")
EVER = (0.0, math.inf)
ALL = (-math.inf, math.inf)


def test_rows_come_back_as_they_were_in_the_order_of_their_times(url: str) -> None:
    rows: list[Row] = [used(at=3.0, is_stream=True), used(at=1.0, prompt=None, cost=None), called(), leased(energy=None), rated(score=None)]
    write(url, rows)
    write(url, [used(at=2.0, request_id="req_2")])
    with open_store(url) as store:
        found = list(store.rows(Used, *EVER))
        assert found == [rows[1], used(at=2.0, request_id="req_2"), rows[0]]
        assert found[2].is_stream is True
        assert [*store.rows(Called, *EVER), *store.rows(Leased, *EVER), *store.rows(Rated, *EVER)] == rows[2:]
        assert [row.at for row in store.rows(Used, 1.0, 3.0)] == [1.0, 2.0], "from the first time on, to before the last"
        assert store.counts()["used"] == (3, 1.0, 3.0)
        assert store.size() > 0


def test_more_rows_than_are_read_or_written_at_once_come_once_each(url: str) -> None:
    rows = [used(at=float(number // 3), request_id=f"req_{number}") for number in range(12_345)]
    write(url, rows)
    with open_store(url) as store:
        assert list(store.rows(Used, *EVER)) == rows


def test_a_request_is_found_among_the_newest(url: str) -> None:
    write(url, [used(at=float(number), request_id=f"req_{number}", tenant=f"tenant{number}") for number in range(10)])
    with open_store(url) as store:
        assert store.known("req_7", "tenant7", 5) == Known("local", "qwen")
        assert store.known("req_7", "tenant8", 5) is None, "another tenant's"
        assert store.known("req_4", "tenant4", 5) is None
        assert store.known("req_x", "tenant7", 5) is None


def test_old_rows_go_in_small_batches(url: str) -> None:
    writer = open_writer(url)
    writer.open("session", {})
    writer.write(Batch(1.0, {Used: [plain(used(at=float(at)), writer.unknown) for at in range(10)]}, 10))
    assert [writer.expire(before=8.0, most=3) for _ in range(4)] == [3, 3, 2, 0]
    writer.end()
    writer.close()
    with open_store(url) as store:
        assert [row.at for row in store.rows(Used, *EVER)] == [8.0, 9.0]


def test_rows_of_a_process_that_was_killed_are_counted_by_the_next_one(url: str) -> None:
    killed = open_writer(url)
    assert killed.open("first", {}) == 0
    killed.write(Batch(1.0, {Used: [plain(used(), killed.unknown)] * 4}, settled=4))
    killed.close()
    other = open_writer(url)
    assert other.open("second", {"first": 7, "of another store": 9}) == 3
    assert other.open("second", {"first": 7}) == 0, "they are counted once"
    other.end()
    other.close()
    with open_store(url) as store:
        assert [(loss.reason, loss.missing) for loss in store.losses(*EVER)] == [("killed", 3)]


def test_losses_are_kept_with_the_rows(url: str) -> None:
    writer = open_writer(url)
    writer.open("session", {})
    writer.write(Batch(5.0, losses={"queue": 3, "disk": 1}))
    writer.close()
    with open_store(url) as store:
        assert sorted(store.losses(*EVER)) == [(5.0, "disk", 1), (5.0, "queue", 3)]
        assert store.losses(6.0, math.inf) == []


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(used(prompt=2**63), id="a number that is too large"),
        pytest.param(used(code="\ud800"), id="text that is none"),
    ],
)
def test_a_batch_with_a_row_that_is_not_taken_is_not_written(url: str, row: Used) -> None:
    writer = open_writer(url)
    writer.open("session", {})
    for _ in range(2):
        with pytest.raises(BadRow):
            writer.write(Batch(1.0, {Used: [plain(one, writer.unknown) for one in (used(), row)]}, 2))
    writer.write(Batch(1.0, {Used: [plain(used(), writer.unknown)]}, 3))
    writer.close()
    with open_store(url) as store:
        assert store.counts()["used"][0] == 1


_TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
_VALUES = {
    str: _TEXTS,
    bool: st.booleans(),
    int: st.integers(-(2**63), 2**63 - 1),
    float: st.floats(allow_nan=False),
}


def _rows(kind: type[Row]) -> st.SearchStrategy[Row]:
    members = {}
    for name, hint in kind.__annotations__.items():
        plain_hint, *more = get_args(hint) or (hint,)
        members[name] = st.none() | _VALUES[plain_hint] if more else _VALUES[plain_hint]
    members["at"] = st.floats(0, 1e10)
    return st.builds(kind, **members)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(rows=st.lists(st.one_of(*map(_rows, (Used, Called, Leased, Rated))), max_size=8))
def test_any_rows_come_back_equal(url: str, rows: list[Row]) -> None:
    with open_store(url) if _is_made(url) else open_store(_made(url)) as store:
        before = store.counts()
    write(url, rows)
    with open_store(url) as store:
        tables = (store.rows(Used, *ALL), store.rows(Called, *ALL), store.rows(Leased, *ALL), store.rows(Rated, *ALL))
        found = [row for table in tables for row in table]
        assert len(found) == len(rows) + sum(number for number, _, _ in before.values())
        assert {*found} >= {*rows}


def _is_made(url: str) -> bool:
    try:
        open_store(url).close()
    except StoreError:
        return False
    return True


def _made(url: str) -> str:
    write(url, [])
    return url


REFUSED = """
import sys
from gateway.backstop import Backstop
from gateway.usage.reading import open_store
from gateway.usage.store import StoreError
from tests.fakes.gateway import compiled, configuration
made = Backstop()
plain = {
    "usage": {"store": sys.argv[2]},
    "sensitivity": {"detectors": ["tests.fakes.word_detector"], "labels": {"email": "personal", "card": "personal"}},
}
made.serve(compiled(configuration("http://127.0.0.1:1/v1", "https://cloud.example/v1", plain)))
try:
    open_store(sys.argv[1])
except StoreError as error:
    print(error, made.refused.total())
else:
    print("connected")
"""


@pytest.mark.parametrize("is_registered", [True, False])
def test_the_backstop_sees_where_a_database_is_though_libpq_connects_in_c(
    database: Database, postgres_url: str, is_registered: bool
) -> None:
    write(postgres_url, [])
    name = postgres_url.partition("@/")[2].partition("?")[0]
    for url in (postgres_url, database.tcp.replace("/postgres", "/" + name)):
        asked = [sys.executable, "-c", REFUSED, url, url if is_registered else "postgresql://other.example/usage"]
        said = subprocess.run(asked, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3]).stdout
        assert said == ("connected\n" if is_registered else "the database of the usage store: NotRegistered 1\n"), url


def test_a_database_that_we_may_not_read_is_said_in_a_sentence(database: Database, postgres_url: str) -> None:
    write(postgres_url, [])
    with psycopg.connect(postgres_url, autocommit=True) as db:
        db.execute("create role outsider login")
    with pytest.raises(StoreError, match="InsufficientPrivilege"):
        open_store(postgres_url.replace("tidegate@", "outsider@"))


def test_the_environment_does_not_say_where_a_database_is(database: Database, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write(postgres_url, [])
    monkeypatch.setenv("PGHOSTADDR", "127.0.0.9")
    monkeypatch.setenv("PGHOST", "127.0.0.9")
    name = postgres_url.partition("@/")[2].partition("?")[0]
    for url in (postgres_url, database.tcp.replace("/postgres", "/" + name)):
        with open_store(url) as store:
            assert store.counts()["used"][0] == 0


_ATTEMPTS = st.builds(
    AttemptRecord,
    st.sampled_from((QWEN, GPT)),
    st.integers(0, 3),
    st.sampled_from(("Served", "Failed", "Rejected", "Outrun", "Abandoned")),
    usage=st.none() | st.builds(Usage, st.integers(0, 9), st.integers(0, 9)),
    cost=st.none() | st.integers(0, 99),
    gpu_s=st.floats(0, 10),
    is_hedge=st.booleans(),
)
_EXCHANGES = st.builds(
    Exchange,
    _TEXTS,
    st.sampled_from(("chat", "embeddings", None)),
    st.sampled_from(("served", "failed", "invalid")),
    st.integers(100, 599),
    tenant=_TEXTS,
    target=st.sampled_from((QWEN, GPT, None)),
    is_stream=st.booleans(),
    is_estimate=st.booleans(),
    difficulty=st.none() | st.floats(0, 1),
    attempts=st.lists(_ATTEMPTS, max_size=3).map(tuple),
    usage=st.none() | st.builds(Usage, *[st.integers(0, 2**40)] * 5),
    cost=st.none() | st.integers(0, 2**40),
    times=st.builds(Times, st.floats(0, 600), st.none() | st.floats(0, 600), queue_s=st.floats(0, 9)),
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(exchanges=st.lists(_EXCHANGES, max_size=6))
def test_any_exchange_makes_rows_that_come_back_equal(url: str, exchanges: list[Exchange]) -> None:
    writer, models = open_writer(url), {QWEN: "qwen3-8b"}
    writer.open("session", {})
    with open_store(url) as store:
        before = {*store.rows(Used, *ALL)}, {*store.rows(Called, *ALL)}
    rows = {
        Used: (used_of(1.0, one, models, writer.unknown) for one in exchanges),
        Called: (call for one in exchanges for call in called_of(1.0, one, writer.unknown)),
    }
    writer.write(Batch(1.0, rows, 0))
    writer.close()
    with open_store(url) as store:
        assert {*store.rows(Used, *ALL)} == before[0] | {Used._make(used_of(1.0, one, models, None)) for one in exchanges}
        calls = {Called._make(call) for one in exchanges for call in called_of(1.0, one, None)}
        assert {*store.rows(Called, *ALL)} == before[1] | calls
