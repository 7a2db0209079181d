"""Recorded traffic, and a simple model of the engine at home: how much of a GPU a request takes, and for how long it is there.

The model is assumed, not measured: an engine reads `prefill` prompt tokens a second and writes `decode` tokens a second over all requests
together; one request alone is written at `alone` tokens a second. A request takes input / prefill + output / decode seconds of an engine's
time, and is in flight for input / prefill + output / alone seconds. Nothing queues: there are as many engines as the busiest minute needs.
The defaults are round numbers for a model of 8 billion parameters on one current data-centre GPU.
"""

import csv
import gzip
import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

MINUTE_S = 60


class Call(NamedTuple):
    """A request: when it came, in seconds, and its tokens."""

    at_s: float
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class Engine:
    """Tokens a second of one engine, and what an hour of it costs in USD."""

    prefill: float = 20_000
    decode: float = 2_500
    alone: float = 60
    hour_usd: float = 2.49

    def work_s(self, call: Call) -> float:
        """Seconds of an engine's time."""
        return call.input_tokens / self.prefill + call.output_tokens / self.decode

    def stay_s(self, call: Call) -> float:
        """Seconds in flight."""
        return call.input_tokens / self.prefill + call.output_tokens / self.alone


@dataclass(frozen=True, slots=True)
class Load:
    """What some requests mean for the engines at home: GPU-seconds, engines that the busiest minute keeps busy, most requests in flight."""

    gpu_s: float
    busiest: float
    in_flight: int

    @property
    def engines(self) -> int:
        """Engines to be had: whole ones, for the busiest minute."""
        return math.ceil(self.busiest)


def calls(file: Path) -> list[Call]:
    """The requests of a trace, in order of time. Raises ValueError for a file that is none."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        found = sorted(_csv(lines) if ".csv" in file.name else _json(lines))
    if not found:
        raise ValueError(f"{file} holds no requests")
    return found


def _csv(lines: Iterator[str]) -> Iterator[Call]:
    for row in csv.DictReader(lines):
        yield Call(float(row["t_seconds"]), int(row["input_tokens"]), int(row["output_tokens"]))


def _json(lines: Iterator[str]) -> Iterator[Call]:
    for row in map(json.loads, lines):
        yield Call(row["t_ms"] / 1_000, row["input_tokens"], row["output_tokens"])


def load(stays: Sequence[Call], engine: Engine) -> Load:
    """The load by the requests that stay. A request's work is spread evenly over the time that it is in flight."""
    work: Counter[int] = Counter()
    events: list[tuple[float, int]] = []
    total = 0.0
    for call in stays:
        needed, lasts = engine.work_s(call), engine.stay_s(call)
        total += needed
        events += [(call.at_s, 1), (call.at_s + lasts, -1)]
        for minute in range(int(call.at_s // MINUTE_S), int((call.at_s + lasts) // MINUTE_S) + 1):
            inside = min(call.at_s + lasts, (minute + 1) * MINUTE_S) - max(call.at_s, minute * MINUTE_S)
            # Counters hold whole numbers: microseconds.
            work[minute] += round(1e6 * needed * (inside / lasts if lasts else 1.0))
    events.sort()  # an end before a beginning at the same moment
    now = most = 0
    for _, change in events:
        now += change
        most = max(most, now)
    return Load(total, max(work.values(), default=0) / 1e6 / MINUTE_S, most)
