"""The weekly report of a made-up week, made by the same code as `tidegate report`.

    python benchmarks/report_week.py TRAFFIC [--out DIR] [--requests 400000] [--seed 7]

TRAFFIC is a folder of recorded traces (benchmarks/README.md). benchmarks/week.py says what is recorded and what is made up; the
configuration is report_week.yaml. Writes usage.sqlite, report.md and report.html, and prints the figures at the top of the page.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.week import Clouds, Week
from gateway.config.compile import load
from gateway.report.make import report
from gateway.report.markdown import markdown
from gateway.report.page import page
from gateway.report.period import Period
from gateway.usage.reading import open_store
from gateway.usage.writing import write

HERE = Path(__file__).parent
NAME = "2026-W46"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("traffic", type=Path)
    parser.add_argument("--out", type=Path, default=None, help="folder for the store and the report; default: a temporary one")
    parser.add_argument("--requests", type=int, default=400_000, help="of the whole week")
    parser.add_argument("--seed", type=int, default=7)
    chosen = parser.parse_args()
    out = chosen.out or Path(tempfile.mkdtemp(prefix="report-"))
    out.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    plan = load(HERE / "report_week.yaml", {}, needs_secrets=False)
    tariffs = {str(name): target.tariff for name, target in plan.policy.targets.items() if target.tariff is not None}
    store, period = out / "usage.sqlite", Period.week(NAME)
    store.unlink(missing_ok=True)
    write(store, Week(chosen.traffic, Clouds(tariffs, plan.policy.threshold), period, chosen.requests, chosen.seed).rows())
    simulated = time.monotonic()
    with open_store(store) as opened:
        found = report(opened, plan, period)
    reported = time.monotonic()
    (out / "report.md").write_text(markdown(found), encoding="utf-8")
    (out / "report.html").write_text(page(found), encoding="utf-8")
    print("\n".join(found.headline))
    print(f"simulated in {simulated - began:.0f} s, reported in {reported - simulated:.1f} s: {out}/report.html, report.md, usage.sqlite")


if __name__ == "__main__":
    main()
