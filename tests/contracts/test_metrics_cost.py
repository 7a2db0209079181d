"""The benchmark of metrics measures what it says it measures."""

import time

from benchmarks import metrics_cost
from gateway.exchange import Exchange
from gateway.exposition import TEXT
from tests.fakes.exchanges import fifty_models
from tests.fakes.gateway import compiled

PLAN = compiled(fifty_models())


def busy(_: Exchange) -> None:
    until = time.process_time() + 0.001
    while time.process_time() < until:
        pass


def test_cpu_is_per_exchange() -> None:
    assert 900 < metrics_cost.observe_us(busy, metrics_cost.ordinary(PLAN), 20) < 2_000


def test_ordinary_exchanges_are_what_the_plan_knows() -> None:
    made = metrics_cost.observing(PLAN)
    for exchange in metrics_cost.ordinary(PLAN):
        made(exchange)
    assert b"_other" not in made.exposition().replace(b'refusals_total{code="_other"}', b"")


async def test_a_scrape_is_measured() -> None:
    spent, held, lines = await metrics_cost.scrape_ms(metrics_cost.observing(PLAN), TEXT)
    assert 0 < held < spent
    assert lines > 5_000


def test_series_that_are_added_are_seen() -> None:
    made, looks = metrics_cost.observing(PLAN), iter((7, 9))
    assert metrics_cost.random_names(made, metrics_cost.ordinary(PLAN), lambda: next(looks)) == (7, 9)
    assert 5_000 < metrics_cost.count_of(made) < metrics_cost.most_of(PLAN)
