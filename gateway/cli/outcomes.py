"""The operator's log of outcomes: one request a line with the quality of both models' answers. JSON lines, plain or gzipped, or Parquet.

    {"score": 0.31, "local_ok": true, "cloud_ok": 1.0, "cost_local": 0.0002, "cost_cloud": 0.011, "group": "chat-7"}
    {"text": "...", "local_ok": 0, "cloud_ok": 1}
    {"messages": [{"role": "user", "content": "..."}], "local_ok": 0.5, "cloud_ok": 0.75}

`local_ok` and `cloud_ok` are true or false, or a quality in 0..1; costs are USD; lines of one `group` count as one request. A line with a
text is scored by the configured scorer, whatever `score` it has. Messages about a line name its number and quote nothing of it.
"""

import gzip
import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from classifiers.kinds import Scorer
from classifiers.prompt import Prompt
from gateway.errors import BadRequest, Refusal
from gateway.wire.ask import decode
from gateway.wire.prompts import ask_of_text
from router.tuning import Outcome

_GZIP, _PARQUET = b"\x1f\x8b", b"PAR1"


class LogError(ValueError):
    """The log cannot be used. The message is for the operator."""


class Row(msgspec.Struct):
    """A line as it is written; a Parquet file has columns of these names."""

    local_ok: bool | float
    cloud_ok: bool | float
    score: float | None = None
    text: str | None = None
    messages: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    cost_local: float | None = None
    cost_cloud: float | None = None
    group: str | int | None = None


class _Table(Row):
    messages: list[dict[str, object]] | str | None = None  # type: ignore[assignment]  # columns hold objects, or their JSON


@dataclass(frozen=True, slots=True)
class Logged:
    """A line: what came of it, and its prompt if it has one."""

    outcome: Outcome
    prompt: Prompt | None = field(default=None, repr=False)


def read_log(path: Path, scorer: Scorer | None) -> list[Logged]:
    """Every line. Raises `LogError`, which names the first line that is not as it should be, and OSError."""
    with path.open("rb") as file:
        start = file.read(4)
    lines = _parquet(path) if start == _PARQUET else _json(path, packed=start[:2] == _GZIP)
    logged = [_logged(number, row, scorer) for number, row in lines]
    if not logged:
        raise LogError(f"{path} holds no outcomes")
    return logged


def _json(path: Path, *, packed: bool) -> Iterator[tuple[int, Row]]:
    read = msgspec.json.Decoder(Row).decode
    opened: Callable[..., gzip.GzipFile] = gzip.open if packed else Path.open  # type: ignore[assignment]  # both are read as files of bytes
    with opened(path, "rb") as file:
        for number, line in enumerate(file, 1):
            if line.isspace():
                continue
            try:
                yield number, read(line)
            except msgspec.ValidationError as error:
                raise LogError(f"line {number} is not as expected: {error}") from None  # it names members and types, no values
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                raise LogError(f"line {number} is not one JSON object in UTF-8") from None


def _parquet(path: Path) -> Iterator[tuple[int, Row]]:
    try:
        parquet = importlib.import_module("pyarrow.parquet")
    except ImportError:
        raise LogError("a Parquet file needs pyarrow: pip install pyarrow, or write the log as JSON lines") from None
    known = set(Row.__struct_fields__)
    try:
        with parquet.ParquetFile(path) as file:
            columns = [name for name in file.schema_arrow.names if name in known]
            rows = (row for batch in file.iter_batches(columns=columns) for row in batch.to_pylist())
            for number, row in enumerate(rows, 1):
                yield number, _of_table(number, row)
    except LogError:
        raise
    except (OSError, ValueError) as error:  # what pyarrow raises for a file that is broken
        raise LogError(f"{path} is no Parquet file that can be read: {type(error).__name__}") from None


def _of_table(number: int, row: dict[str, object]) -> Row:
    try:
        read = msgspec.convert(row, _Table)
    except msgspec.ValidationError as error:
        raise LogError(f"row {number} is not as expected: {error}") from None
    messages = read.messages
    raw = (
        msgspec.UNSET
        if messages is None
        else msgspec.Raw(messages.encode() if isinstance(messages, str) else msgspec.json.encode(messages))
    )
    return Row(read.local_ok, read.cloud_ok, read.score, read.text, raw, read.cost_local, read.cost_cloud, read.group)


def _logged(number: int, row: Row, scorer: Scorer | None) -> Logged:
    try:
        prompt = _prompt(row)
    except Refusal as refusal:
        raise LogError(f"line {number}: {refusal.say}") from None
    score = row.score
    if prompt is not None:
        if scorer is None:
            raise LogError(f"line {number} has a text, but the configuration has no scorer: set `difficulty`, or log the `score`")
        score = scorer.score(prompt).score
    if score is None:
        raise LogError(f"line {number} has neither `score` nor `text` nor `messages`")
    group = "" if row.group is None else str(row.group)
    try:
        return Logged(Outcome(score, float(row.local_ok), float(row.cloud_ok), row.cost_local, row.cost_cloud, group), prompt)
    except ValueError as error:
        raise LogError(f"line {number}: {error}") from None


def _prompt(row: Row) -> Prompt | None:
    messages = b"" if row.messages is msgspec.UNSET or bytes(row.messages) == b"null" else bytes(row.messages)
    if row.text is not None and messages:
        raise BadRequest("two_prompts", "it has `text` and `messages`; give one of them")
    if messages:
        return decode(b'{"model":"auto","messages":' + messages + b"}", "chat").prompt
    return None if row.text is None else ask_of_text(row.text).prompt
