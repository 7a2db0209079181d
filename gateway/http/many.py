"""The admin address of several workers: one place that answers for all of them.

Metrics are added up, a reload is asked of all, readiness is that of any; the rest is asked of one. Bodies are passed on as they came.
A lockdown begins here, before anybody is asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import msgspec
from starlette.types import Receive, Scope, Send

from gateway.errors import GaveUp, Refusal
from gateway.http import body

MOST_BYTES = 10_000_000
WITHIN_S = 60.0
SOON_S = 1.0
_PASSED_ON = (b"origin", b"content-type", b"accept")


@dataclass(frozen=True, slots=True)
class Reply:
    """What a worker answered, or what is said for it."""

    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a worker."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)


class Crew(Protocol):
    """The workers."""

    @property
    def is_draining(self) -> bool:
        """Whether they are about to end."""

    async def one(self, question: Question, within_s: float = WITHIN_S) -> Reply | None:
        """What the first that answers says, each within so many seconds; None when nobody does."""

    async def each(self, question: Question) -> list[Reply]:
        """What those that answer say."""

    async def drain(self, question: Question) -> Reply | None:
        """Have all take a replica out of service or put it back, those that start later too. None when nobody answers."""

    def lock(self) -> None:
        """Nothing goes outside from now on, whoever answers."""

    async def reload(self) -> Reply | None:
        """Have all read the configuration again; a bad one changes nothing. None when nobody answers."""

    async def metrics(self, accept: str) -> Reply:
        """The metrics of all of them, in the format that is liked best."""


class ForAll:
    """The application."""

    def __init__(self, crew: Crew) -> None:
        self._crew = crew

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        query = scope["query_string"].decode("latin-1")
        headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"] if name in _PASSED_ON}
        try:
            content = await body.read(receive, MOST_BYTES, WITHIN_S)
            path = scope["raw_path"].decode("latin-1")  # as it came: decoded it may be none
            question = Question(scope["method"], path + (f"?{query}" if query else ""), headers, content)
            reply = await self._answer(scope["path"], question)
        except body.CallerLeft:
            return
        except Refusal as refusal:
            reply = Reply(refusal.status, refusal.body, {"content-type": "application/json", **refusal.headers})
        lines = [(name.encode(), value.encode("latin-1")) for name, value in reply.headers.items()]
        length = (b"content-length", b"%d" % len(reply.body))
        await send({"type": "http.response.start", "status": reply.status, "headers": [*lines, length]})
        await send({"type": "http.response.body", "body": reply.body})

    async def _answer(self, path: str, question: Question) -> Reply:
        crew = self._crew
        match question.method, path:
            case "GET", "/healthz":
                return _json(200, {"status": "ok"})
            case "GET", "/metrics":
                return await crew.metrics(question.headers.get("accept", ""))
            case "GET", "/readyz":
                return await self._readiness(question)
            case "POST", "/admin/reload" if "origin" not in question.headers:
                reply = await crew.reload()
            case "POST", "/admin/lockdown" if "origin" not in question.headers and _locks(question.body):
                crew.lock()
                # One of them notes it in the file and the ledger; one that hangs is not waited for.
                reply = await crew.one(question, SOON_S) or _json(200, {"survives_restart": False, "lockdown": "on"})
            case "POST", "/admin/drain":
                reply = await crew.drain(question)
            case _:
                reply = await crew.one(question)
        if reply is None:
            say = "No worker answers now; they are being started. Try again in a second."
            raise GaveUp(503, "no_worker", say, headers={"retry-after": "1"})
        return reply

    async def _readiness(self, question: Question) -> Reply:
        """Ready when one of them is; how many are is said too."""
        replies = await self._crew.each(question)
        ready = [reply for reply in replies if reply.status == 200]
        if self._crew.is_draining or not replies:
            return _json(503, {"status": "draining" if self._crew.is_draining else "unable", "workers": len(ready)})
        best = (ready or replies)[0]
        return _json(best.status, msgspec.json.decode(best.body) | {"workers": len(ready)})


class _Lock(msgspec.Struct, forbid_unknown_fields=True):
    on: bool


def _locks(content: bytes) -> bool:
    """Whether this asks for the lockdown. What cannot be read a worker will refuse."""
    try:
        return msgspec.json.decode(content, type=_Lock).on
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False


def _json(status: int, content: object) -> Reply:
    return Reply(status, msgspec.json.encode(content), {"content-type": "application/json"})
