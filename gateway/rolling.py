"""A reload of several workers, one after the other: while one of them compiles, the others serve as they did."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from gateway.http.many import Question, Reply

RELOAD = Question("POST", "/admin/reload")


class Asked(Protocol):
    """A worker."""

    async def ask(self, question: Question, within_s: float) -> Reply | None:
        """What it answers; None when it does not."""


One = TypeVar("One", bound=Asked)


async def roll(workers: Sequence[One], show: Callable[[bool], object], within_s: float) -> tuple[Reply | None, list[One]]:
    """Have them read what `show(True)` shows them, each within so many seconds. What is said for all of them, and of whom it is sure.

    One that refuses it stops the rest, and so does a first one that does not answer: then `show(False)` shows what was there before, and
    those that took the new one go back. Of one that does not answer later, or does not go back, nobody knows what it has: it is not among
    the sure.
    """
    last = None
    took: list[One] = []
    silent: list[One] = []
    show(True)
    for worker in workers:
        said = await worker.ask(RELOAD, within_s)
        if said is None:
            silent.append(worker)
        elif said.status == 200:
            took.append(worker)
            last = said
        if not took or (said is not None and said.status != 200):
            show(False)
            stuck = [one for one in took if not _is_good(await one.ask(RELOAD, within_s))]
            return said, [one for one in workers if one not in silent and one not in stuck]
    return last, took


def _is_good(said: Reply | None) -> bool:
    return said is not None and said.status == 200
