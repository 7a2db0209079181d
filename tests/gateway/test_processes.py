"""The system's own view of our processes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_families
from prometheus_client.parser import text_string_to_metric_families

from gateway.processes import Processes


def samples(text: str) -> dict[tuple[str, str], float]:
    families = text_string_to_metric_families(text)
    return {(one.name, one.labels.get("process", "")): one.value for family in families for one in family.samples}


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc")
def test_a_single_process_has_no_name_and_is_this_one() -> None:
    found = samples(Processes().text(is_open=False))
    assert found["process_resident_memory_bytes", ""] > 1_000_000
    assert found["process_open_fds", ""] >= 3
    assert found["python_info", ""] == 1


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc")
def test_several_processes_have_a_series_each_and_one_that_has_gone_has_none() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        running = {"parent": os.getpid(), "worker-0": other.pid}
        shown = Processes(lambda: running)
        found = samples(shown.text(is_open=False))
        assert {name for metric, name in found if metric == "process_cpu_seconds_total"} == {"parent", "worker-0"}
        other.communicate(b"\n")
    assert ("process_cpu_seconds_total", "worker-0") not in samples(shown.text(is_open=False))


def test_openmetrics_reads_it_when_it_is_ended() -> None:
    text = Processes().text(is_open=True)
    assert "# EOF" not in text
    assert "python_info" in {family.name for family in open_families(text + "# EOF\n")}  # type: ignore[no-untyped-call]
