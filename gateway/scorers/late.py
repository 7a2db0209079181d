"""`LateScorer`: a scorer that takes too long for the event loop, asked only where a decision depends on it, within a deadline.

Either a model of this process, in a thread, or a chat model behind the network. Whatever goes wrong, and whatever comes late, is an unknown
difficulty, which satisfies no rule.
"""

import asyncio
import logging
import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from classifiers.asked import asked
from classifiers.kinds import Scorer
from classifiers.prompt import Prompt
from classifiers.signals import Difficulty
from gateway.detectors.service import Service, service
from gateway.plan import LateScorerPlan, QuestionPlan
from gateway.scorers.llm import Question

_log = logging.getLogger("tidegate")

THREADS = 2
TRIP, REST_S = 5, 5.0


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


class Late:
    """A late scorer, waited for no longer than `within_s` seconds.

    One that did not answer `TRIP` times in a row is left alone for `REST_S` seconds, so that no request waits for what is not there; the
    log says so. An answer that cannot be read is one: a prompt may have asked for it.
    """

    def __init__(self, kind: str, scorer: LateScorer, within_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._kind, self._scorer, self._within_s, self._clock = kind, scorer, within_s, clock
        self._unanswered = 0
        self._rests_until = -math.inf

    async def score(self, prompt: Prompt) -> Difficulty | None:
        """The difficulty; None when it is not known in time. Raises nothing but a cancellation."""
        if self._clock() < self._rests_until:
            return None
        try:
            async with asyncio.timeout(self._within_s):
                said = await self._scorer.score(prompt)
        except ValueError:
            return None
        except Exception:  # noqa: BLE001  # whatever a scorer does, the request is served; what it raised may quote the text
            self._unanswered += 1
            if self._unanswered >= TRIP:
                self._rests_until = self._clock() + REST_S
                _log.warning("scorer rests", extra={"scorer": self._kind, "rest_s": REST_S})
            return None
        self._unanswered = 0
        return said

    async def close(self) -> None:
        """End every connection and thread."""
        await self._scorer.close()


def connect(plan: LateScorerPlan) -> Late:
    """The scorer of a plan. Opens no connection yet."""
    asks = plan.scorer
    if not isinstance(asks, QuestionPlan):
        return Late(plan.kind, InThread(asks), plan.within_s)
    at = service(f"scorer {asks.question.kind}", asks.target, asks.label, asks.upstream)
    return Late(plan.kind, Asking(asks.question, at), plan.within_s)
