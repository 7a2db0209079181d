"""The assessment of open against closed models in six dimensions, each 1 (speaks for closed) to 5 (speaks for open), and their sum.

What the traffic shows is measured, with an interval, so that a score may be a range; what it does not show is answered by somebody, or
stays a range of 1 to 5. Nothing is made up. All thresholds are in `SCALES`.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Literal

from gateway.advice.amounts import count, percent
from gateway.advice.questions import DIMENSIONS, QUESTIONS, Answer
from gateway.advice.traffic import PROMPTS, Traffic

LOWEST, HIGHEST = 1, 5


@dataclass(frozen=True, slots=True)
class Scale:
    """What is measured, and the four bounds at which the score rises from 1 to 5."""

    dimension: str
    measure: str
    bounds: tuple[float, float, float, float]
    is_share: bool = True

    def score(self, value: float) -> int:
        """1 to 5."""
        return LOWEST + sum(value >= bound for bound in self.bounds)

    @property
    def rule(self) -> str:
        """The bounds in words."""
        shown = [percent(bound) if self.is_share else f"{bound:g}" for bound in self.bounds]
        return f"{self.measure}: 2 from {shown[0]}, 3 from {shown[1]}, 4 from {shown[2]}, 5 from {shown[3]}"


SCALES: Mapping[str, Scale] = {
    "easy": Scale("capability", "share of requests no harder than the threshold (which `tidegate tune` finds)", (0.3, 0.5, 0.7, 0.9)),
    "accepted": Scale("capability", "share of local answers that a cascade accepted", (0.5, 0.7, 0.85, 0.95)),
    "liked": Scale("capability", "share of thumbs up at home less that outside", (-0.10, -0.05, -0.02, 0.02)),
    "sensitive": Scale("privacy", "share of requests that no external destination is cleared for", (0.01, 0.05, 0.20, 0.50)),
    "pays": Scale(
        "cost", "what the cheapest closed model would cost for the work done at home, over what the GPUs cost", (0.25, 0.75, 1.25, 2)
    ),
    "kept": Scale("operations", "share of requests bound for home that were answered there", (0.95, 0.99, 0.995, 0.999)),
    "sound": Scale("operations", "share of attempts at home that did not fail", (0.9, 0.97, 0.99, 0.999)),
    "faster": Scale(
        "latency", "median first token outside over that at home, for prompts of like length", (0.5, 0.8, 1.25, 2), is_share=False
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Dimension:
    """One score, or its range. `evidence` are sentences; `rule` says how a score comes of them."""

    name: str
    low: int
    high: int
    source: Literal["measured", "answered", "unknown"]
    evidence: tuple[str, ...]
    rule: str

    @property
    def shown(self) -> str:
        """`4`, or `2-4`."""
        return str(self.low) if self.low == self.high else f"{self.low}-{self.high}"


@dataclass(frozen=True, slots=True)
class Band:
    """What a sum means."""

    low: int
    high: int
    name: str
    means: str


BANDS: tuple[Band, ...] = (
    Band(6, 12, "closed", "Closed APIs. GPUs of your own would earn neither money nor control; the gateway still keeps labels."),
    Band(13, 18, "hybrid, leaning closed", "Closed APIs for most; an engine of your own for what is sensitive, and for easy work."),
    Band(19, 24, "hybrid, leaning open", "Engines of your own for most; closed models for what is hard and may leave."),
    Band(25, 30, "open", "Engines of your own for all; a closed model only as a way out, if at all."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Assessment:
    """All six, their sum as a range, and the bands that it touches."""

    dimensions: tuple[Dimension, ...]

    @property
    def low(self) -> int:
        """The least that the sum can be."""
        return sum(one.low for one in self.dimensions)

    @property
    def high(self) -> int:
        """The most."""
        return sum(one.high for one in self.dimensions)

    @property
    def bands(self) -> tuple[Band, ...]:
        """One if all is known well enough."""
        return tuple(band for band in BANDS if band.low <= self.high and self.low <= band.high)


@dataclass(frozen=True, slots=True)
class _Seen:
    """Something measured: its scale, the interval that its value lies in, and a sentence."""

    scale: Scale
    low: float
    high: float
    say: str


def assess(traffic: Traffic | None, answers: Mapping[str, Answer], threshold: float, pays: float | None) -> Assessment:
    """The assessment. An answer counts before what is measured, which is shown all the same. `pays`: as in the scale; None unknown."""
    seen = [] if traffic is None else [*_seen(traffic, threshold, pays)]
    return Assessment(
        tuple(_dimension(name, [one for one in seen if one.scale.dimension == name], answers.get(name)) for name in DIMENSIONS)
    )


def _dimension(name: str, seen: list[_Seen], answer: Answer | None) -> Dimension:
    said = tuple(one.say for one in seen)
    rule = "; ".join(one.scale.rule for one in seen) + ("; the lowest of them counts" if len(seen) > 1 else "")
    if answer is not None:
        means = QUESTIONS[name].answers[answer.score - 1]
        because = f" ({answer.because})" if answer.because else ""
        beside = ("measured beside it: " + "; ".join(said),) if said else ()
        return Dimension(name, answer.score, answer.score, "answered", (f"answered: {means}{because}", *beside), "an answer counts first")
    if not seen:
        what = f"not measured and not answered: {QUESTIONS[name].ask}"
        return Dimension(name, LOWEST, HIGHEST, "unknown", (what,), "unknown, so anything from 1 to 5")
    low, high = min(one.scale.score(one.low) for one in seen), min(one.scale.score(one.high) for one in seen)
    return Dimension(name, low, high, "measured", said, rule)


def _seen(traffic: Traffic, threshold: float, pays: float | None) -> Iterator[_Seen]:
    at = [one for scored in traffic.scored.values() for one in scored.difficulty]
    if at:
        yield _share("easy", sum(one <= threshold for one in at), len(at), "of the requests that may leave and were scored are easy")
    if traffic.accepted + traffic.escalated:
        yield _share("accepted", traffic.accepted, traffic.accepted + traffic.escalated, "of judged local answers were accepted")
    yield from _liked(traffic)
    known = traffic.answered - traffic.unlabelled
    if known:
        yield _share("sensitive", traffic.sensitive, known, "of the requests may not leave")
    if pays is not None:
        yield _Seen(
            SCALES["pays"],
            pays,
            pays,
            f"the work done at home would cost {percent(pays)} of what the GPUs cost, at the cheapest closed model",
        )
    if traffic.bound[True]:
        yield _share("kept", traffic.kept_word[True], traffic.bound[True], "of the requests bound for home were answered there")
        tried = traffic.bound[True] + traffic.failed
        yield _share("sound", tried - traffic.failed, tried, "of the attempts at home did not fail")
    yield from _faster(traffic)


def _share(scale: str, some: int, of: int, say: str) -> _Seen:
    low, high = wilson(some, of)
    return _Seen(
        SCALES[scale], low, high, f"{percent(some / of)} {say} ({count(some)} of {count(of)}; 95%: {percent(low)} to {percent(high)})"
    )


def _liked(traffic: Traffic) -> Iterator[_Seen]:
    home, outside = traffic.opinions[True], traffic.opinions[False]
    if min(home.number, outside.number) >= _LEAST:
        shares = home.up / home.number, outside.up / outside.number
        spread = 1.96 * math.sqrt(sum(share * (1 - share) / one.number for share, one in zip(shares, (home, outside), strict=True)))
        more = shares[0] - shares[1]
        say = (
            f"{percent(shares[0])} of {home.number} opinions on local answers are good, {percent(shares[1])} of {outside.number} on others"
        )
        yield _Seen(SCALES["liked"], more - spread, more + spread, say)


def _faster(traffic: Traffic) -> Iterator[_Seen]:
    """Medians within each class of prompts, weighted by how many of both there are."""
    pairs = [(traffic.first_tokens.get((True, size)), traffic.first_tokens.get((False, size))) for size in range(len(PROMPTS) + 1)]
    found = [(home, away) for home, away in pairs if home and away and min(len(home), len(away)) >= _LEAST]
    if not found:
        return
    here = sum(median(home) * len(home) for home, _ in found) / sum(len(home) for home, _ in found)
    there = sum(median(away) * len(home) for home, away in found) / sum(len(home) for home, _ in found)
    ratio = there / here if here else math.inf
    times = f"{here * 1000:,.0f} ms at home and {there * 1000:,.0f} ms outside"
    say = f"the median first token comes after {times} for prompts of like length ({ratio:.1f} x)"
    yield _Seen(SCALES["faster"], ratio, ratio, say)


_LEAST = 20
"""Opinions, and streams of a class of prompts, below which nothing is compared."""


def wilson(some: int, of: int) -> tuple[float, float]:
    """The interval of 95 % that a share lies in (Wilson, 1927). `of` is above 0."""
    share, z = some / of, 1.96
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    spread = z / (1 + z * z / of) * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return (max(0.0, middle - spread) if some else 0.0), (min(1.0, middle + spread) if some < of else 1.0)
