import numpy as np
import pytest

from gateway.report.columns import requests
from gateway.report.speed import speeds, three
from tests.fakes.usage import used


def test_percentiles_are_of_served_requests_by_path() -> None:
    rows = [used(total_s=float(at), first_byte_s=at / 10 if at % 2 else None) for at in range(1, 101)]
    rows += [
        used(path="cloud", target="gpt", total_s=7.0),
        used(path="cloud", result="broken", total_s=900.0),
        used(path="blocked", result="denied"),
    ]
    local, cloud, every = speeds(requests(rows))
    assert (local.path, local.requests) == ("local", 100)
    assert local.total == pytest.approx((50.5, 95.05, 99.01))
    assert local.first == pytest.approx((5.0, 9.41, 9.802))
    assert (cloud.path, cloud.requests, cloud.total) == ("cloud", 1, (7.0, 7.0, 7.0))
    assert (every.path, every.requests, every.own) == ("all", 101, (0.001, 0.001, 0.001))


def test_nothing_has_no_speed() -> None:
    assert three(np.array([])) is None
    (every,) = speeds(requests([]))
    assert (every.requests, every.total) == (0, None)
