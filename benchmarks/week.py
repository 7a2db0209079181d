"""A made-up week of traffic, as the rows that a gateway would have kept: from recorded traces of an hour, stretched.

What is recorded: token counts, and the bursts in which requests came. For each hour of the week the traces are begun anew at a moment
drawn by chance, and each request is kept by chance, as many as the shape of the week asks for. What is made up, with fixed dice: that shape
(working days, lunch, nights), who asks (`TENANTS`: shares of labels, difficulties), how models are routed to, and how fast they are.

Engines at home are simulated request by request: read at `PREFILL` tokens a second, written at `ALONE` or, together, `DECODE` tokens a
second, and billed by the same accounts as a running gateway's (router/reservation.py). Replica 1 is off from 22 to 6 o'clock. On Wednesday
the first cloud is down for 40 minutes, early on Friday replica 0 for 10.
"""

import heapq
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from benchmarks.traffic_engine import Call, calls
from gateway.report.period import DAY_S, HOUR_S, Period
from gateway.usage.rows import Called, Leased, Row, Used
from router.cost import Tariff, Usage, cost
from router.hours import Hours
from router.reservation import ANSWER, Account, Reservation, Work

PREFILL, DECODE, ALONE = 20_000, 2_500, 60
"""Tokens a second, for a model of 8 billion parameters on one current data-centre GPU: round, assumed, as in traffic_engine.py."""
SHAPE = (1, 1, 1, 1, 1, 2, 4, 8, 14, 18, 20, 18, 13, 16, 19, 20, 18, 14, 9, 6, 4, 3, 2, 1)
"""Requests by the hour of a working day, in proportion."""
WEEKEND = 0.22
LABELS = ("public", "internal", "personal", "restricted")
NANO = 1_000_000_000
Tokens = tuple[int | None, int | None, int | None, int | None, int | None]
"""Prompt, completion, cached, written to a cache, reasoning."""
NOTHING: Tokens = (None, None, None, None, None)


class Tenant(NamedTuple):
    """Who asks: the share of all requests, the trace, shares of `LABELS`, the mean difficulty, the part that is streamed."""

    name: str
    share: float
    trace: str
    labels: tuple[float, float, float, float]
    difficulty: float
    streams: float


TENANTS = (
    Tenant("support-chat", 0.46, "azure_llm_2023_conv.csv.gz", (0.52, 0.20, 0.26, 0.02), 0.36, 0.9),
    Tenant("engineering", 0.27, "azure_llm_2023_code.csv.gz", (0.40, 0.58, 0.01, 0.01), 0.52, 0.6),
    Tenant("research", 0.13, "mooncake_conversation.jsonl.gz", (0.85, 0.14, 0.01, 0.00), 0.58, 0.8),
    Tenant("hr", 0.08, "azure_llm_2023_conv.csv.gz", (0.00, 0.10, 0.75, 0.15), 0.40, 0.7),
    Tenant("finance", 0.06, "azure_llm_2023_conv.csv.gz", (0.05, 0.55, 0.20, 0.20), 0.45, 0.3),
)


@dataclass(frozen=True, slots=True)
class Clouds:
    """What the clouds charge, and above which difficulty they are asked."""

    tariffs: Mapping[str, Tariff]
    threshold: float


@dataclass(slots=True)
class Ask:
    """A request on its way."""

    at: float
    number: int
    tenant: Tenant
    label: str
    difficulty: float
    prompt: int
    completion: int
    cached: int
    is_stream: bool
    earlier: list[Called] = field(default_factory=list)
    first: str = ""
    first_byte_s: float | None = None
    gpu_s: float = 0.0
    spent: int = 0
    beside: int = 0
    hedge: str = ""
    cascade: str = ""

    @property
    def request_id(self) -> str:
        """Its name."""
        return f"week-{self.number:07}"

    @property
    def is_sensitive(self) -> bool:
        """Whether it may not leave."""
        return self.label in LABELS[2:]


class Week:
    """The simulation. `rows` gives everything in the order in which it was written."""

    def __init__(self, folder: Path, clouds: Clouds, period: Period, requests: int, seed: int = 7) -> None:
        self.clouds, self.period, self.requests = clouds, period, requests
        self.dice = random.Random(seed)
        self.traces = {tenant.trace: calls(folder / tenant.trace) for tenant in TENANTS}
        self.events: list[tuple[float, int, Callable[[float, Ask, int], None], Ask, int]] = []
        begin = int(period.since * NANO)
        at_night = Hours.parse("06:00-22:00")
        self.accounts = [Account(Reservation.rented("2.49", 1), begin), Account(Reservation.rented("2.49", 1, at_night), begin)]
        self.works: dict[int, tuple[int, Work]] = {}
        self.written: list[Row] = []
        self.order = 0

    def rows(self) -> Iterator[Row]:
        """Everything."""
        nobody = Ask(self.period.since, 0, TENANTS[0], "", 0.0, 0, 0, 0, is_stream=False)
        for minute in range(60, int(self.period.until - self.period.since) + 1, 60):
            self._push(self.period.since + minute - 0.001, self._bill, nobody)
        for ask in self._asks():
            self._push(ask.at, self._come, ask)
        while self.events:
            at, _, what, ask, replica = heapq.heappop(self.events)
            what(at, ask, replica)
            yield from self.written
            self.written.clear()

    def _push(self, at: float, what: Callable[[float, Ask, int], None], ask: Ask, replica: int = 0) -> None:
        self.order += 1
        heapq.heappush(self.events, (at, self.order, what, ask, replica))

    def _asks(self) -> Iterator[Ask]:
        weights = [SHAPE[hour % 24] * (WEEKEND if hour // 24 >= 5 else 1.0) for hour in range(7 * 24)]
        number = 0
        for hour, weight in enumerate(weights):
            wave = self.dice.lognormvariate(0, 0.15)
            for tenant in TENANTS:
                many = self.requests * tenant.share * weight / sum(weights) * wave
                for at, call in self._hour(self.traces[tenant.trace], many):
                    number += 1
                    yield self._ask(self.period.since + hour * HOUR_S + at, number, tenant, call)

    def _hour(self, trace: Sequence[Call], many: float) -> Iterator[tuple[float, Call]]:
        """A trace turned to begin somewhere, its bursts as they were, each request kept by chance."""
        long = max(HOUR_S, trace[-1].at_s + 1)
        begin, part = self.dice.random() * long, many / len(trace)
        for call in trace:
            if self.dice.random() < part:
                yield (call.at_s + begin) % long * HOUR_S / long, call

    def _ask(self, at: float, number: int, tenant: Tenant, call: Call) -> Ask:
        dice = self.dice
        again = dice.random() < 0.35  # a conversation that goes on: most of its prompt was there before
        return Ask(
            at,
            number,
            tenant,
            dice.choices(LABELS, tenant.labels)[0],
            dice.betavariate(4 * tenant.difficulty, 4 * (1 - tenant.difficulty)),
            max(1, call.input_tokens),
            max(1, call.output_tokens),
            int(call.input_tokens * 0.7) if again and call.input_tokens > 1_024 else 0,
            dice.random() < tenant.streams,
        )

    def _come(self, at: float, ask: Ask, _: int) -> None:
        if self.dice.random() < 0.0015:
            self._write(at + 0.002, ask, "invalid", code="invalid_request")
        elif not ask.is_sensitive and ask.difficulty > self.clouds.threshold:
            ask.first = "gpt"
            self._ask_cloud(at, ask, "hard")
        else:
            ask.first = "qwen"
            self._ask_home(at, ask)

    # At home.

    def _ask_home(self, at: float, ask: Ask) -> None:
        replicas = [number for number in (0, 1) if self._is_there(number, at)]
        if not replicas:
            self._tried(at, ask, "qwen", "Failed", "UNREACHABLE", took=0.003)
            if ask.is_sensitive:
                self._write(at + 2, ask, "denied", code="local_unavailable")
            else:
                self._ask_cloud(at + 0.003, ask, "easy")
            return
        replica = min(replicas, key=lambda number: (len(self.accounts[number].works), number))
        self._begin(at, ask, replica, ask.number)
        account = self.accounts[replica]
        reading = 0.02 + (ask.prompt - ask.cached) / PREFILL * max(1.0, len(account.works) / 4)
        if ask.is_stream and len(replicas) == 2 and self.dice.random() < 0.004:
            reading += 0.9  # slow, for whatever reason
            self._push(at + 0.5, self._hedge, ask, 1 - replica)
        self._push(at + reading, self._wrote_first, ask, replica)

    def _is_there(self, replica: int, at: float) -> bool:
        day, second = divmod(at - self.period.since, DAY_S)
        if replica == 1:
            return 6 * HOUR_S <= second < 22 * HOUR_S
        return not (day == 4 and 5 * HOUR_S <= second < 5 * HOUR_S + 600)

    def _begin(self, at: float, ask: Ask, replica: int, key: int) -> None:
        account = self.accounts[replica]
        self.works[key] = replica, account.begin(account.reading(ask.prompt - ask.cached), int(at * NANO))

    def _end(self, at: float, ask: Ask, key: int) -> tuple[int, int, float]:
        """Its replica, what it cost there, and the GPU's seconds."""
        replica, work = self.works.pop(key)
        had = self.accounts[replica].end(work, int(at * NANO))
        ask.spent += had.cost
        ask.gpu_s += had.gpu_s
        return replica, had.cost, had.gpu_s

    def _hedge(self, at: float, ask: Ask, replica: int) -> None:
        self._begin(at, ask, replica, -ask.number)
        self._push(at + 0.35, self._outrun, ask)

    def _outrun(self, at: float, ask: Ask, _: int) -> None:
        replica, paid, gpu_s = self._end(at, ask, -ask.number)
        ask.hedge = "primary"
        self._tried(at, ask, "qwen", "Outrun", took=0.35, replica=replica, paid=paid, gpu_s=gpu_s)

    def _wrote_first(self, at: float, ask: Ask, replica: int) -> None:
        account = self.accounts[replica]
        account.weigh(self.works[ask.number][1], ANSWER, int(at * NANO))
        ask.first_byte_s = at - ask.at
        lasts = ask.completion / min(ALONE, DECODE / max(1, len(account.works)))
        leaves = ask.is_stream and self.dice.random() < 0.015
        self._push(at + lasts * (self.dice.random() if leaves else 1.0), self._left if leaves else self._wrote_last, ask)

    def _left(self, at: float, ask: Ask, _: int) -> None:
        ask.completion = max(1, ask.completion // 2)
        self._end(at, ask, ask.number)
        self._write(at, ask, "abandoned", target="qwen", path="local")

    def _wrote_last(self, at: float, ask: Ask, _: int) -> None:
        replica, paid, gpu_s = self._end(at, ask, ask.number)
        if not ask.is_sensitive and not ask.is_stream and not ask.earlier and ask.difficulty > self.clouds.threshold - 0.12:
            ask.cascade = "accepted"
            if self.dice.random() < 0.22:
                ask.cascade = "escalated"
                self._tried(at, ask, "qwen", "Rejected", took=at - ask.at, replica=replica, paid=paid, gpu_s=gpu_s)
                ask.completion = max(1, round(ask.completion * self.dice.lognormvariate(0.06, 0.35)))
                self._ask_cloud(at, ask, "easy")
                return
        self._write(at, ask, "served", target="qwen", path="local")

    # In the cloud.

    def _ask_cloud(self, at: float, ask: Ask, route: str) -> None:
        day, second = divmod(at - self.period.since, DAY_S)
        is_down = day == 2 and 14 * HOUR_S <= second < 14 * HOUR_S + 2_400
        name = "gpt"
        if is_down or self.dice.random() < 0.003:
            self._tried(at + 0.2, ask, "gpt", "Failed", "SERVER_FAULT" if is_down else "OVERLOADED", took=0.2)
            at, name = at + 0.2, "claude"
        waits = self.dice.lognormvariate(-0.6, 0.45)
        # That a failed attempt came first does not make the answer come sooner.
        ask.first_byte_s = at + waits - ask.at
        at += waits + ask.completion / self.dice.uniform(45, 110)
        self._push(at, self._cloud_done, ask, {"gpt": 0, "claude": 1}[name] + (2 if route == "easy" else 0))

    def _cloud_done(self, at: float, ask: Ask, which: int) -> None:
        self._write(at, ask, "served", target=("gpt", "claude")[which % 2], path="cloud", route="easy" if which > 1 else "hard")

    # What is kept.

    def _tried(
        self,
        at: float,
        ask: Ask,
        target: str,
        ending: str,
        failure: str = "",
        *,
        took: float,
        replica: int = 0,
        paid: int = 0,
        gpu_s: float = 0.0,
    ) -> None:
        tokens: tuple[int | None, int | None] = (ask.prompt, ask.completion) if ending == "Rejected" else (None, None)
        is_hedge = ending == "Outrun"
        ask.beside += paid
        ask.earlier.append(
            Called(at, ask.request_id, len(ask.earlier) + 1, target, replica, ending, failure, is_hedge, *tokens, paid, gpu_s, took)
        )

    def _write(
        self,
        at: float,
        ask: Ask,
        result: str,
        *,
        target: str = "",
        path: str = "blocked",
        route: str = "",
        code: str = "",
        attempts: int = 0,
    ) -> None:
        """The request has ended: its row, and those of its attempts if there were several."""
        paid: int | None = ask.spent
        tokens: Tokens = (ask.prompt, ask.completion, ask.cached if path == "local" else 0, 0, 0)
        if path == "cloud":
            bill = cost(Usage(ask.prompt, ask.completion), self.clouds.tariffs[target])
            if bill is None or self.dice.random() < 0.002:  # an answer without usage, as some streams have
                paid, bill, tokens = None, None, NOTHING
            else:
                paid = ask.spent + bill
            if ask.earlier:
                served = Called(
                    at, ask.request_id, len(ask.earlier) + 1, target, 0, "Served", "", False, tokens[0], tokens[1], bill, 0.0, at - ask.at
                )
                ask.earlier.append(served)
        elif path == "local" and ask.earlier:
            own = ask.spent - ask.beside
            ask.earlier.append(
                Called(at, ask.request_id, 9, target, 0, "Served", "", False, ask.prompt, ask.completion, own, ask.gpu_s, at - ask.at)
            )
        if not target:
            tokens = NOTHING
        self.written += ask.earlier
        route = route or ("sensitive" if ask.is_sensitive else "easy")
        dice = self.dice
        self.written.append(
            Used(
                at, ask.request_id, "chat", ask.tenant.name, f"{ask.tenant.name}-key", ask.label, route, path, target, "", result,
                {"served": 200, "abandoned": 200, "invalid": 400}.get(result, 503), code, ask.is_stream, *tokens, result == "abandoned",
                paid, None if paid is None else ask.beside, ask.gpu_s, at - ask.at, ask.first_byte_s if target else None,
                dice.lognormvariate(-7.2, 0.3), 0.0, ask.difficulty, attempts or len(ask.earlier) or bool(target), ask.first, ask.cascade,
                ask.hedge, "",
            )
        )  # fmt: skip

    def _bill(self, at: float, _: Ask, __: int) -> None:
        for replica, account in enumerate(self.accounts):
            account.turn(int(at * NANO), is_there=self._is_there(replica, at) or replica == 1)
            had = account.drain()
            if had.wall_s:
                self.written.append(Leased(at, "qwen", replica, 1, *had))
