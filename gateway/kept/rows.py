"""What is kept, as values. Times are whole seconds since 1970, costs micro-USD."""

from typing import Literal

import msgspec

Status = Literal["validating", "failed", "in_progress", "finalizing", "completed", "expired", "cancelling", "cancelled"]
OPEN: tuple[Status, ...] = ("validating", "in_progress", "finalizing", "cancelling")
"""A batch that somebody still has to do something for."""
Lane = Literal["leaves", "stays"]
"""Whether a line may go outside, as far as our own detectors see. Lines that may not run while the local pool is idle."""
Result = Literal["waiting", "begun", "served", "refused", "expired", "cancelled"]

OUTCOMES = ("served", "refused", "expired", "cancelled", "retried", "put_back")
"""What comes of lines, for the metrics: the last two come again."""


class File(msgspec.Struct, frozen=True):
    """A file. `label` is that of its content, `floor` what its uploader demanded for all that is in it; empty: nothing."""

    id: str
    tenant: str
    key: str
    purpose: str
    filename: str
    bytes: int
    created: int
    expires: int
    label: str
    floor: str = ""


class Problem(msgspec.Struct, frozen=True):
    """What is wrong with a batch's input; `line` counts from 1, None for the whole file."""

    code: str
    message: str
    line: int | None = None
    param: str | None = None


class Batch(msgspec.Struct, frozen=True, omit_defaults=True):
    """A batch. `path` is the endpoint of all of its lines, `window` as its creator said it, `due` when that is over.

    `at` is when it came to each status that it had.
    """

    id: str
    tenant: str
    key: str
    path: str
    file: str
    created: int
    window: str
    due: int
    status: Status = "validating"
    at: dict[Status, int] = {}  # a struct makes a new one for each of its own
    metadata: dict[str, str] | None = None
    floor: str = ""
    keep_s: int = 0
    """How long its output is kept at most; 0: as long as anything."""
    output: str = ""
    errors: str = ""
    problems: tuple[Problem, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether it has not ended."""
        return self.status in OPEN


class Line(msgspec.Struct, frozen=True):
    """A line that is to be run. `label` is what our own detectors see in it.

    `begun` counts how often it was begun by a process that was killed, `tries` how often it had to wait.
    """

    number: int
    custom_id: str
    lane: Lane
    body: bytes
    label: str = ""
    begun: int = 0
    tries: int = 0


class Ended(msgspec.Struct, frozen=True):
    """What came of a line: its line of output, and what is known of how it was served. None: unknown."""

    number: int
    result: Result
    output: bytes
    label: str = ""
    path: str = ""
    cost: int | None = None
    asked: int | None = None
    cached: int | None = None
    said: int | None = None
    reasoned: int | None = None


class Totals(msgspec.Struct, frozen=True):
    """What came of all lines of a batch. `unpriced` are served ones whose cost is unknown, `uncounted` those without usage."""

    results: dict[Result, int]
    labels: dict[str, int]
    paths: dict[str, int]
    cost: int = 0
    unpriced: int = 0
    asked: int = 0
    cached: int = 0
    said: int = 0
    reasoned: int = 0
    uncounted: int = 0

    @property
    def lines(self) -> int:
        """How many lines there are."""
        return sum(self.results.values())


class Response(msgspec.Struct, frozen=True):
    """A response that others go on from: `items` are its turns as JSON."""

    id: str
    tenant: str
    label: str
    items: bytes
    created: int
    expires: int
