"""`RemoteDetector`: a detector that is asked over the network, and `Remote`, which asks one in its dialect.

It gets content before anything is known of it. So its destination is local and cleared for the highest label, which the configuration is
refused without, and every body is cleared by `router.clearance` like any other. Whatever goes wrong is a doubt, never a clean text.
"""

import asyncio
import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from classifiers.classify import classify
from classifiers.kinds import OverBudget, Span
from classifiers.prompt import Prompt
from classifiers.signals import Signals
from gateway.detectors.dialect import Dialect
from gateway.plan import RemotePlan
from gateway.upstreams.http1 import Answer, Cut, Http1Client, Origin
from router.clearance import clear
from router.decision import Target
from router.labels import Label

AT_ONCE = 8
"""Texts that are asked about at the same time."""
MOST_TEXTS = 256
"""Texts of one prompt that are asked about; the others are a doubt."""
ANSWER_BYTES = 4_000_000


class RemoteDetector(Protocol):
    """Asks about a prompt. Never raises but for a cancellation, which ends its calls."""

    @property
    def kind(self) -> str:
        """The name under which its findings and doubts go."""

    async def detect(self, prompt: Prompt) -> Signals:
        """What it finds, and a doubt for every text about which it did not answer well."""

    async def close(self) -> None:
        """End every connection."""


class NotAnswered(Exception):  # what happened, not a kind of error
    """The service said no, or nothing that can be read."""


class Remote:
    """A remote detector at one destination. `label` is what its content counts as: nothing is known of it yet, so the highest."""

    def __init__(self, dialect: Dialect, target: Target, label: Label, clients: Sequence[Http1Client]) -> None:
        self.kind = dialect.kind
        self._dialect = dialect
        self._target = target
        self._label = label
        self._clients = tuple(clients)
        self._turns = itertools.cycle(self._clients)

    async def detect(self, prompt: Prompt) -> Signals:
        """Ask about every text that `classify` would have a detector read, each once, then let it read the answers."""
        reading = _Reading(self._dialect)
        classify(prompt, (reading,))
        gate = asyncio.Semaphore(AT_ONCE)
        texts = [text for text in reading.texts if any(map(str.isalnum, text))]
        answers = await asyncio.gather(*(self._settle(text, gate) for text in texts[:MOST_TEXTS]))
        reading.answers = dict.fromkeys(reading.texts, ()) | dict.fromkeys(texts, None) | dict(zip(texts, answers, strict=False))
        return classify(prompt, (reading,))

    async def close(self) -> None:
        """End every connection."""
        for client in self._clients:
            await client.close()

    async def _settle(self, text: str, gate: asyncio.Semaphore) -> Sequence[Span] | None:
        """What the answer says; None for whatever is not one. The reason is not kept: it may quote the text."""
        if len(text) > self._dialect.longest:
            return None
        try:
            async with gate:
                return tuple(self._dialect.read(text, await self._ask(self._dialect.ask(text))))
        except Exception:  # noqa: BLE001  # whatever a service does, the text is not clean (law 5)
            return None

    async def _ask(self, body: bytes) -> bytes:
        payload = clear(f"detector {self.kind}", self._target, self._label, body)
        client = next(self._turns)
        try:
            return await self._post(client, payload.for_target(self._target.name))
        except Cut as cut:
            if not cut.reused or cut.got_headers:
                raise
        # The service closed an idle connection in the moment in which it was used; asking twice changes nothing.
        return await self._post(client, payload.for_target(self._target.name))

    async def _post(self, client: Http1Client, body: bytes) -> bytes:
        answer: Answer | None = None
        try:
            answer = await client.post(self._dialect.path, body, b"", self._target.clocks)
            if answer.status != 200:
                raise NotAnswered
            return await answer.read(ANSWER_BYTES)
        finally:
            if answer is not None:
                answer.close()


class _Reading:
    """The dialect as `classify` sees a detector: first it notes the texts that it is given, then it says what was answered of each."""

    is_slow = True

    def __init__(self, dialect: Dialect) -> None:
        self.kind = dialect.kind
        self.categories = dialect.categories
        self.texts: dict[str, None] = {}
        self.answers: Mapping[str, Sequence[Span] | None] | None = None

    def detect(self, text: str) -> Iterable[Span]:
        """Nothing at first; then the answer. Raises for a text that got none."""
        if self.answers is None:
            self.texts[text] = None
            return ()
        said = self.answers.get(text)
        if said is None:
            raise OverBudget if len(self.texts) > MOST_TEXTS else NotAnswered
        return said


def connect(plan: RemotePlan) -> Remote:
    """The detector of `plan`. Opens no connection yet."""
    upstream = plan.upstream
    headers = [(b"content-type", b"application/json"), (b"accept", b"application/json")]
    if upstream.key is not None:
        headers.append((b"authorization", b"Bearer " + upstream.key.reveal().encode()))
    headers.extend((name.lower().encode(), value.reveal().encode()) for name, value in upstream.headers)
    return Remote(
        plan.dialect, plan.target, plan.label, [Http1Client(Origin.parse(url, upstream.networks), headers) for url in upstream.urls]
    )
