"""What watching costs: CPU time of the process for each exchange, of the metrics and of the usage store, its writing thread included.

    python -m benchmarks.observing [--exchanges 40000] [--store postgresql://...] [--most-us 25]

A mix as a gateway sees it: answers whole and streamed, fallbacks, cascades, hedges, refusals. They are handed over in bursts, so many as
come between two writes at 1,000 a second. The table gives microseconds of CPU per exchange, of which the event loop's, and the ratio to
what the exchange costs to make. Exit code 1 where metrics and store together are above the bound.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from gateway.exchange import AttemptRecord, Exchange, Times
from gateway.observers.prometheus import Prometheus
from gateway.usage.recent import Recent
from gateway.usage.recorder import Recorder
from gateway.usage.writer import EVERY_S
from router.attempt import Usage
from router.cascade import Rejection
from router.labels import Labels
from router.names import MicroUsd, RouteName, TargetName

BURST = 500
"""What comes between two writes at 1,000 requests a second."""
LABELS = Labels(("public", "internal", "personal", "restricted"))
QWEN, GPT = TargetName("qwen"), TargetName("gpt")


def mix(count: int, seed: int = 7) -> list[Exchange]:
    """Exchanges: 55 % plain answers, 25 % streams, 8 % fallbacks, 4 % cascades, 3 % hedges, 5 % refused before any attempt."""
    dice = random.Random(seed)
    kinds = dice.choices((_plain, _stream, _fallback, _cascade, _hedge, _refused), (55, 25, 8, 4, 3, 5), k=count)
    return [kind(dice, f"req_{number:024x}") for number, kind in enumerate(kinds)]


def _plain(dice: random.Random, request_id: str, *, is_stream: bool = False, cost: MicroUsd | None = None, **more: object) -> Exchange:
    target = dice.choice((QWEN, QWEN, GPT))
    path = "local" if target == QWEN else "cloud"
    total_s, usage = dice.expovariate(1.0), Usage(dice.randrange(50, 4_000), dice.randrange(5, 800), dice.randrange(50))
    attempts = (AttemptRecord(target, dice.randrange(4), "Served", status=200, sent_bytes=4_000, total_s=total_s, label=LABELS.lowest),)
    members = {
        "tenant": f"team-{dice.randrange(20)}",
        "key": f"key-{dice.randrange(40)}",
        "is_stream": is_stream,
        "label": LABELS.lowest,
        "route": RouteName("easy"),
        "path": path,
        "target": target,
        "difficulty": dice.random(),
        "attempts": attempts,
        "usage": usage,
        "finish": "stop",
        "cost": MicroUsd(dice.randrange(1, 9_000)) if target == GPT else cost,
        "baseline_cost": MicroUsd(dice.randrange(1, 9_000)),
        "body_bytes": 4_000,
        "answer_bytes": 2_000,
        "times": Times(total_s, total_s / 3, 0.0001, 0.0001, 0.0002, 0.0, 0.0001, total_s),
    }
    return Exchange(request_id, "chat", "served", 200, **(members | more))  # type: ignore[arg-type]


def _stream(dice: random.Random, request_id: str) -> Exchange:
    return _plain(dice, request_id, is_stream=True)


def _fallback(dice: random.Random, request_id: str) -> Exchange:
    failed = AttemptRecord(QWEN, 0, "Failed", "OVERLOADED", 503, 4_000, total_s=0.01, label=LABELS.lowest)
    served = AttemptRecord(GPT, 0, "Served", "", 200, 4_000, total_s=0.5, label=LABELS.lowest, number=2)
    return _plain(dice, request_id, attempts=(failed, served), path="cloud", target=GPT)


def _cascade(dice: random.Random, request_id: str) -> Exchange:
    rejection: Rejection = "low_confidence"
    rejected = AttemptRecord(
        QWEN, 0, "Rejected", "", 200, 4_000, total_s=0.3, usage=Usage(500, 50), cost=MicroUsd(40), rejection=rejection, label=LABELS.lowest
    )
    served = AttemptRecord(
        GPT, 0, "Served", "", 200, 4_000, total_s=0.5, usage=Usage(500, 60), cost=MicroUsd(900), number=2, label=LABELS.lowest
    )
    more = {"cascade": "escalated", "grounds": rejection, "cost": MicroUsd(940), "path": "cloud", "target": GPT}
    return _plain(dice, request_id, attempts=(rejected, served), **more)  # type: ignore[arg-type]


def _hedge(dice: random.Random, request_id: str) -> Exchange:
    outrun = AttemptRecord(QWEN, 0, "Outrun", "", 0, 4_000, total_s=2.0, usage=Usage(500, 5), cost=MicroUsd(30), label=LABELS.lowest)
    served = AttemptRecord(QWEN, 1, "Served", "", 200, 4_000, total_s=0.5, usage=Usage(500, 60), cost=MicroUsd(60), number=2, is_hedge=True)
    return _plain(dice, request_id, attempts=(served, outrun), hedge="hedge", cost=MicroUsd(90), path="local", target=QWEN)


def _refused(dice: random.Random, request_id: str) -> Exchange:
    return Exchange(request_id, "chat", "invalid", 400, "bad_field", tenant=f"team-{dice.randrange(20)}", times=Times(0.0002))


def cpu(observers: Iterable[Callable[[Exchange], None]], exchanges: list[Exchange], settle: Callable[[], None]) -> tuple[float, float]:
    """Microseconds of CPU per exchange: of the whole process, and of the thread that hands over."""
    watching = tuple(observers)
    begun, own = time.process_time(), 0.0
    for start in range(0, len(exchanges), BURST):
        mine = time.thread_time()
        for exchange in exchanges[start : start + BURST]:
            for observe in watching:
                observe(exchange)
        own += time.thread_time() - mine
        settle()
    return 1e6 * (time.process_time() - begun) / len(exchanges), 1e6 * own / len(exchanges)


def recorded(url: str, exchanges: list[Exchange], *beside: Callable[[Exchange], None]) -> tuple[float, float]:
    """The same with a recorder, whose thread writes before the next burst comes."""
    recorder = Recorder(url, "" if "://" in url else url + "-handed-")
    recorder.follow({QWEN: "Qwen/Qwen3-8B", GPT: "gpt-5"}, 400)
    recorder.start()
    time.sleep(2 * EVERY_S)

    def written() -> None:
        while recorder._writer.line or recorder._writer._in_hand:  # noqa: SLF001  # what it measures
            time.sleep(EVERY_S / 2)

    found = cpu((*beside, recorder), exchanges, written)
    samples = {(name, *labels): value for name, labels, value in recorder.samples()}
    if sum(value for (name, *_), value in samples.items() if name == "usage_rows_lost_total") or not recorder.is_available:
        sys.exit("rows were lost: the figures say nothing")
    recorder._writer.closing.set()  # noqa: SLF001
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--exchanges", type=int, default=20_000)
    parser.add_argument("--store", default="", help="a URL of PostgreSQL; default: a file of SQLite in a new folder")
    parser.add_argument("--most-us", type=float, default=25.0)
    asked = parser.parse_args()
    begun = time.process_time()
    exchanges = mix(asked.exchanges)
    made = 1e6 * (time.process_time() - begun) / len(exchanges)
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "usage.db")
        rows = {
            "nothing": cpu((), exchanges, lambda: None),
            "metrics (Prometheus)": cpu((Prometheus(),), exchanges, lambda: None),
            "ids for feedback": cpu((Recent(),), exchanges, lambda: None),
            "usage store": recorded(asked.store or file, exchanges),
            "all of them": recorded(asked.store or file, exchanges, Prometheus(), Recent()),
        }
    print(f"{len(exchanges):,} exchanges in bursts of {BURST}, {'PostgreSQL' if asked.store else 'SQLite'}; microseconds of CPU each\n")
    print(f"{'':24} {'all':>8} {'loop':>8} {'thread':>8} {'x made':>8}")
    for name, (whole, own) in rows.items():
        print(f"{name:24} {whole:8.2f} {own:8.2f} {whole - own:8.2f} {whole / made:8.2f}")
    if rows["all of them"][0] > asked.most_us:
        sys.exit(f"above {asked.most_us:g} us")


if __name__ == "__main__":
    main()
