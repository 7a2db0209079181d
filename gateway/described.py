"""What a gateway says of itself in metrics: its version, the policy and the prices in use, and how the last reload went."""

import importlib.metadata
import platform
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from datetime import time as clock

from gateway.plan import Plan

MIDNIGHT = clock()
VERSION = importlib.metadata.version("tidegate")


class Described:
    """One process. `plan` gives what is served now; `wall` seconds since 1970."""

    def __init__(self, plan: Callable[[], Plan], wall: Callable[[], float] = time.time) -> None:
        self._plan, self._wall = plan, wall
        self._read_at = wall()
        self._is_newest = True

    def reloaded(self) -> None:
        """What was read now is served."""
        self._read_at, self._is_newest = self._wall(), True

    def refused(self) -> None:
        """What was read now is not; what was served stays."""
        self._is_newest = False

    def samples(self) -> Iterator[tuple[str, tuple[str, ...], float]]:
        """What the metrics show."""
        plan = self._plan()
        yield "build_info", (VERSION, platform.python_version()), 1.0
        yield "config_info", (plan.policy.digest,), 1.0
        if plan.prices.source:
            yield "prices_info", (str(plan.prices), str(plan.prices.as_of or "unknown")), 1.0
        if plan.prices.as_of is not None:
            yield "prices_timestamp_seconds", (), datetime.combine(plan.prices.as_of, MIDNIGHT, UTC).timestamp()
        yield "config_last_reload_success", (), float(self._is_newest)
        yield "config_last_reload_timestamp_seconds", (), self._read_at
