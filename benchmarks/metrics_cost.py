"""What metrics cost: CPU per request, a scrape of a gateway with 50 models, and series that random names add.

`python -m benchmarks.metrics_cost [--exchanges 1000000]`. CPU is that of the process; "held" is the longest that a scrape keeps others on
the event loop from their turn. `observe_us` measures any observer, so that others can be measured in the same way.
"""

import argparse
import asyncio
import gc
import time
from collections.abc import Callable, Iterable, Sequence
from random import Random

import msgspec
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_open
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector
from typing_extensions import override

from gateway.errors import CODES
from gateway.exchange import AttemptRecord, Exchange, Times
from gateway.exposition import TEXT, Format, Writer, chosen
from gateway.observers.prometheus import Prometheus
from gateway.plan import Plan
from gateway.possible import possible, series
from gateway.runtime import Observer
from router.attempt import Usage
from router.fleet import Fleet
from router.names import MicroUsd, RouteName, TargetName
from tests.fakes.exchanges import everything, fifty_models, strange
from tests.fakes.gateway import compiled

OPEN = chosen("application/openmetrics-text")
TIMES = Times(2.0, 1.0, 0.001, 0.001, 0.001, 0.001, 0.001)


def ordinary(plan: Plan) -> Sequence[Exchange]:
    """What most requests are: one attempt, answered; whole and as streams, at home and outside."""
    label = plan.policy.labels.lowest
    made = []
    for name in ("local-17", "away-2"):
        target = plan.policy.targets[TargetName(name)]
        attempt = AttemptRecord(target.name, 0, "Served", status=200, sent_bytes=900, label=label)
        money = {"usage": Usage(100, 50, 20), "cost": MicroUsd(25), "baseline_cost": MicroUsd(70)}
        whole = Exchange(f"req_{name}", "chat", "served", 200, label=label, route=RouteName("rest"), times=TIMES)
        whole = msgspec.structs.replace(whole, path=target.path, target=target.name, difficulty=0.4, attempts=(attempt,), **money)
        made += [whole, msgspec.structs.replace(whole, is_stream=True)]
    return made


def observing(plan: Plan) -> Prometheus:
    """The observer of a plan, as a gateway has it."""
    made, fleet = Prometheus(), Fleet(plan.policy.targets.values())
    made.configure(plan, CODES, lambda: (fleet, 0.0))
    return made


def observe_us(observe: Observer, exchanges: Sequence[Exchange], count: int = 50_000) -> float:
    """Microseconds of CPU of this process for each of so many exchanges; the least of five runs, since others use this machine too."""
    best = float("inf")
    for _ in range(5):
        gc.collect()
        start = time.process_time()
        for turn in range(count):
            observe(exchanges[turn % len(exchanges)])
        best = min(best, time.process_time() - start)
    return best / count * 1e6


async def scrape_ms(made: Prometheus, form: Format) -> tuple[float, float, int]:
    """Milliseconds of CPU of a scrape, the longest that it holds the loop, and its lines."""
    writer, spent, longest, text = Writer(), [], [], b""
    for _ in range(10):
        gaps, done = list[float](), asyncio.Event()
        watching = asyncio.get_running_loop().create_task(_gaps(gaps, done))
        await asyncio.sleep(0)
        start = time.process_time()
        text = await writer.write(made.tally(), form)
        spent.append(time.process_time() - start)
        done.set()
        await watching
        longest.append(max(gaps))
    return min(spent) * 1e3, min(longest) * 1e3, text.count(b"\n")


async def _gaps(gaps: list[float], done: asyncio.Event) -> None:
    """How long one that always wants its turn waits for it, in CPU time: others on this machine do not count."""
    last = time.process_time()
    while not done.is_set():
        await asyncio.sleep(0)
        now = time.process_time()
        gaps.append(now - last)
        last = now


def library_ms(made: Prometheus) -> tuple[float, float]:
    """Milliseconds of CPU that prometheus_client takes for the same scrape, as text and as OpenMetrics."""
    registry, families = CollectorRegistry(auto_describe=False), list(text_string_to_metric_families(made.exposition().decode()))

    class Read(Collector):
        @override
        def collect(self) -> Iterable[Metric]:
            return families

    registry.register(Read())
    spent = []
    for write in (generate_latest, generate_open):
        start = time.process_time()
        write(registry)
        spent.append((time.process_time() - start) * 1e3)
    return spent[0], spent[1]


def count_of(made: Prometheus) -> int:
    """How many series there are."""
    return sum(not line.startswith(b"#") for line in made.exposition(TEXT).splitlines())


def most_of(plan: Plan) -> int:
    """How many there can be."""
    return sum(series(possible(plan, CODES)).values())


def random_names(made: Prometheus, exchanges: Iterable[Exchange], look: Callable[[], int]) -> tuple[int, int]:
    """How many series there are before and after these exchanges."""
    before = look()
    for exchange in exchanges:
        made(exchange)
    return before, look()


def main(count: int) -> None:
    """Print all of it."""
    plan = compiled(fifty_models())
    made, dice = observing(plan), Random(7)
    for exchange in everything(plan):
        made(exchange)
    for _ in range(100):
        made(strange(dice))  # what no plan knows is counted as `_other`, once for each family
    print(f"the observer: {observe_us(observing(plan), ordinary(plan)):.1f} us of CPU per request")
    for name, form in (("text", TEXT), ("OpenMetrics", OPEN)):
        spent, held, lines = asyncio.run(scrape_ms(made, form))
        print(f"a scrape, {name}: {spent:.1f} ms of CPU, held {held:.1f} ms at most, {lines:,} lines")
    print("the same by prometheus_client: {:.0f} ms as text, {:.0f} ms as OpenMetrics".format(*library_ms(made)))
    most = most_of(plan)
    before, after = random_names(made, (strange(dice) for _ in range(count)), lambda: count_of(made))
    print(f"series with 50 models: at most {most:,}; {before:,} before and {after:,} after {count:,} requests with random names")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--exchanges", type=int, default=1_000_000)
    main(arguments.parse_args().exchanges)
