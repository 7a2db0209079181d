"""The driver and the scripted upstream: compiled on demand into a cache outside of the tree; in Python where there is no compiler."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
FLAGS = ("-O2", "-std=c++17", "-Wall", "-Wextra")


def cache() -> Path:
    """Where compiled programs and bodies are kept."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tidegate-benchmarks"


def built(name: str) -> list[str]:
    """The command of `driver` or `upstream`."""
    compiler = shutil.which("g++") or shutil.which("c++")
    if compiler is None:
        return [sys.executable, "-m", "benchmarks.rig.in_python", name]
    source = HERE / f"{name}.cpp"
    digest = hashlib.sha256((HERE / "wire.hpp").read_bytes() + source.read_bytes()).hexdigest()[:16]
    program = cache() / f"{name}-{digest}"
    if not program.exists():
        program.parent.mkdir(parents=True, exist_ok=True)
        making = program.with_suffix(f".{os.getpid()}")
        subprocess.run([compiler, *FLAGS, "-o", str(making), str(source)], check=True)
        making.rename(program)
    return [str(program)]


def is_native() -> bool:
    """Whether both are compiled programs."""
    return len(built("driver")) == 1
