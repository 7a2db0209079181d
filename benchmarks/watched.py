"""The gateway as `tidegate serve` runs it, which writes once a second how many tasks it has and how late its event loop is.

python -m benchmarks.watched CONFIG FIGURES
"""

import asyncio
import sys
from pathlib import Path
from typing import BinaryIO

import msgspec

from gateway.app import Serving, _settle, serve
from gateway.backstop import Backstop, loop_factory
from gateway.config.compile import load
from gateway.observers import log

_EVERY_S = 0.05


class Figures(msgspec.Struct, frozen=True):
    """One line. `lag_s` is the longest of the last second by which the loop came late to a timer."""

    at_s: float
    tasks: int
    lag_s: float


class Watch:
    """Looks again and again, and writes."""

    def __init__(self, sink: BinaryIO) -> None:
        self._sink = sink
        self._lag_s = 0.0

    def begin(self) -> None:
        """From now on, in the running loop."""
        self._loop = asyncio.get_running_loop()
        self._due = self._loop.time()
        self._written = 0.0
        self._look()

    def _look(self) -> None:
        now = self._loop.time()
        self._lag_s = max(self._lag_s, now - self._due)
        if now - self._written >= 1:
            figures = Figures(now, len(asyncio.all_tasks(self._loop)), self._lag_s)
            self._sink.write(msgspec.json.encode(figures) + b"\n")
            self._sink.flush()
            self._written, self._lag_s = now, 0.0
        self._due = now + _EVERY_S
        self._loop.call_at(self._due, self._look)


def main(config: Path, figures: Path) -> None:
    """Serve until a signal ends it."""
    log.set_up()
    backstop = Backstop()
    with figures.open("wb") as sink, asyncio.Runner(loop_factory=loop_factory(backstop)) as runner:
        watch = Watch(sink)

        def announce(serving: Serving) -> None:
            _settle(serving)
            watch.begin()

        runner.run(serve(load(config), config, announce, backstop))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
