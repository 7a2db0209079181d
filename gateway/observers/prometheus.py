"""Prometheus metrics of exchanges. `FAMILIES` is the one table of them (`gateway/families.py`).

Label values come from the configuration or from closed enumerations, so that a caller can add no series. Series are seeded with zero, so
that a rate exists before the first event.
"""

import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping

from gateway.exchange import AttemptRecord, Exchange
from gateway.exposition import PREFIX, TEXT, Format, Writer
from gateway.families import FAMILIES as FAMILIES  # noqa: PLC0414  # the table of what is here
from gateway.families import OWN_SECONDS
from gateway.local_money import LocalMoney
from gateway.plan import Plan
from gateway.possible import possible
from gateway.processes import Processes
from gateway.seeds import STAGES, TERMINATIONS, TOKENS, seeds
from gateway.series import Alike, Buckets, Counts, Money
from gateway.tally import Tally, taken
from router.failures import NOT_MADE
from router.fleet import Fleet
from router.names import MicroUsd

__all__ = ["FAMILIES", "PREFIX", "Prometheus", "Source"]
MOST_ALIKE = 10_000
"""Kinds of exchanges whose series are remembered: far more than a configuration has."""
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
        self._alike: dict[tuple[object, ...], Alike] = {}
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
        self._codes = frozenset(codes)
        outside = {name for name, target in plan.policy.targets.items() if target.zone == "external"}
        self._external = self._external - plan.policy.targets.keys() | outside  # what a reload took away may still be under way
        self._alike.clear()
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
        """Count one exchange."""
        label, attempts, ended = exchange.label, exchange.attempts, time.time()
        straight = attempts[0] if len(attempts) == 1 and _is_straight(attempts[0], exchange) else None
        name = None if label is None else label.name
        kind = exchange.endpoint, exchange.path, exchange.target, exchange.result, exchange.route, name, straight is None
        alike = self._alike.get(kind) or self._remember(kind, exchange, straight)
        for cell in alike.counts:
            cell[0] += 1
        shown = exchange.request_id, exchange.trace_id if exchange.is_sampled else "", ended
        alike.duration.add_of(exchange.times.total_s, *shown)
        if name is not None and exchange.route is not None:
            self._judgement(exchange, alike)
        if straight is None:
            self._attempts(exchange)
        elif alike.sent is not None:
            alike.sent[0] += straight.sent_bytes
        if exchange.cascade or exchange.hedge:
            self._calls(exchange)
        elif exchange.usage is not None or exchange.result == "served" or exchange.cost is not None:
            self._money(exchange, alike)
        if exchange.is_stream:
            self._stream(exchange, alike, shown)
        if exchange.code or exchange.redaction:
            self._refused(exchange)

    def _refused(self, exchange: Exchange) -> None:
        """Why the caller got an error, or what came of the redacted path."""
        if exchange.code:
            self._add("refusals_total", exchange.code if exchange.code in self._codes else "_other")
        if exchange.redaction:
            self._add("redactions_total", exchange.redaction)
            if exchange.target is not None:
                self._add("redaction_unrestored_total", exchange.target, by=exchange.placeholders_unrestored)

    def _remember(self, kind: tuple[object, ...], exchange: Exchange, straight: AttemptRecord | None) -> Alike:
        if len(self._alike) >= MOST_ALIKE:
            self._alike.clear()
        return self._alike.setdefault(kind, self._alike_of(exchange, straight))

    def _alike_of(self, exchange: Exchange, straight: AttemptRecord | None) -> Alike:
        path, target, sent = exchange.path, exchange.target or "none", None
        series: list[tuple[str, tuple[str, ...]]] = [("requests_total", (exchange.endpoint or "none", path, target, exchange.result))]
        if exchange.label is not None and exchange.route is not None:
            label = exchange.label.name
            series += [("routes_total", (exchange.route, label)), ("sensitivity_requests_total", (label, path))]
            series += [("denied_total", (label,))] if exchange.result == "denied" else []
        if exchange.result == "abandoned":
            series.append(("client_disconnects_total", (path,)))
        if straight is not None:
            series.append(("upstream_attempts_total", (target, straight.ending, "none")))
            if straight.target in self._external:
                series.append(("egress_requests_total", (target, str(straight.label))))
                sent = self._counts["egress_bytes_total"].seed((target, str(straight.label)))
        cells = tuple(self._counts[family].seed(labels) for family, labels in series)
        return Alike(cells, self._buckets["request_duration_seconds"].seed((path, target)), sent)

    def _judgement(self, exchange: Exchange, alike: Alike) -> None:
        times, difficulty = exchange.times, exchange.difficulty
        stages = times.receive_s, times.decode_s, times.classify_s, times.slow_s, times.decide_s, times.redact_s
        for spread, seconds in zip(self._stages, stages, strict=True):
            spread.counts[bisect_left(OWN_SECONDS, seconds) if seconds else 0] += 1
            spread.sum += seconds
        if difficulty is not None:
            if alike.difficulty is None:
                alike.difficulty = self._buckets["difficulty_score"].seed((exchange.path,))
            alike.difficulty.add(difficulty)
        if exchange.findings or exchange.doubts:
            self._found(exchange)
        if exchange.inherited:
            self._add("taint_inherited_total", exchange.inherited)
        if exchange.declassified_from is not None:
            self._add("declassified_total", str(exchange.declassified_from), str(exchange.label))
        if exchange.rerouted:
            self._add("rerouted_total", exchange.rerouted)
        if exchange.leaned is not None and exchange.leaned.sticky:
            self._add("sticky_total", exchange.leaned.sticky)

    def _found(self, exchange: Exchange) -> None:
        for category, count in exchange.findings:
            self._add("pii_findings_total", category, by=count)
        for kind, count in exchange.doubts:
            self._add("detector_doubts_total", kind, by=count)

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

    def _money(self, exchange: Exchange, alike: Alike) -> None:
        cost, calls = exchange.cost, exchange.attempts
        if exchange.target is None or len(calls) > 1:
            for call in calls if exchange.target is None else calls[:-1]:  # failed ones, which took the time of local engines
                if call.cost is not None:
                    self._money_of(self._path(call, exchange), call.target).cost[0] += call.cost / 1e6
                    cost = None if cost is None else MicroUsd(cost - call.cost)
        if exchange.target is not None:
            if alike.money is None:
                alike.money = self._money_of(exchange.path, exchange.target)
            alike.money.add(exchange.usage, cost, _comparable(exchange))

    def _calls(self, exchange: Exchange) -> None:
        """What became of a judged answer, or of a slow attempt; and the money of every call, where it was spent."""
        if exchange.cascade:
            self._add("cascades_total", exchange.route or "none", exchange.cascade, exchange.grounds or "none")
        if exchange.hedge:
            self._add("hedges_total", next(one.target for one in exchange.attempts if not one.is_hedge), exchange.hedge)
        baseline = _comparable(exchange)
        if baseline is not None:
            self._add("baseline_cost_usd_total", exchange.path, exchange.target or "none", by=baseline / 1e6)
        for call in exchange.attempts:
            if call.usage is not None or call.ending in ("Served", "Rejected") or call.cost is not None:
                self._money_of(self._path(call, exchange), call.target).add(call.usage, call.cost, None)

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

    def _stream(self, exchange: Exchange, alike: Alike, shown: tuple[str, str, float]) -> None:
        times, usage = exchange.times, exchange.usage
        if exchange.is_estimate:
            self._add("usage_estimated_total", exchange.target or "none")
        if exchange.result in TERMINATIONS:
            self._add("stream_terminations_total", TERMINATIONS[exchange.result])
        if times.first_byte_s is not None and exchange.target is not None:
            whose = exchange.path, exchange.target
            if alike.first_token is None:
                alike.first_token = self._buckets["time_to_first_token_seconds"].seed(whose)
            alike.first_token.add_of(times.first_byte_s, *shown)
            if usage is not None and usage.completion > 1:
                if alike.per_token is None:
                    alike.per_token = self._buckets["time_per_output_token_seconds"].seed(whose)
                alike.per_token.add_of((times.total_s - times.first_byte_s) / (usage.completion - 1), *shown)

    def _zone(self, target: str) -> str:
        return "external" if target in self._external else "local"

    def _add(self, family: str, *labels: str, by: float = 1) -> None:
        counts = self._counts[family]
        (counts.values.get(labels) or counts.seed(labels))[0] += by

    def _observe(self, family: str, value: float, *labels: str) -> None:
        buckets = self._buckets[family]
        (buckets.values.get(labels) or buckets.seed(labels)).add(value)


def _is_straight(one: AttemptRecord, exchange: Exchange) -> bool:
    """Whether the only attempt at a request was its answer, at once, with what the request itself is labelled."""
    return one.ending == "Served" and one.target == exchange.target and one.label is exchange.label and not (one.failure or one.line)


def _comparable(exchange: Exchange) -> MicroUsd | None:
    """What it would have cost at the baseline, where it is known what it did cost: else all of that would seem to be saved."""
    return None if exchange.cost is None else exchange.baseline_cost


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
