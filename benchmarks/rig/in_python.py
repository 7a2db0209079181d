"""The driver and the scripted upstream in Python, for machines without a compiler: the same words, answers and figures, ten times the cost.

    python -m benchmarks.rig.in_python upstream --port P
    python -m benchmarks.rig.in_python driver --port P --bodies FILE ...

Figures of fast contenders are then those of a load that cannot saturate them; the comparison says that it ran so.
"""

import asyncio
import contextlib
import sys
import time
from collections.abc import Iterator, Mapping
from random import Random
from typing import cast

import httptools
import msgspec
import uvloop
from typing_extensions import override

from benchmarks.rig.scripted import STAMP, serve


class Asked:
    """The bodies of a file, with words in their blanks."""

    def __init__(self, options: Mapping[str, str], headers: list[str]) -> None:
        with open(options["bodies"], "rb") as file:  # noqa: PTH123  # one file, read once
            self.words = file.readline().split()
            self.bodies = []
            while line := file.readline():
                self.bodies.append(file.read(int(line)).split(b"\x01" * len(self.words[0])))
        lines = ["POST /v1/chat/completions HTTP/1.1", f"host: 127.0.0.1:{options['port']}", "content-type: application/json", *headers]
        self.head = ("\r\n".join(lines) + "\r\ncontent-length: ").encode()
        self.dice = Random(float(options.get("seed", "1")))
        self.turn = 0

    def next(self) -> bytes:
        """Another request."""
        pieces = self.bodies[self.turn % len(self.bodies)]
        self.turn += 1
        words = self.dice.choices(self.words, k=len(pieces) - 1)
        body = b"".join(part for pair in zip(pieces, [*words, b""], strict=True) for part in pair)
        return b"%b%d\r\n\r\n%b" % (self.head, len(body), body)


class Figures:
    """What the driver prints."""

    def __init__(self) -> None:
        self.ok = self.chunks = self.connections = self.in_flight = self.most_in_flight = 0
        self.errors: dict[str, int] = {}
        self.times: dict[str, list[float]] = {"latency_us": [], "first_us": [], "delay_us": []}

    def printed(self, seconds: float) -> bytes:
        """As stage.Drive."""
        found: dict[str, object] = {
            "seconds": seconds,
            "ok": self.ok,
            "wrong": sum(self.errors.values()),
            "errors": self.errors,
            "error_said": "",
        }
        found |= {"chunks": self.chunks, "connections": self.connections, "most_in_flight": self.most_in_flight}
        found |= {"cpu_s": time.process_time()} | {name: dict(_quantiles(sorted(values))) for name, values in self.times.items()}
        return msgspec.json.encode(found)


def _quantiles(values: list[float]) -> Iterator[tuple[str, float]]:
    yield "n", len(values)
    for name, share in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p999", 0.999), ("most", 1.0)) if values else ():
        yield name, values[min(len(values) - 1, int(share * len(values)))]


class Caller(asyncio.Protocol):
    """One connection of the driver."""

    def __init__(self, figures: Figures, expected: int) -> None:
        self.figures, self.expected = figures, expected
        self.done: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.parser = httptools.HttpResponseParser(self)
        self.tail = b""
        figures.connections += 1

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    @override
    def data_received(self, data: bytes) -> None:
        self.now_ns = time.monotonic_ns()
        self.parser.feed_data(data)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result("cut")

    def on_body(self, body: bytes) -> None:
        """Read the stamps."""
        pieces = (self.tail + body).split(b"@") if self.expected >= 0 else []
        self.tail = b"@" + pieces[-1] if len(pieces) > 1 and len(pieces[-1]) < STAMP else b""
        for piece in pieces[1:-1] if self.tail else pieces[1:]:
            delay_us = (self.now_ns - int(piece[: STAMP - 1]) * 10) / 1e3
            self.figures.times["delay_us"].append(delay_us)
            if not self.chunks:
                self.figures.times["first_us"].append(self.now_ns / 1e3 - self.due * 1e6)
            self.chunks += 1

    def on_message_complete(self) -> None:
        """The answer is whole."""
        if not self.done.done():
            self.done.set_result("" if self.parser.get_status_code() == 200 else "status")

    async def ask(self, request: bytes, due: float, timeout_s: float) -> None:
        """Send, wait, and count."""
        figures = self.figures
        self.done, self.due, self.chunks, self.tail = asyncio.get_running_loop().create_future(), due, 0, b""
        self.parser = httptools.HttpResponseParser(self)
        self.transport.write(request)
        figures.in_flight += 1
        figures.most_in_flight = max(figures.most_in_flight, figures.in_flight)
        try:
            error = await asyncio.wait_for(self.done, timeout_s)
        except TimeoutError:
            error = "timeout"
        figures.in_flight -= 1
        figures.chunks += self.chunks
        if not error and self.expected >= 0 and self.chunks != self.expected:
            error = "short"
        if error:
            figures.errors[error] = figures.errors.get(error, 0) + 1
        else:
            figures.ok += 1
            figures.times["latency_us"].append((time.monotonic() - due) * 1e6)


class Load:
    """The driver's options, and one run of it."""

    def __init__(self, options: Mapping[str, str], headers: list[str]) -> None:
        def number(name: str, otherwise: float) -> float:
            return float(options.get(name, otherwise))

        self.port, self.conns = int(options["port"]), int(number("conns", 16))
        self.most, self.seconds = number("requests", 1e9), min(300.0, number("seconds", 2))
        self.rate, self.ramp_s, self.timeout_s = number("rate", 0), number("ramp-s", 0), number("timeout-s", 20)
        self.expected = int(number("chunks", -1))
        self.asked, self.figures, self.issued = Asked(options, headers), Figures(), 0

    async def connect(self) -> Caller:
        """A connection."""
        return (await asyncio.get_running_loop().create_connection(lambda: Caller(self.figures, self.expected), "127.0.0.1", self.port))[1]

    def _may_ask(self, start: float) -> bool:
        may = self.issued < self.most and time.monotonic() < start + self.seconds and sum(self.figures.errors.values()) < 10_000
        self.issued += may
        return may

    async def _caller(self, number: int, start: float) -> None:
        await asyncio.sleep(self.ramp_s * number / self.conns)
        caller = await self.connect()
        while self._may_ask(start):
            if caller.transport.is_closing():
                caller = await self.connect()
            await caller.ask(self.asked.next(), time.monotonic(), self.timeout_s)
        caller.transport.close()

    async def _arriving(self, start: float) -> None:
        idle: list[Caller] = []

        async def one(due: float) -> None:
            caller = idle.pop() if idle else await self.connect()
            await caller.ask(self.asked.next(), due, self.timeout_s)
            if not caller.transport.is_closing():
                idle.append(caller)

        async with asyncio.TaskGroup() as tasks:
            while self._may_ask(start):
                due = start + (self.issued - 1) / self.rate
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                tasks.create_task(one(due))

    async def run(self) -> bytes:
        """All of it; what is printed."""
        start = time.monotonic()
        if self.rate:
            await self._arriving(start)
        else:
            await asyncio.gather(*(self._caller(number, start) for number in range(self.conns)))
        return self.figures.printed(time.monotonic() - start)


def main() -> None:
    """Be one of the two."""
    role, *words = sys.argv[1:]
    pairs = [(name[2:], value) for name, value in zip(words[::2], words[1::2], strict=True)]
    options, headers = dict(pairs), [value for name, value in pairs if name == "header"]
    with contextlib.suppress(KeyboardInterrupt):
        if role == "upstream":
            uvloop.run(serve(int(options["port"])))
        else:
            print(uvloop.run(Load(options, headers).run()).decode())


if __name__ == "__main__":
    main()
