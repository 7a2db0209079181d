"""A configuration that uses everything, and callers that do everything, for minutes: what dashboards and alerts are tried on.

`scene` runs players, the gateway as a process and Prometheus before it; `play` is the traffic. What callers saw is counted.
"""

import asyncio
import hashlib
import json
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.fakes.client import Reply, ask, caller, post
from tests.fakes.gateway import CLOCKS, Process, process
from tests.fakes.player import Player, players
from tests.fakes.prometheus import Prometheus, prometheus
from tests.fakes.secrets import Canary, email

APP, OFFICER = "key-of-the-app", "key-of-the-officer"
CLAUDE = {"input_per_mtok_usd": 3.0, "output_per_mtok_usd": 15.0}
DOCUMENT = "My card is 4111 1111 1111 1111. Report {} of the year. " + "What was agreed then was done and it was done in time. " * 4
EVERYDAY = (
    "why how when does the old river bend so far from here and who said that it would not freeze again before the spring comes".split()
)


def configuration(qwen: list[str], gpt: str, claude: str, folder: Path) -> dict[str, Any]:
    """Three engines at home, two vendors, one that is never there; every part of the gateway has something to do."""

    def openai(zone: str, clearance: str, cost: object, **more: object) -> dict[str, Any]:
        fixed = {"kind": "openai_compatible", "zone": zone, "clearance": clearance, "cost": cost, "clocks": dict(CLOCKS)}
        return {**fixed, "model": "m", **more}

    return {
        "version": 1,
        "server": {"port": 0, "admin_port": 0, "shutdown_grace_s": 5},
        "keys": [_key("app", APP), _key("officer", OFFICER, may_declassify=True)],
        "destinations": {
            "qwen": openai(
                "local",
                "restricted",
                {"gpu_hour_usd": 2.5, "gpus": 2},
                urls=qwen,
                serves=["chat", "completions", "embeddings"],
                pool={"every_s": 0.5},
                admission={"slots": 9, "queue": 12, "wait_s": 4, "spill_above_s": 1.0, "reserved_share": 0.2},
            ),
            "gpt": openai(
                "external",
                "internal",
                {"input_per_mtok_usd": 1.25, "output_per_mtok_usd": 10, "cached_per_mtok_usd": 0.125},
                url=gpt,
                hedge={"after_s": 0.3, "budget": 0.5},
                retries=0,
            ),
            "claude": openai("external", "internal", CLAUDE, url=claude, model="claude-m"),
            "odd": openai("external", "internal", "unknown", url=claude, model="odd-m"),
            "spare": openai("external", "internal", CLAUDE, url="http://127.0.0.1:9/v1", model="spare-m"),
        },
        "sensitivity": {"slow_deadline_s": 30, "on_explicit_model": "redact"},
        "redact": {"max_share": 0.7},
        "difficulty": {"scorer": "tests.fakes.length_scorer"},
        "routes": [
            {"name": "sensitive", "when": {"label": ">= personal"}, "to": ["qwen"]},
            {"name": "legacy", "when": {"topic": "law", "turns": "> 40"}, "to": ["claude"]},
            {"name": "hard", "when": {"difficulty": ">= 0.6", "endpoint": "chat"}, "to": ["gpt", "claude"], "fallback": ["qwen"]},
            {
                "name": "middle",
                "when": {"difficulty": ">= 0.4", "endpoint": "chat"},
                "to": ["qwen"],
                "fallback": ["gpt"],
                "cascade": {"accept": {"min_mean_logprob": -0.7}},
            },
            {"name": "easy", "to": ["qwen"], "fallback": ["gpt"]},
        ],
        "baseline": "gpt",
        "ledger": {"dir": str(folder / "ledger"), "sync": "interval"},
        "canaries": {"every_s": 5},
    }


def _key(name: str, secret: str, **more: object) -> dict[str, object]:
    return {"name": name, "sha256": hashlib.sha256(secret.encode()).hexdigest(), **more}


@dataclass(frozen=True, slots=True)
class Ask:
    """One request. `leaves_s`: the caller goes away after so long."""

    body: object
    path: str = "/v1/chat/completions"
    headers: Mapping[str, str] = field(default_factory=lambda: keyed(APP))
    leaves_s: float = 0.0


def keyed(key: str, **headers: str) -> dict[str, str]:
    """The headers of a caller with this key."""
    return {"authorization": f"Bearer {key}"} | {f"x-tidegate-{name}": value for name, value in headers.items()}


Dice = random.Random


def _say(dice: Dice, least: int, most: int, acts: str = "") -> str:
    """A question of about so many characters, acts included."""
    length = dice.randint(least, most) - len(acts)
    said = ""
    while len(said) < length - 6:
        said += dice.choice(EVERYDAY) + " "
    return said + acts


def _talk(dice: Dice, text: str, model: str = "auto", **more: Any) -> Ask:
    return Ask(ask(text, model, stream=dice.random() < 0.7), **more)


KINDS: Mapping[str, tuple[float, Callable[[Dice], Ask]]] = {
    "easy": (9, lambda dice: _talk(dice, _say(dice, 10, 38))),
    "middle": (5, lambda dice: _talk(dice, _say(dice, 42, 55))),
    "unsure": (2, lambda dice: _talk(dice, _say(dice, 48, 58, "@qwen:unsure"))),
    "hard": (6, lambda dice: _talk(dice, _say(dice, 68, 110))),
    "card": (4, lambda dice: _talk(dice, Canary().say)),
    "document": (4, lambda dice: _talk(dice, DOCUMENT.format(dice.randint(1, 5)) + _say(dice, 10, 30))),
    "mail": (3, lambda _: Ask(ask(f"Write to {email()} that the river bends and the old bridge does not.", "gpt"))),
    "card, outside": (1, lambda _: Ask(ask(Canary().say, "gpt"))),
    "vectors": (2, lambda dice: Ask({"model": "qwen", "input": _say(dice, 20, 200)}, "/v1/embeddings")),
    "local fails": (1, lambda dice: _talk(dice, _say(dice, 20, 38, "@qwen:fail"))),
    "cloud fails": (1, lambda dice: _talk(dice, _say(dice, 68, 90, "@gpt:fail"))),
    "cloud is full": (0.5, lambda dice: _talk(dice, _say(dice, 68, 90, "@gpt:limit"))),
    "cut": (0.5, lambda dice: Ask(ask(_say(dice, 20, 38, "@qwen:cut"), stream=True))),
    "slow": (1, lambda dice: Ask(ask(_say(dice, 80, 120, "@gpt:slow"), stream=True))),
    "leaves": (1, lambda dice: Ask(ask(_say(dice, 68, 90, "@gpt:long"), stream=True), leaves_s=dice.uniform(0.2, 0.5))),
    "mute": (0.5, lambda dice: Ask(ask(_say(dice, 68, 90, "@gpt:mute")))),
    "exact": (3, lambda dice: _talk(dice, _say(dice, 30, 150), "claude")),
    "unpriced": (0.5, lambda dice: Ask(ask(_say(dice, 30, 90), "odd"))),
    "not there": (0.5, lambda dice: Ask(ask(_say(dice, 30, 90), "spare"))),
    "lowered": (0.5, lambda _: Ask(ask(Canary().say, "claude"), headers=keyed(OFFICER, declassify="internal"))),
    "no key": (0.5, lambda _: Ask(ask(), headers={})),
    "malformed": (0.5, lambda _: Ask(b'{"model": ')),
    "unknown model": (0.5, lambda _: Ask(ask(model="nothing-like-it"))),
}
"""What callers do, and how often each beside the others."""


@dataclass(slots=True)
class Told:
    """What callers saw, by kind: statuses, `cut` where an answer was not whole, `left` where they went away."""

    ends: Counter[tuple[str, str]] = field(default_factory=Counter)
    ids: list[str] = field(default_factory=list)
    secret: list[str] = field(default_factory=list)
    """Answers to what was sensitive."""

    @property
    def asked(self) -> int:
        """Requests that were sent."""
        return self.ends.total()

    def of(self, kind: str) -> Counter[str]:
        """The ends of one kind."""
        return Counter({end: count for (one, end), count in self.ends.items() if one == kind})


@dataclass(slots=True)
class Scene:
    """All that runs. `folder` has the configuration, the ledger and the rest."""

    gate: Process
    watch: Prometheus
    qwen: list[Player]
    gpt: Player
    claude: Player
    folder: Path
    told: Told = field(default_factory=Told)

    async def play(self, seconds: float, a_second: float = 12.0, seed: int = 1) -> None:
        """Traffic for so long, and its end."""
        dice = Dice(seed)
        names, weights = list(KINDS), [weight for weight, _ in KINDS.values()]
        end = asyncio.get_running_loop().time() + seconds
        async with asyncio.TaskGroup() as group:
            group.create_task(self._events(seconds, dice))
            while asyncio.get_running_loop().time() < end:
                [kind] = dice.choices(names, weights)
                group.create_task(self.one(kind, KINDS[kind][1](dice)))
                if dice.random() < 0.03 and self.told.secret:
                    quoted = f"Please translate this into French, carefully: {dice.choice(self.told.secret)}"
                    group.create_task(self.one("quoted", Ask(ask(quoted, "gpt"))))
                await asyncio.sleep(dice.expovariate(a_second))

    async def burst(self, dice: Dice) -> None:
        """More at once than the engines have room for, some of it sensitive."""
        async with asyncio.TaskGroup() as group:
            for _ in range(24):
                group.create_task(self.one("burst", _talk(dice, _say(dice, 20, 38, "@qwen:long"))))
                group.create_task(self.one("sensitive burst", _talk(dice, Canary().say + " @qwen:long")))

    async def one(self, kind: str, asked: Ask) -> None:
        """One request, and how it ended."""
        async with caller(self.gate.port) as one:
            one.post(asked.body, asked.path, asked.headers)
            try:
                async with asyncio.timeout(asked.leaves_s or 60):
                    reply = await one.reply()
            except TimeoutError:
                await one.leave()
                self.told.ends[kind, "left"] += 1
                return
            self.told.ends[kind, _end(reply)] += 1
            if reply.status == 200:
                self.told.ids.append(reply.headers["x-request-id"])
                if kind == "card":
                    self.told.secret.append(_text(reply))

    async def _events(self, seconds: float, dice: Dice) -> None:
        """What happens meanwhile: bursts; a replica drained, a lockdown, a reload that is refused and one that is not."""
        pause = seconds / 8
        text = self.gate.config.read_text()
        for step in range(7):
            await asyncio.sleep(pause)
            if step % 3 == 0:
                await self.burst(dice)
            if step in (1, 3):
                await post(self.gate.admin, {"target": "qwen", "replica": 2, "drain": step == 1}, "/admin/drain")
            if step in (2, 4):
                self.gate.config.write_text(text if step == 4 else text.replace('"clearance": "internal"', '"clearance": "whatever"'))
                self.gate.signal(signal.SIGHUP)
            if step in (5, 6):
                await post(self.gate.admin, {"on": step == 5}, "/admin/lockdown")


def _end(reply: Reply) -> str:
    """The status; or `cut`, where a stream broke off or ended with an error."""
    is_stream = reply.headers.get("content-type", "").startswith("text/event-stream")
    return "cut" if not reply.is_whole or (is_stream and reply.events[-1] != b"[DONE]") else str(reply.status)


def _text(reply: Reply) -> str:
    if reply.headers["content-type"].startswith("text/event-stream"):
        chunks = [json.loads(one) for one in reply.events if one != b"[DONE]"]
        return "".join(choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"])
    return str(reply.json["choices"][0]["message"]["content"])


async def _read(gate: Process) -> None:
    """Somebody reads the log."""
    assert gate.process.stderr is not None
    while line := await gate.process.stderr.readline():
        gate.err += line


@asynccontextmanager
async def scene(folder: Path, engines: list[str] | None = None) -> AsyncIterator[Scene]:
    """Everything that runs. `engines`: API bases of real ones, instead of players at home."""
    async with players("qwen", "qwen", "qwen", "gpt", "claude") as (*qwen, gpt, claude):
        content = configuration(engines or [one.url for one in qwen], gpt.url, claude.url, folder)
        async with (
            process(content, folder) as gate,
            prometheus(folder, {"tidegate": [gate.admin], "vllm": [one.port for one in qwen]}) as watch,
        ):
            reading = asyncio.ensure_future(_read(gate))
            try:
                yield Scene(gate, watch, qwen, gpt, claude, folder)
            finally:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)
