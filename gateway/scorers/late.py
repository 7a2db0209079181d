"""`LateScorer`: a scorer that takes too long for the event loop, asked only where a decision depends on it, within a deadline.

Either a model of this process, in a thread, or a chat model behind the network. Whatever goes wrong, and whatever comes late, is an unknown
difficulty, which satisfies no rule.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from classifiers.asked import asked
from classifiers.kinds import Scorer
from classifiers.prompt import Prompt
from classifiers.signals import Difficulty
from gateway.detectors.service import Service, service
from gateway.plan import LateScorerPlan, QuestionPlan
from gateway.scorers.llm import Question

THREADS = 2


class LateScorer(Protocol):
    """Asks about a prompt. May raise, which is an unknown difficulty."""

    async def score(self, prompt: Prompt) -> Difficulty:
        """How hard the last ask is."""

    async def close(self) -> None:
        """End every connection and thread."""


class InThread:
    """A scorer of this process. What was not begun when nobody waits for it any more is not begun."""

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer
        self._pool = ThreadPoolExecutor(THREADS, "scorer")

    async def score(self, prompt: Prompt) -> Difficulty:
        """In a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._scorer.score, prompt)

    async def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)


class Asking:
    """A chat model at a destination that is cleared for everything."""

    def __init__(self, question: Question, at: Service) -> None:
        self._question = question
        self._service = at

    async def score(self, prompt: Prompt) -> Difficulty:
        """What it answers about the last ask; nothing is as easy as it gets."""
        text = asked(prompt).text
        if not text.strip():
            return Difficulty(0.0)
        return self._question.read(await self._service.ask(self._question.path, self._question.ask(text)))

    async def close(self) -> None:
        """End every connection."""
        await self._service.close()


def connect(plan: LateScorerPlan) -> LateScorer:
    """The scorer of a plan. Opens no connection yet."""
    if isinstance(plan.scorer, QuestionPlan):
        asks = plan.scorer
        return Asking(asks.question, service(f"scorer {asks.question.kind}", asks.target, asks.label, asks.upstream))
    return InThread(plan.scorer)


async def score_within(scorer: LateScorer, prompt: Prompt, within_s: float) -> Difficulty | None:
    """The difficulty; None when it is not known in time. Raises nothing but a cancellation."""
    try:
        async with asyncio.timeout(within_s):
            return await scorer.score(prompt)
    except Exception:  # noqa: BLE001  # whatever a scorer does, the request is served; what it raised may quote the text
        return None
