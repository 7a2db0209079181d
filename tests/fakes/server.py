"""A server of ours for any application, without the rest of the gateway."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn

from gateway.app import configured
from gateway.http.server import Protocol


@asynccontextmanager
async def listening(app: object, protocol: type[Protocol] = Protocol, keep_alive_s: float = 75) -> AsyncIterator[int]:
    """Serve `app`; gives the port."""
    server = uvicorn.Server(configured(app, "127.0.0.1", 0, 1.0))  # type: ignore[arg-type]  # any ASGI application
    server.config.load()
    server.config.http_protocol_class = protocol
    server.config.timeout_keep_alive = keep_alive_s  # type: ignore[assignment]  # uvicorn says whole seconds
    server.lifespan = server.config.lifespan_class(server.config)
    await server.startup()
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.servers[0].close()
        for connection in tuple(server.server_state.connections):
            connection.transport.abort()
