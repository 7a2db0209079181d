from dataclasses import replace

from gateway.config.addresses import LOCAL_NETWORKS
from gateway.telemetry.exporting import DROPPED
from gateway.telemetry.telemetry import Telemetry
from tests.fakes.collector import collector, telling
from tests.fakes.gateway import compiled, configuration
from tests.fakes.told import EXCHANGE
from tests.fakes.upstream import answer

PLAN = compiled(configuration("http://127.0.0.1:8001/v1", "http://127.0.0.1:8002/v1"))


def dropped(one: Telemetry) -> dict[str, float]:
    return {labels[0]: value for _, labels, value in one.samples()}


async def test_nothing_is_paid_where_nobody_is_told() -> None:
    one = Telemetry()
    assert one.follow(PLAN) == []
    one.start()
    one(EXCHANGE)
    assert dropped(one) == {}
    await one.close()


async def test_a_reload_keeps_the_exporter_of_the_same_collector_and_swaps_another() -> None:
    async with collector() as first, collector() as second:
        one = Telemetry()
        assert one.follow(telling(PLAN, first.url)) == [one]
        one.start()
        one(EXCHANGE)
        kept = one._exporter
        assert one.follow(replace(telling(PLAN, first.url), canaries_s=1.0)) == [one]
        assert one._exporter is kept
        assert one.follow(telling(PLAN, second.url)) == [one]
        one(EXCHANGE)
        one(EXCHANGE)
        await one.close()
        assert [len({span.trace_id for span in told.spans}) for told in (first, second)] == [1, 1]
        assert [len([span for span in told.spans if span.kind == span.SPAN_KIND_SERVER]) for told in (first, second)] == [1, 2]
        assert first.metrics
        assert second.metrics
    assert dropped(one) == dict.fromkeys(DROPPED, 0)


async def test_it_may_begin_and_end_with_a_reload_and_what_was_dropped_stays_counted() -> None:
    async with collector(answer(500, b"")) as told:
        one = Telemetry()
        one.follow(PLAN)
        one.start()
        assert one.follow(telling(PLAN, told.url, metrics=False)) == [one]
        one(EXCHANGE)
        assert one.follow(PLAN) == []
        one(EXCHANGE)
        await one.close()
        assert len(told.traces) == 1
    assert dropped(one) == dict.fromkeys(DROPPED, 0) | {"refused": 1}


async def test_a_lockdown_holds_for_a_collector_outside_and_for_no_other() -> None:
    async with collector() as inside, collector() as outside:
        for told, networks, came in ((inside, LOCAL_NETWORKS, 1), (outside, (), 0)):
            plan = telling(PLAN, told.url)
            assert plan.observing.otel is not None
            one = Telemetry(lambda: True)
            one.follow(replace(plan, observing=replace(plan.observing, otel=replace(plan.observing.otel, networks=networks))))
            one.start()
            one(EXCHANGE)
            await one.close()
            assert len(told.traces) == len(told.metrics and [1]) == came
            assert dropped(one)["lockdown"] == 1 - came
