import pytest

from gateway.advice.advise import advise
from gateway.advice.questions import Answer
from gateway.advice.traffic import counted
from gateway.usage.rows import Used
from tests.fakes.usage import used
from tests.fakes.week import HOUSE, house, minutes, requests

PLAN, CONTENT = house()


def test_a_week_gives_all_of_it() -> None:
    found = advise(PLAN, CONTENT, counted(PLAN, requests(), minutes()), {"customisation": Answer(2)})
    assert found.missing == ()
    assert (found.assessment.low, found.assessment.high) == (16, 17)
    assert found.standings[0].ratio is not None
    assert found.blended is not None
    assert found.actions
    assert found.migration is not None
    assert found.migration.phases[5].home_a_day == 336


def test_without_a_store_there_are_questions_and_phases() -> None:
    found = advise(PLAN, CONTENT, None, {})
    assert (found.traffic, found.standings, found.blended, found.actions) == (None, (), None, ())
    assert found.migration is not None
    assert found.missing[0].startswith("Nothing was recorded: the configuration has no `usage: {store: usage.sqlite}`")


@pytest.mark.parametrize(
    ("rows", "say"),
    [
        pytest.param([], "no answered request in this time", id="an empty store"),
        pytest.param([used(result="failed")], "no answered request in this time", id="nothing that was answered"),
        pytest.param([used()], "The traffic covers 1 hours", id="an hour"),
    ],
)
def test_too_little_traffic_is_said(rows: list[Used], say: str) -> None:
    found = advise(PLAN, CONTENT, counted(PLAN, rows), {})
    assert say in found.missing[0]


def test_prices_that_are_not_known_are_said() -> None:
    text = HOUSE.replace("    cost: {gpu_hour_usd: 2.0}\n", "")
    for price in ("cost: {input_per_mtok_usd: 1, output_per_mtok_usd: 10}", "cost: {input_per_mtok_usd: 3, output_per_mtok_usd: 15}"):
        text = text.replace(price, "cost: unknown")
    plan, content = house(text)
    found = advise(plan, content, counted(plan, requests()), {})
    assert [say.partition(":")[0][:40] for say in found.missing] == ["`qwen` has no price", "No closed model with a known price is am"]
    assert found.assessment.dimensions[2].source == "unknown"
