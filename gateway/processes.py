"""What the system says of our processes, by prometheus_client: CPU, memory and open files, under the names that every dashboard knows."""

import os
from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import Collector
from typing_extensions import override

_EOF = b"# EOF\n"


def _this_one() -> Mapping[str, int]:
    return {"": os.getpid()}


class Processes(Collector):
    """`process_*` and `python_info`. `running` gives the processes by name; a single one has none. Empty where there is no /proc."""

    def __init__(self, running: Callable[[], Mapping[str, int]] = _this_one) -> None:
        self._running = running
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)
        PlatformCollector(registry=self._registry)

    @override
    def collect(self) -> Iterator[Metric]:
        """One series for each process, so that one that is started anew begins anew."""
        found: dict[str, Metric] = {}
        for name, pid in self._running().items():
            labels = {"process": name} if name else {}
            for metric in ProcessCollector(pid=str(pid).__str__, registry=None).collect():
                shown = found.setdefault(metric.name, Metric(metric.name, metric.documentation, metric.type))
                for sample in metric.samples:
                    shown.add_sample(sample.name, sample.labels | labels, sample.value)
        yield from found.values()

    def text(self, *, is_open: bool) -> str:
        """As a part of an exposition: without its end."""
        write: Callable[[CollectorRegistry], bytes] = openmetrics.generate_latest if is_open else generate_latest
        return write(self._registry).removesuffix(_EOF).decode()
