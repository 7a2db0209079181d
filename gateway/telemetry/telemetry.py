"""`Telemetry`: whoever exports, over reloads. The same observer for all runtimes; a collector that is replaced gets what it was due."""

import asyncio
import importlib.metadata
import os
from collections import Counter
from collections.abc import Callable, Iterable

from gateway.exchange import Exchange
from gateway.observers.otel import Otlp
from gateway.plan import Plan
from gateway.telemetry.collector import Collector
from gateway.telemetry.exporting import DROPPED, Exporter
from gateway.telemetry.places import places
from gateway.telemetry.plan import OtelPlan


class Telemetry:
    """The observer. Nobody exports until a plan says so, and nothing goes to a collector outside while a lockdown is on."""

    def __init__(self, is_locked: Callable[[], bool] = bool) -> None:
        self._is_locked = is_locked
        self._exporter: Exporter | None = None
        self._plan: OtelPlan | None = None
        self._is_started = False
        self._closing: set[asyncio.Task[None]] = set()
        self._dropped: list[Counter[str]] = []
        self._instance = os.urandom(16).hex()

    def __call__(self, exchange: Exchange) -> None:
        """Tell of one exchange."""
        if self._exporter is not None:
            self._exporter(exchange)

    def follow(self, plan: Plan) -> "list[Telemetry]":
        """Export as this plan says; the observers for its requests. Exports only once it has been started."""
        otel = plan.observing.otel
        if otel is not None and otel == self._plan and self._exporter is not None:
            self._exporter.follow(places(plan))
            return [self]
        replaced, self._plan, self._exporter = self._exporter, otel, None
        if otel is not None:
            self._exporter = self._exporter_of(otel, plan)
            self._dropped.append(self._exporter.dropped)
        if self._is_started:
            self.start()
            if replaced is not None:
                task = asyncio.get_running_loop().create_task(replaced.close())
                self._closing.add(task)
                task.add_done_callback(self._closing.discard)
        return [] if otel is None else [self]

    def start(self) -> None:
        """Begin, in the event loop that runs."""
        self._is_started = True
        if self._exporter is not None:
            self._exporter.start()

    async def close(self) -> None:
        """Export what is left, and end."""
        closing = [*self._closing] + ([asyncio.ensure_future(self._exporter.close())] if self._exporter is not None else [])
        if closing:
            await asyncio.wait(closing)

    def samples(self) -> Iterable[tuple[str, tuple[str, ...], float]]:
        """What the metrics show."""
        return [("otel_dropped_total", (kind,), sum(one[kind] for one in self._dropped)) for kind in DROPPED if self._dropped]

    def _exporter_of(self, otel: OtelPlan, plan: Plan) -> Exporter:
        version = importlib.metadata.version("tidegate")
        return Exporter(
            Collector(otel, version),
            Otlp(otel.service, version, self._instance),
            places(plan),
            has_metrics=otel.metrics,
            is_barred=bool if otel.networks else self._is_locked,
        )
