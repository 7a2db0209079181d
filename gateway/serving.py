"""`Serving`: what is known before there is a request of an answer that one of a decision's targets gives, or nobody.

Its exchange's members, and its header lines. As many as decisions have targets: made once for each, and looked up by identity.
"""

import msgspec

from router.decision import Decision, Target
from router.names import Path, TargetName

_MOST = 10_000
"""Far more than configurations have. Only decisions that are made for one request could come to more."""


class Serving(msgspec.Struct, frozen=True, eq=False, gc=False):
    """`served` answers by the `decision`; None: nobody does. `first` is the target that was to be asked first, None where that answers.

    `lines` are its `x-tidegate-*` header lines, `at_once` the same with the number of attempts, where it was the first.
    """

    decision: Decision
    served: Target | None
    path: Path
    target: TargetName | None
    first: TargetName | None
    because: tuple[str, ...]
    lines: bytes
    at_once: bytes


identity = object.__hash__
"""Of a thing, whatever it equals. Not `id`: that is an event for every audit hook, which takes ten times as long."""

Servings = dict[tuple[int, int], Serving]
"""By the identities of decision and target, which a `Serving` keeps alive."""


def remembered(known: Servings, decision: Decision, served: Target | None) -> Serving:
    """One that is not known yet; it is from now on."""
    if len(known) >= _MOST:
        known.clear()
    return known.setdefault((identity(decision), identity(served)), serving_of(decision, served))


def serving_of(decision: Decision, served: Target | None) -> Serving:
    """What follows from the two."""
    path: Path = "blocked" if served is None else decision.path(served)
    target, first = None if served is None else served.name, decision.chain[0] if decision.chain else None
    lines = f"x-tidegate-path: {path}\r\nx-tidegate-route: {decision.route}\r\nx-tidegate-label: {decision.label.name}\r\n"
    raw = (lines if target is None else f"{lines}x-tidegate-target: {target}\r\n").encode()
    missed = None if first is None or first is served else first.name
    return Serving(decision, served, path, target, missed, decision.reason.because, raw, raw + b"x-tidegate-attempts: 1\r\n")
