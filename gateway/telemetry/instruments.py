"""The `gen_ai.*` metrics of the GenAI conventions 1.41, as cumulative histograms in plain numbers: every exchange counts, sampled or not.

Attributes have values from the configuration and of closed sets, so that a caller can add no series.
"""

from collections.abc import Iterator
from typing import NamedTuple

from gateway.exchange import AttemptRecord, Exchange
from gateway.series import Spread
from gateway.telemetry.places import NO_CALL, NOWHERE, OPERATIONS, Places
from gateway.telemetry.spans import FAILED, calls, error_of
from router.attempt import Usage
from router.names import Endpoint, TargetName


class Instrument(NamedTuple):
    """One metric: its name, its unit, and the bounds that the conventions ask for."""

    name: str
    unit: str
    bounds: tuple[float, ...]


_DURATIONS = tuple(0.01 * 2**step for step in range(14))
TOKENS = Instrument("gen_ai.client.token.usage", "{token}", tuple(float(4**step) for step in range(14)))
OPERATION = Instrument("gen_ai.client.operation.duration", "s", _DURATIONS)
REQUEST = Instrument("gen_ai.server.request.duration", "s", _DURATIONS)
FIRST_TOKEN = Instrument(
    "gen_ai.server.time_to_first_token",
    "s",
    (0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0),
)
PER_TOKEN = Instrument(
    "gen_ai.server.time_per_output_token", "s", (0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5)
)
INSTRUMENTS = (TOKENS, OPERATION, REQUEST, FIRST_TOKEN, PER_TOKEN)
Labels = tuple[str, ...]
"""Operation, provider, model, `error.type`, `gen_ai.token.type`: so many of them as there are, empty where it is not said."""
NAMES = ("gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model", "error.type", "gen_ai.token.type")


class Row(NamedTuple):
    """One series as it is now: its attributes, and what was counted."""

    instrument: Instrument
    attributes: tuple[tuple[str, str], ...]
    counts: tuple[int, ...]
    sum: float


class Series:
    """The histograms of one metric."""

    __slots__ = ("instrument", "spreads")

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.spreads: dict[Labels, Spread] = {}

    def at(self, labels: Labels) -> Spread:
        """The histogram of these label values."""
        return self.spreads.get(labels) or self.spreads.setdefault(labels, Spread(self.instrument.bounds))


class Alike(NamedTuple):
    """What every request of one kind adds to."""

    duration: Spread
    first_token: Spread
    per_token: Spread


class Calls(NamedTuple):
    """What every call of one kind adds to."""

    duration: Spread
    read: Spread
    written: Spread


class Instruments:
    """All series of one process. What was counted stays when the configuration changes."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._all = tuple(Series(one) for one in INSTRUMENTS)
        self._requests: dict[tuple[Endpoint | None, TargetName | None, str], Alike] = {}
        self._calls: dict[tuple[Endpoint | None, TargetName, str], Calls] = {}

    def follow(self, places: Places) -> None:
        """The targets are others, or are elsewhere."""
        self._places = places
        self._requests.clear()
        self._calls.clear()

    def add(self, exchange: Exchange) -> None:
        """Count one exchange."""
        endpoint, times, usage = exchange.endpoint, exchange.times, exchange.usage
        kind = endpoint, exchange.target, error_of(exchange)
        alike = self._requests.get(kind) or self._alike(*kind)
        alike.duration.add(times.total_s)
        if exchange.is_stream and exchange.result == "served" and times.first_byte_s is not None:
            alike.first_token.add(times.first_byte_s)
            if usage is not None and usage.completion > 1:
                alike.per_token.add((times.total_s - times.first_byte_s) / (usage.completion - 1))
        for attempt, used in calls(exchange):
            if attempt.failure not in NO_CALL:
                self._add_call(endpoint, attempt, used)

    def _add_call(self, endpoint: Endpoint | None, attempt: AttemptRecord, usage: Usage | None) -> None:
        kind = endpoint, attempt.target, attempt.failure if attempt.ending in FAILED else ""
        found = self._calls.get(kind) or self._calls_of(*kind)
        found.duration.add(attempt.total_s)
        if usage is not None:
            found.read.add(usage.prompt)
            found.written.add(usage.completion)

    def _alike(self, endpoint: Endpoint | None, target: TargetName | None, error: str) -> Alike:
        _, _, request, first_token, per_token = self._all
        whose = self._whose(endpoint, target)
        found = Alike(request.at((*whose, error)), first_token.at(whose), per_token.at(whose))
        return self._requests.setdefault((endpoint, target, error), found)

    def _calls_of(self, endpoint: Endpoint | None, target: TargetName, error: str) -> Calls:
        tokens, operation, *_ = self._all
        whose = self._whose(endpoint, target)
        found = Calls(operation.at((*whose, error)), tokens.at((*whose, "", "input")), tokens.at((*whose, "", "output")))
        return self._calls.setdefault((endpoint, target, error), found)

    def _whose(self, endpoint: Endpoint | None, target: TargetName | None) -> Labels:
        place = self._places.get(target, NOWHERE)
        return OPERATIONS[endpoint], place.provider, place.model

    def rows(self) -> Iterator[Row]:
        """A copy of all series in which something was counted: what is counted later does not change it."""
        for one in self._all:
            for labels, spread in one.spreads.items():
                if any(spread.counts):
                    attributes = tuple((name, value) for name, value in zip(NAMES, labels, strict=False) if value)
                    yield Row(one.instrument, attributes, tuple(spread.counts), spread.sum)
