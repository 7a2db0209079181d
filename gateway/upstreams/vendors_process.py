"""The process in which vendors' libraries live: `python -m gateway.upstreams.vendors_process`, started by `gateway.upstreams.vendors`.

It has no configuration of its own: each attempt says which target it is for. It connects to the vendors of those targets and nowhere else,
and ends when the process that started it is gone.
"""

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
import sys
from collections import OrderedDict
from typing import Any, cast

import msgspec
from typing_extensions import override

from gateway.backstop import Backstop, Mode, loop_factory
from gateway.observers import log
from gateway.registry import Exit
from gateway.upstreams.apart_frames import Asked, Begun, Ended, Frame, Piece, Vendor, Whole, decoded, ended, framed, read
from gateway.upstreams.upstream import Downstream, Upstream
from gateway.upstreams.vendors import Part
from router.attempt import Attempt, Usage
from router.decision import Target

MOST_KEPT = 64
"""Targets whose connections are kept; one that a reload took away is the first to go."""
_log = logging.getLogger("tidegate")


class _Back(Downstream):
    """The gateway's end of the connection, as where an answer goes."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._is_committed = self.has_left = False

    @property
    @override
    def is_committed(self) -> bool:
        return self._is_committed

    @property
    @override
    def is_gone(self) -> bool:
        return self.has_left

    async def _say(self, frame: Frame) -> None:
        self._writer.write(framed(frame))
        await self._writer.drain()

    @override
    async def answer(self, status: int, content_type: bytes, body: bytes, usage: Usage | None) -> None:
        self._is_committed = True
        await self._say(Whole(status, content_type, body, usage))

    @override
    async def begin(self, status: int, content_type: bytes) -> None:
        self._is_committed = True
        await self._say(Begun(status, content_type))

    @override
    async def write(self, data: bytes) -> None:
        await self._say(Piece(data))

    @override
    def write_nowait(self, data: bytes, framed: bytes = b"") -> bool:  # frames of our own
        return False

    @override
    async def end(self, data: bytes = b"") -> None:
        await self._say(Piece(data, is_last=True))

    async def ended(self, last: Ended) -> None:
        """Say how it ended."""
        with contextlib.suppress(OSError):
            await self._say(last)


class Serving:
    """Every attempt that comes. Upstreams are made when first asked for, and kept."""

    def __init__(self, backstop: Backstop | None = None) -> None:
        self._backstop = backstop
        self._kept: OrderedDict[tuple[bytes, str], tuple[Target, Upstream]] = OrderedDict()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One attempt, from its first frame to its last."""
        out = _Back(writer)
        try:
            asked = await read(reader)
            if isinstance(asked, Asked):
                await self._attempt(asked, reader, out)
        except (asyncio.IncompleteReadError, msgspec.DecodeError, OSError):
            pass  # whoever it was has left
        except Exception as error:  # noqa: BLE001  # a defect ends this attempt, and no other; its message may quote text
            _log.error("defect", extra={"error": type(error).__name__, "where": "vendors"})
            await out.ended(Ended("Failed", (None, None, 0.0), "OUR_BUG"))
        finally:
            writer.close()

    async def _attempt(self, asked: Asked, reader: asyncio.StreamReader, out: _Back) -> None:
        target, upstream = await self._upstream(asked)
        relaying = asyncio.ensure_future(upstream.relay(Attempt(1, target), asked.cleared(target), asked.call(), out))
        leaving = asyncio.ensure_future(reader.read(1))  # the gateway says nothing more, until it leaves
        try:
            await asyncio.wait((relaying, leaving), return_when=asyncio.FIRST_COMPLETED)
            if not relaying.done():
                out.has_left = True
                relaying.cancel()
            await out.ended(ended(await relaying))
        finally:
            leaving.cancel()

    async def _upstream(self, asked: Asked) -> tuple[Target, Upstream]:
        known = asked.vendor, asked.label
        if known not in self._kept:
            vendor = decoded(asked.vendor)
            self._allow(vendor)
            from gateway.upstreams import closed  # seconds, once

            target = vendor.target(asked.label)
            self._kept[known] = target, closed.connect(target, vendor.plan())
        self._kept.move_to_end(known)
        if len(self._kept) > MOST_KEPT:
            _, (_, oldest) = self._kept.popitem(last=False)
            await oldest.close()
        return self._kept[known]

    def _allow(self, vendor: Vendor) -> None:
        if self._backstop is not None:
            is_outside = vendor.zone == "external"
            places = [Exit(vendor.name, "destination", place.host, place.port, (), is_outside) for place in vendor.places]
            self._backstop.find(vendor.name, places)


def main() -> None:
    """Serve until a signal comes, or the process that started us is gone."""
    part = msgspec.json.decode(sys.argv[1], type=Part)
    log.set_up()
    backstop = Backstop()
    with asyncio.Runner(loop_factory=loop_factory(backstop)) as runner:
        runner.run(_serve(part, backstop))


async def _serve(part: Part, backstop: Backstop) -> None:
    ending, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.set)
    loop.add_reader(part.alive, ending.set)
    with contextlib.suppress(ValueError):  # said, in words, by who asks for a target
        from gateway.upstreams import closed

        closed.load()
    gc.collect()
    gc.freeze()
    backstop.hold(cast("Mode", part.backstop))  # after the import: libraries ask programs what system this is
    server: Any = await asyncio.start_unix_server(Serving(backstop).serve, sock=socket.socket(fileno=part.listener))
    async with server:
        await ending.wait()
    os._exit(0)  # libraries have threads that nobody can end


if __name__ == "__main__":
    main()
