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


class Instruments:
    """All series of one process. `places` are swapped when the configuration changes; what was counted stays."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self._tokens, self._operation, self._request, self._first_token, self._per_token = self._all = [Series(one) for one in INSTRUMENTS]

    def add(self, exchange: Exchange) -> None:
        """Count one exchange."""
        operation, place = OPERATIONS[exchange.endpoint], self.places.get(exchange.target, NOWHERE)
        whose = operation, place.provider, place.model
        times, usage = exchange.times, exchange.usage
        self._request.at((*whose, error_of(exchange))).add(times.total_s)
        if exchange.is_stream and exchange.result == "served" and times.first_byte_s is not None:
            self._first_token.at(whose).add(times.first_byte_s)
            if usage is not None and usage.completion > 1:
                self._per_token.at(whose).add((times.total_s - times.first_byte_s) / (usage.completion - 1))
        for attempt, used in calls(exchange):
            self._call(attempt, used, operation)

    def _call(self, attempt: AttemptRecord, usage: Usage | None, operation: str) -> None:
        if attempt.failure in NO_CALL:
            return
        place = self.places.get(attempt.target, NOWHERE)
        whose = operation, place.provider, place.model
        self._operation.at((*whose, attempt.failure if attempt.ending in FAILED else "")).add(attempt.total_s)
        if usage is not None:
            self._tokens.at((*whose, "", "input")).add(usage.prompt)
            self._tokens.at((*whose, "", "output")).add(usage.completion)

    def rows(self) -> Iterator[Row]:
        """A copy of all series: what is counted later does not change it."""
        for one in self._all:
            for labels, spread in one.spreads.items():
                attributes = tuple((name, value) for name, value in zip(NAMES, labels, strict=False) if value)
                yield Row(one.instrument, attributes, tuple(spread.counts), spread.sum)
