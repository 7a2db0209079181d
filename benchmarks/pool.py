"""How long prompts with shared beginnings wait for their first token behind four replicas, by how replicas are chosen.

A discrete-event model, no sockets: each replica has a FIFO of prefills at a fixed rate, a cache of prefixes in blocks of 16 tokens (least
recently used first out), a bounded number of requests that it decodes at a time, and metrics that are read once a second. The choice is
the gateway's own code (`router.fleet`). The texts are made up; the same requests at the same times go to every way of choosing.

    python -m benchmarks.pool                  # a table
    python -m benchmarks.pool --requests 6000 --seed 3
"""

import argparse
import heapq
import itertools
import statistics
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from random import Random
from zlib import crc32

from router.attempt import Attempt, Served
from router.decision import Target
from router.facts import Facts
from router.fleet import Fleet
from router.labels import Labels
from router.names import Sent, TargetName
from router.prefixes import blocks_of
from router.replica import Load

REPLICAS = 4
PREFILL_PER_S = 8_000.0
"""Tokens of prompt that a replica computes in a second: an 8B model on one GPU of the last generation but one."""
STEP_S = 0.02
"""A token of each running answer, while few run."""
BATCH = 64
"""Answers that a replica writes at a time."""
CACHE_TOKENS = 96_000
CACHE_BLOCK = 16
SCRAPE_S = 1.0
_TARGET = Target(TargetName("pool"), "local", Labels(("public",)).lowest, Sent("m"), replicas=REPLICAS)


@dataclass(frozen=True, slots=True)
class Request:
    """One request: when it comes, what it says, how long its answer is in tokens."""

    at: float
    text: str = field(repr=False)
    answer: int

    @property
    def tokens(self) -> int:
        """Four characters a token."""
        return len(self.text) // 4


def words(dice: Random, tokens: int) -> str:
    """Made-up text of so many tokens of four characters."""
    return "".join(f"{dice.getrandbits(12):03x} " for _ in range(tokens))


def workload(requests: int, per_s: float, seed: int, *, shares: bool = True) -> list[Request]:
    """Conversations about 64 documents, popular ones more often, 500 to 6,000 tokens each; every turn sends the whole conversation again.

    Without `shares` every request has a text of its own.
    """
    dice = Random(seed)
    documents = [words(dice, dice.randint(500, 6_000)) for _ in range(64)]
    weights = [1.0 / (1 + rank) ** 0.8 for rank in range(len(documents))]
    found: list[Request] = []
    start = 0.0
    while len(found) < requests * 1.2:
        start += dice.expovariate(per_s / 3.0)  # three turns on average
        said = dice.choices(documents, weights)[0] if shares else words(dice, dice.randint(500, 6_000))
        at = start
        for _ in range(dice.randint(1, 5)):
            said += words(dice, dice.randint(20, 200))
            answer = dice.randint(20, 200)
            found.append(Request(at, said if shares else words(dice, len(said) // 4), answer))
            said += words(dice, answer)
            at += 5.0 + dice.expovariate(1 / 10.0)
    return sorted(found, key=lambda one: one.at)[:requests]


class Engine:
    """One replica of the model."""

    def __init__(self) -> None:
        self.cache: OrderedDict[int, None] = OrderedDict()
        self.queue: deque[int] = deque()
        self.is_prefilling = False
        self.decoding = 0
        self.hits = self.seen = 0

    def uncached(self, text: str) -> int:
        """Tokens of a prompt that must be computed; afterwards they are in the cache."""
        size = CACHE_BLOCK * 4
        raw = text.encode()
        chain = list(itertools.accumulate((raw[at : at + size] for at in range(0, len(raw), size)), lambda a, b: crc32(b, a), initial=0))[
            1:
        ]
        known = sum(1 for _ in itertools.takewhile(self.cache.__contains__, chain))
        for block in reversed(chain):
            self.cache[block] = None
            self.cache.move_to_end(block)
        while len(self.cache) > CACHE_TOKENS // CACHE_BLOCK:
            self.cache.popitem(last=False)
        self.seen += len(chain)
        self.hits += known
        return (len(chain) - known) * CACHE_BLOCK


Choose = Callable[[Fleet, Sequence[Engine], Facts, float], int]
"""Chooses a replica for a request that comes at a time."""


def ours(fleet: Fleet, _engines: Sequence[Engine], facts: Facts, now: float) -> int:
    """What the gateway does."""
    return fleet.pick(_TARGET, now, facts=facts) or 0


def least_loaded(fleet: Fleet, _engines: Sequence[Engine], _facts: Facts, _now: float) -> int:
    """The fewest requests in flight."""
    return min(range(REPLICAS), key=lambda number: fleet.pool(_TARGET.name)[number].breaker.in_flight)


def round_robin() -> Choose:
    """One after the other."""
    turns = itertools.cycle(range(REPLICAS))
    return lambda _fleet, _engines, _facts, _now: next(turns)


@dataclass(frozen=True, slots=True)
class Result:
    """Seconds to the first token of each request, and the share of prompt tokens that was in a cache."""

    waits: tuple[float, ...]
    hit: float

    @property
    def mean_s(self) -> float:
        """On average."""
        return statistics.fmean(self.waits)


class Run:
    """One way of choosing, over one workload. Events are `(time, order, what)`."""

    def __init__(self, requests: Sequence[Request], choose: Choose, *, scrapes: bool = True, gateways: int = 1) -> None:
        """Requests come to the gateways in turn; each knows of the others' only what the metrics say."""
        self.requests, self.choose, self.scrapes = requests, choose, scrapes
        self.engines = [Engine() for _ in range(REPLICAS)]
        self.fleets = [Fleet([_TARGET]) for _ in range(gateways)]
        self.waits = [0.0] * len(requests)
        self.attempts: dict[int, Attempt] = {}
        self._order = itertools.count()
        self._events: list[tuple[float, int, Callable[[float], None]]] = []

    def result(self) -> Result:
        """Play it to its end."""
        for number, request in enumerate(self.requests):
            self._at(request.at, partial(self._arrive, number))
        if self.scrapes:
            for second in range(int(self.requests[-1].at / SCRAPE_S)):
                self._at(second * SCRAPE_S, self._scrape)
        while self._events:
            now, _, event = heapq.heappop(self._events)
            event(now)
        hits, seen = sum(one.hits for one in self.engines), sum(one.seen for one in self.engines)
        return Result(tuple(self.waits), hits / seen)

    def _at(self, when: float, event: Callable[[float], None]) -> None:
        heapq.heappush(self._events, (when, next(self._order), event))

    def _arrive(self, number: int, now: float) -> None:
        request = self.requests[number]
        facts = Facts(str(number), is_stream=True, prompt_tokens=request.tokens, blocks=blocks_of([request.text]))
        fleet = self._fleet(number)
        replica = self.choose(fleet, self.engines, facts, now)
        self.attempts[number] = Attempt(1, _TARGET, replica)
        fleet.begin(self.attempts[number], now, facts)
        self.engines[replica].queue.append(number)
        self._prefill(self.engines[replica], now)

    def _prefill(self, engine: Engine, now: float) -> None:
        if engine.is_prefilling or not engine.queue or engine.decoding >= BATCH:
            return
        engine.is_prefilling = True
        number = engine.queue.popleft()
        tokens = engine.uncached(self.requests[number].text)
        slowed = 1.0 + engine.decoding / BATCH  # the batch shares its steps with the prefill
        self._at(now + STEP_S + tokens / PREFILL_PER_S * slowed, lambda at: self._first_token(engine, number, at))

    def _first_token(self, engine: Engine, number: int, now: float) -> None:
        self.waits[number] = now - self.requests[number].at
        self._fleet(number).answered(self.attempts[number], now)
        engine.is_prefilling = False
        engine.decoding += 1
        self._at(now + self.requests[number].answer * STEP_S * (1.0 + engine.decoding / BATCH), lambda at: self._end(engine, number, at))
        self._prefill(engine, now)

    def _end(self, engine: Engine, number: int, now: float) -> None:
        engine.decoding -= 1
        self._fleet(number).note(self.attempts.pop(number), Served(), now, 0.0)
        self._prefill(engine, now)

    def _scrape(self, _now: float) -> None:
        for number, engine in enumerate(self.engines):
            running = engine.decoding + engine.is_prefilling
            for fleet in self.fleets:
                own = fleet.pool(_TARGET.name)[number].breaker.in_flight
                fleet.report(_TARGET.name, number, Load(running, len(engine.queue), 0.0, own=own))

    def _fleet(self, number: int) -> Fleet:
        return self.fleets[number % len(self.fleets)]


def compared(requests: Sequence[Request]) -> dict[str, Result]:
    """The ways of choosing over the same requests."""
    return {
        "round robin": Run(requests, round_robin()).result(),
        "least loaded": Run(requests, least_loaded).result(),
        "ours": Run(requests, ours).result(),
        "ours, 2 gateways, blind": Run(requests, ours, scrapes=False, gateways=2).result(),
        "ours, 2 gateways": Run(requests, ours, gateways=2).result(),
    }


def rows(requests: int, seed: int) -> Iterator[str]:
    """The table."""
    yield f"{'requests/s':>10}  {'':<24} {'mean':>8} {'p50':>8} {'p99':>8}   cached   against round robin"
    for per_s, shares in ((4.0, True), (8.0, True), (12.0, True), (6.0, False)):
        results = compared(workload(requests, per_s, seed, shares=shares))
        base = results["round robin"].mean_s
        for name, one in results.items():
            cuts = statistics.quantiles(one.waits, n=100)
            what = f"{per_s:>10g}" + ("  " if shares else " *")
            spread = " ".join(f"{1000 * value:6.0f}ms" for value in (one.mean_s, cuts[49], cuts[98]))
            yield f"{what}{name:<24} {spread}   {one.hit:6.1%}   {one.mean_s / base - 1:+.0%}"
    yield "* every prompt has a text of its own"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--requests", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for row in rows(options.requests, options.seed):
        print(row, flush=True)
