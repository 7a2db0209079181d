"""A batch's input: each line checked as a request before any is run. What is wrong is said by number, and never quoted."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from gateway.batches.content import Asked, label_of, local_from
from gateway.errors import Refusal
from gateway.kept.rows import Line, Problem
from gateway.plan import Plan
from gateway.wire.ask import decode
from router.labels import Label
from router.names import Endpoint

MOST_PROBLEMS = 100
AT_ONCE = 100
"""Lines that are read at a time in a thread."""
MOST_ID = 512


class Read(NamedTuple):
    """The lines of an input, or what is wrong with it."""

    lines: Sequence[Line]
    problems: Sequence[Problem]


class Reader:
    """Reads the input of one batch, for one endpoint and its path."""

    def __init__(self, plan: Plan, path: str, endpoint: Endpoint, floor: Label | None = None) -> None:
        self._plan, self._path, self._endpoint, self._floor = plan, path, endpoint, floor
        self._outside = local_from(plan.policy)
        self._ids: set[str] = set()

    async def read(self, content: bytes, most: int) -> Read:
        """All lines, of which there may be so many. Blank ones are none."""
        raw = [(number, line) for number, line in enumerate(content.splitlines(), 1) if line.strip()]
        if not raw:
            return Read((), (Problem("empty_file", "The input file has no line; send one request per line."),))
        if len(raw) > most:
            return Read((), (Problem("too_many_lines", f"The input file has more than {most:,} lines; send several batches."),))
        lines: list[Line] = []
        problems: list[Problem] = []
        for at in range(0, len(raw), AT_ONCE):
            for one in await asyncio.to_thread(lambda some: list(self._some(some)), raw[at : at + AT_ONCE]):
                (lines if isinstance(one, Line) else problems).append(one)  # type: ignore[arg-type]
            if len(problems) >= MOST_PROBLEMS:
                break
        return Read(lines, problems[:MOST_PROBLEMS])

    def _some(self, raw: Sequence[tuple[int, bytes]]) -> Iterator[Line | Problem]:
        for number, line in raw:
            yield self._line(number, line)

    def _line(self, number: int, raw: bytes) -> Line | Problem:
        try:
            asked = msgspec.json.decode(raw, type=Asked)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            say = "The line must be a JSON object with `custom_id`, `method`, `url` and `body`, and nothing else."
            return Problem("invalid_json_line", say, number)
        wrong = self._wrong(asked, number)
        if wrong is not None:
            return wrong
        self._ids.add(asked.custom_id)
        body = bytes(asked.body)
        try:
            ask = decode(body, self._endpoint, self._plan.limits.depth)
        except Refusal as refusal:
            return Problem(refusal.code, refusal.say, number, "body" if refusal.param is None else f"body.{refusal.param}")
        if ask.is_stream:
            return Problem("stream_not_supported", "A line of a batch cannot stream; leave `stream` out.", number, "body.stream")
        label = label_of(ask.prompt.with_field(asked.custom_id), self._plan)
        label = label if self._floor is None else max(label, self._floor)
        stays = self._outside is not None and label >= self._outside
        return Line(number, asked.custom_id, "stays" if stays else "leaves", body, label.name)

    def _wrong(self, asked: Asked, number: int) -> Problem | None:
        if not 0 < len(asked.custom_id) <= MOST_ID:
            return Problem("invalid_custom_id", f"`custom_id` must have 1 to {MOST_ID} characters.", number, "custom_id")
        if asked.custom_id in self._ids:
            return Problem("duplicate_custom_id", "An earlier line has the same `custom_id`; each must have its own.", number, "custom_id")
        if asked.method != "POST":
            return Problem("invalid_method", "`method` must be POST.", number, "method")
        if asked.url != self._path:
            return Problem("mismatched_url", "`url` must be the batch's `endpoint`.", number, "url")
        if len(bytes(asked.body)) > self._plan.limits.body_bytes:
            most = self._plan.limits.body_bytes
            say = f"The body is larger than {most:,} bytes; send less, or ask the operator to raise limits.body_bytes."
            return Problem("body_too_large", say, number, "body")
        return None
