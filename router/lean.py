"""What shifts the difficulty that rules see: hints of the caller, and where the conversation was served. Never a label or a clearance.

Hints. `metadata.quality` (0 to 10) and `reasoning_effort` move the score in log-odds: a shift of s asks as if the odds that the local
answer is not good enough were e^s times as high. Together they reach as far as quality 0 or 10 does, or as far as the key's limits.

Staying. A rule that sends out what scores above t says what a better answer is worth to the operator: at score = t they are indifferent
between the cloud's extra cost dC for this request and the gain score * V, so V = dC / t. An engine that served the conversation before
holds its p tokens in its prefix cache; the other would have to read them again, which costs c. So

- at home, going out costs dC + c, and pays when score * V > dC + c: when score > t * (1 + c / dC);
- outside, coming home saves dC - c, and pays when score * V < dC - c: when score < t * (1 - c / dC).

Rules keep comparing with t, so the score is divided by (1 + c / dC), or by (1 - c / dC), which is the same for every t of every rule.

With prices of both targets, and of cached tokens where the conversation would go: dC is what the request costs outside more than at home
with its prefix cached in both, and c = p * (price of a prompt token - price of a cached one). Otherwise, in tokens, a local one costing
nothing more: dC = fresh + OUTPUT * expected and c = p. Bounded: the threshold moves at most half of the way to 1, or half of the way to 0,
so that the last ask decides in the end. The cost in tokens is p: an upper bound where the caller has trimmed the beginning of the history,
since engines keep a prefix only as far as it is the same.
"""

import math
from collections.abc import Mapping
from dataclasses import replace

from router.cost import Tariff
from router.decision import Decision, Target
from router.facts import Facts, Hint, Stay
from router.policy import Policy

LEAST_QUALITY, USUAL_QUALITY, MOST_QUALITY = 0.0, 5.0, 10.0
PER_QUALITY = 0.4
"""Log-odds for each step of quality. At a threshold of 0.5, quality 10 sends out what scores above 0.12, quality 0 above 0.88."""

EFFORTS: Mapping[object, float] = {
    "none": -1.5,
    "minimal": -1.0,
    "low": -0.5,
    "medium": 0.0,
    "high": 0.75,
    "xhigh": 1.5,
}
"""Log-odds for each `reasoning_effort`. Others say nothing."""

OUTPUT = 4
"""Tokens of a prompt that cost as much as one of an answer, where prices are not known: the usual ratio of price lists, and the least."""


def hints(quality: float | None, effort: object = None, limits: tuple[float, float] | None = None) -> tuple[Hint, ...]:
    """What hints shift, by their names, in log-odds. `limits` are the least and the most quality that the key may have.

    A shift beyond what the limits allow is taken back by one called `limit`; so is no shift at all where the limits exclude that.
    """
    found: list[Hint] = []
    if quality is not None and quality != USUAL_QUALITY:
        found.append(("quality", (quality - USUAL_QUALITY) * PER_QUALITY))
    if isinstance(effort, str) and EFFORTS.get(effort):
        found.append(("reasoning_effort", EFFORTS[effort]))
    least, most = limits or (LEAST_QUALITY, MOST_QUALITY)
    total = sum(shift for _, shift in found)
    bounded = min(max(total, (least - USUAL_QUALITY) * PER_QUALITY), (most - USUAL_QUALITY) * PER_QUALITY)
    if bounded != total:
        found.append(("limit", bounded - total))
    return tuple(found)


def leaned(score: float, facts: Facts) -> float:
    """The difficulty that rules see, in 0..1."""
    if facts.hints:
        score = shifted(score, sum(shift for _, shift in facts.hints))
    return score if facts.stay is None else min(1.0, score / facts.stay.factor)


def shifted(score: float, shift: float) -> float:
    """A score whose odds are e^shift times as high. 0 and 1 stay what they are."""
    return score / (score + (1 - score) * math.exp(-shift)) if score > 0 else score


def weighs(policy: Policy) -> bool:
    """Whether some rule asks how hard a request is."""
    return any(test.field == "difficulty" for rule in policy.rules for test in rule.when)


def stay(policy: Policy, target: Target, prefix: int, fresh: int, expected: int) -> Stay:
    """Why a conversation should stay with the target that served it.

    `prefix` tokens of it are in that target's cache, `fresh` ones are new; `expected` is how long the answer may be, in tokens.
    """
    threshold, bound = policy.threshold, 1.0
    ratio = _ratio(policy, target, prefix, fresh, expected)
    if threshold > 0:
        at_home = target.zone == "local"
        bound = min(threshold * (1 + ratio), (1 + threshold) / 2) if at_home else max(threshold * (1 - ratio), threshold / 2)
        bound /= threshold
    return Stay(target.name, target.zone, prefix, bound)


def staying(decision: Decision, facts: Facts, policy: Policy) -> Decision:
    """The decision, with the target that served before in front, if the rule has it in `to`, and in the same zone. Nothing else changes."""
    stays, chain = facts.stay, decision.chain
    if stays is None or decision.redacts is not None or not chain or chain[0].name == stays.target:
        return decision
    first = [target for rule in policy.rules if rule.name == decision.route for target in rule.to]
    for target in chain:
        if target.name == stays.target and target.zone == chain[0].zone and target in first:
            return replace(decision, chain=(target, *(other for other in chain if other is not target)))
    return decision


def _ratio(policy: Policy, target: Target, prefix: int, fresh: int, expected: int) -> float:
    """What leaving the prefix costs, as a share of what the request costs outside more than at home: c / dC. 0 or more."""
    others = (other for rule in policy.rules for other in rule.to + rule.fallback if other.zone != target.zone)
    other = next(others, None)
    if other is None or prefix <= 0:
        return 0.0
    cloud, home = (other, target) if target.zone == "local" else (target, other)
    if cloud.tariff is not None and home.tariff is not None and other.tariff is not None and other.tariff.cached is not None:
        more = _warm(cloud.tariff, prefix, fresh, expected) - _warm(home.tariff, prefix, fresh, expected)
        if more > 0:
            return max(0.0, prefix * (other.tariff.prompt - other.tariff.cached) / more)
    return prefix / max(1, fresh + OUTPUT * expected)


def _warm(tariff: Tariff, prefix: int, fresh: int, expected: int) -> int:
    """Pico-USD of a request whose prefix is cached."""
    cached = tariff.prompt if tariff.cached is None else tariff.cached
    return tariff.request + prefix * cached + fresh * tariff.prompt + expected * tariff.completion
