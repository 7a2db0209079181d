import re

import pytest
import yaml

from gateway.advice.advise import advise
from gateway.advice.page import page
from gateway.advice.questions import DIMENSIONS, Answer
from gateway.advice.traffic import counted
from gateway.usage.rows import Used
from tests.fakes.usage import used
from tests.fakes.week import HOUSE, MONDAY, house, minutes, requests

PLAN, CONTENT = house()
WEEK = advise(PLAN, CONTENT, counted(PLAN, requests(), minutes()), {})
PAGE = page(WEEK, "own.yaml")
BARE = page(advise(PLAN, CONTENT, None, {}), "own.yaml")


def made(*rows: Used, answers: int = 0) -> str:
    traffic = counted(PLAN, rows, minutes())
    return page(advise(PLAN, CONTENT, traffic, {name: Answer(answers) for name in DIMENSIONS} if answers else {}), "own.yaml")


@pytest.mark.parametrize(
    "words",
    [
        "# Open or closed models: own.yaml",
        "**15 to 20 of 30 points: *hybrid, leaning closed* or *hybrid, leaning open*.**",
        "**You are at 0.7% of break-even** against `gpt`",
        "**First: send all of it to `gpt`, and give the GPUs back.** It saves $2,899.56 a month.",
        "From 4,032 answered requests, 2025-11-10 00:00 to 2025-11-16 23:59 UTC, 168 hours.",
        "| privacy | 1 | measured |",
        "| **sum** | **15-20** |",
        "| 13-18 | **hybrid, leaning closed** |",
        "- operations: share of requests bound for home that were answered there: 2 from 95%, 3 from 99%, 4 from 99.5%, 5 from 99.9%;",
        "`qwen`: $2,920.00 a month of GPUs (as it was recorded), $2,190.00 of that while they waited; 336 requests a day.",
        "| `gpt` | $20.44 | 0.7% | 48,000 |",
        "The GPUs cost $2,899.56 a month more than that work would outside",
        "2.3 times that work, which is not enough for break-even",
        "In the measured time: $5.04 for closed models and $672.00 for GPUs: $147.08 for a million tokens",
        'available: "06:00-22:00"',
        "| 50% | 50% | 168 | $10.22 |",
        "easy-not-yet, when: {share: 100%}, to: [gpt], fallback: [qwen]}",
        "`full` is the configuration as it is.",
        "95% for 5%, 75% for 25%, 50% for 50%, 25% for 75%",
    ],
)
def test_the_page_of_a_week(words: str) -> None:
    assert words in PAGE


def test_tables_are_whole() -> None:
    for text in (PAGE, BARE):
        for table in re.findall(r"(?:^\|.*\n?)+", text, re.MULTILINE):
            assert len({line.count("|") for line in table.strip().splitlines()}) == 1, table


def test_blocks_are_yaml() -> None:
    for text in (PAGE, BARE):
        blocks = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
        assert blocks
        assert all(isinstance(yaml.safe_load(block), dict) for block in blocks)


def test_without_traffic_each_part_says_so() -> None:
    for words in (
        "**6 to 30 of 30 points: not decided yet.**",
        "- Nothing was recorded",
        "Not known without recorded traffic and a price of the GPUs.",
        "Not known without recorded traffic.",
        "privacy: # What may leave your own machines?",
        "  # 5: nothing, by law or by contract",
        "| shadow | 0% |  |  |",
    ):
        assert words in BARE
    assert "break-even**" not in BARE


def test_all_answered_is_one_band() -> None:
    said = made(*requests(), answers=5)
    assert "**30 of 30 points: *open*.** Engines of your own for all" in said
    assert "To fill the gaps" not in said
    assert "How points come of" not in said


def test_gpus_that_pay_are_said_to() -> None:
    said = made(*(row._replace(prompt=1_000_000) for row in requests()))
    assert "The GPUs pay for themselves." in said
    assert "which is enough for break-even" in said
    assert "a month more than that work" not in said


def test_what_is_unknown_is_told() -> None:
    said = made(
        used(at=float(MONDAY), label="restricted", prompt=None),
        used(at=float(MONDAY), path="cloud", target="gpt", cost=None),
        used(at=float(MONDAY), path="cloud", target="gpt", cost=10_000, beside=10_000),
    )
    for words in (
        "100% of those requests may not leave",
        "1 requests without known tokens are left out",
        "1 requests outside have no known price",
        "$0.01 of that bought nothing that a caller got",
    ):
        assert words in said


def test_without_a_closed_model_or_a_price_there_is_less_to_say() -> None:
    text = HOUSE.replace("cost: {input_per_mtok_usd: 1, output_per_mtok_usd: 10}", "cost: unknown").replace(
        "cost: {input_per_mtok_usd: 3, output_per_mtok_usd: 15}", "cost: unknown"
    )
    plan, content = house(text)
    said = page(advise(plan, content, counted(plan, requests(), minutes()), {}), "own.yaml")
    assert "336 requests a day." in said
    assert "| instead of |" not in said
    poor, content = house(HOUSE.replace("    cost: {gpu_hour_usd: 2.0}\n", ""))
    said = page(advise(poor, content, counted(poor, requests()), {}), "own.yaml")
    assert "and GPUs whose price is not known." in said


def test_nothing_to_do_and_nothing_to_move_are_sentences_too() -> None:
    plan, content = house(HOUSE.replace("to: [qwen], fallback: [gpt]", "to: [qwen]"))
    rows = [used(at=float(MONDAY), prompt=500_000_000)]
    found = advise(plan, content, counted(plan, rows), {})
    said = page(found, "own.yaml")
    assert "Nothing that the recorded traffic carries" in said
    assert "No route leads home and may go outside as well" in said


def test_a_migration_under_way_shows_where_it_leads() -> None:
    first = WEEK.migration
    assert first is not None
    moved = {**CONTENT, "routes": [dict(route) for route in first.phases[2].routes]}
    said = page(advise(PLAN, moved, None, {}), "own.yaml")
    assert "Now the configuration is at 25%" in said
    assert "`full`:\n\n```yaml" in said
    twins = [{"name": "a-not-yet", "when": {"share": held}, "to": ["gpt"]} for held in ("5%", "6%")]
    mixed = {**CONTENT, "routes": [*twins, *(dict(route) for route in first.phases[5].routes)]}
    assert "hold back different shares" in page(advise(PLAN, mixed, None, {}), "own.yaml")


def test_an_interval_is_shown_where_there_is_one() -> None:
    assert "Saves $1,460.00 a month." in PAGE
    dear = made(
        *requests(), *(used(at=float(MONDAY + 60 * number), path="cloud", target="gpt", difficulty=0.6, cost=10**7) for number in range(50))
    )
    assert re.search(r"Saves \$[\d,.]+ \(\$[\d,.]+ to \$[\d,.]+\) a month", dear)
    assert "Savings do not add up" in dear
    assert re.search(r"you would be at about [\d.,]+% of break-even, from", dear)


def test_what_costs_is_no_saving() -> None:
    waiting = made(*requests(queue_s=3.0), used(at=float(MONDAY), label="restricted"))
    assert "Costs $1,460.00 a month." in waiting
