"""Attempts and how they end. Attempts end as values; only refusals to the caller are exceptions."""

import msgspec
from typing_extensions import override

from router.cascade import Rejection, Unasked
from router.cost import Usage as Usage  # noqa: PLC0414  # part of an outcome, and so of this module
from router.decision import Target
from router.failures import Failure
from router.names import Answered


class Timing(msgspec.Struct, frozen=True, gc=False):
    """Seconds on the gateway's monotonic clock, relative to the start of the attempt. None: never came so far."""

    headers_s: float | None = None
    first_byte_s: float | None = None
    total_s: float = 0.0


class Served(msgspec.Struct, frozen=True, gc=False):
    """The whole answer reached the caller. `usage` is None when the target did not say, `is_estimate` as for one that broke."""

    status: int = 200
    usage: Usage | None = None
    answered: Answered | None = None
    finish: str = ""
    """The finish reason, from OpenAI's closed set, else `_other`."""
    timing: Timing = Timing()
    is_estimate: bool = False


class Refused(msgspec.Struct, frozen=True, gc=False):
    """The target refused for a reason that lies in the request (`Failure.is_about_request`), before the commit point.

    `body` is the target's own answer, which the caller may be shown; it is kept out of `repr`.
    """

    failure: Failure
    status: int
    body: bytes = b""
    timing: Timing = Timing()

    @override
    def __repr__(self) -> str:
        return f"Refused({self.failure.kind}, {self.status}, {self.timing!r})"


class Failed(msgspec.Struct, frozen=True, gc=False):
    """The attempt failed for a reason that lies in the target, before the commit point: the caller has seen nothing, another may follow.

    `status` is 0 when there was none; `retry_after_s` what the target asked for, in seconds, None when it did not.
    """

    failure: Failure
    status: int = 0
    retry_after_s: float | None = None
    timing: Timing = Timing()


class Broken(msgspec.Struct, frozen=True, gc=False):
    """The answer broke after the commit point: the caller got an error event and no `[DONE]`. Nothing may follow.

    `is_estimate`: the target did not come to say its usage, so that it is the gateway's estimate.
    """

    failure: Failure
    usage: Usage | None = None
    timing: Timing = Timing()
    is_estimate: bool = False


class Abandoned(msgspec.Struct, frozen=True, gc=False):
    """The caller left. The upstream call was cancelled. `is_estimate` as above."""

    usage: Usage | None = None
    timing: Timing = Timing()
    is_estimate: bool = False


class Outrun(Abandoned, frozen=True, gc=False):
    """Another attempt at the same request was quicker, so this one was cancelled. No fault of the target's."""


class Rejected(msgspec.Struct, frozen=True, gc=False):
    """The target answered, and the route's cascade found the answer not good enough, before the commit point: another may follow.

    No fault of the target's. `is_whole`: the answer came to its end and is still there, for the case that nobody else answers.
    """

    reason: Rejection | Unasked
    is_whole: bool = True
    status: int = 200
    usage: Usage | None = None
    answered: Answered | None = None
    finish: str = ""
    timing: Timing = Timing()


Outcome = Served | Refused | Failed | Broken | Abandoned | Rejected


class Attempt(msgspec.Struct, frozen=True, gc=False):
    """One try at one replica of one target. `number` counts the attempts of the request from 1.

    `is_repeated`: the target has failed the same request before, so this attempt takes from its retry budget. `is_hedge`: another attempt
    is under way, which is slow.
    """

    number: int
    target: Target
    replica: int = 0
    is_repeated: bool = False
    is_hedge: bool = False

    @property
    def is_detour(self) -> bool:
        """Whether it is made because another target failed."""
        return self.number > 1 and not self.is_repeated and not self.is_hedge


class Tried(msgspec.Struct, frozen=True, gc=False):
    """An attempt and how it ended."""

    attempt: Attempt
    outcome: Outcome


History = tuple[Tried, ...]
