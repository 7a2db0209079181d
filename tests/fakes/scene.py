"""A configuration that uses everything, and callers that do everything, for minutes: what dashboards and alerts are tried on.

`scene` runs players, the gateway as a process and Prometheus before it; `play` is the traffic. What callers saw is counted.
"""

import asyncio
import hashlib
import json
import signal
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from tests.fakes.asks import APP, KINDS, MOST_TOKENS, OFFICER, Ask, Dice, keyed, say, talk
from tests.fakes.client import Reply, ask, caller, post
from tests.fakes.collector import collector
from tests.fakes.gateway import CLOCKS, Process, process
from tests.fakes.player import Player, players
from tests.fakes.prometheus import Prometheus, prometheus
from tests.fakes.secrets import Canary

CLAUDE = {"input_per_mtok_usd": 3.0, "output_per_mtok_usd": 15.0}
QWEN = {"capex_usd": 90_000, "life_years": 4, "gpus": 2, "power_kw": 1.4, "pue": 1.3, "kwh_usd": 0.25}


class Engines(NamedTuple):
    """Real ones at home: API bases, the model, and the key that they want."""

    urls: list[str]
    model: str = "m"
    key: str = ""


def configuration(home: Engines, gpt: str, claude: str, traces: str, folder: Path) -> dict[str, Any]:
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
                QWEN,
                urls=home.urls,
                model=home.model,
                **({"key": {"env": "ENGINE_KEY"}} if home.key else {}),
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
            "spare": openai("external", "internal", {"price_key": "openai/gpt-4.1-mini"}, url="http://127.0.0.1:9/v1", model="spare-m"),
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
        "observers": {"otel": {"endpoint": traces}},
        "usage": {"store": str(folder / "usage.db")},
    }


def _key(name: str, secret: str, **more: object) -> dict[str, object]:
    return {"name": name, "sha256": hashlib.sha256(secret.encode()).hexdigest(), **more}


@dataclass(slots=True)
class Told:
    """What callers saw, by kind: statuses, `cut` where an answer was not whole, `left` where they went away."""

    ends: Counter[tuple[str, str]] = field(default_factory=Counter)
    answered: list[str] = field(default_factory=list)
    """Requests that were answered, by their id."""
    secret: list[str] = field(default_factory=list)
    """Answers to what was sensitive."""
    served: Counter[str] = field(default_factory=Counter)
    """Whole answers, by the target that gave them."""
    ratings: Counter[str] = field(default_factory=Counter)

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
            group.create_task(self._events(group, seconds, dice))
            due = list(names)  # each once, however slow this machine is
            while asyncio.get_running_loop().time() < end or due:
                kind = due.pop() if due else dice.choices(names, weights)[0]
                group.create_task(self.one(kind, KINDS[kind][1](dice)))
                if dice.random() < 0.05 and self.told.answered:
                    rating = {"request_id": dice.choice(self.told.answered), "rating": dice.choice(["up", "up", "down", "regenerate"])}
                    group.create_task(self.rate(rating))
                if dice.random() < 0.04:
                    group.create_task(self.converse(dice))
                if dice.random() < 0.03 and self.told.secret:
                    quoted = f"Please translate this into French, carefully: {dice.choice(self.told.secret)}"
                    group.create_task(self.one("quoted", Ask(ask(quoted, "gpt", max_tokens=MOST_TOKENS))))
                await asyncio.sleep(dice.expovariate(a_second))

    async def burst(self, dice: Dice) -> None:
        """More at once than the engines have room for, some of it sensitive."""
        async with asyncio.TaskGroup() as group:
            for _ in range(24):
                group.create_task(self.one("burst", talk(dice, say(dice, 20, 38, "@qwen:long"))))
                group.create_task(self.one("sensitive burst", talk(dice, Canary().say + " @qwen:long")))

    async def converse(self, dice: Dice) -> None:
        """Something easy, and then something hard."""
        turns = [{"role": "user", "content": say(dice, 15, 38)}]
        said = await self.one("conversation", Ask({"model": "auto", "messages": turns, "max_tokens": MOST_TOKENS}))
        turns += [{"role": "assistant", "content": said}, {"role": "user", "content": say(dice, 70, 90)}]
        if said:
            await self.one("conversation", Ask({"model": "auto", "messages": turns, "max_tokens": MOST_TOKENS}))

    async def one(self, kind: str, asked: Ask) -> str:
        """One request, and how it ended; what was answered, if it was a talk."""
        async with caller(self.gate.port) as one:
            one.post(asked.body, asked.path, asked.headers)
            try:
                async with asyncio.timeout(asked.leaves_s or 60):
                    reply = await one.reply()
            except TimeoutError:
                await one.leave()
                self.told.ends[kind, "left"] += 1
                return ""
            self.told.ends[kind, _end(reply)] += 1
        if _end(reply) != "200":
            return ""
        self.told.served[reply.headers["x-tidegate-target"]] += 1
        self.told.answered.append(reply.headers["x-request-id"])
        said = _text(reply) if asked.path.endswith("completions") else ""
        if kind == "card":
            self.told.secret.append(said)
        return said

    async def rate(self, rating: Mapping[str, str]) -> None:
        """What a caller thinks of an answer. Its row may be on its way to the store yet."""
        for _ in range(3):
            if (await post(self.gate.port, rating, "/v1/feedback", keyed(APP))).status == 200:
                self.told.ratings[rating["rating"]] += 1
                return
            await asyncio.sleep(1.0)

    async def _events(self, group: asyncio.TaskGroup, seconds: float, dice: Dice) -> None:
        """What happens meanwhile: bursts; a replica drained, a lockdown, a reload that is refused and one that is not."""
        pause = seconds / 8
        text = self.gate.config.read_text()
        for step in range(7):
            await asyncio.sleep(pause)
            if step % 3 == 0:
                group.create_task(self.burst(dice))
            if step in (1, 3):
                await post(self.gate.admin, {"target": "qwen", "replica": 2, "on": step == 1}, "/admin/drain")
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
async def scene(folder: Path, engines: Engines | None = None) -> AsyncIterator[Scene]:
    """Everything that runs. `engines`: real ones, instead of players at home."""
    async with players("qwen", "qwen", "qwen", "gpt", "claude") as (*qwen, gpt, claude), collector() as traces:
        home = engines or Engines([one.url for one in qwen])
        content = configuration(home, gpt.url, claude.url, traces.url, folder)
        async with (
            process(content, folder, {"ENGINE_KEY": home.key}) as gate,
            prometheus(folder, {"tidegate": [gate.admin], "vllm": [one.port for one in qwen]}) as watch,
        ):
            reading = asyncio.ensure_future(_read(gate))
            try:
                await watch.has_looked()
                yield Scene(gate, watch, qwen, gpt, claude, folder)
            finally:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)
