"""Prometheus metrics of exchanges. `FAMILIES` is the one table of them (`gateway/families.py`).

Label values come from the configuration or from closed enumerations, so that a caller can add no series. Series are seeded with zero, so
that a rate exists before the first event.
"""

import time
from collections.abc import Callable, Iterable, Mapping

from gateway.alike import Alike, Kind, Members, Streams, comparable, kind_of
from gateway.exchange import AttemptRecord, Exchange
from gateway.exposition import PREFIX, TEXT, Format, Writer
from gateway.families import FAMILIES as FAMILIES  # noqa: PLC0414  # the table of what is here
from gateway.local_money import LocalMoney
from gateway.plan import Plan
from gateway.possible import possible
from gateway.processes import Processes
from gateway.seeds import STAGES, TERMINATIONS, TOKENS, seeds
from gateway.series import Buckets, Counts, Money, Observed
from gateway.tally import Tally, taken
from router.failures import NOT_MADE
from router.fleet import Fleet
from router.names import MicroUsd

__all__ = ["FAMILIES", "PREFIX", "Prometheus", "Source"]
MOST_ALIKE = 10_000
"""Kinds of exchanges whose series are remembered: far more than a configuration has."""
_MOST_HELD = 64
"""Exchanges that are counted together. Who looks sees all of them, so it does not matter how long they are held."""
_OF_STREAMS = ("time_to_first_token_seconds", "time_per_output_token_seconds")
_BESIDE = {"Checked": "self_check", "Rejected": "cascade", "Outrun": "hedge", "Failed": "retry", "Refused": "retry"}
"""What a call was for whose answer the caller did not get, by how it ended."""
Source = Callable[[], Iterable[tuple[str, tuple[str, ...], float]]]
"""Gives samples when a scrape comes: a family without prefix, label values, the value. Counters give their total."""
Samples = list[tuple[tuple[str, ...], float]]


class Prometheus:
    """The observer, and what a scrape reads. One per process; `configure` seeds the series of a plan, again after a reload.

    From then on there are the series that plans can bring about and no others: anything else is counted as `_other`.
    """

    def __init__(self, processes: Processes | None = None) -> None:
        """`processes` are shown in expositions, too."""
        self._counts = {family.name: Counts(family) for family in FAMILIES if family.kind == "counter"}
        self._buckets = {family.name: Buckets(family) for family in FAMILIES if family.kind == "histogram"}
        self._stages = tuple(self._buckets["overhead_seconds"].seed((stage,)) for stage in STAGES)
        self._held: list[Observed] = []
        self._alike: dict[Members, Alike] = {}
        self._codes: frozenset[str] = frozenset()
        self._external: frozenset[str] = frozenset()
        self._fleet: Callable[[], tuple[Fleet, float]] | None = None
        self._sources: list[Source] = []
        self._told: dict[tuple[str, tuple[str, ...]], tuple[float, float]] = {}
        """What a source said last, and what those before it had counted."""
        self._is_locked: Callable[[], bool] = bool
        self._writer, self._local = Writer(processes), LocalMoney()

    def configure(
        self, plan: Plan, codes: Iterable[str], fleet: Callable[[], tuple[Fleet, float]], is_locked: Callable[[], bool] = bool
    ) -> None:
        """Seed the series that `plan` can bring about. `codes` are the error codes for callers; `fleet` gives the fleet and now."""
        self.settle()
        self._alike.clear()
        self._codes = frozenset(codes)
        outside = {name for name, target in plan.policy.targets.items() if target.zone == "external"}
        self._external = self._external - plan.policy.targets.keys() | outside  # what a reload took away may still be under way
        self._fleet = fleet
        self._is_locked = is_locked
        known = possible(plan, self._codes)
        for one in (*self._counts.values(), *self._buckets.values()):
            one.allow(known[one.family.name])
        for name, values in seeds(plan, self._codes):
            (self._counts.get(name) or self._buckets[name]).seed(values)

    def watch(self, *sources: Source) -> None:
        """Ask these, too, when a scrape comes. For what counts by itself, beside requests."""
        self._sources.extend(sources)

    def exposition(self, form: Format = TEXT) -> bytes:
        """What a scrape gets, at once."""
        return self._writer.text(self._local.shown(self.tally()), form)

    async def scraped(self, form: Format = TEXT) -> bytes:
        """The same, of one moment, while requests go on."""
        return await self._writer.write(self._local.shown(self.tally()), form)

    def _gauges(self) -> dict[str, Samples]:
        """The gauges now. Counters of those that count by themselves are brought up to date on the way."""
        gauges: dict[str, Samples] = {family.name: [] for family in FAMILIES if family.kind == "gauge"}
        for source in self._sources:
            for name, labels, value in source():
                if name in gauges:
                    gauges[name].append((labels, value))
                else:
                    self._count(name, labels, value)
        if self._fleet is not None:
            _read_fleet(gauges, *self._fleet())
            gauges["lockdown"].append(((), float(self._is_locked())))
        return gauges

    def _count(self, name: str, labels: tuple[str, ...], value: float) -> None:
        """A source has counted so far; one that begins anew, as a ledger after a reload, goes on from where the last one was."""
        last, before = self._told.get((name, labels), (0.0, 0.0))
        if value < last:
            before += last
        self._told[name, labels] = value, before
        self._counts[name].seed(labels)[0] = before + value

    def tally(self) -> Tally:
        """What was counted until now."""
        self.settle()
        gauges = self._gauges()  # which brings counters up to date
        return taken(self._counts, self._buckets, gauges)

    def lag(self, seconds: float) -> None:
        """The event loop was so late."""
        self._observe("event_loop_lag_seconds", seconds)

    def canary(self, result: str) -> None:
        """Count one canary."""
        self._add("canary_runs_total", result)

    def feedback(self, path: str, target: str, rating: str) -> None:
        """Count what a caller thought of an answer. Path and target are those of an exchange."""
        self._add("feedback_total", path, target, rating)

    def __call__(self, exchange: Exchange) -> None:
        """Count one exchange, before anybody looks."""
        self._held.append((time.time(), exchange))
        if len(self._held) >= _MOST_HELD:
            self.settle()

    def settle(self) -> None:
        """Count what is held. Exchanges of one kind together, which takes a third of the time."""
        held, self._held = self._held, []
        kinds: dict[Members, list[Observed]] = {}
        for observed in held:
            kinds.setdefault(kind_of(observed[1]), []).append(observed)
        for kind, seen in kinds.items():
            (self._alike.get(kind) or self._remember(kind)).add(seen)
            if not kind[-1]:
                for _, one in seen:
                    self._at_length(one)
        for _, one in held:
            if one.findings or one.doubts or one.inherited or one.rerouted or one.leaned or one.declassified_from is not None:
                self._judged(one)
            if one.code or one.redaction or one.is_estimate:
                self._ended(one)

    def _remember(self, kind: Members) -> Alike:
        if len(self._alike) >= MOST_ALIKE:
            self._alike.clear()
        return self._alike.setdefault(kind, self._made(Kind(*kind)))

    def _made(self, kind: Kind) -> Alike:
        """What exchanges of this kind add to. Series of what a kind has not are not there, if nothing else brings them about."""
        counts, buckets = self._counts, self._buckets
        label, path, target = kind.label, kind.path, kind.target or "none"
        series: list[tuple[str, tuple[str, ...]]] = [("requests_total", (kind.endpoint or "none", path, target, kind.result))]
        is_judged, sent = label is not None and kind.route is not None, None
        if label is not None and kind.route is not None:
            series += [("routes_total", (kind.route, label)), ("sensitivity_requests_total", (label, path))]
            series += [("denied_total", (label,))] if kind.result == "denied" else []
        if kind.result == "abandoned":
            series.append(("client_disconnects_total", (path,)))
        if kind.is_stream and kind.result in TERMINATIONS:
            series.append(("stream_terminations_total", (TERMINATIONS[kind.result],)))
        if kind.is_straight:
            series.append(("upstream_attempts_total", (target, "Served", "none")))
            if target in self._external:
                series.append(("egress_requests_total", (target, str(label))))
                sent = counts["egress_bytes_total"].seed((target, str(label)))
        return Alike(
            tuple(counts[family].seed(labels) for family, labels in series),
            buckets["request_duration_seconds"].seed((path, target)),
            self._stages if is_judged else (),
            buckets["difficulty_score"].seed((path,)) if is_judged and kind.is_scored else None,
            sent,
            self._money_of(path, target) if kind.is_straight else None,
            Streams(*[buckets[name].seed((path, target)) for name in _OF_STREAMS]) if kind.is_stream and kind.target is not None else None,
        )

    def _attempts(self, exchange: Exchange) -> None:
        before = None
        for attempt in exchange.attempts:
            self._add("upstream_attempts_total", attempt.target, attempt.ending, attempt.failure or "none")
            if before is not None and before.target != attempt.target and _is_fallback(before, attempt):
                direction = f"{self._zone(before.target)}_to_{self._zone(attempt.target)}"
                self._add("fallbacks_total", before.target, attempt.target, before.failure or "none", direction)
            if attempt.target in self._external and attempt.failure not in NOT_MADE:
                label = str(exchange.label if attempt.label is None else attempt.label)
                self._add("egress_requests_total", attempt.target, label)
                self._add("egress_bytes_total", attempt.target, label, by=attempt.sent_bytes)
            if attempt.cost and attempt.ending in _BESIDE and not (attempt.ending == "Rejected" and exchange.cascade == "kept"):
                self._add("auxiliary_cost_usd_total", _BESIDE[attempt.ending], by=attempt.cost / 1e6)
            if attempt.line:
                self._observe("queue_wait_seconds", attempt.queue_s, attempt.target, attempt.line)
            before = attempt

    def _at_length(self, exchange: Exchange) -> None:
        """What took more than one attempt, or none."""
        self._attempts(exchange)
        if exchange.cascade or exchange.hedge:
            self._calls(exchange)
        elif exchange.usage is not None or exchange.result == "served" or exchange.cost is not None:
            self._money(exchange)

    def _judged(self, exchange: Exchange) -> None:
        """What most requests have nothing of."""
        if exchange.label is None or exchange.route is None:
            return
        for category, count in exchange.findings:
            self._add("pii_findings_total", category, by=count)
        for kind, count in exchange.doubts:
            self._add("detector_doubts_total", kind, by=count)
        if exchange.inherited:
            self._add("taint_inherited_total", exchange.inherited)
        if exchange.declassified_from is not None:
            self._add("declassified_total", str(exchange.declassified_from), str(exchange.label))
        if exchange.rerouted:
            self._add("rerouted_total", exchange.rerouted)
        if exchange.leaned is not None and exchange.leaned.sticky:
            self._add("sticky_total", exchange.leaned.sticky)

    def _ended(self, exchange: Exchange) -> None:
        """Why the caller got an error, what came of the redacted path, and of an answer that was cut short."""
        if exchange.code:
            self._add("refusals_total", exchange.code if exchange.code in self._codes else "_other")
        if exchange.redaction:
            self._add("redactions_total", exchange.redaction)
            if exchange.target is not None:
                self._add("redaction_unrestored_total", exchange.target, by=exchange.placeholders_unrestored)
        if exchange.is_estimate and exchange.is_stream:
            self._add("usage_estimated_total", exchange.target or "none")

    def _money(self, exchange: Exchange) -> None:
        cost, calls = exchange.cost, exchange.attempts
        for call in calls if exchange.target is None else calls[:-1]:  # failed ones, which took the time of local engines
            if call.cost is not None:
                self._money_of(self._path(call, exchange), call.target).cost[0] += call.cost / 1e6
                cost = None if cost is None else MicroUsd(cost - call.cost)
        if exchange.target is not None:
            self._money_of(exchange.path, exchange.target).add((cost,), (exchange.usage,), (comparable(exchange),))

    def _calls(self, exchange: Exchange) -> None:
        """What became of a judged answer, or of a slow attempt; and the money of every call, where it was spent."""
        if exchange.cascade:
            self._add("cascades_total", exchange.route or "none", exchange.cascade, exchange.grounds or "none")
        if exchange.hedge:
            self._add("hedges_total", next(one.target for one in exchange.attempts if not one.is_hedge), exchange.hedge)
        baseline = comparable(exchange)
        if baseline is not None:
            self._add("baseline_cost_usd_total", exchange.path, exchange.target or "none", by=baseline / 1e6)
        for call in exchange.attempts:
            if call.usage is not None or call.ending in ("Served", "Rejected") or call.cost is not None:
                self._money_of(self._path(call, exchange), call.target).add((call.cost,), (call.usage,), ())

    def _path(self, call: AttemptRecord, exchange: Exchange) -> str:
        """The path of one call, which is that of its request only where it is its answer."""
        if call.target == exchange.target:
            return exchange.path
        is_rewritten = call.label is not None and exchange.label is not None and call.label < exchange.label
        return "redacted" if is_rewritten else "cloud" if call.target in self._external else "local"

    def _money_of(self, path: str, target: str) -> Money:
        counts = self._counts
        return Money(
            counts["cost_usd_total"].seed((path, target)),
            counts["cost_unknown_total"].seed((target,)),
            counts["baseline_cost_usd_total"].seed((path, target)),
            *(counts["tokens_total"].seed((path, target, kind)) for kind in TOKENS),
        )

    def _zone(self, target: str) -> str:
        return "external" if target in self._external else "local"

    def _add(self, family: str, *labels: str, by: float = 1) -> None:
        counts = self._counts[family]
        (counts.values.get(labels) or counts.seed(labels))[0] += by

    def _observe(self, family: str, value: float, *labels: str) -> None:
        buckets = self._buckets[family]
        (buckets.values.get(labels) or buckets.seed(labels)).add(value)


def _is_fallback(before: AttemptRecord, attempt: AttemptRecord) -> bool:
    """Whether an attempt was made because the one before it had failed: none that raced, or whose answer was not good enough."""
    return before.ending not in ("Rejected", "Checked", "Outrun") and attempt.number >= before.number and not attempt.is_hedge


def _read_fleet(gauges: Mapping[str, Samples], fleet: Fleet, now: float) -> None:
    """The state of the fleet, read when it is scraped."""
    for target, replica, state, in_flight in fleet.states(now):
        for known in ("closed", "open", "half_open"):
            gauges["circuit_state"].append(((target, str(replica), known), float(known == state)))
        gauges["requests_in_flight"].append(((target, str(replica)), in_flight))
    for target, left in fleet.budgets(now):
        gauges["retry_budget"].append(((target,), left))
