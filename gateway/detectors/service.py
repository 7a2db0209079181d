"""`Service`: one destination that is asked about content before anything is known of it, by detectors and scorers.

So it is local and cleared for the highest label, which the configuration is refused without, and every body is cleared by
`router.clearance` like any other.
"""

import itertools
from collections.abc import Sequence

from gateway.plan import UpstreamPlan
from gateway.upstreams.http1 import Answer, Cut, Http1Client, Origin
from router.clearance import clear
from router.decision import Target
from router.labels import Label

ANSWER_BYTES = 4_000_000


class NotAnswered(Exception):  # what happened, not a kind of error
    """The service said no, or nothing that can be read."""


class Service:
    """Asks `target`. `purpose` names who asks; `label` is what the content counts as: nothing is known of it yet, so the highest."""

    def __init__(self, purpose: str, target: Target, label: Label, clients: Sequence[Http1Client]) -> None:
        self._purpose = purpose
        self._target = target
        self._label = label
        self._clients = tuple(clients)
        self._turns = itertools.cycle(self._clients)

    async def ask(self, path: bytes, body: bytes) -> bytes:
        """The body of a successful answer. Raises `NotAnswered`, `Leak`, or what the connection raises."""
        payload = clear(self._purpose, self._target, self._label, body)
        client = next(self._turns)
        try:
            return await self._post(client, path, payload.for_target(self._target.name))
        except Cut as cut:
            if not cut.reused or cut.got_headers:
                raise
        # The service closed an idle connection in the moment in which it was used; asking twice changes nothing.
        return await self._post(client, path, payload.for_target(self._target.name))

    async def close(self) -> None:
        """End every connection."""
        for client in self._clients:
            await client.close()

    async def _post(self, client: Http1Client, path: bytes, body: bytes) -> bytes:
        answer: Answer | None = None
        try:
            answer = await client.post(path, body, b"", self._target.clocks)
            if answer.status != 200:
                raise NotAnswered
            return await answer.read(ANSWER_BYTES)
        finally:
            if answer is not None:
                answer.close()


def service(purpose: str, target: Target, label: Label, upstream: UpstreamPlan) -> Service:
    """The service at a destination. Opens no connection yet."""
    headers = [(b"content-type", b"application/json"), (b"accept", b"application/json")]
    headers.extend((name.encode(), value.reveal().encode()) for name, value in upstream.known_by)
    return Service(purpose, target, label, [Http1Client(Origin.parse(url, upstream.networks), headers) for url in upstream.urls])
