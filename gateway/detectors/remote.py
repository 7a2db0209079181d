"""`RemoteDetector`: a detector that is asked over the network, and `Remote`, which asks one in its dialect.

It gets content before anything is known of it, from its `Service`. Whatever goes wrong is a doubt, never a clean text.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from classifiers.classify import classify
from classifiers.kinds import OverBudget, Span
from classifiers.prompt import Prompt
from classifiers.signals import Signals
from gateway.detectors.dialect import Dialect
from gateway.detectors.service import NotAnswered, Service, service
from gateway.plan import RemotePlan

AT_ONCE = 8
"""Texts that are asked about at the same time."""
MOST_TEXTS = 256
"""Texts of one prompt that are asked about; the others are a doubt."""


class RemoteDetector(Protocol):
    """Asks about a prompt. Never raises but for a cancellation, which ends its calls."""

    @property
    def kind(self) -> str:
        """The name under which its findings and doubts go."""

    async def detect(self, prompt: Prompt) -> Signals:
        """What it finds, and a doubt for every text about which it did not answer well."""

    async def close(self) -> None:
        """End every connection."""


class Remote:
    """A remote detector at one destination."""

    def __init__(self, dialect: Dialect, at: Service) -> None:
        self.kind = dialect.kind
        self._dialect = dialect
        self._service = at

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
        await self._service.close()

    async def _settle(self, text: str, gate: asyncio.Semaphore) -> Sequence[Span] | None:
        """What the answer says; None for whatever is not one. The reason is not kept: it may quote the text."""
        if len(text) > self._dialect.longest:
            return None
        try:
            async with gate:
                return tuple(self._dialect.read(text, await self._service.ask(self._dialect.path, self._dialect.ask(text))))
        except Exception:  # noqa: BLE001  # whatever a service does, the text is not clean (law 5)
            return None


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
    return Remote(plan.dialect, service(f"detector {plan.dialect.kind}", plan.target, plan.label, plan.upstream))
