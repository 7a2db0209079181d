"""Outages: what callers see, and what a dead target gets, while providers fail and come back.

    python -m benchmarks.outage [--scale 1.0] [--only NAME]

A gateway in a process of its own between two scripted upstreams, all on loopback. `--scale 0.1` makes outages and floods a tenth as long;
the gateway's own times stay as they are. Callers are open loop where a rate is stated: a request is sent when its time has come, whatever
became of the others.

- outage: the provider is down for 60 s, then flaps (5 s down, 5 s up) three times, at 50 requests a second of public traffic; in three
  ways: nobody listens, it answers 503 to all, or to all but health checks
- storm: every target fails, 50 requests a second for 30 s, then 60 at once; attempts for a request
- herd: the only target was down for 3 s under traffic; then 80 requests at once
- stalled: 120 local streams hang after their first word; how long a cloud request takes
- aborts: 500 callers leave, half of them before the first byte; what still generates
- tails: one stream of 40 begins after 2 s instead of 10 ms, 20 requests a second for 60 s; without a hedge and with one after 0.25 s
"""

import argparse
import asyncio
import json
import re
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parent.parent
PUBLIC, SENSITIVE = "Say a word about the weather.", "Write to anna.example@" + "tidegate-mail.org about the weather."
_EVENT = (
    b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":%b,"finish_reason":%b}]}\n\n'
)
DELTA, LAST = _EVENT % (b'{"content":"a"}', b"null"), _EVENT % (b"{}", b'"stop"')
WHOLE = json.dumps({"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [
    {"index": 0, "message": {"role": "assistant", "content": "a"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 7, "completion_tokens": 1, "total_tokens": 8}}).encode()  # fmt: skip
STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"


def _answer(status: str, body: bytes) -> bytes:
    return b"HTTP/1.1 %b\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (status.encode(), len(body), body)


class Provider:
    """A scripted upstream. `mode`: `up`; `failing` (503); `half` (503, but health checks are answered); `stalls` after its first word.

    `tails`: one in 40 takes 2 s to begin.
    """

    def __init__(self) -> None:
        self.mode = "up"
        self.port = 0
        self.served = 0
        self.failed = 0
        self.generating = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def listen(self) -> None:
        """Be there; on the same port as before."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def vanish(self) -> None:
        """Be gone: no listener, no connection."""
        if self._server is not None:
            self._server.close()
            for writer in tuple(self._writers):
                writer.transport.abort()

    async def be(self, mode: str) -> None:
        """Change the mode; `gone` is to vanish."""
        if mode == "gone":
            await self.vanish()
        elif self.mode == "gone":
            await self.listen()
        self.mode = mode

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        with suppress(OSError, EOFError):
            while await self._answered(reader, writer):
                pass
        self._writers.discard(writer)
        writer.transport.abort()

    async def _answered(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        if head.startswith(b"GET"):
            is_up = self.mode != "failing"
            writer.write(_answer("200 OK" if is_up else "503 Down", b'{"object":"list","data":[]}'))
            return True
        length = re.search(rb"content-length: (\d+)", head)
        body = await reader.readexactly(int(length[1]) if length else 0)
        if self.mode in {"failing", "half"}:
            self.failed += 1
            writer.write(_answer("503 Down", b'{"error":{"message":"down"}}'))
            return True
        self.generating += 1
        try:
            if self.mode == "stalls":
                writer.write(STREAM + DELTA if b'"stream":true' in body.replace(b" ", b"") else b"")
                await reader.read(1)  # until the peer leaves
                return False
            self.served += 1
            await asyncio.sleep(2.0 if self.mode == "tails" and self.served % 40 == 0 else 0.01)
            if b'"stream":true' in body.replace(b" ", b""):
                writer.write(STREAM + DELTA + LAST + b"data: [DONE]\n\n")
                await writer.drain()
                writer.close()
                return False
            writer.write(_answer("200 OK", WHOLE))
            return True
        finally:
            self.generating -= 1


@dataclass
class Gate:
    """A running gateway between `local` and `cloud`."""

    local: Provider
    cloud: Provider
    port: int = 0
    admin: int = 0

    async def ask(self, text: str = PUBLIC, *, is_stream: bool = False, leave_after_s: float | None = None) -> tuple[int, str]:
        """One request; status and target. 0: no answer."""
        body = json.dumps({"model": "auto", "stream": is_stream, "messages": [{"role": "user", "content": text}]}).encode()
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(
            b"POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)
        )
        try:
            if leave_after_s is not None:
                await asyncio.sleep(leave_after_s)
                return 0, ""
            answer = await reader.read()
        except OSError:
            return 0, ""
        finally:
            writer.transport.abort()
        target = re.search(rb"x-tidegate-target: (\w+)", answer)
        return (int(answer[9:12]) if answer else 0), target[1].decode() if target else ""

    async def attempts(self, target: str | None = None, *, failed: bool = False) -> float:
        """Attempts so far, by the gateway's own metrics."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.admin)
        writer.write(b"GET /metrics HTTP/1.1\r\nhost: g\r\nconnection: close\r\n\r\n")
        text = (await reader.read()).decode()
        writer.close()
        lines = re.findall(r"^tidegate_upstream_attempts_total\{([^}]*)\} (\S+)", text, re.MULTILINE)
        return sum(
            float(value) for labels, value in lines
            if (target is None or f'target="{target}"' in labels) and (not failed or 'ending="Served"' not in labels)
        )  # fmt: skip


@asynccontextmanager
async def gate(chain: tuple[str, ...], cloudy: Mapping[str, Any] = MappingProxyType({})) -> AsyncIterator[Gate]:
    """A gateway whose public traffic takes `chain`; sensitive traffic stays at home. `cloudy`: more settings of the cloud."""
    local, cloud = Provider(), Provider()
    await local.listen()
    await cloud.listen()
    both = {"kind": "openai_compatible", "model": "m", "cost": "unknown"}
    content = {
        "version": 1,
        "server": {"port": 0, "admin_port": 0},
        "destinations": {
            "local": both | {"zone": "local", "url": f"http://127.0.0.1:{local.port}/v1", "clearance": "restricted"},
            "cloud": both | {"zone": "external", "url": f"http://127.0.0.1:{cloud.port}/v1", "clearance": "internal"} | dict(cloudy),
        },
        "routes": [
            {"name": "sensitive", "when": {"label": ">= personal"}, "to": ["local"]},
            {"name": "public", "to": [chain[0]], "fallback": list(chain[1:])},
        ],
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tidegate.yaml"
        path.write_text(json.dumps(content))
        command = (sys.executable, "-m", "gateway", "serve", str(path))
        process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stderr=asyncio.subprocess.PIPE, limit=1 << 22)
        assert process.stderr is not None
        try:
            while b'"serving"' not in (line := await process.stderr.readline()):
                assert line, "the gateway did not start"
            said = json.loads(line)
            drain = asyncio.create_task(_drain(process.stderr))
            yield Gate(local, cloud, int(said["where"].removesuffix("/v1").rpartition(":")[2]), int(said["admin"].rpartition(":")[2]))
            drain.cancel()
        finally:
            process.kill()
            await process.wait()
            await local.vanish()
            await cloud.vanish()


async def _drain(stream: asyncio.StreamReader) -> None:
    while await stream.read(1 << 16):
        pass


@dataclass
class Flood:
    """Requests at a rate, open loop. `seen`: when each was sent, its status, who answered."""

    gate: Gate
    rate: float = 50.0
    seen: list[tuple[float, int, str]] = field(default_factory=list)

    async def during(self, script: Awaitable[None]) -> None:
        """Send until the script is over, then wait for the answers."""
        ending, sent = asyncio.ensure_future(script), set()
        start, count = time.monotonic(), 0
        while not ending.done():
            sent.add(asyncio.create_task(self._one()))
            count += 1
            await asyncio.sleep(max(0.0, start + count / self.rate - time.monotonic()))
        await asyncio.gather(ending, *sent)

    async def _one(self) -> None:
        at = time.monotonic()
        self.seen.append((at, *await self.gate.ask()))

    def returned(self, since: float) -> float:
        """Seconds from `since` until the cloud served again."""
        return min((at for at, _, target in self.seen if at >= since and target == "cloud"), default=float("inf")) - since


Row = tuple[str, str, str, bool]


async def outage(scale: float, how: str) -> list[Row]:
    """The provider is down, then flaps."""
    async with gate(("cloud", "local")) as gated:
        flood, marks = Flood(gated), {}

        async def script() -> None:
            await asyncio.sleep(2)
            await gated.cloud.be(how)
            await asyncio.sleep(3)
            marks["settled"], marks["before"] = time.monotonic(), await gated.attempts("cloud", failed=True)
            await asyncio.sleep(60 * scale)
            marks["after"], marks["up"] = await gated.attempts("cloud", failed=True), time.monotonic()
            await gated.cloud.be("up")
            await asyncio.sleep(12)
            marks["flaps"], marks["flapping"] = await gated.attempts("cloud", failed=True), time.monotonic()
            for _ in range(3):
                await gated.cloud.be(how)
                await asyncio.sleep(5)
                await gated.cloud.be("up")
                await asyncio.sleep(5)
            marks["last"], marks["flapped"] = time.monotonic() - 5, await gated.attempts("cloud", failed=True)
            await asyncio.sleep(6)

        await flood.during(script())
        errors = Counter(status for _, status, _ in flood.seen if status != 200)
        down = [at for at, *_ in flood.seen if marks["settled"] <= at < marks["up"]]
        flapping = [at for at, *_ in flood.seen if marks["flapping"] <= at < marks["last"] + 5]
        share, flaps = (marks["after"] - marks["before"]) / len(down), (marks["flapped"] - marks["flaps"]) / len(flapping)
        back, last = flood.returned(marks["up"]), flood.returned(marks["last"])
        name = f"outage ({how})"
        return [
            (name, "errors that callers saw", f"{sum(errors.values())} of {len(flood.seen)}", not errors),
            (name, "attempts at the dead target, of requests", f"{share:.2%}", share < 0.02),
            (name, "failed attempts while it flaps, of requests", f"{flaps:.2%}", flaps < 0.04),
            (name, "traffic is back after", f"{back:.1f} s; {last:.1f} s after flapping", max(back, last) < 10),
        ]


async def storm(scale: float) -> list[Row]:
    """Every target fails."""
    async with gate(("cloud", "local")) as gated:
        await gated.cloud.be("half")
        await gated.local.be("half")
        flood = Flood(gated)
        await flood.during(asyncio.sleep(30 * scale))
        steady = (await gated.attempts()) / len(flood.seen)
    async with gate(("cloud", "local")) as gated:
        await gated.cloud.be("half")
        await gated.local.be("half")
        await asyncio.gather(*(gated.ask() for _ in range(60)))
        burst = (await gated.attempts()) / 60
    return [
        ("storm", "attempts for a request, 50 requests a second", f"{steady:.2f}", steady <= 1.2),
        ("storm", "attempts for a request, 60 at once and nobody was warned", f"{burst:.2f}", burst <= 1.2),
    ]


async def herd(_scale: float) -> list[Row]:
    """The only target was down for three seconds."""
    rows: list[Row] = []
    for how in ("gone", "failing", "half"):
        async with gate(("local",)) as gated:
            flood, told = Flood(gated, 20.0), asyncio.get_running_loop().create_future()

            async def script(gated: Gate = gated, how: str = how, told: asyncio.Future[Row] = told) -> None:
                await gated.local.be(how)
                await asyncio.sleep(3)
                await gated.local.be("up")
                start = time.monotonic()
                answers = await asyncio.gather(*(gated.ask(SENSITIVE if number % 2 else PUBLIC) for number in range(80)))
                good = sum(status == 200 for status, _ in answers)
                told.set_result((f"herd ({how})", "of 80 at once, after 3 s", f"{good} in {time.monotonic() - start:.1f} s", good >= 78))

            await flood.during(script())
            rows.append(await told)
    return rows


async def stalled(_scale: float) -> list[Row]:
    """The pool at home hangs."""
    async with gate(("cloud",)) as gated:
        await gated.local.be("stalls")
        hanging = [asyncio.create_task(gated.ask(SENSITIVE, is_stream=True)) for _ in range(120)]
        while gated.local.generating < 120:  # noqa: ASYNC110  # nothing wakes us
            await asyncio.sleep(0.05)
        times: list[float] = []
        for _ in range(50):
            start = time.monotonic()
            assert (await gated.ask())[0] == 200
            times.append(time.monotonic() - start)
        for task in hanging:
            task.cancel()
        await asyncio.gather(*hanging, return_exceptions=True)
        worst = max(times)
        return [
            ("stalled", "cloud requests beside 120 stalled streams", f"{statistics.median(times):.3f} s, at most {worst:.3f} s", worst < 5)
        ]


async def aborts(_scale: float) -> list[Row]:
    """Callers leave."""
    async with gate(("local",)) as gated:
        await gated.local.be("stalls")
        for _ in range(10):
            await asyncio.gather(*(gated.ask(is_stream=bool(number % 2), leave_after_s=0.02 * (number % 10)) for number in range(50)))
        start = time.monotonic()
        while gated.local.generating and time.monotonic() - start < 10:  # noqa: ASYNC110  # as above
            await asyncio.sleep(0.02)
        left = gated.local.generating
        return [("aborts", "of 500, still generating", f"{left} after {time.monotonic() - start:.1f} s", not left)]


async def tails(scale: float) -> list[Row]:
    """Some streams are slow to begin."""
    rows: list[Row] = []
    for name, settings in (("without a hedge", {}), ("hedged after 0.25 s", {"hedge": {"after_s": 0.25}})):
        async with gate(("cloud",), settings) as gated:
            await gated.cloud.be("tails")
            times: list[float] = []
            tasks: list[asyncio.Task[None]] = []
            for _ in range(round(1200 * scale)):
                tasks.append(asyncio.create_task(_timed(gated, times)))
                await asyncio.sleep(0.05)
            await asyncio.gather(*tasks)
            while gated.cloud.generating:  # noqa: ASYNC110  # as below
                await asyncio.sleep(0.05)
            cuts, attempts = statistics.quantiles(times, n=1000), await gated.attempts()
            say = f"p50 {cuts[499]:.3f} s, p99 {cuts[989]:.3f} s, most {max(times):.3f} s; {attempts / len(times):.3f} attempts a request"
            rows.append(("tails", f"streams, {name}", say, not settings or (cuts[989] < 1.0 and attempts < 1.06 * len(times))))
    return rows


async def _timed(gated: Gate, times: list[float]) -> None:
    start = time.monotonic()
    assert (await gated.ask(is_stream=True))[0] == 200
    times.append(time.monotonic() - start)


SCENES: dict[str, Callable[[float], Awaitable[list[Row]]]] = {
    "gone": lambda scale: outage(scale, "gone"),
    "failing": lambda scale: outage(scale, "failing"),
    "half": lambda scale: outage(scale, "half"),
    "storm": storm,
    "herd": herd,
    "stalled": stalled,
    "aborts": aborts,
    "tails": tails,
}


async def main(scale: float, only: str | None) -> bool:
    """Play the scenes one after the other; whether all is as it should be."""
    table = Table("scene", "what", "figure", "as it should be")
    rows: list[Row] = []
    for name, scene in SCENES.items():
        if only in (None, name):
            rows += await scene(scale)
    for scene_name, what, figure, is_good in rows:
        table.add_row(scene_name, what, figure, "yes" if is_good else "NO")
    Console(width=120).print(table)
    return all(is_good for *_, is_good in rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="What callers see, and what a dead target gets, while providers fail and come back.")
    parser.add_argument("--scale", type=float, default=1.0, help="length of outages and floods; 1 is as the module says")
    parser.add_argument("--only", choices=SCENES, help="one scene")
    given = parser.parse_args()
    sys.exit(not asyncio.run(main(given.scale, given.only)))
