"""`tidegate demo`: the gateway at work, on a dozen telling prompts, through the official `openai` client.

First everything is up; then the local engine is stopped, then the cloud. Every row has an expectation: the demo fails when one is not met.
"""

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from gateway.cli.judge import Judged, judge
from gateway.cli.show import console
from gateway.config.compile import load
from gateway.demo import show as demo_show
from gateway.demo import stage as demo_stage
from gateway.demo.client import Client, Heard
from gateway.demo.config import CLOUD_MODEL, LOCAL_MODEL, OPENAI_MODEL, write
from gateway.demo.prompts import Shown, prompts, traces
from gateway.demo.stage import Role, Stage, Unstaged
from gateway.plan import Plan
from gateway.wire.ask import decode
from router.names import TargetName

_RECOVERY_S = 20.0
"""Seconds in which the gateway must have found a restarted engine: the breaker opens for 2 s at first."""
_PAUSE_S = 0.25
_MOST_TOKENS = {"standin": 48, "vllm": 12}
"""Tokens of an answer: a stand-in answers at once, vLLM on two CPU cores makes a few tokens a second. A real cloud may reason first."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the demo is to run with. `openai_key` is the reason to use the real cloud."""

    engine: str = "standin"
    local_url: str = ""
    has_openai_key: bool = False
    keeps: bool = False

    @property
    def can_stop_local(self) -> bool:
        """Whether the engine is ours to stop."""
        return not self.local_url

    @property
    def can_stop_cloud(self) -> bool:
        """Whether the cloud is ours to stop, and its received bytes ours to read."""
        return not self.has_openai_key


@dataclass(slots=True)
class Show:
    """A demo that is running: where it prints, what it runs, and which expectations were not met."""

    wanted: Wanted
    stage: Stage
    plan: Plan
    client: Client
    local: Role | None
    cloud: Role | None
    prompts: Sequence[Shown]
    out: Console
    engine_saw: bytes = b""
    """What the engine had received when it was stopped, if it is a stand-in."""
    missed: list[str] = field(default_factory=list)

    def expect(self, is_met: bool, say: str) -> bool:
        """Note an expectation."""
        if not is_met:
            self.missed.append(say)
        return is_met

    def judged(self, shown: Shown) -> Judged:
        """What the gateway's own code says of the prompt, for what its headers do not carry."""
        return judge(self.plan, decode(self.client.body_of(shown), "chat"))

    async def ask(self, title: str) -> tuple[Shown, Heard]:
        """Send one of the prompts again."""
        shown = next(one for one in self.prompts if one.title == title)
        with _status(self.out, f"asking: {title}"):
            return shown, await self.client.ask(shown)


def _status(out: Console, say: str) -> AbstractContextManager[object]:
    """What is going on, on a terminal only."""
    return out.status(say) if out.is_terminal else contextlib.nullcontext()


def run(*, keeps: bool, engine: str, local_url: str) -> bool:
    """Run the demo and print it. Whether every expectation was met. Raises `Unstaged` when it cannot be set up."""
    wanted = Wanted(engine, local_url.rstrip("/"), bool(os.environ.get("OPENAI_API_KEY")), keeps)
    out = console()
    try:
        with tempfile.TemporaryDirectory(prefix="tidegate-demo-") as folder, asyncio.Runner() as runner:
            return runner.run(_run(wanted, Path(folder), out))
    except Unstaged as problem:
        out.print(f"[bold red]The demo cannot run:[/] {escape(str(problem))}")
        return False
    except asyncio.CancelledError:  # by SIGTERM
        return False


async def _run(wanted: Wanted, folder: Path, out: Console) -> bool:
    task = asyncio.current_task()
    if task is not None and sys.platform != "win32":  # SIGTERM would otherwise leave our processes behind
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    stage = Stage(folder)
    try:
        show = await _set(wanted, stage, out)
        async with show.client:
            await show.client.warm_up()
            await _first_act(show)
            if wanted.can_stop_local:
                await _second_act(show)
            await _nothing_left(show)
            if wanted.can_stop_cloud:
                await _third_act(show)
            demo_show.ending(out, show.client.url, wanted.keeps)
            for say in show.missed:
                out.print(f"[bold red]NOT AS EXPECTED:[/] {escape(say)}")
            if wanted.keeps:
                await _keep(show)
        return not show.missed
    finally:
        await stage.close()


async def _set(wanted: Wanted, stage: Stage, out: Console) -> Show:
    """Start everything."""
    local_port, cloud_port, port, admin_port = demo_stage.free_ports(4)
    with _status(out, "starting a gateway, an engine and a cloud"):
        cloud = None if wanted.has_openai_key else demo_stage.stand_in("cloud", "the cloud", cloud_port, CLOUD_MODEL)
        local = await _local(wanted, local_port)
        for role in filter(None, (local, cloud)):
            await stage.start(role)
        local_url = wanted.local_url or f"http://127.0.0.1:{local_port}/v1"
        local_model = await _model_of(local_url) if wanted.local_url else LOCAL_MODEL
        config = write(
            stage.folder, (port, admin_port), (local_url, local_model), "" if cloud is None else f"http://127.0.0.1:{cloud_port}/v1"
        )
        await stage.start(demo_stage.gateway(config, port))
    cloud_model = OPENAI_MODEL if cloud is None else CLOUD_MODEL
    most_tokens = 512 if cloud is None else _MOST_TOKENS[wanted.engine]
    client = Client(f"http://127.0.0.1:{port}/v1", f"http://127.0.0.1:{admin_port}", most_tokens)
    demo_show.opening(out, client.url, wanted.engine, wanted.local_url, is_openai=cloud is None)
    return Show(wanted, stage, load(config), client, local, cloud, prompts(cloud_model), out)


async def _local(wanted: Wanted, port: int) -> Role | None:
    if wanted.local_url:
        return None
    if wanted.engine == "vllm":
        await demo_stage.install_vllm()
        return demo_stage.vllm(port, LOCAL_MODEL)
    return demo_stage.stand_in("engine", "a local engine", port, LOCAL_MODEL)


async def _model_of(url: str) -> str:
    """The first model that one's own engine has."""
    import httpx
    import msgspec

    try:
        listed = msgspec.json.decode(await demo_stage.fetch(f"{url}/models"))
        return str(listed["data"][0]["id"])
    except (httpx.HTTPError, msgspec.DecodeError, LookupError, TypeError):
        raise Unstaged(
            f"{url}/models does not list a model; is LOCAL_URL the API base of an engine, such as http://127.0.0.1:8000/v1?"
        ) from None


async def _first_act(show: Show) -> None:
    """Everything is up: who goes where."""
    cloud = show.plan.policy.targets[TargetName("cloud")].tariff
    targets = show.plan.policy.targets
    rows = []
    for shown in show.prompts:
        with _status(show.out, f"asking: {shown.title}"):
            judged, heard = show.judged(shown), await show.client.ask(shown)
        say = f"{shown.title!r} was to go {shown.goes}, and got {heard.status} by path {heard.path}, label {heard.label}"
        is_met = show.expect(
            heard.status == 200 and heard.path == shown.goes == judged.path and heard.label == str(judged.decision.label), say
        )
        rows.append(demo_show.Row(shown, judged, heard, targets.get(TargetName(heard.target)), cloud, is_met))
    demo_show.act_one(show.out, rows)


async def _second_act(show: Show) -> None:
    """The local engine is down: what is sensitive waits, what is public goes out."""
    if show.local is not None and show.wanted.engine == "standin":
        show.engine_saw = await _received(show.local)
    await show.stage.stop("engine")
    rows = []
    for title in ("clinic note", f"asks for {show.plan.policy.targets[TargetName('cloud')].model}", "sensitive, streamed"):
        shown, heard = await show.ask(title)
        is_met = show.expect(
            heard.status == 503 and heard.path == "blocked", f"{title!r} was to get a 503 without the engine, and got {heard.status}"
        )
        rows.append((shown, heard, is_met))
    for title in ("simple question", "hard proof"):
        shown, heard = await show.ask(title)
        say = f"{title!r} was to go to the cloud without the engine, and got {heard.status} by path {heard.path}"
        rows.append((shown, heard, show.expect(heard.status == 200 and heard.path == "cloud", say)))
    demo_show.act(
        show.out, "The local engine is stopped. What is sensitive gets a 503, by any name, streamed or not; what is public goes out.", rows
    )
    if show.local is not None:
        with _status(show.out, "starting the engine again"):
            await show.stage.start(show.local)
        await _until_back(show, "simple question", "local")


async def _third_act(show: Show) -> None:
    """The cloud is down: everything stays."""
    await show.stage.stop("cloud")
    rows = []
    for title in ("hard proof", "hard, streamed", "clinic note"):
        shown, heard = await show.ask(title)
        say = f"{title!r} was to stay local without the cloud, and got {heard.status} by path {heard.path}"
        rows.append((shown, heard, show.expect(heard.status == 200 and heard.path == "local", say)))
    demo_show.act(show.out, "The engine is back, the cloud is stopped. Nothing is lost: what would have gone out is served at home.", rows)


async def _until_back(show: Show, title: str, path: str) -> None:
    for _ in range(round(_RECOVERY_S / _PAUSE_S)):
        if (await show.ask(title))[1].path == path:
            return
        await asyncio.sleep(_PAUSE_S)
    show.expect(is_met=False, say=f"the gateway did not find the restarted engine within {_RECOVERY_S:g} s")


async def _nothing_left(show: Show) -> None:
    """Search everything that others could see for what was planted; and the engine's bytes, to see that searching finds it."""
    planted = [trace for shown in show.prompts for value in shown.planted for trace in traces(value)]
    log, metrics = show.stage.log_of("gateway").read_bytes(), await demo_stage.fetch(f"{show.client.admin_url}/metrics")
    seen = {"of the gateway's log": log, "of the gateway's metrics": metrics}
    if show.cloud is not None:
        seen["that the cloud received"] = await _received(show.cloud)
    counts = {name: sum(trace in content for trace in planted) for name, content in seen.items()}
    for name, count in counts.items():
        show.expect(bool(seen[name]), f"there are no bytes {name}, so that searching them proves nothing")
        show.expect(count == 0, f"the bytes {name} hold {count} of the planted values")
    control = sum(trace in show.engine_saw for trace in planted)
    if show.engine_saw:
        show.expect(control > 0, "the bytes that the engine received hold none of the planted values, so that searching proves nothing")
    demo_show.searched(
        show.out, len(planted), {name: (len(seen[name]), count) for name, count in counts.items()}, (len(show.engine_saw), control)
    )


async def _received(role: Role) -> bytes:
    return await demo_stage.fetch(role.health.removesuffix("/health") + "/_received")


async def _keep(show: Show) -> None:
    """Leave everything running until Ctrl-C."""
    if show.cloud is not None:
        await show.stage.start(show.cloud)
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.Event().wait()
