import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from typing_extensions import override

from gateway.http.many import Question, Reply
from gateway.process import Process
from gateway.tally import Count, Tally, encode
from tests.fakes.sockets import comes_to

SERVER = """
import http.server, socketserver, sys
class Says(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.send_header("content-length", "2"); self.send_header("set-cookie", "a"); self.end_headers()
        self.wfile.write(b"{}")
    def log_message(self, *_): pass
    def address_string(self): return "-"
sys.stdin.readline()
socketserver.UnixStreamServer(sys.argv[1], Says).serve_forever()
"""


@asynccontextmanager
async def started(code: str) -> AsyncIterator[Process]:
    with tempfile.TemporaryDirectory() as folder:  # its name is short: that of a socket has 107 bytes at most
        async with _started(code, Path(folder) / "at") as one:
            yield one


@asynccontextmanager
async def _started(code: str, at: Path) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, str(at), stdin=asyncio.subprocess.PIPE)
    client = httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=str(at)), base_url="http://worker", trust_env=False)
    one = Process(process, client)
    try:
        yield one
    finally:
        one.tell(signal.SIGKILL)
        await process.wait()
        await client.aclose()


async def test_it_is_ready_when_it_answers_and_can_be_asked_and_told() -> None:
    async with started(SERVER) as one:
        assert await one.ask(Question("GET", "/readyz")) is None, "nobody listens yet"
        assert isinstance(one.process, asyncio.subprocess.Process)
        assert one.process.stdin is not None
        one.process.stdin.write(b"listen\n")
        await one.until_ready()
        assert one.is_ready
        reply = await one.ask(Question("GET", "/readyz"))
        assert reply is not None
        assert (reply.status, reply.body, reply.headers) == (200, b"{}", {}), "only what is known to be useful is passed on"
        one.tell(signal.SIGTERM)
        assert await one.process.wait() == -signal.SIGTERM
        one.tell(signal.SIGTERM)
        assert await one.ask(Question("GET", "/readyz")) is None
        await one.client.aclose()
        assert await one.ask(Question("GET", "/readyz")) is None, "it was asked for with all others, and ended before its turn"


async def test_one_that_never_serves_is_killed() -> None:
    async with started("import time; time.sleep(600)") as one:
        await one.until_ready(0.1)
        assert not one.is_ready
        assert one.process.returncode == -signal.SIGKILL


async def test_one_that_ends_at_once_is_never_ready() -> None:
    async with started("raise SystemExit(3)") as one:
        await one.until_ready()
        assert not one.is_ready
        assert await one.process.wait() == 3


class Answers(Process):
    """One that answers each question when the test says so."""

    replies: list[asyncio.Future[Reply]]

    @override
    async def ask(self, question: Question, within_s: float = 0.0) -> Reply | None:
        self.replies.append(asyncio.get_running_loop().create_future())
        return await self.replies[-1]


async def test_an_older_count_that_comes_later_counts_nothing() -> None:
    async with started("raise SystemExit") as one:
        worker = Answers(one.process, one.client)
        worker.replies, asking = [], []
        for number in (1, 2):
            asking.append(asyncio.ensure_future(worker.count()))
            await comes_to(lambda: len(worker.replies), number)
        for number, value in ((1, 7.0), (0, 5.0)):
            worker.replies[number].set_result(Reply(200, encode(Tally(counts={"requests_total": (Count((), value),)}))))
            await asking[number]
        assert worker.counted.counts["requests_total"][0].value == 7.0


async def test_who_is_told_twice_keeps_its_exit_code() -> None:
    async with started("import time; time.sleep(60)") as one:
        os.kill(one.process.pid, signal.SIGKILL)
        for _ in range(20_000):  # while it ends, and whoever waits for it hears of that
            one.tell(signal.SIGKILL)
        assert await one.process.wait() == -signal.SIGKILL
