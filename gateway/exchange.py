"""`Exchange`: the one record of a request that observers see, after the last byte.

Facts, signals, decision, attempts, usage, cost, times. Never text: no member can hold what the caller or the model wrote (a law test walks
the types). msgspec structs, because there is one of each per request: made in a fraction of a dataclass's time, encoded without a copy.
"""

from typing import Literal

import msgspec
from typing_extensions import override

from classifiers.signals import DoubtKind
from router.admission import Line
from router.attempt import Usage
from router.cascade import Grounds, Rejection, Unasked
from router.facts import Hint, Lineage, Preference, Sticky
from router.labels import Label
from router.names import Endpoint, MicroUsd, Path, RouteName, TargetName

Result = Literal["served", "refused", "failed", "broken", "abandoned", "denied", "invalid"]
"""How it ended for the caller: an answer; the target's own refusal; no target could; a cut stream; they left; policy; a bad request."""

Rerouted = Literal["", "sensitivity", "lockdown"]
"""Why a target that the caller named was not used. Empty: it was, or none was named."""
Redaction = Literal["", "done", "category", "doubt", "unsupported", "useless", "residue", "vault", "failed"]
"""What came of the redacted path: not asked for; a rewritten request; or why there is none. A category that may not be redacted; a doubt
or a demand of the caller's; a feature whose answer cannot be restored; too much masked; the scan found more; a vault that is away; a
defect."""

CascadeResult = Literal["", "accepted", "escalated", "kept"]
"""What came of a cascade: there was none, or nothing to judge; the local answer was good enough; it gave way to another target; it did, but
nobody else could answer, so the caller got it after all."""

HedgeResult = Literal["", "primary", "hedge", "neither"]
"""Which of two attempts that were made at a time was quicker, where there was a hedge; neither: both failed."""

Ending = Literal["Served", "Refused", "Failed", "Broken", "Abandoned", "Outrun", "Rejected", "Checked"]
"""How an attempt ended; the last is none, but a question about one's answer."""


NO_S = 0.0
ALL = 1.0
"""No seconds, and all that was to be read. An encoder leaves a member out where it is its default, not where it is like it."""


class Times(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Seconds on the monotonic clock. `first_byte_s` counts from the arrival of the request to the commit point, None without one.

    `receive_s` reading the body, `decode_s` decoding it, `classify_s` fast and `slow_s` slow detectors, `decide_s` deciding;
    `redact_s` rewriting, and scanning what would go out; `queue_s` waiting for room at a target; `upstream_s` waiting for targets. What is
    left of `total_s` is relaying and the rest of the gateway.
    """

    total_s: float = NO_S
    first_byte_s: float | None = None
    receive_s: float = NO_S
    decode_s: float = NO_S
    classify_s: float = NO_S
    slow_s: float = NO_S
    decide_s: float = NO_S
    upstream_s: float = NO_S
    redact_s: float = NO_S
    queue_s: float = NO_S


class AttemptRecord(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One attempt.

    `failure` is the kind of failure, empty for none; `digest` the SHA-256 of the bytes that went outside, empty for a local target.
    `label` is what the body was cleared as: the request's own, or what was left of it on the redacted path.

    `queue_s` is how long it was waited for in which `line`; empty where there is none.
    Of a request that cascades or was hedged also what each call used and cost, None when unknown, and why its answer was rejected.
    Of one at an engine that costs something by the hour, `gpu_s` are seconds of its GPUs, `cost` the part of their price and `marginal`
    the part of their energy that were its own.
    `number` counts from 1; one that was begun later may have ended earlier, where `is_hedge`: beside another one, which was slow.
    It began `began_s` after the arrival of the request; its first content came `first_byte_s` after that, None when none did.
    """

    target: TargetName
    replica: int
    ending: Ending
    failure: str = ""
    status: int = 0
    sent_bytes: int = 0
    digest: str = ""
    total_s: float = NO_S
    label: Label | None = None
    usage: Usage | None = None
    cost: MicroUsd | None = None
    rejection: Rejection | Unasked | Literal[""] = ""
    line: Line | Literal[""] = ""
    queue_s: float = NO_S
    number: int = 1
    is_hedge: bool = False
    began_s: float = NO_S
    first_byte_s: float | None = None
    gpu_s: float = NO_S
    marginal: MicroUsd | None = None


class Leaned(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What moved the difficulty, and to where; None when nobody scored.

    `hints` are the caller's, in log-odds. A conversation that was served before has a prefix of about `prefix_tokens` in the cache there,
    which serving it elsewhere throws away; `sticky` says what came of that.
    """

    difficulty: float | None = None
    hints: tuple[Hint, ...] = ()
    sticky: Sticky = ""
    prefix_tokens: int = 0


class Exchange(msgspec.Struct, frozen=True, omit_defaults=True, gc=False, tag_field="say", tag="exchange"):
    """One request, from its first byte to its last. Encoded, it says that it is an exchange.

    `code` is the error code that the caller got, empty when served. `findings` counts spans by category, `doubts` by kind. `cost` is
    None when unknown; so is `baseline_cost`, what the same tokens would have cost at the declared baseline, which is none of embeddings.
    `answer_bytes` were relayed.
    `inherited` says by what the request was known to continue or quote an earlier one with a label; `declassified_from` which label a key
    with the right to do so lowered; `rerouted` why a target that the caller named was not used; `is_locked` that a lockdown was on.
    `redaction` says what came of the redacted path, `placeholders` how many values were masked, `placeholders_unrestored` how many
    placeholders the answer had that stand for none of them: altered by the model, or made up.
    `difficulty` is what the scorer said, `leaned` what moved that before rules saw it.
    `is_estimate` says that `usage`, and so what it costs, is the gateway's estimate: the answer broke, or its caller left, before the end.
    `cascade` says what came of a cascade, and on what `grounds`, `hedge` what came of a hedge; `cost` is then that of all calls. So it is
    where a local engine costs something by the hour: what all attempts there had of it, and the price of tokens elsewhere.
    `trace_id`, `span_id` (ours) and `parent_span_id` (the caller's) as in `gateway.tracing`; `is_sampled`: its spans are exported.
    `first` is the target that was to be asked first, None where that is the one that answered, or there was none.
    """

    request_id: str
    endpoint: Endpoint | None
    result: Result
    status: int
    code: str = ""
    tenant: str = "anonymous"
    key: str = ""
    preference: Preference = "auto"
    is_stream: bool = False
    label: Label | None = None
    route: RouteName | None = None
    because: tuple[str, ...] = ()
    path: Path = "blocked"
    target: TargetName | None = None
    findings: tuple[tuple[str, int], ...] = ()
    doubts: tuple[tuple[DoubtKind, int], ...] = ()
    coverage: float = ALL
    difficulty: float | None = None
    attempts: tuple[AttemptRecord, ...] = ()
    usage: Usage | None = None
    finish: str = ""
    cost: MicroUsd | None = None
    baseline_cost: MicroUsd | None = None
    body_bytes: int = 0
    answer_bytes: int = 0
    times: Times = Times()
    inherited: Lineage = ""
    declassified_from: Label | None = None
    rerouted: Rerouted = ""
    is_locked: bool = False
    redaction: Redaction = ""
    placeholders: int = 0
    placeholders_unrestored: int = 0
    leaned: Leaned | None = None
    cascade: CascadeResult = ""
    grounds: Grounds = ""
    is_estimate: bool = False
    hedge: HedgeResult = ""
    trace_id: str = ""
    span_id: str = ""
    parent_span_id: str = ""
    is_sampled: bool = False
    first: TargetName | None = None

    @override
    def __str__(self) -> str:
        """The log line."""
        return (
            f"{self.request_id} {self.endpoint or '-'} {self.result} {self.status} {self.code or '-'} label={self.label} "
            f"route={self.route} path={self.path} target={self.target} attempts={len(self.attempts)} {self.times.total_s * 1000:.1f}ms"
        )
