"""What a machine costs by what an operator states of it."""

from zoneinfo import ZoneInfo

import pytest

from gateway.config.compile_reservation import one_price, reservation_of
from gateway.config.destinations import GpuCost
from gateway.config.errors import Report
from gateway.plan import UpstreamPlan
from router.hours import Hours
from router.names import TargetName
from router.reservation import Power, Reservation

RENTED = Reservation.rented(2.49, 4)


@pytest.mark.parametrize(
    ("stated", "reservation"),
    [
        pytest.param({"gpu_hour_usd": 2.49, "gpus": 4}, Reservation.rented(2.49, 4), id="rented"),
        pytest.param(
            {"gpu_hour_usd": 2.49, "available": "07:00-22:00", "timezone": "Europe/Vienna"},
            Reservation.rented(2.49, 1, Hours.parse("07:00-22:00", ZoneInfo("Europe/Vienna"))),
            id="rented by day",
        ),
        pytest.param({"capex_usd": 250_000, "life_years": 4, "gpus": 8}, Reservation.owned(250_000, 4, 8), id="bought"),
        pytest.param(
            {"capex_usd": 250_000, "life_years": 4, "gpus": 8, "power_kw": 8.5, "pue": 1.4, "kwh_usd": 0.25, "available": "22:00-07:00"},
            Reservation.owned(250_000, 4, 8, Power(8.5, 0.25, 1.4), Hours.parse("22:00-07:00")),
            id="bought, with its power, by night",
        ),
    ],
)
def test_what_is_stated_is_a_rate(stated: dict[str, object], reservation: Reservation) -> None:
    report = Report()
    assert reservation_of(GpuCost.model_validate(stated), (), report) == reservation
    assert not report.problems


@pytest.mark.parametrize(
    ("costs", "problems"),
    [
        pytest.param([RENTED, RENTED], [], id="the same price"),
        pytest.param([RENTED, None], [], id="one of them does not say"),
        pytest.param(
            [RENTED, Reservation.rented(2, 2)],
            [
                (
                    "destinations.lora.cost",
                    "its engine is that of 'qwen' too, which states another cost; it is paid once: state the same here",
                )
            ],
            id="two prices",
        ),
    ],
)
def test_an_engine_has_one_price(costs: list[Reservation | None], problems: list[tuple[str, str]]) -> None:
    report = Report()
    names = (TargetName("qwen"), TargetName("lora"))
    here = [UpstreamPlan(name, "openai_compatible", ("http://a/v1",), reservation=cost) for name, cost in zip(names, costs, strict=True)]
    there = UpstreamPlan(TargetName("gpt"), "openai_compatible", ("http://b/v1",), reservation=Reservation.rented(9, 1))
    known: dict[str, UpstreamPlan] = {}
    for upstream in (*here, there):
        one_price(upstream, known, report)
    assert [(problem.path, problem.say) for problem in report.problems] == problems


@pytest.mark.parametrize(
    ("stated", "path", "say"),
    [
        pytest.param({"available": "at night"}, "available", "expected the hours of a day, as in 07:00-22:00", id="no hours"),
        pytest.param(
            {"available": "07:00-22:00", "timezone": "Nowhere/Land"},
            "timezone",
            "this time zone is not known here; write it as in Europe/Vienna",
            id="no time zone",
        ),
    ],
)
def test_what_is_none_is_said(stated: dict[str, object], path: str, say: str) -> None:
    report = Report()
    reservation_of(GpuCost.model_validate({"gpu_hour_usd": 1, **stated}), (), report)
    assert [(problem.path, problem.say) for problem in report.problems] == [(path, say)]
