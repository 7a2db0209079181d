"""Our HTTP/1.1 protocol. Requests of hot endpoints are served directly; what is not hot goes to the ASGI application by uvicorn's means.

One request at a time is read and answered; what comes behind it waits, unread. Malformed requests are answered in OpenAI's shape, heads
are bounded, slow and stuck callers are dropped, and a request whose caller leaves hears of it at once.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

import uvicorn
from typing_extensions import override
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT, FlowControl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle
from uvicorn.server import ServerState

from gateway.errors import BadRequest
from gateway.http.body import CLOSE
from gateway.http.chat import Hot
from gateway.http.chunks import Chunks
from gateway.http.direct import Direct
from gateway.http.handed import cycle_of
from gateway.http.heads import CHUNKED, Head, Heads, Judging, Malformed, Upgrade, WebSocket
from gateway.http.ids import new_ids
from gateway.http.last import MALFORMED, NO_ROOM, NO_WEBSOCKET, TOO_LARGE, UPGRADE, Last
from gateway.http.room import Room

MOST_HEADER_BYTES = 64_000
HEADERS_S = 30.0
"""How long headers may take, from the connection or from their first byte that came alone."""
LINGER_S = 2.0
"""For so long a caller who was refused is heard out: if we closed meanwhile, its system would throw the answer away (RFC 9112, 9.6)."""
STUCK_S = 60.0
"""How long a caller may read nothing of an answer while more waits for them."""


_LASTS = ((WebSocket, NO_WEBSOCKET), (Upgrade, UPGRADE))
"""What a caller is told who asks to speak something else."""


class Shared:
    """What all connections to the hot endpoints share."""

    def __init__(self, hot: Mapping[bytes, Hot], room: Room | None = None) -> None:
        self.heads = Heads(hot)
        self.room = room or Room()
        self.ids = new_ids()


class Protocol(asyncio.Protocol):
    """One connection. The arguments, `shutdown` and `transport` are uvicorn's."""

    __slots__ = (
        "_chunks",
        "_clock",
        "_config",
        "_connections",
        "_heads",
        "_ids",
        "_is_deaf",
        "_is_in_head",
        "_judging",
        "_left",
        "_loop",
        "_partial",
        "_request",
        "_since",
        "_state",
        "_stuck",
        "_waiting",
        "flow",
        "room",
        "tasks",
        "transport",
    )
    headers_s = HEADERS_S
    stuck_s = STUCK_S

    def __init__(
        self, config: uvicorn.Config, server_state: ServerState, app_state: dict[str, Any], _loop: asyncio.AbstractEventLoop | None = None
    ) -> None:
        self._config = config
        shared: Shared = getattr(config.loaded_app, "shared", None) or Shared({})
        self._heads = shared.heads
        self._ids = shared.ids
        self.room = shared.room
        self._connections: set[Any] = server_state.connections
        self.tasks = server_state.tasks
        self._state = app_state
        self._loop = _loop or asyncio.get_event_loop()
        self._request: Direct | RequestResponseCycle | None = None  # of which not all is read, or not all is answered
        self._left = 0  # bytes of its body that have not come
        self._chunks: Chunks | None = None  # what reads its body, where that says itself where it ends
        self._partial = b""  # a head, as far as it has come
        self._judging: Judging | None = None
        self._waiting = b""  # what came behind the request
        self._is_deaf = False
        self._is_in_head = True
        self._since = self._loop.time()  # when the head began, or the last answer ended
        self._clock: asyncio.TimerHandle | None = None
        self._stuck: asyncio.TimerHandle | None = None

    @override
    def connection_made(self, transport: Any) -> None:
        self.transport: asyncio.Transport = transport
        self.flow = FlowControl(transport)
        self._connections.add(self)
        if not self.room.has_place(len(self._connections)):
            self._is_deaf = True
            self._refuse(NO_ROOM)
            return
        self._look_in(self.headers_s)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(self)
        for timer in (self._clock, self._stuck):
            if timer is not None:
                timer.cancel()
        request = self._request
        if isinstance(request, Direct):
            request.leave()
        elif request is not None:
            request.disconnected = True
            request.message_event.set()
        self._request = None  # it refers to us: the pair would wait for the garbage collector, with all that was asked
        self._wait_with(b"")
        self.flow.resume_writing()

    @override
    def pause_writing(self) -> None:
        self.flow.pause_writing()
        self._stuck = self._loop.call_later(self.stuck_s, self.transport.abort)

    @override
    def resume_writing(self) -> None:
        self.flow.resume_writing()
        if self._stuck is not None:
            self._stuck.cancel()

    def shutdown(self) -> None:
        """The server ends: no other request after the one that is being served."""
        if self._request is None or self._request.response_complete:
            self.transport.close()
        else:
            self._request.keep_alive = False

    # ---- what comes

    @override
    def data_received(self, data: bytes) -> None:
        if self._is_deaf:
            return
        if self._request is None:
            self._read_head(self._partial + data if self._partial else data)
        elif self._left or self._chunks is not None:
            self._read_body(data)
        else:
            self._wait_with(self._waiting + data)

    def _wait_with(self, data: bytes) -> None:
        """Keep what must not be looked at before the request is answered; nothing more is read meanwhile."""
        self.room.held_bytes += len(data) - len(self._waiting)
        self._waiting = data
        if data:
            self.flow.pause_reading()

    def _read_head(self, data: bytes) -> None:
        """Begin with the request whose head `data` begins with, if that is complete."""
        end = data.find(b"\r\n\r\n") + 4
        head, key, length = self._heads.look(data, end)
        if head is None:
            head = self._judged(data, end)
            if head is None:
                return
            length = head.length
            if key:
                self._heads.keep(key, head)
        if self._is_in_head:
            self._is_in_head, self._partial, self._judging = False, b"", None
        if head.hot is not None:
            body = data[end : end + length] if length > 0 else b""
            self._request = direct = Direct(self, head.hot, head, head.headers.request_id or next(self._ids), length, body)
            direct.start(self._loop)
            if len(data) - end == length:  # nearly always
                return
            end += len(body)
            length -= len(body)
        elif not self._hand_on(head):
            return
        self._chunks = Chunks() if head.length == CHUNKED else None
        self._left = max(0, length)
        if end < len(data) or not length:
            self._read_body(data[end:])

    def _judged(self, data: bytes, end: int) -> Head | None:
        """The head that `data` begins with, where it is not known; None when it is not complete yet, or no good."""
        fed = len(self._partial)
        if (end if end > 3 else len(data)) > MOST_HEADER_BYTES:  # `find` says 3 of nothing
            self._refuse(TOO_LARGE)
            return None
        if data.startswith(b"\r\n"):  # blank lines before a request mean nothing
            self._begin_head(b"", None)
            self._read_head(data[_blank(data) :])
            return None
        judging = self._judging or Judging()
        try:
            if end > 3:
                return judging.end(data[fed:end], self._heads.hot)
            judging.feed(data[fed:])
        except Malformed as malformed:
            self._refuse(next((last for kind, last in _LASTS if isinstance(malformed, kind)), MALFORMED))
        else:
            self._begin_head(data, judging)
        return None

    def _begin_head(self, data: bytes, judging: Judging | None) -> None:
        """This is of a head, the rest of which must come soon."""
        self._partial, self._judging = data, judging
        if not self._is_in_head:
            self._is_in_head, self._since = True, self._loop.time()
            self._look_in(self.headers_s)

    def _read_body(self, data: bytes) -> None:
        rest: bytes | None = None
        if self._chunks is None:
            piece = data[: self._left]
            self._left -= len(piece)
            if piece:
                self._feed(piece)
            if not self._left:
                rest = data[len(piece) :]
        else:
            try:
                rest = self._chunks.feed(data, self._feed)
            except Malformed:
                self._spoil()
        if rest is not None:
            self._chunks = None
            self._finish(rest)

    def _feed(self, piece: bytes) -> None:
        request = self._request
        if isinstance(request, Direct):
            request.feed(piece)
        elif request is not None and not request.response_complete:
            request.body += piece
            request.message_event.set()
            if len(request.body) > HIGH_WATER_LIMIT:
                self.flow.pause_reading()

    def _finish(self, rest: bytes) -> None:
        """The request is complete, and this came behind it."""
        request = self._request
        if isinstance(request, Direct):
            request.finish()
        elif request is not None:
            request.more_body = False
            request.message_event.set()
        if rest:
            self._wait_with(rest)
        if request is None or request.response_complete:
            self.answered()

    def _spoil(self) -> None:
        """The body is no HTTP, and what comes behind it can be anything."""
        request = self._request
        if isinstance(request, Direct):
            self._is_deaf = True
            request.keep_alive = False
            request.spoil(BadRequest(MALFORMED.code, MALFORMED.say, headers=CLOSE))
        elif request is None or request.response_started:
            self.transport.close()
        else:
            self._refuse(MALFORMED)

    # ---- what goes

    def _hand_on(self, head: Head) -> bool:
        """Let uvicorn ask the ASGI application. False for what cannot be asked."""
        try:
            self._request = cycle = cycle_of(head, self._config, self._state, self.flow, self.answered)
        except Malformed:
            self._refuse(MALFORMED)
            return False
        task = self._loop.create_task(cycle.run_asgi(self._config.loaded_app))
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)
        return True

    def answered(self) -> None:
        """The answer is written; the connection may serve the next request."""
        request = self._request
        if self._left or self._chunks is not None:  # what comes of its body is dropped first
            self.flow.resume_reading()
            return
        self._request = None
        if request is None or not request.keep_alive or self.transport.is_closing():
            return
        self._since = self._loop.time()
        if self.flow.read_paused:
            self.flow.resume_reading()
        if self._waiting:
            data = self._waiting
            self._wait_with(b"")
            self._read_head(data)

    def part(self) -> None:
        """Say that nothing more comes, and read what does, for a while, without keeping it."""
        if self._is_deaf or self.transport.is_closing():  # what it sent was not HTTP
            self.transport.close()
            return
        self._is_deaf = True
        self.transport.write_eof()
        self.flow.resume_reading()
        if self._clock is not None:
            self._clock.cancel()
        self._clock = self._loop.call_later(LINGER_S, self.transport.close)

    def _look(self) -> None:
        """One timer for the life of the connection is cheaper than one per request."""
        idle_s = self._config.timeout_keep_alive
        left_s: float = idle_s
        if self._request is None:
            left_s = self._since + (self.headers_s if self._is_in_head else idle_s) - self._loop.time()
        if left_s <= 0:
            self.transport.close()
        else:
            self._look_in(left_s)

    def _look_in(self, within_s: float) -> None:
        if self._clock is not None:
            self._clock.cancel()
        self._clock = self._loop.call_later(min(within_s, self._config.timeout_keep_alive), self._look)  # it may be idle soon

    def _refuse(self, last: Last) -> None:
        self._is_deaf = True
        self.transport.write(last.written())
        self.transport.close()


def _blank(data: bytes) -> int:
    """Bytes of the blank lines that it begins with."""
    at = 0
    while data.startswith(b"\r\n", at):
        at += 2
    return at
