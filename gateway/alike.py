"""`Alike`: what all exchanges of one kind add to, found once for each kind, and then for many of them at a time."""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from gateway.exchange import Exchange, Result, Times
from gateway.series import Cell, Money, Observed, Spread
from router.names import Endpoint, MicroUsd, Path, RouteName, TargetName

Members: TypeAlias = tuple[Endpoint | None, Path, TargetName | None, Result, RouteName | None, str | None, bool, bool, bool]
"""Of a `Kind`, in their order."""


class Kind(NamedTuple):
    """What decides to which series an exchange adds. `is_straight`: the only attempt was its answer, with the label of the request."""

    endpoint: Endpoint | None
    path: Path
    target: TargetName | None
    result: Result
    route: RouteName | None
    label: str | None
    is_stream: bool
    is_scored: bool
    is_straight: bool


def kind_of(exchange: Exchange) -> Members:
    """The members of its kind: a tuple is made and found in less time than a `Kind`."""
    label, attempts, target, is_straight = exchange.label, exchange.attempts, exchange.target, False
    if len(attempts) == 1:
        one = attempts[0]
        is_straight = one.ending == "Served" and one.target == target and one.label is label and not (one.failure or one.line)
        is_straight = is_straight and exchange.result == "served" and not (exchange.cascade or exchange.hedge)
    return (
        exchange.endpoint,
        exchange.path,
        target,
        exchange.result,
        exchange.route,
        None if label is None else label.name,
        exchange.is_stream,
        exchange.difficulty is not None,
        is_straight,
    )


class Stages(NamedTuple):
    """What the gateway's own time adds to, in the order of `gateway.seeds.STAGES`."""

    receive: Spread
    decode: Spread
    classify: Spread
    slow: Spread
    decide: Spread
    redact: Spread

    def add(self, times: Sequence[Times]) -> None:
        """More of it, of requests that were judged."""
        self.receive.add_all([one.receive_s for one in times])
        self.decode.add_all([one.decode_s for one in times])
        self.classify.add_all([one.classify_s for one in times])
        self.slow.add_all([one.slow_s for one in times])
        self.decide.add_all([one.decide_s for one in times])
        self.redact.add_all([one.redact_s for one in times])


class Streams(NamedTuple):
    """What answers in pieces add to."""

    first_token: Spread
    per_token: Spread

    def add(self, seen: Sequence[Observed]) -> None:
        """More of them. Who left before the first token has none; an answer of one token has no further ones."""
        begun = [(ended, one) for ended, one in seen if one.times.first_byte_s is not None]
        self.first_token.add_of(begun, [one.times.first_byte_s or 0.0 for _, one in begun])
        paced = [(ended, one) for ended, one in begun if one.usage is not None and one.usage.completion > 1]
        self.per_token.add_of(paced, [_per_token_s(one) for _, one in paced])


class Alike(NamedTuple):
    """As many as the configuration has kinds. What a kind has not is None.

    `counts` rise by one; `duration` is of all. `sent` counts bytes that went outside, `money` is of answers, where each had one attempt.
    """

    counts: tuple[Cell, ...]
    duration: Spread
    difficulty: Spread | None = None
    sent: Cell | None = None
    money: Money | None = None
    streams: Streams | None = None

    def add(self, seen: Sequence[Observed]) -> None:
        """More exchanges of this kind."""
        exchanges = [one for _, one in seen]
        for cell in self.counts:
            cell[0] += len(exchanges)
        self.duration.add_of(seen, [one.times.total_s for one in exchanges])
        if self.difficulty is not None:
            self.difficulty.add_all([one.difficulty or 0.0 for one in exchanges])
        if self.sent is not None:
            self.sent[0] += sum([one.attempts[0].sent_bytes for one in exchanges])
        if self.money is not None:
            self.money.add(
                [one.cost for one in exchanges],
                [one.usage for one in exchanges],
                [one.baseline_cost for one in exchanges if one.cost is not None],
            )
        if self.streams is not None:
            self.streams.add(seen)


def comparable(exchange: Exchange) -> MicroUsd | None:
    """What it would have cost at the baseline, where it is known what it did cost: else all of that would seem to be saved."""
    return None if exchange.cost is None else exchange.baseline_cost


def _per_token_s(exchange: Exchange) -> float:
    times, usage = exchange.times, exchange.usage
    return 0.0 if usage is None else (times.total_s - (times.first_byte_s or 0.0)) / (usage.completion - 1)
