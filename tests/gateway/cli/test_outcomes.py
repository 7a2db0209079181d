"""Logs of outcomes as operators write them: JSON lines, gzipped, Parquet; and what is wrong with a line, by its number."""

import gzip
import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from classifiers.kinds import make_scorer
from gateway.cli.outcomes import LogError, read_log
from router.tuning import Outcome

SCORER = make_scorer("lexical", {})
SECRET = "a private sentence"


def written(path: Path, *lines: object) -> Path:
    path.write_bytes(b"\n".join(line if isinstance(line, bytes) else msgspec.json.encode(line) for line in lines))
    return path


@pytest.mark.parametrize(
    ("line", "outcome"),
    [
        pytest.param({"score": 0.3, "local_ok": True, "cloud_ok": False}, Outcome(0.3, 1.0, 0.0), id="a score, right and wrong"),
        pytest.param(
            {"score": 1, "local_ok": 0.25, "cloud_ok": 1, "cost_local": 0, "cost_cloud": 0.01, "group": 7, "more": SECRET},
            Outcome(1.0, 0.25, 1.0, 0.0, 0.01, "7"),
            id="everything, and more than that",
        ),
        pytest.param(
            {"score": 0.3, "local_ok": 1, "cloud_ok": 1, "cost_cloud": None, "group": None, "text": None},
            Outcome(0.3, 1.0, 1.0),
            id="null is not there",
        ),
    ],
)
def test_a_line_is_an_outcome(tmp_path: Path, line: Mapping[str, Any], outcome: Outcome) -> None:
    (logged,) = read_log(written(tmp_path / "log.jsonl", line), None)
    assert logged.outcome == outcome
    assert logged.prompt is None


def test_texts_are_scored_by_the_scorer_whatever_score_they_had(tmp_path: Path) -> None:
    messages = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "hello"}]
    lines: list[dict[str, Any]] = [{"text": "Prove the theorem of Pythagoras", "score": 0.1}, {"text": "hello"}, {"messages": messages}]
    log = written(tmp_path / "log.jsonl", *(line | {"local_ok": 1, "cloud_ok": 1} for line in lines))
    hard, easy, chat = read_log(log, SCORER)
    assert hard.outcome.score > 0.5 > easy.outcome.score
    assert chat.outcome.score == pytest.approx(easy.outcome.score, abs=0.05)
    assert chat.prompt is not None
    assert len(chat.prompt.parts) >= 2
    assert "kind" not in repr(chat)


def test_gzipped_lines_and_empty_ones(tmp_path: Path) -> None:
    line = b'{"score": 0.5, "local_ok": 1, "cloud_ok": 1}'
    log = tmp_path / "log.jsonl.gz"
    log.write_bytes(gzip.compress(line + b"\n\n" + line + b"\n"))
    assert len(read_log(log, None)) == 2


@pytest.mark.parametrize(
    ("line", "said"),
    [
        pytest.param(b"not json", "line 2 is not one JSON object", id="no JSON"),
        pytest.param(b"\xff", "line 2 is not one JSON object", id="no UTF-8"),
        pytest.param({"score": 0.5, "local_ok": 1}, "line 2 is not as expected: .*cloud_ok", id="an outcome is missing"),
        pytest.param({"score": SECRET, "local_ok": 1, "cloud_ok": 1}, r"line 2 .*\$.score", id="a score that is text"),
        pytest.param({"local_ok": 1, "cloud_ok": 1}, "line 2 has neither", id="nothing to score"),
        pytest.param({"text": SECRET, "messages": [], "local_ok": 1, "cloud_ok": 1}, "line 2: it has .*give one", id="two prompts"),
        pytest.param({"messages": [SECRET], "local_ok": 1, "cloud_ok": 1}, "line 2: .*messages", id="messages that are none"),
        pytest.param({"score": 7, "local_ok": 1, "cloud_ok": 1}, "line 2: .*between 0 and 1", id="a score out of range"),
        pytest.param({"score": 0, "local_ok": 1, "cloud_ok": 1, "cost_cloud": -1}, "line 2: .*0 or more", id="a cost below zero"),
    ],
)
def test_a_bad_line_is_named_and_not_quoted(tmp_path: Path, line: object, said: str) -> None:
    log = written(tmp_path / "log.jsonl", {"score": 0.5, "local_ok": 1, "cloud_ok": 1}, line)
    with pytest.raises(LogError, match=said) as caught:
        read_log(log, SCORER)
    assert SECRET not in str(caught.value)


def test_a_text_needs_a_scorer(tmp_path: Path) -> None:
    with pytest.raises(LogError, match="no scorer"):
        read_log(written(tmp_path / "log.jsonl", {"text": "hi", "local_ok": 1, "cloud_ok": 1}), None)


def test_an_empty_log_is_told(tmp_path: Path) -> None:
    with pytest.raises(LogError, match="no outcomes"):
        read_log(written(tmp_path / "log.jsonl"), None)


ROWS: list[dict[str, Any]] = [
    {"score": 0.25, "local_ok": True, "cloud_ok": True, "group": "a", "unused": SECRET},
    {"score": 0.5, "local_ok": False, "cloud_ok": True, "group": None, "unused": SECRET},
]


def test_a_parquet_file_has_columns_of_the_same_names(tmp_path: Path) -> None:
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    log = tmp_path / "log.parquet"
    parquet.write_table(pyarrow.Table.from_pylist(ROWS), log)
    assert [one.outcome for one in read_log(log, None)] == [Outcome(0.25, 1.0, 1.0, group="a"), Outcome(0.5, 0.0, 1.0)]
    chats = [{"messages": [{"role": "user", "content": "hello"}], "local_ok": 0.5, "cloud_ok": 1.0}]
    as_text = [{"messages": msgspec.json.encode(chats[0]["messages"]).decode(), "local_ok": 0.5, "cloud_ok": 1.0}]
    parquet.write_table(pyarrow.Table.from_pylist(chats), tmp_path / "chats.parquet")
    parquet.write_table(pyarrow.Table.from_pylist(as_text), tmp_path / "text.parquet")
    (objects,), (text,) = read_log(tmp_path / "chats.parquet", SCORER), read_log(tmp_path / "text.parquet", SCORER)
    assert objects.outcome == text.outcome
    parquet.write_table(pyarrow.Table.from_pylist([{"score": SECRET, "local_ok": 1.0, "cloud_ok": 1.0}]), tmp_path / "bad.parquet")
    with pytest.raises(LogError, match="row 1 is not as expected") as caught:
        read_log(tmp_path / "bad.parquet", None)
    assert SECRET not in str(caught.value)
    (tmp_path / "torn.parquet").write_bytes(log.read_bytes()[:-20])
    with pytest.raises(LogError, match="no Parquet file that can be read"):
        read_log(tmp_path / "torn.parquet", None)


def test_without_pyarrow_a_parquet_file_says_what_to_install(tmp_path: Path) -> None:
    if importlib.util.find_spec("pyarrow") is not None:
        pytest.skip("pyarrow is installed")
    (tmp_path / "log.parquet").write_bytes(b"PAR1 and so on")
    with pytest.raises(LogError, match="pip install pyarrow"):
        read_log(tmp_path / "log.parquet", None)
