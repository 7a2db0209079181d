"""What a store of usage is to who writes it and to who reads it, whichever database is behind it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol, Self, TypeVar, get_args

from gateway.usage.rows import Called, Leased, Rated, Row, Used

Kind = TypeVar("Kind", Used, Called, Leased, Rated)
Plain = tuple[str | int | float | None, ...]
"""The values of a row as a database's library takes them soonest."""
Reason = Literal["queue", "disk", "locked", "away", "row", "ended", "killed"]
"""Why rows are missing. `queue`: they came faster than they could be written. `disk`: it was full or failed; `locked`: another process
held the store; `away`: the database did not answer. `row`: the store does not take this one. `ended`: the process ended before it could
write them; `killed`: without being able to, which the next one found."""
REASONS: tuple[Reason, ...] = get_args(Reason)


class StoreError(Exception):
    """The store cannot be used, in a sentence. `reason` is what rows that it did not take are counted as."""

    def __init__(self, say: str, reason: Reason = "away") -> None:
        super().__init__(say)
        self.reason: Reason = reason


class BadRow(Exception):
    """The database is well, but does not take a row of these."""


class Loss(NamedTuple):
    """So many rows are missing, which was noted `at` this Unix time."""

    at: float
    reason: str
    missing: int


@dataclass(frozen=True, slots=True)
class Batch:
    """What is written in one transaction. `settled`: how many rows that were handed over need no more looking for, these included.

    `losses` are those since the batch before; `at` is now. Rows are plain tuples as the store's `plain` makes them.
    """

    at: float
    rows: Mapping[type[Row], Iterable[Plain]] = field(default_factory=dict)
    settled: int = 0
    losses: Mapping[Reason, int] = field(default_factory=dict)


class Known(NamedTuple):
    """What feedback must know of a request."""

    path: str
    target: str


def plain(row: Row, unknown: float | None) -> Plain:
    """A row as it is written. Truths are numbers, which both databases take for what they are."""
    return tuple(unknown if one is None else int(one) if one.__class__ is bool else one for one in row)


class Writes(Protocol):
    """The writing side, on one thread. Every method may raise `StoreError`; `write` also `BadRow`, and then wrote nothing.

    `unknown` is what stands for None in a plain row; `hangs` what rows are counted as that are lost while a call takes for ever.
    """

    unknown: float | None
    hangs: Reason

    def open(self, session: str, left: Mapping[str, int]) -> int:
        """Connect, make or migrate the tables, begin the session, or go on with it after a failure.

        `left` says how many rows processes that were killed had handed over, by session. How many of them were never settled, which is
        noted as a loss.
        """

    def write(self, batch: Batch) -> None:
        """Write a batch, all of it or nothing."""

    def expire(self, before: float, most: int) -> int:
        """Delete rows older than Unix time `before`, at most so many of each table. How many those were."""

    def end(self) -> None:
        """The session ends, and all of its rows are settled."""

    def close(self) -> None:
        """Let go of everything, whatever state it is in. Raises nothing."""


class Store(Protocol):
    """The reading side."""

    def rows(self, kind: type[Kind], since: float, until: float) -> Iterator[Kind]:
        """Rows whose `at` is in since <= at < until, in that order. Rows that are written meanwhile may be among them."""

    def known(self, request_id: str, tenant: str, most: int) -> Known | None:
        """This tenant's newest request with this id among the `most` newest of all; None: there is none."""

    def losses(self, since: float, until: float) -> list[Loss]:
        """What is missing, in the order in which it was noted."""

    def counts(self) -> dict[str, tuple[int, float | None, float | None]]:
        """By name of table: how many rows it has, and the `at` of the first and of the last one."""

    def size(self) -> int:
        """Bytes on disk, as far as the database says."""

    def close(self) -> None:
        """Let go of it."""

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()
