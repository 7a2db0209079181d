import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from gateway.http.many import Question
from gateway.process import Process

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
async def started(code: str, at: Path) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, str(at), stdin=asyncio.subprocess.PIPE)
    client = httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=str(at)), base_url="http://worker", trust_env=False)
    one = Process(process, client)
    try:
        yield one
    finally:
        one.tell(signal.SIGKILL)
        await process.wait()
        await client.aclose()


async def test_it_is_ready_when_it_answers_and_can_be_asked_and_told(tmp_path: Path) -> None:
    async with started(SERVER, tmp_path / "at") as one:
        assert await one.ask(Question("GET", "/readyz")) is None, "nobody listens yet"
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


async def test_one_that_never_serves_is_killed(tmp_path: Path) -> None:
    async with started("import time; time.sleep(600)", tmp_path / "at") as one:
        await one.until_ready(0.1)
        assert not one.is_ready
        assert one.process.returncode == -signal.SIGKILL


async def test_one_that_ends_at_once_is_never_ready(tmp_path: Path) -> None:
    async with started("raise SystemExit(3)", tmp_path / "at") as one:
        await one.until_ready()
        assert not one.is_ready
        assert await one.process.wait() == 3
