"""The made-up week keeps honest books: its bill is the accounts', nothing sensitive leaves, and the same dice give the same week."""

import gzip
import json
import random
from pathlib import Path

import pytest

from benchmarks.week import TENANTS, Clouds, Week
from gateway.report.columns import ids, requests
from gateway.report.declared import Reporting
from gateway.report.leases import leases
from gateway.report.money import money
from gateway.report.period import Period
from gateway.usage.rows import Called, Leased, Row, Used
from router.cost import Tariff

PERIOD = Period.week("2026-W46")
CLOUDS = Clouds({"gpt": Tariff.per_million("1.25", 10), "claude": Tariff.per_million(3, 15)}, 0.6)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made, dice = tmp_path_factory.mktemp("traces"), random.Random(1)
    calls = sorted((dice.random() * 3_500, dice.randrange(50, 6_000), dice.randrange(1, 600)) for _ in range(300))
    for name in {tenant.trace for tenant in TENANTS}:
        with gzip.open(made / name, "wt") as file:
            if ".csv" in name:
                file.write("t_seconds,input_tokens,output_tokens\n" + "".join(f"{at},{read},{written}\n" for at, read, written in calls))
            else:
                rows = ({"t_ms": at * 1_000, "input_tokens": read, "output_tokens": written} for at, read, written in calls)
                file.writelines(json.dumps(row) + "\n" for row in rows)
    return made


@pytest.fixture(scope="module")
def week(folder: Path) -> list[Row]:
    return list(Week(folder, CLOUDS, PERIOD, 3_000).rows())


def test_gpus_cost_their_bill_and_every_part_of_it_has_a_row(week: list[Row]) -> None:
    calls, bills = [row for row in week if isinstance(row, Called)], [row for row in week if isinstance(row, Leased)]
    used = [row for row in week if isinstance(row, Used)]
    found = money(requests(used, ids(calls)), calls, leases(bills), PERIOD, Reporting())
    costless = {row.request_id for row in used if row.cost is None}
    assert found.unseen == sum(row.cost or 0 for row in calls if row.target == "qwen" and row.request_id in costless) > 0
    assert sum(row.reserved for row in bills) == sum(row.allocated + row.idle for row in bills)
    # One replica all week, the other from 6 to 22 o'clock, less ten minutes of the first.
    assert sum(row.wall_s for row in bills) == pytest.approx((168 + 7 * 16) * 3_600 - 600, abs=180)


def test_nothing_sensitive_leaves_and_everything_ends_once(week: list[Row]) -> None:
    used = [row for row in week if isinstance(row, Used)]
    assert not [row for row in used if row.label in {"personal", "restricted"} and row.path == "cloud"]
    assert len({row.request_id for row in used}) == len(used) > 2_000
    assert {row.result for row in used} >= {"served", "abandoned", "invalid"}
    assert {row.cascade for row in used} >= {"", "accepted", "escalated"}


def test_the_same_dice_give_the_same_week(folder: Path, week: list[Row]) -> None:
    assert list(Week(folder, CLOUDS, PERIOD, 3_000).rows()) == week
    assert list(Week(folder, CLOUDS, PERIOD, 3_000, seed=8).rows()) != week
