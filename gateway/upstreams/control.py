"""Control calls to upstreams: is it up, and what does it serve. They never carry request content.

They go to the configured addresses only: no redirects, no proxy or netrc settings of the environment, and a local address must resolve
into its networks, as for requests.
"""

import asyncio
import functools
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import httpx
import msgspec

from gateway.plan import Plan, UpstreamPlan
from gateway.secret import Secret
from gateway.upstreams.origin import Network, Origin
from router.names import TargetName

PROBE_S = 3.0
"""How long a probe may take in all."""
_LONGEST = 4_000_000
"""Bytes of an answer that are read: lists of models are long at some vendors."""


@dataclass(frozen=True, slots=True)
class Probe:
    """What one replica answered. `status` is 0 when nothing came; `problem` is a sentence, empty when it is up."""

    is_up: bool
    status: int = 0
    models: tuple[str, ...] = ()
    latency_s: float = 0.0
    problem: str = ""


class _Model(msgspec.Struct):
    id: str


class _Models(msgspec.Struct):
    data: list[_Model]


_decode = msgspec.json.Decoder(_Models).decode

_BY_STATUS: Mapping[int, str] = {
    401: "the target refuses the gateway's key; correct `key`",
    403: "the target refuses the gateway's key; correct `key`",
    404: "there is no list of models at this address; `urls` should end as the API's base does, mostly in /v1",
}


async def probe(
    url: str,
    networks: Sequence[Network] = (),
    headers: Sequence[tuple[str, Secret]] = (),
    within_s: float = PROBE_S,
) -> Probe:
    """Ask `GET {url}/models`. Never raises: what is wrong is in `problem`, without any text that the target sent."""
    start = time.monotonic()
    sent = {name: value.reveal() for name, value in headers}
    try:
        async with asyncio.timeout(within_s):
            status, body = await _get(url, sent, networks)
    except (TimeoutError, httpx.TimeoutException):
        return Probe(False, latency_s=time.monotonic() - start, problem=f"no answer within {within_s:g} seconds")
    except _Elsewhere as error:
        return Probe(False, latency_s=time.monotonic() - start, problem=str(error))
    except (httpx.HTTPError, httpx.InvalidURL, OSError):
        return Probe(False, latency_s=time.monotonic() - start, problem="no connection; check `urls` and whether the server runs")
    return _judge(status, body, time.monotonic() - start)


class _Elsewhere(Exception):  # where, not what
    """The address is not where a destination may be."""


@functools.cache
def _tls() -> ssl.SSLContext:
    """Reading the certificates takes 10 to 20 ms of CPU: once will do."""
    return ssl.create_default_context()


async def _get(url: str, headers: Mapping[str, str], networks: Sequence[Network]) -> tuple[int, bytes]:
    address = await _resolved(url, networks)
    origin = httpx.URL(url.rstrip("/") + "/models")
    # The address that was checked is the one that is asked: a name could resolve to another one a moment later.
    where = origin.copy_with(host=address) if address else origin
    extensions = {"sni_hostname": origin.host} if address else {}
    authority = origin.netloc.decode()
    async with (
        httpx.AsyncClient(verify=_tls(), trust_env=False, follow_redirects=False, timeout=None) as client,  # noqa: S113  # the caller's clock runs
        client.stream(
            "GET", where, headers={**headers, "host": authority, "accept-encoding": "identity"}, extensions=extensions
        ) as response,
    ):
        body = b""
        async for part in response.aiter_raw():
            body += part
            if len(body) > _LONGEST:
                break
        return response.status_code, body


async def _resolved(url: str, networks: Sequence[Network]) -> str:
    """The address of a destination that must lie in `networks`; empty where any address will do."""
    if not networks:
        return ""
    try:
        origin = Origin.parse(url, networks)
    except ValueError as error:
        raise _Elsewhere(str(error)) from None
    found = await asyncio.get_running_loop().getaddrinfo(origin.host, origin.port)
    for *_, address in found:
        if origin.allows(str(address[0])):
            return str(address[0])
    raise _Elsewhere("its address is outside of the destination's networks, so it is not asked; correct `urls` or `networks`")


def _judge(status: int, body: bytes, latency_s: float) -> Probe:
    if status != 200:
        redirect = "the target answers with a redirect, which is never followed; give its final address in `urls`"
        problem = redirect if status // 100 == 3 else _BY_STATUS.get(status, f"the target answers with status {status}")
        return Probe(False, status, (), latency_s, problem)
    try:
        models = tuple(model.id for model in _decode(body).data)
    except (ValueError, RecursionError):
        return Probe(False, status, (), latency_s, "the answer is not a list of models; is this the address of an OpenAI-compatible API?")
    return Probe(True, status, models, latency_s)


Probes = Mapping[TargetName, tuple[Probe, ...]]


async def probe_all(plan: Plan, within_s: float = PROBE_S) -> Probes:
    """Every replica of every target that speaks OpenAI's API, at the same time. Others have no such list and are left out."""
    asked = [upstream for upstream in plan.upstreams.values() if upstream.kind == "openai_compatible"]
    return dict(
        zip([upstream.target for upstream in asked], await asyncio.gather(*(_replicas(one, within_s) for one in asked)), strict=True)
    )


async def _replicas(upstream: UpstreamPlan, within_s: float = PROBE_S) -> tuple[Probe, ...]:
    calls = (probe(url, upstream.networks, upstream.known_by, within_s) for url in upstream.urls)
    return tuple(await asyncio.gather(*calls))


OnProbe = Callable[[TargetName, int, Probe], None]
"""Called with a target's name, the replica's index and what came."""


class Watch:
    """Probes every replica of the local targets each `interval_s` seconds, from `start` to `close`."""

    def __init__(self, plan: Plan, interval_s: float, on_probe: OnProbe) -> None:
        targets = plan.policy.targets
        self._upstreams = tuple(one for one in plan.upstreams.values() if targets[one.target].zone == "local" and one.urls)
        self._interval_s = interval_s
        self._on_probe = on_probe
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin. Needs a running loop; a second start changes nothing."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run(), name="tidegate-watch")

    async def close(self) -> None:
        """Stop, and wait until nothing is under way."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def _run(self) -> None:
        while True:
            for upstream, probes in zip(self._upstreams, await asyncio.gather(*map(_replicas, self._upstreams)), strict=True):
                for index, one in enumerate(probes):
                    self._on_probe(upstream.target, index, one)
            await asyncio.sleep(self._interval_s)
