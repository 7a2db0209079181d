import numpy as np
import pytest

from gateway.report.columns import requests
from gateway.report.leases import busy, gpus, leases
from tests.fakes.usage import leased, used


def test_a_targets_figures_are_those_of_its_replicas() -> None:
    bills = leases([leased(), leased(replica=1, busy_s=40.0, idle=5_000, allocated=35_000), leased(target="llama", gpus=4, energy=None)])
    asked = requests([used(), used(prompt=1_000_000, completion=0), used(target="gpt"), used(prompt=None)])
    llama, qwen = gpus(bills, asked, {"all_gpt": np.array([1_000, 39_000, 7, 9], np.int64)})
    assert (qwen.replicas, qwen.gpus, qwen.reserved, qwen.allocated, qwen.idle, qwen.energy) == (2, 2, 80_000, 50_000, 30_000, 4_000)
    assert qwen.tokens == 1_000_120
    assert qwen.utilisation == 0.5
    assert qwen.hours == pytest.approx(120 / 3_600)
    assert qwen.per_million(qwen.reserved) == pytest.approx(80_000 / 1.00012)
    assert qwen.breakeven("all_gpt") == 0.5
    assert qwen.breakeven("other") is None
    assert (llama.replicas, llama.gpus, llama.energy) == (1, 4, None)
    assert llama.hours == pytest.approx(240 / 3_600)
    assert llama.per_million(llama.reserved) is None
    assert llama.breakeven("all_gpt") == 0


def test_nothing_was_paid_for_nothing() -> None:
    bills = leases([])
    assert gpus(bills, requests([used()]), {}) == []
    assert bills.gpu_s.sum() == 0
    assert busy(bills, [0.0]).busy == [0.0]
    assert gpus(leases([leased(wall_s=0.0, reserved=0)]), requests([]), {})[0].utilisation is None


def test_hours_are_those_of_their_day() -> None:
    days = busy(leases([leased(at=10.0), leased(at=86_399.0, gpus=2), leased(at=86_401.0, busy_s=60.0)]), [0.0, 86_400.0])
    assert days.busy == pytest.approx([60 / 3_600, 60 / 3_600])
    assert days.idle == pytest.approx([120 / 3_600, 0])
