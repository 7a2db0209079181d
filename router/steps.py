"""What to do next with a request: what `router.failover.next_step` says."""

import msgspec
from typing_extensions import override

from router.attempt import Abandoned, Attempt, Broken, Rejected, Served
from router.failures import Failure


class Try(msgspec.Struct, frozen=True, gc=False):
    """Make this attempt, after `delay_s` seconds."""

    attempt: Attempt
    delay_s: float = 0.0


class Wait(msgspec.Struct, frozen=True, gc=False):
    """No target may be asked now, but one will be soon: ask again for the next step after `delay_s` seconds, or when one has come back."""

    delay_s: float


class Done(msgspec.Struct, frozen=True, gc=False):
    """The exchange has ended; the caller has had the answer, or is gone."""

    outcome: Served | Broken | Abandoned


class GiveUp(msgspec.Struct, frozen=True, gc=False):
    """Nothing may be tried any more; the caller must be told, with this HTTP `status`.

    `body` is the target's own when it refused the request. `retry_after_s` says when it makes sense to ask again, None when unknown.
    `cause` is how the last attempt failed, when `failure` itself does not say.
    """

    failure: Failure
    retry_after_s: float | None = None
    status: int = 0
    body: bytes = b""
    cause: Failure | None = None

    @override
    def __repr__(self) -> str:
        return f"GiveUp({self.failure.kind}, {self.status}, {self.retry_after_s}, {self.cause and self.cause.kind})"


class Keep(msgspec.Struct, frozen=True, gc=False):
    """Nobody else answered: the caller gets the answer of this attempt, which was rejected and is still there."""

    attempt: Attempt
    rejected: Rejected


Step = Try | Wait | Done | GiveUp | Keep
