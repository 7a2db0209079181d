"""A scripted upstream with the pace of an engine, that obeys a timetable of faults and keeps books: what load.py and soak.py ask.

    python -m benchmarks.paced PORT [--first-s 0.05] [--token-s 0.2]

The first part of a path is the target's name. A chat request with `max_tokens` N gets N tokens, streamed or not, one every `token_s`
seconds; its `seed` is its number in the books. `POST /timetable` takes `{"token_s": ..., "faults": [...]}` and starts the clock;
`GET /books` tells every answer so far, how many connections are open, and how many answers are being written.
"""

import argparse
import asyncio
import math
import random
import time
from typing import Literal, cast

import httptools
import msgspec
import uvloop
from typing_extensions import override

_CHUNK = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1750000000, "model": "scripted"}
_HEAD = b"HTTP/1.1 %d %b\r\ncontent-type: %b\r\n%b\r\n\r\n"
_FOREVER = 1e12
Ended = Literal["running", "whole", "cut", "left", "refused"]


class Fault(msgspec.Struct, frozen=True):
    """What goes wrong for so many seconds, at one target or (empty) all, with a share of the requests that come then.

    `status`: an error of that status. `down`: what runs is cut, what comes is reset. `silent`: no answer. `cut`: the stream is cut at a
    random place. `slow`: a token takes ten times as long.
    """

    kind: Literal["status", "down", "silent", "cut", "slow"]
    at_s: float = 0.0
    for_s: float = _FOREVER
    target: str = ""
    share: float = 1.0
    status: int = 503

    def is_on(self, target: str, at_s: float) -> bool:
        """Whether it is the target's fault at this second of the timetable."""
        return self.at_s <= at_s < self.at_s + self.for_s and self.target in ("", target)


class Timetable(msgspec.Struct, frozen=True):
    """The pace, and the faults in their order: the first that is on is what a request gets. `hangs_up` closes what is idle."""

    faults: tuple[Fault, ...] = ()
    first_s: float | None = None
    token_s: float | None = None
    hangs_up: bool = False


class Book(msgspec.Struct):
    """One answer: the request's number, the target that was asked, the tokens that were written, how it ended, and when (monotonic)."""

    number: int
    target: str
    tokens: int = 0
    ended: Ended = "running"
    at_s: float = 0.0


class Books(msgspec.Struct, frozen=True):
    """What `GET /books` tells."""

    answers: list[Book]
    connections: int
    running: int


class _Asked(msgspec.Struct):
    seed: int = 0
    max_tokens: int = 1
    stream: bool = False


class Scene:
    """What all connections share."""

    def __init__(self, first_s: float, token_s: float) -> None:
        self.first_s, self.token_s = first_s, token_s
        self.faults: tuple[Fault, ...] = ()
        self.dice = random.Random(7)
        self.answers: list[Book] = []
        self.connections: set[Connection] = set()
        self._start = 0.0

    def begin(self, timetable: Timetable) -> None:
        """Start the clock."""
        loop = asyncio.get_running_loop()
        self._start = loop.time()
        self.faults = timetable.faults
        self.first_s = self.first_s if timetable.first_s is None else timetable.first_s
        self.token_s = self.token_s if timetable.token_s is None else timetable.token_s
        if timetable.hangs_up:
            for connection in tuple(self.connections):
                connection.hang_up()
        for fault in self.faults:
            if fault.kind == "down":
                loop.call_later(fault.at_s, self._cut, fault.target)

    def fault(self, target: str) -> Fault | None:
        """What befalls a request that comes now."""
        at_s = asyncio.get_running_loop().time() - self._start
        return next((one for one in self.faults if one.is_on(target, at_s) and self.dice.random() < one.share), None)

    def books(self) -> Books:
        """The state of things."""
        running = sum(connection.answer is not None for connection in self.connections)
        return Books(self.answers, len(self.connections) - 1, running)  # without the one that asks

    def _cut(self, target: str) -> None:
        for connection in tuple(self.connections):
            answer = connection.answer
            if answer is not None and target in ("", answer.book.target):
                answer.end("cut")
                connection.transport.abort()


class Answer:
    """One answer that is being written, token by token."""

    def __init__(self, connection: "Connection", book: Book, asked: _Asked, fault: Fault | None) -> None:
        self._connection = connection
        self._asked = asked
        self.book = book
        scene = connection.scene
        self._token_s = scene.token_s * (10 if fault and fault.kind == "slow" else 1)
        self._last = math.floor(scene.dice.random() * asked.max_tokens) if fault and fault.kind == "cut" else -1
        self._loop = asyncio.get_running_loop()
        self._due = self._loop.time() + scene.first_s
        if asked.stream:
            connection.transport.write(_HEAD % (200, b"OK", b"text/event-stream", b"transfer-encoding: chunked"))
        else:
            self._due += self._token_s * asked.max_tokens
        self._timer = self._loop.call_at(self._due, self._go_on)

    def _go_on(self) -> None:
        book, transport = self.book, self._connection.transport
        if not self._asked.stream:
            book.tokens = self._asked.max_tokens
            self.end("whole")
            transport.write(_whole(book.tokens))
        elif book.tokens == self._last:
            self.end("cut")
            transport.abort()
        elif book.tokens == self._asked.max_tokens:
            self.end("whole")
            transport.write(_LAST + _event({**_CHUNK, "choices": [], "usage": _usage(book.tokens)}) + _DONE)
        else:
            if not self._connection.is_paused:
                book.tokens += 1
                transport.write(_TOKEN)
            self._due += self._token_s
            self._timer = self._loop.call_at(self._due, self._go_on)

    def end(self, how: Ended) -> None:
        """Nothing more is written."""
        self.book.ended, self.book.at_s = how, time.monotonic()
        self._timer.cancel()
        self._connection.answer = None


class Connection(asyncio.Protocol):
    """One connection."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.answer: Answer | None = None
        self.is_paused = False

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's transports are not of asyncio's classes
        self._parser = httptools.HttpRequestParser(self)
        self._body = bytearray()
        self.scene.connections.add(self)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.scene.connections.discard(self)
        if self.answer is not None:
            self.answer.end("left")

    def hang_up(self) -> None:
        """Close it, if it is idle."""
        if self.answer is None:
            self.transport.close()

    @override
    def pause_writing(self) -> None:
        self.is_paused = True

    @override
    def resume_writing(self) -> None:
        self.is_paused = False

    @override
    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        """The path."""
        self._path = url

    def on_body(self, body: bytes) -> None:
        """Some of the body."""
        self._body += body

    def on_message_complete(self) -> None:
        """A request is there."""
        body, self._body = bytes(self._body), bytearray()
        if self._path == b"/books":
            self._say(200, msgspec.json.encode(self.scene.books()))
        elif self._path == b"/timetable":
            self._say(200, b"{}")
            self.scene.begin(msgspec.json.decode(body, type=Timetable))
        elif self._parser.get_method() != b"POST":  # a probe of some kind
            self._say(200, b'{"object":"list","data":[]}')
        else:
            self._answer(msgspec.json.decode(body, type=_Asked))

    def _answer(self, asked: _Asked) -> None:
        target = self._path.decode().split("/")[1]
        fault = self.scene.fault(target)
        book = Book(asked.seed, target)
        self.scene.answers.append(book)
        kind = "" if fault is None else fault.kind
        if fault is not None and kind == "status":
            book.ended = "refused"
            self._say(fault.status, b'{"error":{"message":"Scripted.","type":"server_error","param":null,"code":null}}')
        elif kind in ("down", "silent"):
            book.ended = "refused"
            if kind == "down":
                self.transport.abort()
        else:
            self.answer = Answer(self, book, asked, fault)

    def _say(self, status: int, body: bytes) -> None:
        self.transport.write(_HEAD % (status, b"Scripted", b"application/json", b"content-length: %d" % len(body)) + body)


def _event(content: object) -> bytes:
    return _chunk(msgspec.json.encode(content))


def _chunk(payload: bytes) -> bytes:
    return b"%x\r\ndata: %b\n\n\r\n" % (len(payload) + 8, payload)


def _usage(tokens: int) -> dict[str, int]:
    return {"prompt_tokens": 100, "completion_tokens": tokens, "total_tokens": 100 + tokens}


def _whole(tokens: int) -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", "content": " word" * tokens}, "finish_reason": "stop"}
    body = msgspec.json.encode({**_CHUNK, "object": "chat.completion", "choices": [choice], "usage": _usage(tokens)})
    return _HEAD % (200, b"OK", b"application/json", b"content-length: %d" % len(body)) + body


_TOKEN = _event({**_CHUNK, "choices": [{"index": 0, "delta": {"content": " word"}, "logprobs": None, "finish_reason": None}]})
_LAST = _event({**_CHUNK, "choices": [{"index": 0, "delta": {}, "logprobs": None, "finish_reason": "stop"}]})
_DONE = _chunk(b"[DONE]") + b"0\r\n\r\n"


async def serve(port: int, first_s: float, token_s: float) -> None:
    """Serve until the process is ended."""
    scene = Scene(first_s, token_s)
    server = await asyncio.get_running_loop().create_server(lambda: Connection(scene), "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


def main() -> None:
    """Serve with the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("port", type=int)
    parser.add_argument("--first-s", type=float, default=0.05, help="seconds until the first token")
    parser.add_argument("--token-s", type=float, default=0.2, help="seconds between tokens")
    options = parser.parse_args()
    uvloop.run(serve(options.port, options.first_s, options.token_s))


if __name__ == "__main__":
    main()
