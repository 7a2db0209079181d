"""A request that is not hot, as uvicorn hands it on to the ASGI application."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import httptools
import uvicorn
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle
from uvicorn.protocols.utils import get_local_addr, get_remote_addr, is_ssl

from gateway.http.heads import Head, Malformed

_log = logging.getLogger("uvicorn.error")


def cycle_of(
    head: Head, config: uvicorn.Config, state: dict[str, Any], flow: FlowControl, answered: Callable[[], None]
) -> RequestResponseCycle:
    """What reads the rest of the request, and answers it. Raises `Malformed` for a URL that is none."""
    transport = flow._transport  # noqa: SLF001  # uvicorn's own goes with its flow
    try:
        scope = _scope(head, config, state, transport)
    except (httptools.HttpParserError, UnicodeDecodeError):
        raise Malformed from None
    return RequestResponseCycle(
        scope=scope,
        transport=transport,
        flow=flow,
        logger=_log,
        access_logger=_log,
        access_log=False,
        default_headers=[],
        message_event=asyncio.Event(),
        expect_100_continue=head.headers.expects,
        keep_alive=head.keep_alive,
        on_response=answered,
    )


def _scope(head: Head, config: uvicorn.Config, state: dict[str, Any], transport: asyncio.Transport) -> Any:
    """What ASGI wants to know."""
    url = httptools.parse_url(head.url)
    path = url.path.decode("ascii")
    return {
        "type": "http",
        "asgi": {"version": config.asgi_version, "spec_version": "2.3"},
        "http_version": head.version,
        "server": get_local_addr(transport),
        "client": get_remote_addr(transport),
        "scheme": "https" if is_ssl(transport) else "http",
        "root_path": config.root_path,
        "headers": head.fields,
        "state": state.copy(),
        "method": head.method.decode("ascii"),
        "path": config.root_path + (unquote(path) if "%" in path else path),
        "raw_path": config.root_path.encode("ascii") + url.path,
        "query_string": url.query or b"",
    }
