"""Files of prompts: the same verdicts whoever works, and a bad line harms nobody else."""

import functools
import gzip
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from gateway.cli.batch import CHUNK, judge_chunk, judge_file
from gateway.cli.judge import load_without_secrets
from gateway.cli.main import app
from gateway.config.compile import compile_text
from gateway.plan import Plan
from tests.gateway.cli.test_main import CONFIG

CARD = "4111 1111 1111 1111"


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("batch") / "own.yaml"
    path.write_text(CONFIG)
    return path


@pytest.fixture(scope="module")
def plan(config: Path) -> Plan:
    return load_without_secrets(config, {})


def judged(plan: Plan, *lines: object) -> list[dict[str, Any]]:
    raw = [line if isinstance(line, bytes) else msgspec.json.encode(line) for line in lines]
    return [msgspec.json.decode(line) for line in judge_chunk(plan, raw).out.splitlines()]


def test_a_line_has_every_member_that_was_promised(plan: Plan) -> None:
    (row,) = judged(plan, {"id": "a", "text": f"Refund {CARD} now"})
    assert list(row) == ["id", "label", "findings", "doubts", "coverage", "difficulty", "route", "path", "unasked"]
    assert row["findings"] == [
        {"category": "card", "detector": "patterns", "start": 7, "end": 26, "confidence": 0.95, "turn": 0, "part": 0}
    ]
    assert (row["id"], row["label"], row["route"], row["path"], row["coverage"], row["doubts"]) == (
        "a",
        "restricted",
        "sensitive",
        "local",
        1.0,
        [],
    )
    assert 0 <= row["difficulty"] <= 1


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param({"text": "hi"}, {"id": None, "label": "public", "path": "local"}, id="a text without an id"),
        pytest.param({"id": 4.5, "messages": [{"role": "user", "content": CARD}]}, {"id": 4.5, "label": "restricted"}, id="messages"),
        pytest.param(
            {"id": 1, "model": "big", "messages": [{"role": "user", "content": "hi"}]},
            {"route": "named", "path": "cloud"},
            id="a whole body that names a model",
        ),
        pytest.param({"id": 1, "prompt": CARD, "model": "auto"}, {"label": "restricted"}, id="completions"),
        pytest.param(
            {"id": CARD, "messages": [{"role": "user", "content": "hi"}]},
            {"id": CARD, "label": "public"},
            id="an id is no part of the request",
        ),
        pytest.param(
            {"model": "auto", "messages": [{"role": "user", "content": "hi"}], "user": CARD},
            {"label": "restricted"},
            id="other members are",
        ),
        pytest.param(
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:x"}}]}]},
            {"label": "restricted", "doubts": [{"kind": "media", "turn": 0, "part": 0, "detector": ""}]},
            id="an image is a doubt",
        ),
    ],
)
def test_what_a_line_may_be(plan: Plan, line: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    (row,) = judged(plan, line)
    assert {name: row[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("line", "id_", "said"),
    [
        pytest.param(b"not json", None, "not one JSON object", id="not JSON"),
        pytest.param(b"\xff\xfe", None, "not one JSON object", id="not UTF-8"),
        pytest.param(b"[1]", None, "not as expected", id="not an object"),
        pytest.param({"id": 7, "text": 3}, 7, "$.text", id="a text that is a number"),
        pytest.param({"id": 7}, 7, "no prompt", id="no prompt"),
        pytest.param({"id": 7, "text": "a", "messages": []}, 7, "give one", id="two prompts"),
        pytest.param({"id": 7, "messages": []}, 7, "messages", id="no messages"),
        pytest.param({"id": 7, "model": "x", "messages": [{"content": "a"}]}, 7, "no such model", id="an unknown model"),
        pytest.param(b'{"id":7,"messages":[{"content":"a","content":"b"}]}', 7, "twice", id="a key twice inside"),
        pytest.param(b'{"id":7,"messages":[],"messages":[{"content":"b"}]}', 7, "twice", id="a key twice outside"),
        pytest.param(b'{"text":"' + b"a" * 10_000_000 + b'"}', None, "10,000,000 bytes", id="a line larger than a body may be"),
    ],
)
def test_a_bad_line_is_an_error_and_the_next_is_judged(plan: Plan, line: object, id_: object, said: str) -> None:
    bad, good = judged(plan, line, {"id": 8, "text": "hi"})
    assert list(bad) == ["id", "error"]
    assert bad["id"] == id_
    assert said in bad["error"]
    assert (good["id"], good["label"]) == (8, "public")


def test_an_error_does_not_quote_the_line(plan: Plan) -> None:
    rows = judged(
        plan,
        {"id": 1, "text": [CARD]},
        {"id": 2, "messages": CARD},
        {"id": 3, "model": CARD, "messages": [{"content": "a"}]},
        f"{CARD}".encode(),
    )
    assert all(CARD[:9] not in row["error"] for row in rows)


@functools.cache
def plan_once() -> Plan:
    return compile_text(CONFIG, {"KEY_THAT_NOBODY_SETS": "x"})


_LINES = st.one_of(
    st.builds(lambda i, text: msgspec.json.encode({"id": i, "text": text}), st.integers(0, 9), st.text(max_size=40)),
    st.builds(
        lambda text: msgspec.json.encode({"messages": [{"role": "user", "content": text}]}),
        st.sampled_from(["hi", CARD, "bob@example.com"]),
    ),
    st.binary(max_size=20).filter(lambda line: b"\n" not in line and bool(line) and not line.isspace()),
)


@given(st.lists(_LINES, max_size=30))
@settings(max_examples=60, deadline=None)
def test_every_line_gets_one_line_however_the_file_is_cut(lines: Sequence[bytes]) -> None:
    plan = plan_once()
    whole = judge_chunk(plan, lines)
    apart = [judge_chunk(plan, [line]) for line in lines]
    assert whole.out == b"".join(piece.out for piece in apart)
    assert whole.out.count(b"\n") == whole.lines == len(lines)
    assert whole.errors == sum(piece.errors for piece in apart)


@pytest.mark.long  # each compiles its own automata
def test_two_processes_say_what_one_says(config: Path) -> None:
    texts = ["hi", f"card {CARD}", "Prove that there are infinitely many primes", "bob@example.com"]
    lines = [msgspec.json.encode({"id": i, "text": f"{texts[i % 4]} {i}"}) for i in range(CHUNK * 2 + 9)]
    lines[300] = b"broken"
    source = b"\n".join(lines) + b"\n"
    alone, together = io.BytesIO(), io.BytesIO()
    one = judge_file(config, io.BytesIO(source), alone, 1)
    two = judge_file(config, io.BytesIO(source), together, 2)
    assert alone.getvalue() == together.getvalue()
    assert (one.lines, one.errors) == (two.lines, two.errors) == (len(lines), 1)
    ids = [msgspec.json.decode(line)["id"] for line in alone.getvalue().splitlines()]
    assert ids == [None if i == 300 else i for i in range(len(lines))]


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzipped"])
@pytest.mark.parametrize("stdin", [False, True], ids=["a file", "the standard input"])
def test_the_command_reads_and_writes_files_and_pipes(config: Path, tmp_path: Path, packed: bool, stdin: bool) -> None:
    source = b'{"id":1,"text":"hi"}\n\n{"id":2,"text":"bob@example.com"}'
    content = gzip.compress(source) if packed else source
    given_file, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    given_file.write_bytes(content)
    arguments = ["classify", "-c", str(config), "-" if stdin else str(given_file)]
    to_file = CliRunner().invoke(app, [*arguments, "--out", str(out)], input=content)
    to_pipe = CliRunner().invoke(app, arguments, input=content)
    assert (to_file.exit_code, to_pipe.exit_code) == (0, 0), to_file.output
    assert to_pipe.stdout_bytes == out.read_bytes()
    assert [msgspec.json.decode(line)["label"] for line in out.read_bytes().splitlines()] == ["public", "personal"]
    assert "2 lines in" in to_file.stderr


def test_the_command_fails_at_the_end_when_a_line_was_bad(config: Path) -> None:
    result = CliRunner().invoke(app, ["classify", "-c", str(config), "-"], input='{"id":1}\n{"id":2,"text":"hi"}\n')
    assert result.exit_code == 1
    assert len(result.stdout.splitlines()) == 2
    assert "1 of them could not be judged" in result.stderr


def test_the_input_is_not_overwritten(config: Path, tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text('{"text":"hi"}')
    result = CliRunner().invoke(app, ["classify", "-c", str(config), str(source), "--out", str(source)])
    assert result.exit_code == 2
    assert source.read_text() == '{"text":"hi"}'
