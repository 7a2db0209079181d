"""A small store, and exactly what the report says of it. `UPDATE=1` writes the golden anew: look at the difference."""

import os
from pathlib import Path

import pytest

from gateway.config.compile import compile_text
from gateway.config.prices import Prices
from gateway.plan import Plan
from gateway.report import story
from gateway.report.declared import Length
from gateway.report.document import Chart, Document
from gateway.report.make import report
from gateway.report.markdown import markdown
from gateway.report.page import page
from gateway.report.period import Period
from gateway.report.savings import Savings
from gateway.usage.reading import open_store
from gateway.usage.rows import Row
from gateway.usage.store import Batch
from gateway.usage.writing import open_writer, write
from tests.fakes.usage import called, leased, used

GOLDEN = Path(__file__).parents[2] / "golden" / "report.md"
WEEK = Period.week("2026-W46")
CONFIG = """
version: 1
destinations:
  qwen: {kind: openai_compatible, zone: local, url: http://127.0.0.1:1/v1, model: qwen3-8b, clearance: restricted, cost: {gpu_hour_usd: 2.4}}
  gpt:
    {kind: openai_compatible, zone: external, url: https://api.example.com/v1, model: gpt-5, clearance: internal,
     cost: {input_per_mtok_usd: 1, output_per_mtok_usd: 10, cached_per_mtok_usd: 0.1}}
routes:
  - {name: sensitive, when: {label: ">= personal"}, to: [qwen]}
  - {name: easy, to: [qwen], fallback: [gpt]}
baselines:
  all_gpt: {target: gpt, length: {ratio: 1.2, low: 1.0, high: 1.5}}
  at_home: all_local
report: {gateway_month_usd: 365}
"""
HOUR = 3_600.0


def at(day: int, hour: float) -> float:
    return WEEK.since + day * 86_400 + hour * HOUR


def rows() -> list[Row]:
    """A week of ten requests a working day, of two that are cascades, one that fell back, one that nobody answered, and unknown ones."""
    found: list[Row] = []
    for day in range(5):
        found += [
            used(
                at=at(day, 8 + number),
                request_id=f"l{day}{number}",
                label="personal" if number < 2 else "public",
                route="sensitive" if number < 2 else "easy",
                prompt=10_000,
                completion=2_000,
                cached=4_000,
                cost=100_000 + number,
                tenant="hr" if number < 2 else "apps",
                total_s=1.0 + number,
                first_byte_s=0.1 * (1 + number),
            )
            for number in range(8)
        ]
        found += [
            leased(
                at=at(day, hour) + HOUR - 1,
                wall_s=HOUR,
                busy_s=600.0,
                reserved=2_400_000,
                allocated=100_000 + hour - 8,
                idle=2_300_000 - hour + 8,
                energy=None,
            )
            for hour in range(8, 16)
        ]
    cascade = {"request_id": "c1", "at": at(1, 9.5), "failure": ""}
    found += [
        used(at=at(1, 9.5), request_id="c1", path="cloud", target="gpt", prompt=50_000, completion=4_000, cost=190_000, beside=100_000, attempts=2, cascade="escalated"),
        called(**cascade, number=1, ending="Rejected", prompt=50_000, completion=3_000, cost=100_000),
        called(**cascade, number=2, target="gpt", ending="Served", prompt=50_000, completion=4_000, cost=90_000),
        leased(at=at(1, 20), wall_s=HOUR, busy_s=600.0, reserved=2_400_000, allocated=110_000, idle=2_290_000, energy=None),
        used(at=at(2, 9.5), request_id="f1", label="personal", path="blocked", target="", result="failed", status=503, code="local_unavailable", prompt=None, completion=None, cost=0, first_byte_s=None),
        called(at=at(2, 9.5), request_id="f1", failure="UNREACHABLE", cost=0),
        used(at=at(3, 9.5), request_id="u1", path="cloud", target="gpt", prompt=None, completion=None, cost=None, beside=None),
        used(at=at(3, 9.6), request_id="u2", path="cloud", target="gpt", prompt=100, completion=10, cost=200, result="abandoned", is_estimate=True),
        used(at=at(4, 9.5), request_id="i1", path="blocked", target="", first="", label="", route="", result="invalid", status=400, code="bad_request", prompt=None, completion=None, cost=None, beside=None, attempts=0, first_byte_s=None),
    ]  # fmt: skip
    return sorted(found, key=lambda row: row.at)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return compile_text(CONFIG, {}, prices=Prices(None))


def made(plan: Plan, folder: Path, more: tuple[Row, ...] = (), period: Period = WEEK) -> Document:
    write(folder / "usage.sqlite", [*rows(), *more])
    with open_store(folder / "usage.sqlite") as store:
        return report(store, plan, period)


def cells(found: Document, title: str, row: str) -> tuple[str, ...]:
    tables = [one for section in found.sections if section.title == title for one in section.shown if not isinstance(one, Chart)]
    return next(cells for table in tables for cells in table.rows if cells[0] == row)


def test_the_report_of_a_small_store_is_exactly_this(plan: Plan, tmp_path: Path) -> None:
    found = markdown(made(plan, tmp_path))
    if os.environ.get("UPDATE"):
        GOLDEN.write_text(found)
    assert found == GOLDEN.read_text()


def test_the_money_is_the_rows_to_the_micro_usd(plan: Plan, tmp_path: Path) -> None:
    found = made(plan, tmp_path)
    requests = 5 * sum(100_000 + number for number in range(8)) + 190_000 + 200
    idle = 5 * sum(2_300_000 - number for number in range(8)) + 2_290_000
    # Of 110,000 that were allocated on Tuesday evening, 100,000 were the cascade's: 10,000 have no row.
    total = requests + idle + 10_000 + 365_000_000 * 168 / 730
    assert cells(found, "Where the money went", "everything")[3] == f"${total / 1e6:,.2f}"
    assert cells(found, "Where the money went", "idle GPUs")[3] == f"${idle / 1e6:,.2f}"
    # 40 local answers at 6,000 x $1 + 4,000 x $0.1 + 2,000 x 1.2 x $10 per million tokens; the cloud's own as they were.
    baseline = 40 * (6_000 + 400 + 24_000) + 90_000 + 200
    row = cells(found, "Does it pay?", "all at gpt-5")
    assert (row[1], row[2], row[3]) == (
        f"${baseline / 1e6:,.2f}",
        f"${total / 1e6:,.2f}",
        f"\N{MINUS SIGN}${(total - baseline) / 1e6:,.2f}",
    )


def test_a_loss_is_called_one(plan: Plan, tmp_path: Path) -> None:
    found = made(plan, tmp_path)
    assert found.tiles[1].name == "Lost"
    assert found.tiles[1].mood == "bad"
    assert "were spent than that" in found.headline[1]


def test_what_went_where_it_may_not_is_the_first_thing_to_be_seen(plan: Plan, tmp_path: Path) -> None:
    leak = used(at=at(2, 3), request_id="x", label="personal", path="cloud", target="gpt")
    found = made(plan, tmp_path, (leak,))
    assert "ATTENTION: 1 request went to a destination that is not cleared for it" in found.headline[2]
    assert (found.tiles[3].value, found.tiles[3].mood) == ("1", "bad")


def test_an_empty_period_says_so(plan: Plan, tmp_path: Path) -> None:
    found = made(plan, tmp_path, period=Period.week("2026-W40"))
    assert found.headline == ("The usage store has no requests of week 40, 28 September to 4 October 2026.",)
    assert (found.tiles, found.sections) == ((), ())
    assert "no requests" in page(found)


def test_without_gpus_prices_or_answers_it_is_still_a_report(tmp_path: Path) -> None:
    bare = compile_text(CONFIG.partition("baselines:")[0], {}, prices=Prices(None))
    write(
        tmp_path / "usage.sqlite",
        [used(at=at(0, 1), path="blocked", target="", result="denied", attempts=0, cost=None, prompt=None, completion=None)],
    )
    with open_store(tmp_path / "usage.sqlite") as store:
        found = report(store, bare, WEEK)
    assert "No baseline is declared." in markdown(found)
    assert [tile.name for tile in found.tiles] == ["Spent", "Answered at home", "Sent where it may not go"]
    assert "Your own GPUs" not in [section.title for section in found.sections]
    assert "<svg" in page(found)


@pytest.mark.parametrize(
    ("low", "high", "say"),
    [
        pytest.param(500_000_000, 700_000_000, ", between $500 and $700 in 19 of 20 such periods", id="saved"),
        pytest.param(-700_000_000, -500_000_000, ", between $500 and $700 in 19 of 20 such periods", id="lost"),
        pytest.param(
            -200_000_000, 300_000_000, ", between $200 lost and $300 saved in 19 of 20 such periods: that may be chance", id="either"
        ),
        pytest.param(None, None, "; too little traffic to say how sure that is", id="nobody knows"),
    ],
)
def test_how_sure_it_is_is_said_in_words(low: int | None, high: int | None, say: str) -> None:
    assert story._interval(Savings("x", "gpt-5", Length(), 1, 0, 5, 10, low, high)) == say


def test_lost_rows_are_said(plan: Plan, tmp_path: Path) -> None:
    write(tmp_path / "usage.sqlite", rows())
    writer = open_writer(str(tmp_path / "usage.sqlite"))
    writer.open("s", {})
    writer.write(Batch(at(1, 1), losses={"queue": 7, "disk": 1}))
    writer.close()
    with open_store(tmp_path / "usage.sqlite") as store:
        said = markdown(report(store, plan, WEEK))
    assert "Lost: 7 rows (queue). What they cost is not in this report." in said
    assert "Lost: 1 row (disk)." in said


def test_the_page_holds_what_the_markdown_says(plan: Plan, tmp_path: Path) -> None:
    found = made(plan, tmp_path)
    for section in found.sections:
        assert f"<h2>{section.title}</h2>" in page(found)
    assert page(found).count("<svg") == 1 + 2 * sum(isinstance(one, Chart) for section in found.sections for one in section.shown)


def test_a_week_in_which_nobody_asked_has_a_bill_all_the_same(plan: Plan, tmp_path: Path) -> None:
    bills = [leased(at=at(0, 12) + 60.0 * minute, reserved=40_000, allocated=0, idle=40_000) for minute in range(100)]
    write(tmp_path / "idle.sqlite", bills)
    with open_store(tmp_path / "idle.sqlite") as store:
        found = report(store, plan, WEEK)
    assert found.headline == ("The usage store has no requests of week 46, 9 to 15 November 2026. Your own GPUs cost $4.00 all the same.",)


def test_a_week_in_which_nobody_was_answered_is_said_as_it_was(plan: Plan, tmp_path: Path) -> None:
    gone = {"target": "", "result": "failed", "status": 503, "cost": None, "beside": None, "prompt": None, "completion": None}
    write(tmp_path / "failed.sqlite", [used(at=at(0, 12), path="blocked", gpu_s=0.0, **gone)])
    with open_store(tmp_path / "failed.sqlite") as store:
        found = markdown(report(store, plan, WEEK))
    assert "No request found a target that answered; none of them was sensitive." in found
    assert "all_gpt: nothing can be said, because no request has both a known cost and known tokens." in found
