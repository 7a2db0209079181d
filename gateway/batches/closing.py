"""What becomes of a batch as a whole: it begins, it fails, or it ends with its files. Each call is made in a transaction of `Kept.ask`."""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from gateway.batches.output import not_run
from gateway.kept import batches, files
from gateway.kept.rows import Batch, File, Line, Problem, Result, Status
from router.labels import Labels

NO_LIMIT = 2**62
"""What was run is kept, whatever room there is: uploads are refused instead."""
FILES: Mapping[str, Sequence[Result]] = {"output": ("served",), "errors": ("refused", "expired", "cancelled")}
"""What stands in which file."""


def at(batch: Batch, status: Status, now: int) -> Batch:
    """The batch, come to another status."""
    return replace(batch, status=status, at={**batch.at, status: now})


def cancel(batch: Batch, now: int) -> Batch:
    """The batch, if it is to be run no further."""
    return at(batch, "cancelling", now) if batch.status in ("validating", "in_progress") else batch


def begin(db: sqlite3.Connection, name: str, lines: Sequence[Line], now: int) -> None:
    """Its input is in order. One that was cancelled meanwhile has its lines, too, and runs none."""
    batches.add_lines(db, name, lines)
    batches.change(db, name, lambda batch: at(batch, "in_progress", now) if batch.status == "validating" else batch)


def fail(db: sqlite3.Connection, name: str, problems: tuple[Problem, ...], now: int, keep_s: int) -> None:
    """Its input is not in order."""

    def failed(batch: Batch) -> Batch:
        return replace(at(batch, "failed", now), problems=problems) if batch.status == "validating" else batch

    batches.change(db, name, failed, now + keep_s)


def close(db: sqlite3.Connection, batch: Batch, why: Status | None, labels: Labels, keep_s: float, now: int) -> Counter[str]:
    """It ends, with a file of answers and one of errors; `why` before its last line. How many lines were not run, by why."""
    result: Result = "cancelled" if why == "cancelled" else "expired"
    left = list(batches.unfinished(db, batch.id)) if why is not None else []
    for line in left:
        batches.end(db, batch.id, not_run(line, batch.id, result))
    expires = now + int(min(keep_s, batch.keep_s or keep_s))
    made = {name: _file(db, batch, name, results, labels, (now, expires)) for name, results in FILES.items()}
    batches.drop_lines(db, batch.id)
    end: Status = why or "completed"
    batches.change(
        db,
        batch.id,
        lambda one: replace(at(at(one, "finalizing", now), end, now), output=made["output"], errors=made["errors"]),
        now + int(keep_s),
    )
    return Counter({result: len(left)})


def _file(db: sqlite3.Connection, batch: Batch, name: str, results: Sequence[Result], labels: Labels, times: tuple[int, int]) -> str:
    """The id of a file with the lines that ended so; empty where there is none."""
    found = batches.label_of(db, batch.id, results)
    if not found:
        return ""
    label = max(labels.named(one) for one in found)
    called = f"{batch.id}_{name}.jsonl"
    file = File(
        f"file-{batch.id.removeprefix('batch_')}-{name}",
        batch.tenant,
        batch.key,
        "batch_output",
        called,
        0,
        *times,
        label.name,
        batch.floor,
    )
    files.put(db, file, _joined(batches.outputs(db, batch.id, results)), NO_LIMIT)
    return file.id


def _joined(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Lines, in pieces of some size."""
    pieces: list[bytes] = []
    size = 0
    for line in lines:
        pieces.append(line)
        size += len(line)
        if size >= files.PIECE:
            yield b"".join(pieces)
            pieces, size = [], 0
    if pieces:
        yield b"".join(pieces)
