"""What the gateway asks an engine beside requests: its metrics, its models, and one token. Nothing of a caller is in any of it."""

import asyncio

from gateway.cascade.self_check import Caught
from gateway.plan import UpstreamPlan
from gateway.pool.reading import Reading, read, served
from gateway.upstreams.http1 import Origin, UpstreamFault
from gateway.upstreams.openai_compatible import client_at, headers_of
from gateway.upstreams.upstream import Call, Upstream
from router.attempt import Attempt, Served
from router.clearance import clear
from router.decision import Clocks, Target
from router.labels import Label
from router.replica import Fit

LONGEST = 2_000_000
"""Bytes of an answer that are read; vLLM's metrics are some 100 kB for each of its engines."""
PROBE_S = 10.0
"""How long one token may take."""


class Engine:
    """One replica, asked at the root of its API base: `http://host:8000/v1` has its metrics at `http://host:8000/metrics`."""

    def __init__(self, plan: UpstreamPlan, address: str, within_s: float = 2.0) -> None:
        """Open no connection yet. An answer may take `within_s` seconds."""
        base = Origin.parse(address if "://" in address else plan.urls[0], plan.networks)
        root = base.base_path.removesuffix("/v1")
        at = Origin(base.scheme, base.host, base.port, root, base.networks)
        self._client = client_at(at, address, headers_of(plan))
        self._models = base.base_path.removeprefix(root).encode() + b"/models"
        self._clocks = Clocks(within_s, within_s, within_s, within_s, within_s)

    async def read(self) -> Reading | None:
        """Its metrics; None when there is no answer, or not that one."""
        body = await self._get(b"/metrics")
        return None if body is None else read(body.decode("utf-8", "replace"))

    async def fit(self) -> Fit:
        """Its models; of an engine that does not say, nothing is known."""
        body = await self._get(self._models)
        try:
            return Fit() if body is None else served(body)
        except (ValueError, RecursionError):
            return Fit()

    async def close(self) -> None:
        """End every connection."""
        await self._client.close()

    async def _get(self, path: bytes) -> bytes | None:
        try:
            answer = await self._client.get(path, self._clocks)
            try:
                return await answer.read(LONGEST) if answer.status == 200 else None
            finally:
                answer.close()
        except UpstreamFault:
            return None


async def makes_a_token(upstream: Upstream, target: Target, replica: int, label: Label, within_s: float = PROBE_S) -> bool:
    """Whether the replica answers a made-up question with one token, through the gate that all requests go through."""
    body = b'{"model":"%b","messages":[{"role":"user","content":"1"}],"max_tokens":1}' % target.model.encode()
    payload = clear("probe", target, label, body)
    try:
        async with asyncio.timeout(within_s):
            outcome = await upstream.relay(Attempt(1, target, replica), payload, Call("probe", "chat"), Caught())
    except TimeoutError:
        return False
    return isinstance(outcome, Served)
