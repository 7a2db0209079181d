"""Which tests `make check` runs, under coverage; the others are what is left of `make test`. No test is in both.

And that no generated example fails for a slow machine's sake.
"""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])  # on top of its own for CI
settings.load_profile("unhurried")

ROOT = Path(__file__).parent
COVERED = tuple(ROOT / name for name in ("classifiers", "router", "gateway", "test_laws.py"))
"""What measures coverage: the tests that mirror the packages, so that no journey hides a branch without a test of its own."""
PROCESSES = ROOT / "gateway" / "demo"
"""Starts processes, which nobody measures."""
ELSEWHERE = ("long", "vllm")


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        mirrors = any(item.path.is_relative_to(place) for place in COVERED) and not item.path.is_relative_to(PROCESSES)
        if mirrors and not any(map(item.get_closest_marker, ELSEWHERE)):
            item.add_marker("covered")
