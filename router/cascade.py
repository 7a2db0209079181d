"""The cascade: the local model answers first, and an answer that is not good enough gives way to the next target's, unseen.

`rejection` is the acceptance test: a table over what is known of an answer, as numbers and flags. What it says is read elsewhere.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

Rejection = Literal["empty", "length", "schema", "refusal", "low_confidence", "self_check"]
"""Why an answer is not good enough: nothing in it; cut at its length; not of the form that was asked for; the model declined; its tokens
were unlikely; the model itself says that it is not right."""

Unasked = Literal["unasked"]
"""The target did not take the request with what a cascade asks beside it. It is asked again as if there were no cascade."""

Grounds = Literal["", "unmeasured", "bound", Rejection]
"""What a verdict rests on. Empty: every test was passed. `unmeasured`: so was every one that could be asked; `bound`: the hold was over
before the answer, and what there was of it was good. Otherwise why it was rejected."""


@dataclass(frozen=True, slots=True)
class SelfCheck:
    """The local model is asked whether its answer is right. Rejected when it says so with less than this probability, within `max_s`."""

    min_probability: float = 0.5
    max_s: float = 2.0


@dataclass(frozen=True, slots=True)
class Accept:
    """The tests that an answer must pass.

    `min_mean_logprob`: the least mean of its tokens' log-probabilities (None: not asked for). The others are on or off.
    """

    min_mean_logprob: float | None = None
    refusals: bool = True
    schema: bool = True
    length_stop: bool = True
    empty: bool = True
    self_check: SelfCheck | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """How long a streamed answer is held back at most: seconds from its first token, and tokens."""

    max_s: float = 8.0
    max_tokens: int = 400


@dataclass(frozen=True, slots=True)
class Cascade:
    """What a route says of it."""

    accept: Accept = Accept()
    hold: Hold = Hold()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of an answer; of several choices the worst. `is_whole`: it has come to its end.

    `mean_logprob` is None where the engine did not say; `belief` is the probability that the self-check gives, None where it was not asked.
    """

    is_whole: bool = True
    is_empty: bool = False
    is_cut: bool = False
    fits: bool = True
    refuses: bool = False
    mean_logprob: float | None = None
    belief: float | None = None


class _Row(NamedTuple):
    reason: Rejection
    needs_whole: bool
    fails: Callable[[Evidence, Accept], bool]


_TESTS: tuple[_Row, ...] = (
    _Row("empty", True, lambda seen, accept: accept.empty and seen.is_empty),
    _Row("length", True, lambda seen, accept: accept.length_stop and seen.is_cut),
    _Row("schema", True, lambda seen, accept: accept.schema and not seen.fits),
    _Row("refusal", False, lambda seen, accept: accept.refusals and seen.refuses),
    _Row("low_confidence", False, lambda seen, accept: _is_below(seen.mean_logprob, accept.min_mean_logprob)),
    _Row(
        "self_check", True, lambda seen, accept: accept.self_check is not None and _is_below(seen.belief, accept.self_check.min_probability)
    ),
)


def _is_below(value: float | None, least: float | None) -> bool:
    """What was not measured, or not asked for, speaks against nothing."""
    return value is not None and least is not None and value < least


def rejection(seen: Evidence, accept: Accept) -> Rejection | None:
    """Why the answer, or what there is of it, is not good enough; None when it is. Of an answer without an end, less can be asked."""
    return next((row.reason for row in _TESTS if (seen.is_whole or not row.needs_whole) and row.fails(seen, accept)), None)


def grounds(seen: Evidence, accept: Accept) -> Grounds:
    """What the verdict rests on."""
    reason = rejection(seen, accept)
    if reason is not None:
        return reason
    if not seen.is_whole:
        return "bound"
    is_unmeasured = accept.min_mean_logprob is not None and seen.mean_logprob is None
    return "unmeasured" if is_unmeasured or (accept.self_check is not None and seen.belief is None) else ""
