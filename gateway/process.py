"""One worker process, as the one that started it sees it: asked over a socket of this machine, and told by signals."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from dataclasses import dataclass, field

import httpx
import msgspec

from gateway.forked import Forked
from gateway.http.many import Question, Reply
from gateway.tally import Tally, decode
from gateway.worker import Part

WITHIN_S = 2.0
"""How long it may take to answer what every worker knows at once."""
STARTING_S = 180.0
"""How long it may take to serve. It reads the configuration and its models, which takes seconds; on a machine that is very busy, many."""
_HEADERS = ("content-type", "x-request-id", "retry-after", "allow")


@dataclass(slots=True, eq=False)
class Process:
    """`said` is when it last answered, `counted` what it last said that it has counted, when it was asked at `asked`.

    Times are in monotonic seconds.
    """

    process: asyncio.subprocess.Process | Forked
    client: httpx.AsyncClient = field(repr=False)
    began: float = field(default_factory=time.monotonic)
    is_ready: bool = False
    said: float = 0.0
    asked: float = 0.0
    counted: Tally = field(default_factory=Tally)

    async def ask(self, question: Question, within_s: float = WITHIN_S) -> Reply | None:
        """What it answers; None when it does not."""
        headers = dict(question.headers)
        try:
            answer = await self.client.request(question.method, question.path, headers=headers, content=question.body, timeout=within_s)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, RuntimeError):  # the last: it has ended, and its client is closed
            return None
        return Reply(answer.status_code, answer.content, {name: answer.headers[name] for name in _HEADERS if name in answer.headers})

    async def count(self) -> None:
        """Ask it what it has counted."""
        asked = time.monotonic()
        reply = await self.ask(Question("GET", "/admin/tally"))
        if reply is not None and reply.status == 200:
            self.said = time.monotonic()
            if asked >= self.asked:  # else a later question was answered first, and counts would go back
                self.counted, self.asked = decode(reply.body), asked

    async def until_ready(self, within_s: float = STARTING_S) -> None:
        """Wait until it serves, or has ended. One that does neither in time is killed."""
        ended = asyncio.ensure_future(self.process.wait())
        late = time.monotonic() + within_s
        while not ended.done() and not self.is_ready:
            if time.monotonic() >= late:
                self.tell(signal.SIGKILL)
                await ended
            elif await self.ask(Question("GET", "/healthz")) is not None:
                self.is_ready, self.said = True, time.monotonic()
            else:
                await asyncio.wait((ended,), timeout=0.05)
        ended.cancel()

    async def serves_before(self, stopping: asyncio.Event) -> bool:
        """Wait until it serves. False: it ended before that, or was not waited for."""
        ready, stopped = asyncio.ensure_future(self.until_ready()), asyncio.ensure_future(stopping.wait())
        await asyncio.wait((ready, stopped), return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if not ready.done():
            self.tell(signal.SIGKILL)  # it has begun nothing
            await ready
        return self.is_ready

    def tell(self, number: signal.Signals) -> None:
        """Send a signal, if it still runs."""
        with contextlib.suppress(ProcessLookupError):
            if self.process.returncode is None:  # `send_signal` looks itself, and takes the exit code from who waits for it
                os.kill(self.process.pid, number)


async def start(part: Part, seed: int) -> Process:
    """Start a worker. `seed` is what texts are hashed with: workers of one gateway find by it what others wrote."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "gateway.worker",
        msgspec.json.encode(part).decode(),
        pass_fds=(part.api, part.alive, part.board, *([part.told] if part.siblings else [])),
        env={**os.environ, "PYTHONHASHSEED": str(seed)},
        start_new_session=True,  # Ctrl-C is for who started it, and is passed on
    )
    return _asked(process, part)


def adopted(part: Part, pid: int) -> Process:
    """A worker that another one has forked."""
    return _asked(Forked(pid), part)


def _asked(process: asyncio.subprocess.Process | Forked, part: Part) -> Process:
    return Process(
        process, httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=part.admin), base_url="http://worker", trust_env=False)
    )
