"""The collector, as it is reached: OTLP over HTTP with the gateway's own client, which follows no redirect and reads no environment."""

import asyncio
import time
from typing import Literal, NamedTuple

from gateway.telemetry.plan import OtelPlan
from gateway.upstreams.http1 import Http1Client, Origin, UpstreamFault
from router.decision import Clocks
from router.failures import parse_retry_after

CLOCKS = Clocks(connect_s=3.0, headers_s=10.0, first_token_s=5.0, between_chunks_s=5.0, total_s=10.0)
MOST_ANSWERED = 65_536
"""Bytes of an answer that are read."""
_AGAIN = frozenset({429, 502, 503, 504})
"""The statuses after which OTLP lets one try again."""
_PROTOBUF = b"application/x-protobuf"


class Told(NamedTuple):
    """What came of one post. `later`: it may be tried again, not before `wait_s` seconds if the collector says so. `barred`: not made."""

    result: Literal["taken", "refused", "later", "barred"]
    body: bytes = b""
    wait_s: float | None = None


class Collector:
    """Where a plan's traces and metrics go. Belongs to one event loop."""

    def __init__(self, plan: OtelPlan, version: str) -> None:
        fixed = [(b"content-type", _PROTOBUF), (b"accept", _PROTOBUF), (b"user-agent", b"tidegate/" + version.encode())]
        own = [(name.lower().encode(), value.reveal().encode()) for name, value in plan.headers]
        self._client = Http1Client(Origin.parse(plan.url, plan.networks), [*fixed, *own], max_idle=1, max_connections=2)

    async def post(self, path: bytes, body: bytes) -> Told:
        """Hand over one message. Whatever goes wrong ends as a value; a redirect is a refusal."""
        answer = None
        try:
            async with asyncio.timeout(CLOCKS.total_s):
                answer = await self._client.post(path, body, b"", CLOCKS)
                if answer.status in _AGAIN:
                    return Told("later", b"", parse_retry_after(dict(answer.headers), time.time()))
                if not 200 <= answer.status < 300:
                    return Told("refused")
                return Told("taken", await answer.read(MOST_ANSWERED))
        except (UpstreamFault, OSError):  # TimeoutError is one
            return Told("later" if answer is None else "refused")
        finally:
            if answer is not None:
                answer.close()

    async def close(self) -> None:
        """End the connections."""
        await self._client.close()
