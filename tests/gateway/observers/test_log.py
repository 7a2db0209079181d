import asyncio
import io
import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from gateway.exchange import AttemptRecord, Exchange, Times
from gateway.observers.log import HELD_S, MOST_HELD, JsonLines, LogLines, set_up
from gateway.wire.forms import read
from router.attempt import Usage
from router.labels import Labels
from router.names import MicroUsd, RouteName, TargetName

FULL = Path("/dev/full")
EXCHANGE = Exchange(
    "req_1",
    "chat",
    "served",
    200,
    tenant="apps",
    label=Labels()["personal"],
    route=RouteName("easy"),
    path="local",
    target=TargetName("qwen"),
    findings=(("email", 2),),
    attempts=(AttemptRecord(TargetName("qwen"), 0, "Served", status=200),),
    usage=Usage(7, 3),
    cost=MicroUsd(5),
    times=Times(total_s=0.5),
)


def record(message: str, **extra: object) -> logging.LogRecord:
    made = logging.LogRecord("tidegate", logging.WARNING, "file", 1, message, (), None)
    made.__dict__.update(extra)
    return made


def test_an_exchange_is_one_line_of_json() -> None:
    out = io.BytesIO()
    LogLines(out)(EXCHANGE)
    (text,) = out.getvalue().splitlines()
    line = json.loads(text)
    assert line["say"] == "exchange"
    assert (line["request_id"], line["result"], line["label"], line["target"], line["cost"]) == ("req_1", "served", "personal", "qwen", 5)
    assert line["attempts"][0]["ending"] == "Served"
    assert line["times"]["total_s"] == 0.5
    assert line["usage"]["completion"] == 3
    assert "code" not in line, "what is empty is left out"


async def test_lines_are_written_together_soon() -> None:
    out = io.BytesIO()
    lines = LogLines(out)
    lines(EXCHANGE)
    lines(EXCHANGE)
    assert out.getvalue() == b""
    await asyncio.sleep(2 * HELD_S)
    assert len(out.getvalue().splitlines()) == 2
    for _ in range(2 * MOST_HELD + 3):
        lines(EXCHANGE)
    assert len(out.getvalue().splitlines()) == 2 + 2 * MOST_HELD, "not more than that are held"
    lines.flush()
    lines.flush()
    assert len(out.getvalue().splitlines()) == 2 + 2 * MOST_HELD + 3


async def test_what_is_logged_otherwise_comes_behind_what_was_there_before(root: logging.Logger) -> None:
    out = io.BytesIO()
    set_up(io.TextIOWrapper(out, write_through=True))
    root.addHandler(logging.NullHandler())
    lines = LogLines(out)
    lines.lead()
    lines(EXCHANGE)
    await asyncio.to_thread(logging.getLogger("tidegate").info, "from a thread, which must not touch what is held")
    logging.getLogger("tidegate").info("here")
    lines(EXCHANGE)
    lines.flush()
    said = [json.loads(line)["say"].partition(" ")[0] for line in out.getvalue().splitlines()]
    assert said == ["from", "exchange", "here", "exchange"]


async def test_a_pipe_gets_whole_lines_and_what_it_has_no_room_for_is_counted() -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb", 0) as read, os.fdopen(writing, "wb", 0) as stream:
        lines = LogLines(stream)
        long = msgspec.structs.replace(EXCHANGE, because=("x" * 5_000,))
        for exchange in [EXCHANGE] * 9 + [long] + [EXCHANGE] * (3 * MOST_HELD - 10):
            lines(exchange)
        lines.flush()
        raw = read.read(1 << 20)
        assert [len(json.loads(line).get("because", ())) for line in raw.splitlines()] == [0] * 9 + [1] + [0] * (3 * MOST_HELD - 10)
        for _ in range(1_000):
            lines(EXCHANGE)
        lines.flush()
        raw = b""
        while lines.lost + raw.count(b"\n") < 1_000:
            raw += read.read(1 << 20)
        assert 0 < lines.lost == 1_000 - len([json.loads(line) for line in raw.splitlines()])


def test_it_goes_to_standard_error_unless_told_otherwise(capsys: pytest.CaptureFixture[str]) -> None:
    LogLines()(EXCHANGE)
    assert json.loads(capsys.readouterr().err)["request_id"] == "req_1"


def test_a_full_disk_costs_lines_and_nothing_else(root: logging.Logger) -> None:
    with FULL.open("wb") as full, FULL.open("w") as text:  # closing them fails as well
        lines = LogLines(full)
        for _ in range(200):  # more than a buffer holds
            lines(EXCHANGE)
        set_up(text)
        logging.getLogger("tidegate").info("nowhere")
        assert lines.lost == 200
        os.dup2(os.open(os.devnull, os.O_WRONLY), full.fileno())
        os.dup2(full.fileno(), text.fileno())


def test_who_does_not_read_holds_nobody_up(root: logging.Logger) -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as stream, os.fdopen(os.dup(writing), "w") as text:
        lines = LogLines(stream)
        for _ in range(2000):
            lines(EXCHANGE)
        assert 0 < lines.lost < 2000
        set_up(text)
        logging.getLogger("tidegate").info("nowhere")
        assert len(os.read(reading, 1 << 20)) > 30_000
        lost = lines.lost
        lines(EXCHANGE)
        assert lines.lost == lost
        os.close(reading)
        lines(EXCHANGE)
        assert lines.lost == lost + 1
        os.dup2(os.open(os.devnull, os.O_WRONLY), writing)


def test_a_scorer_that_rests_is_named() -> None:
    line = json.loads(JsonLines().format(record("scorer rests", scorer="llm", rest_s=5.0)))
    assert (line["scorer"], line["rest_s"]) == ("llm", 5.0)


def test_a_record_shows_its_first_line_and_what_is_known_to_be_safe() -> None:
    line = json.loads(
        JsonLines().format(record("it failed\nfuture: <Task exception=text>", request_id="req_1", body="text", where=TargetName("a:1")))
    )
    assert (line["level"], line["say"], line["request_id"], line["where"]) == ("warning", "it failed", "req_1", "a:1")
    assert "text" not in json.dumps(line)


def test_an_exception_is_named_and_not_quoted() -> None:
    made = record("it failed")
    error = ValueError("text of a caller")
    made.exc_info = (ValueError, error, None)
    line = json.loads(JsonLines().format(made))
    assert line["error"] == "ValueError"
    assert "text of a caller" not in json.dumps(line)
    made.exc_info = (None, None, None)
    assert "error" not in json.loads(JsonLines().format(made))


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    root, ours = logging.getLogger(), logging.getLogger("tidegate")
    handlers, level, own = root.handlers[:], root.level, ours.level
    yield root
    root.handlers[:] = handlers
    root.setLevel(level)
    ours.setLevel(own)


def test_libraries_are_quiet_and_all_lines_are_json(root: logging.Logger) -> None:
    out = io.StringIO()
    set_up(out)
    logging.getLogger("httpx").info("GET http://somewhere?text")
    logging.getLogger("uvicorn.error").warning("odd")
    logging.getLogger("tidegate").info("serving")
    assert [json.loads(line)["say"] for line in out.getvalue().splitlines()] == ["odd", "serving"]


def test_what_a_form_says_is_not_in_the_log(root: logging.Logger) -> None:
    out = io.StringIO()
    set_up(out)
    head = b'content-disposition: form-data; name="prompt"\r\ncontent-transfer-encoding: annegret'
    read(b"--x\r\n" + head + b"\r\n\r\nb\r\n--x--\r\n", b"multipart/form-data; boundary=x")
    assert out.getvalue() == ""
