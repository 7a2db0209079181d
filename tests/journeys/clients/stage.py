"""What clients are tried against: the gateway as a process, in front of stand-ins that each behave in one way."""

import hashlib
import json
import os
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from gateway.standin.server import Receive, Scope, Send, StandIn
from gateway.standin.words import Conduct
from tests.journeys.clients.clients import Way
from tests.journeys.vllm.engine import ROOT, free_port, process, wait_for

KEY = "a-key-of-the-suite"
TASK = "tee read.txt < notes.txt"
"""What an agent is told to run: it leaves a file that was not there."""
TASKS: Mapping[str, Mapping[str, Any]] = {
    "Bash": {"command": TASK},
    "bash": {"command": TASK},
    "exec_command": {"cmd": TASK},
    "StructuredOutput": {"score": 0, "text": "stand-in"},
}
"""The tools by which agents run a command, or answer after a schema, and what they are called with."""
CHAT = ("chat", "completions", "embeddings")
MESSAGES = ("messages", "count_tokens")
HOME = {"zone": "local", "clearance": "restricted"}
CLOUD = {"zone": "external", "clearance": "internal"}
WAYS: Mapping[Way, tuple[Mapping[str, str], Sequence[str]]] = {
    "": (HOME, CHAT),
    "-native": (CLOUD, (*CHAT, "responses", *MESSAGES)),
    "-cloud": (CLOUD, MESSAGES),
}
"""Where a model is, and what it speaks there."""
CONDUCTS: Mapping[str, Conduct] = {
    "words": Conduct(),
    "words-streamed": Conduct(only_streams=True),
    "tools": Conduct(calls="weather", arguments={"city": "Oslo"}),
    "wrong": Conduct(fail_status=400),
    "busy": Conduct(),
    "cut": Conduct(cut_after=6),
    **{f"task-{tool}": Conduct(calls=tool, arguments=dict(arguments)) for tool, arguments in TASKS.items()},
}
"""The models, and how each behaves. `busy` has no room for each first request of two."""


class Stands:
    """One server for all of them: `/<model>/v1/...`."""

    def __init__(self) -> None:
        self._stands = {name: StandIn(name.split("-")[0], conduct=conduct) for name, conduct in CONDUCTS.items()}
        self.refused = 0
        self._is_busy = True

    def fresh(self) -> None:
        """As at the beginning: the next request to `busy` is refused."""
        self._is_busy, self.refused = True, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        _, name, rest = scope["path"].split("/", 2)
        if name == "busy" and scope["method"] == "POST":
            self._is_busy = not self._is_busy
            if not self._is_busy:
                self.refused += 1
                await _no_room(send)
                return
        await self._stands[name]({**scope, "path": f"/{rest}"}, receive, send)


async def _no_room(send: Send) -> None:
    head = [(b"content-type", b"application/json"), (b"retry-after", b"1")]
    await send({"type": "http.response.start", "status": 503, "headers": head})
    await send({"type": "http.response.body", "body": b'{"error": {"message": "no room", "type": "server_error"}}'})


@dataclass(frozen=True, slots=True)
class Stage:
    """A gateway that runs. `root` is its address without `/v1`."""

    root: str
    stands: Stands

    def ready(self) -> None:
        """For the next client: nothing is held against any stand-in."""
        self.stands.fresh()
        for model in (f"cut{way}" for way in WAYS):
            asked = {"model": model, "messages": [{"role": "user", "content": "a"}]}
            httpx.post(f"{self.root}/v1/chat/completions", json=asked, headers={"authorization": f"Bearer {KEY}"}).raise_for_status()


def configuration(stands: str, serves: Sequence[str] = ()) -> dict[str, Any]:
    """Each model in every way; those of the first serve what is said, if something is."""
    every = {"kind": "openai_compatible", "cost": "unknown", "retries": 0, "patience_s": 0}
    destinations = {
        f"{name}{way}": {**every, **where, "url": f"{stands}/{name}/v1", "model": name, "serves": serves if serves and not way else spoken}
        for name in CONDUCTS
        for way, (where, spoken) in WAYS.items()
    }
    key = {"name": "suite", "sha256": hashlib.sha256(KEY.encode()).hexdigest()}
    return {
        "version": 1,
        "server": {"port": free_port(), "admin_port": free_port()},
        "keys": [key],
        "destinations": destinations,
        "routes": [{"name": "all", "to": ["words"]}],
    }


@contextmanager
def stage(folder: Path, serves: Sequence[str] = ()) -> Iterator[Stage]:
    """Stand-ins and a gateway, until the end of it."""
    with _serving(Stands()) as (stands, address):
        content = configuration(address, serves)
        config = folder / "clients.yaml"
        config.write_text(json.dumps(content))
        root = f"http://127.0.0.1:{content['server']['port']}"
        words = [sys.executable, "-m", "gateway", "serve", str(config)]
        log = folder / "clients.log"
        with process(words, {**os.environ, "PYTHONPATH": str(ROOT)}, log) as started:
            wait_for(f"{root}/healthz", started, log, 60)
            yield Stage(root, stands)


@contextmanager
def _serving(stands: Stands) -> Iterator[tuple[Stands, str]]:
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(stands, host="127.0.0.1", port=port, log_level="critical", access_log=False, lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield stands, f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)
