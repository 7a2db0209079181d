"""What everything would have cost elsewhere, less all that was really spent; with its sign, and with an interval.

Both sides hold the same requests: those whose cost is known, and whose tokens are, if they were answered. The rest is counted and left out
of both. Requests that nobody answered count on the side of what was spent; a baseline is charged nothing for them. The prices of a baseline
are today's, its tokens are those that were used: cached input as cached, answers longer or shorter by `Length`.
"""

from dataclasses import dataclass, replace

import numpy as np

from gateway.report.at_home import AtHome
from gateway.report.blocks import LEAST, Blocks
from gateway.report.columns import Bools, Floats, Ints, Requests
from gateway.report.declared import Declared, Length
from gateway.report.lengths import draws
from router.cost import Tariff, Usage, cost
from router.names import READING

DRAWS = 2_000
_ANSWERED = ("served", "broken", "abandoned")


@dataclass(frozen=True, slots=True)
class Priced:
    """What each request would have cost at a baseline, in micro-USD: what is charged whatever the answer's length, and what grows with it.

    Both are 0 where `is_known` is not, and for requests that nobody answered.
    """

    steady: Ints
    by_length: Ints
    is_known: Bools


@dataclass(frozen=True, slots=True)
class Savings:
    """Against one baseline, in micro-USD; all `None` where it cannot be said. `low` to `high` has `saved` in 19 of 20 such periods.

    `compared` requests are on both sides, `left_out` on neither. At home there are also `gpus` at hand, those
    `needed` for everything at most, and the `least` that it would have cost: the bill as it was.
    """

    name: str
    model: str
    length: Length
    compared: int
    left_out: int
    spent: int
    baseline: int | None = None
    low: int | None = None
    high: int | None = None
    gpus: int | None = None
    needed: int | None = None
    least: int | None = None

    @property
    def saved(self) -> int | None:
        """What was saved; below zero: lost."""
        return None if self.baseline is None else self.baseline - self.spent

    @property
    def share(self) -> float | None:
        """Of the baseline."""
        return None if self.saved is None or not self.baseline else self.saved / self.baseline


def comparable(requests: Requests) -> Bools:
    """What can be compared at all: asked of a target that writes, at a known cost, and of known tokens if it was answered."""
    return (
        requests.was_asked & ~requests.endpoint.of(*READING) & requests.has_cost & (requests.is_answered | ~requests.result.of(*_ANSWERED))
    )


def priced(requests: Requests, tariff: Tariff, target: str | None = None) -> Priced:
    """Every answered request at the tariff. What the `target` itself has answered does not depend on how long it would have answered."""
    steady, by_length = np.zeros(len(requests), np.int64), np.zeros(len(requests), np.int64)
    is_known = np.ones(len(requests), np.bool_)
    own = requests.target.of(target) if target else np.zeros(len(requests), np.bool_)
    counts = (requests.prompt, requests.completion, requests.cached, requests.cache_write, requests.reasoning, own)
    places = np.flatnonzero(requests.is_answered)
    rows = zip(*(column[places].tolist() for column in counts), strict=True)
    for place, (prompt, completion, cached, written, reasoning, is_own) in zip(places.tolist(), rows, strict=True):
        whole = cost(Usage(prompt, completion, cached, written, reasoning), tariff)
        without = whole if is_own else cost(Usage(prompt, 0, cached, written, 0), tariff)
        if whole is None or without is None:
            is_known[place] = False
        else:
            steady[place], by_length[place] = without, whole - without
    return Priced(steady, by_length, is_known)


@dataclass(frozen=True, slots=True)
class Spent:
    """What was spent beside what requests cost, by block: idle GPUs, the gateway itself, what cannot be told whose it is. Micro-USD."""

    blocks: Blocks
    beside: Floats


def against(declared: Declared, length: Length, requests: Requests, spent: Spent, prices: Priced | AtHome | None, seed: int = 1) -> Savings:
    """The savings against one baseline. `prices` are those of the requests, or what it would have taken at home; None: nobody knows."""
    where = comparable(requests)
    if isinstance(prices, Priced):
        where &= prices.is_known
    asked = int((requests.was_asked).sum())
    by_block = spent.blocks.sums(requests.at[where], requests.cost[where]) + spent.beside
    found = Savings(declared.name, declared.model, length, int(where.sum()), asked - int(where.sum()), round(by_block.sum()))
    if prices is None or not where.any():
        return found
    dice = np.random.default_rng(seed)
    ratios = np.concatenate([[length.ratio], draws(length, DRAWS, dice)])
    if isinstance(prices, AtHome):
        weights = spent.blocks.sums(prices.at, prices.had)
        charged = np.multiply.outer(prices.costs(ratios), weights / weights.sum())
        found = replace(found, gpus=prices.gpus, needed=prices.need(length.ratio), least=round(prices.paid))
    else:
        steady = spent.blocks.sums(requests.at[where], prices.steady[where])
        charged = steady + np.multiply.outer(ratios, spent.blocks.sums(requests.at[where], prices.by_length[where]))
    low, high = _interval(charged, by_block, spent.blocks.draws(DRAWS, dice)) if spent.blocks.many >= LEAST else (None, None)
    if found.least is not None and low is not None:
        low = min(low, found.least - found.spent)
    return replace(found, baseline=round(charged[0].sum()), low=low, high=high)


def _interval(charged: Floats, by_block: Floats, weights: Floats) -> tuple[int | None, int | None]:
    """95 % of what may have been saved. How much there was to do is what it was; what is saved on each dollar varies by block.

    `charged` has a row for the ratio of lengths as it is, then one for each draw of it; `weights` one for each draw of blocks.
    """
    drawn = (weights * charged[1:]).sum(axis=1)
    if not drawn.all():
        return None, None  # some draw holds nothing to compare with: there is too little of it
    saved = (1 - (weights @ by_block) / drawn) * charged[1:].sum(axis=1)
    low, high = np.percentile(saved, [2.5, 97.5])
    point = charged[0].sum() - by_block.sum()
    return round(min(low, point)), round(max(high, point))
