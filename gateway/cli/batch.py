"""`tidegate classify`: a file of prompts judged line by line, in the order of the file, by several processes.

One line in, one line out. A line that cannot be judged gets an error object; the others are judged all the same.
"""

import contextlib
import functools
import gzip
import io
import multiprocessing
import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec

from gateway.cli.judge import Judged, judge, load_without_secrets
from gateway.errors import Refusal
from gateway.plan import Plan
from gateway.wire.prompts import Line, ask_of_line

CHUNK = 256
"""Lines that a process gets at a time: some 30 ms of work."""

WORTHWHILE = 2_000
"""Lines from which on processes pay for their start, which takes about half a second each."""

_GZIP = b"\x1f\x8b"
_AHEAD = 3
"""Chunks in flight for each process: enough to keep it busy, few enough that memory stays bounded."""


class FoundRow(msgspec.Struct):
    """A finding, in words and numbers. `start` and `end` are offsets in characters into the text of that turn and part."""

    category: str
    detector: str
    start: int
    end: int
    confidence: float
    turn: int
    part: int


class DoubtRow(msgspec.Struct):
    """Something that could not be read."""

    kind: str
    turn: int
    part: int
    detector: str


class JudgedRow(msgspec.Struct):
    """The verdict on a line. `unasked`: detectors that the gateway would still ask; what they find may raise the label."""

    id: str | int | float | None
    label: str
    findings: list[FoundRow]
    doubts: list[DoubtRow]
    coverage: float
    difficulty: float | None
    route: str
    path: str
    unasked: list[str]


class ErrorRow(msgspec.Struct):
    """A line that could not be judged, and why. Never quotes it."""

    id: str | int | float | None
    error: str


class _Named(msgspec.Struct):
    id: str | int | float | None = None


class Piece(NamedTuple):
    """The verdicts on a chunk of lines, one line each, and how many of them are errors."""

    out: bytes
    lines: int
    errors: int


@dataclass(frozen=True, slots=True)
class Tally:
    """How it went."""

    lines: int
    errors: int


def judge_file(config: Path, source: BinaryIO, out: BinaryIO, workers: int = 0, progress: Callable[[], None] = lambda: None) -> Tally:
    """Judge every line of `source` by the configuration, and write one line each to `out`. `workers` of 0: as many as there are processors.

    Raises `ConfigError` before anything is read. Empty lines are skipped.
    """
    plan = load_without_secrets(config, os.environ)
    lines = (line for line in source if not line.isspace())
    first = list(islice(lines, WORTHWHILE))
    is_small = len(first) < WORTHWHILE
    chunks = _chunks(chain(first, lines))
    count = workers or min(os.cpu_count() or 1, 32)
    is_alone = count == 1 or (is_small and not workers)
    pieces = (judge_chunk(plan, chunk) for chunk in chunks) if is_alone else _in_processes(config, chunks, count)
    total = errors = 0
    for piece in pieces:
        out.write(piece.out)
        total += piece.lines
        errors += piece.errors
        progress()
    out.flush()
    return Tally(total, errors)


def judge_chunk(plan: Plan, chunk: Sequence[bytes]) -> Piece:
    """The verdicts on some lines."""
    rows = [_row(plan, line) for line in chunk]
    encoded = msgspec.json.Encoder().encode_lines(rows)
    return Piece(encoded, len(rows), sum(isinstance(row, ErrorRow) for row in rows))


@dataclass(frozen=True, slots=True)
class Source:
    """A file being read. `lines` is unpacked if the file is gzipped; `position` counts the bytes of the file, of which there are `size`."""

    lines: BinaryIO
    position: Callable[[], int]
    size: int | None


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Source]:
    """The file for reading; `-` is the standard input, whose size is not known."""
    is_standard = str(path) == "-"
    raw: BinaryIO = sys.stdin.buffer if is_standard else path.open("rb")
    buffered = io.BufferedReader(raw, 1 << 20)  # type: ignore[type-var]  # it reads from any binary file
    try:
        lines = gzip.GzipFile(fileobj=buffered) if buffered.peek(2)[:2] == _GZIP else buffered
        # Both read as a binary file does, which their types do not say.
        yield Source(lines, (lambda: 0) if is_standard else raw.tell, None if is_standard else path.stat().st_size)  # type: ignore[arg-type]
    finally:
        if is_standard:
            buffered.detach()  # it is not ours to close
        else:
            buffered.close()


def _chunks(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    lines = iter(lines)
    while chunk := list(islice(lines, CHUNK)):
        yield chunk


def _in_processes(config: Path, chunks: Iterator[list[bytes]], workers: int) -> Iterator[Piece]:
    # Spawned, not forked: a fork would copy locks of threads that do not live on in the child.
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        waiting: deque[Future[Piece]] = deque()
        try:
            for chunk in chunks:
                waiting.append(pool.submit(_judge_there, str(config), chunk))
                if len(waiting) >= workers * _AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _judge_there(config: str, chunk: list[bytes]) -> Piece:
    return judge_chunk(_plan(config), chunk)


@functools.cache
def _plan(config: str) -> Plan:
    """Once in each process."""
    return load_without_secrets(Path(config), os.environ)


def _row(plan: Plan, line: bytes) -> JudgedRow | ErrorRow:
    read = Line()
    if len(line) > plan.limits.body_bytes:
        return ErrorRow(None, f"the line is larger than {plan.limits.body_bytes:,} bytes, which is the limit of a request body")
    try:
        read = msgspec.json.decode(line, type=Line)
        return _judged_row(read, judge(plan, ask_of_line(line, read, plan.limits.depth)))
    except Refusal as refusal:
        return ErrorRow(read.id, refusal.say)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return ErrorRow(_id_of(line), _malformed(error))
    except Exception as error:  # noqa: BLE001  # one line may not end the others; the message could quote it
        return ErrorRow(read.id, f"a defect of Tidegate: {type(error).__name__}")


def _id_of(line: bytes) -> str | int | float | None:
    """The id of a line that is not as it should be, if there is one."""
    try:
        return msgspec.json.decode(line, type=_Named).id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _malformed(error: Exception) -> str:
    if isinstance(error, msgspec.ValidationError):
        return f"the line is not as expected: {error}"  # names members and types, no values
    return "the line is not one JSON object in UTF-8"


def _judged_row(read: Line, judged: Judged) -> JudgedRow:
    signals, decision = judged.signals, judged.decision
    return JudgedRow(
        id=read.id,
        label=decision.label.name,
        findings=[FoundRow(one.category, one.detector, one.start, one.end, one.confidence, one.turn, one.part) for one in signals.findings],
        doubts=[DoubtRow(one.kind, one.turn, one.part, one.detector) for one in signals.doubts],
        coverage=signals.coverage,
        difficulty=signals.difficulty.score if signals.difficulty else None,
        route=decision.route,
        path=judged.path,
        unasked=list(judged.unasked),
    )
