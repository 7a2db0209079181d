"""`Later`: an ASGI application whose libraries take longer to load than all that callers wait for at the start.

It is made in a thread, as soon as somebody asks for it or it is told to begin: hot requests are served meanwhile, and others wait for it.
"""

import asyncio
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.http.server import Shared


class Later:
    """What `make` makes, once. `shared` is what our own protocol serves beside it."""

    def __init__(self, make: Callable[[], ASGIApp], shared: Shared | None = None) -> None:
        self._make = make
        self._making: asyncio.Task[ASGIApp] | None = None
        self.shared = shared or Shared({})

    def begin(self) -> asyncio.Task[ASGIApp]:
        """Have it made, if nobody did. Awaited it raises what `make` raised; whoever cancels it cancels it for all."""
        if self._making is None:
            self._making = asyncio.get_running_loop().create_task(asyncio.to_thread(self._make), name="tidegate-later")
        return self._making

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        app = await asyncio.shield(self.begin())
        await app(scope, receive, send)
