from collections.abc import Iterable
from fractions import Fraction

import pytest
import yaml

from gateway.advice.action import Action
from gateway.advice.nights import nights
from gateway.advice.traffic import Traffic, counted
from gateway.advice.volume import standings
from gateway.usage.rows import Leased, Used
from router.names import TargetName
from tests.fakes.usage import used
from tests.fakes.week import DAYS, HOUR, HOUSE, MONDAY, house, is_night, minutes, requests

PLAN, _ = house()
A_MONTH = Fraction(730, 24)


def found(rows: Iterable[Used], leases: Iterable[Leased] = ()) -> list[Action]:
    traffic: Traffic = counted(PLAN, rows, (), ()) if not leases else counted(PLAN, rows, leases)
    stands = standings(PLAN, traffic)
    return list(nights(PLAN, traffic, stands[0] if stands else None))


def began(row: Leased) -> int:
    """The hour that it is of, from Monday on."""
    return int(row.at - row.wall_s / 2 - MONDAY) // HOUR


def sensitive_nights() -> list[Used]:
    return [used(at=float(MONDAY + hour * HOUR + 9), label="restricted") for hour in range(DAYS * 24) if is_night(hour)]


@pytest.mark.parametrize("has_leases", [True, False])
def test_quiet_hours_are_switched_off_and_their_work_is_bought(has_leases: bool) -> None:
    (one,) = found(requests(), minutes() if has_leases else ())
    bought = 16 * Fraction("0.002")
    assert one.do == "Scale `qwen` to zero from 22:00 to 06:00 UTC"
    assert one.saves == pytest.approx(float((32 - bought) * A_MONTH))
    assert one.low == one.high == one.saves, "all nights were alike"
    assert one.gpus_usd == pytest.approx(float(32 * A_MONTH))
    assert one.home_usd == -bought * A_MONTH
    assert 'available: "06:00-22:00"' in one.patch


def test_nights_that_differ_have_an_interval() -> None:
    more = [used(at=float(MONDAY + 23 * HOUR), prompt=30_000, completion=500)]  # 0.035 USD in one night of seven
    (one,) = found([*requests(), *more], minutes())
    assert one.low is not None
    assert one.saves is not None
    assert one.high is not None
    assert one.high - one.saves == pytest.approx(float(one.saves - one.low))
    assert one.low < one.saves


def test_a_replica_stays_for_what_may_not_leave() -> None:
    (one,) = found([*requests(), *sensitive_nights()], minutes())
    assert one.do == "Scale `qwen` to one replica from 22:00 to 06:00 UTC"
    assert one.saves == 16 * A_MONTH
    assert "for 8 requests a night" in one.figures
    assert (one.low, one.patch) == (None, "")


def test_the_only_replica_stays_where_somebody_would_be_refused() -> None:
    (one,) = found([*requests(), *sensitive_nights()], minutes(replicas=1))
    assert one.do == "Do not switch `qwen` off at night"
    assert one.saves is None
    assert "8 requests a night may not leave, and would get 503" in one.figures


def test_what_is_off_already_is_not_saved_twice() -> None:
    by_day = [row for row in minutes() if row.replica == 0 or not is_night(began(row))]
    assert [one.do for one in found([*requests(), *sensitive_nights()], by_day)] == ["Do not switch `qwen` off at night"]
    assert found(requests(), [row for row in by_day if not is_night(began(row))]) == []


def test_a_replica_that_comes_and_goes_is_counted_by_the_hour() -> None:
    half = [row for row in minutes(replicas=3) if row.replica == 0 or not is_night(began(row)) or int(row.at // HOUR) % 24 < 2]
    (one,) = found([*requests(), *sensitive_nights()], half)
    assert one.saves == 2 * 2 * 2 * A_MONTH, "two replicas of 2 USD in two of eight hours"


def test_patches_are_configurations() -> None:
    content = yaml.safe_load(HOUSE)
    (one,) = found(requests(), minutes())
    patch = yaml.safe_load(one.patch)["destinations"]["qwen"]["cost"]
    content["destinations"]["qwen"]["cost"] |= patch
    plan, _ = house(yaml.safe_dump(content))
    assert "06:00-22:00" in str(plan.upstreams[TargetName("qwen")].reservation)


def test_hours_that_are_all_alike_have_no_night() -> None:
    even = [used(at=float(MONDAY + hour * HOUR)) for hour in range(DAYS * 24)]
    assert found(even, minutes()) == []


def test_nights_that_pay_are_kept() -> None:
    dear = [row._replace(prompt=10_000_000) for row in requests()]
    assert found(dear, minutes()) == []


def test_two_days_say_nothing_of_nights() -> None:
    assert found(requests(days=2), minutes(days=2)) == []
