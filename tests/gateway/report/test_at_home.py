import numpy as np
import pytest

from gateway.report.at_home import READ, at_home
from gateway.report.columns import requests
from gateway.report.leases import leases
from gateway.report.period import Period
from gateway.usage.rows import Leased, Used
from tests.fakes.usage import leased, used

DAY = Period(0, 4 * 3_600, "a morning")
LOCAL = frozenset({"qwen"})


def minutes(hour: int, busy_s: float = 30.0, gpus: int = 1) -> list[Leased]:
    return [leased(at=hour * 3_600 + 60.0 * at, busy_s=busy_s, gpus=gpus, reserved=gpus * 60_000, idle=0) for at in range(60)]


def bills(*hours: int, busy_s: float = 30.0, gpus: int = 1) -> list[Leased]:
    return [one for hour in hours for one in minutes(hour, busy_s, gpus)]


def test_work_is_measured_in_the_busiest_hours() -> None:
    # 1,800 busy GPU-seconds wrote 18,000 tokens: 10 a second. Elsewhere 36,000 in an hour: 3,600 seconds more.
    rows = [used(at=10.0, prompt=0, completion=18_000), used(at=20.0, target="gpt", prompt=0, completion=36_000)]
    found = at_home(requests(rows), leases(bills(0, 1, 2, 3)), LOCAL, DAY)
    assert found is not None
    assert found.steady.tolist() == [1_800, 0, 0, 0]
    assert found.by_length.tolist() == [3_600, 0, 0, 0]
    assert (found.gpus, found.gpu_s_price, found.paid) == (1, 1_000.0, 4 * 3_600_000)
    assert found.need(1.0) == 2  # 5,400 seconds in an hour, 2,880 for each GPU
    assert found.need(0.2) == 1
    assert found.costs(np.array([1.0, 0.2])).tolist() == [2 * 4 * 3_600_000, 4 * 3_600_000]


def test_reading_is_work_too_but_not_what_was_cached() -> None:
    rows = [used(at=10.0, prompt=0, completion=18_000), used(at=20.0, target="gpt", prompt=READ * 200, cached=READ * 100, completion=0)]
    found = at_home(requests(rows), leases(bills(0)), LOCAL, DAY)
    assert found is not None
    assert found.steady[0] == pytest.approx(1_810)


def test_gpus_that_were_off_would_be_on_where_there_is_work() -> None:
    rows = [used(at=10.0, prompt=0, completion=18_000), used(at=3 * 3_600 + 20.0, target="gpt", prompt=0, completion=6_000)]
    found = at_home(requests(rows), leases(bills(0, 1)), LOCAL, DAY)
    assert found is not None
    assert found.costs(np.array([1.0])).tolist() == [3 * 3_600_000]


def test_replicas_are_whole() -> None:
    rows = [used(at=10.0, prompt=0, completion=18_000), used(at=20.0, target="gpt", prompt=0, completion=90_000)]
    found = at_home(requests(rows), leases(bills(0, gpus=4)), LOCAL, DAY)
    assert found is not None
    assert (found.need(1.0), found.gpus) == (16, 4)


@pytest.mark.parametrize(
    ("rows", "hours"),
    [
        pytest.param([used(at=1.0)], (), id="no bill"),
        pytest.param([used(at=1.0, target="gpt")], (0,), id="no work at home"),
        pytest.param([], (0,), id="nothing at all"),
    ],
)
def test_without_a_bill_and_work_nothing_is_said(rows: list[Used], hours: tuple[int, ...]) -> None:
    assert at_home(requests(rows), leases(bills(*hours)), LOCAL, DAY) is None


def test_of_hours_in_which_bills_begin_and_end_only_that_part_is_charged() -> None:
    rows = [used(at=5_390.0, prompt=0, completion=180), used(at=5_395.0, target="gpt", prompt=0, completion=180)]
    replicas = [leased(at=5_400.0, replica=number, gpus=2, wall_s=20.0, busy_s=9.0, reserved=40_000) for number in range(3)]
    found = at_home(requests(rows), leases(replicas), LOCAL, DAY)
    assert found is not None
    assert (found.gpus, found.need(1.0)) == (6, 2), "as many as there were, for all of the 20 seconds"
    assert found.costs(np.array([1.0])).tolist() == [found.paid] == [120_000]


def test_work_that_is_on_record_beside_bills_is_charged_as_well() -> None:
    rows = [used(at=3_700.0, prompt=0, completion=180), used(at=7_000.0, target="gpt", prompt=0, completion=180)]
    found = at_home(requests(rows), leases([leased(at=5_400.0, wall_s=20.0, busy_s=9.0, reserved=20_000)]), LOCAL, DAY)
    assert found is not None
    assert found.lasted.tolist() == [3_600, 3_300, 3_600, 3_600]


def test_rows_of_a_worker_that_has_no_bill_say_nothing() -> None:
    row = leased(at=60.0, wall_s=0.0, busy_s=9.0, reserved=0, allocated=9_000, idle=-9_000)
    assert at_home(requests([used(at=50.0)]), leases([row]), LOCAL, DAY) is None
