"""Targets and decisions. A `Decision` cannot be built with a target whose clearance is below its label: that is promise one as a type."""

from dataclasses import dataclass, field, replace
from typing import Literal

from router.cascade import Cascade
from router.cost import Tariff
from router.labels import Label
from router.names import OVER, Ability, Endpoint, Path, RouteName, Sent, TargetName, Zone
from router.quirks import Quirks


class Leak(ValueError):
    """A decision would let content reach a target that is not cleared for it."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """How long a target may take, in seconds: to connect, to the headers, to the first token, between chunks, in total."""

    connect_s: float = 3.0
    headers_s: float = 60.0
    first_token_s: float = 60.0
    between_chunks_s: float = 30.0
    total_s: float = 600.0

    def within(self, left_s: float) -> "Clocks":
        """The same clocks, none of which runs for longer than `left_s` seconds."""
        left_s = max(left_s, 0.001)
        mine = (self.connect_s, self.headers_s, self.first_token_s, self.between_chunks_s, self.total_s)
        return Clocks(*[min(left_s, limit_s) for limit_s in mine])


@dataclass(frozen=True, slots=True)
class Hedge:
    """A second attempt is begun beside one that has no first token after `after_s` seconds, for that `share` of the requests at most."""

    after_s: float
    share: float = 0.05


@dataclass(frozen=True, slots=True)
class Target:
    """A model at an upstream.

    `clearance` is the highest label it may receive. `window` is its context window in tokens, 0 when unknown; `retries` how often
    a failed attempt is repeated at this target; `replicas` how many engines stand behind it, 0 when they come and go. `tariff` is None
    when its price is unknown. `patience_s` is how long a request that nobody else can serve waits for it to come back. `continues`: it can
    go on from the beginning of an answer that it is given. `hedge` is None where slow attempts are waited for. `speaks` are the endpoints
    that it has itself. `lacks` are abilities that it is known not to have: what is unknown may be tried. `quirks` is None where none are
    known.
    """

    name: TargetName
    zone: Zone
    clearance: Label
    model: Sent
    region: str = ""
    tariff: Tariff | None = None
    clocks: Clocks = Clocks()
    window: int = 0
    retries: int = 1
    replicas: int = 1
    patience_s: float = 2.0
    continues: bool = False
    hedge: Hedge | None = None
    speaks: frozenset[Endpoint] = frozenset({"chat", "completions"})
    lacks: frozenset[Ability] = frozenset()
    quirks: Quirks | None = None

    def serves(self, endpoint: Endpoint) -> bool:
        """Whether it speaks the endpoint, or one by which that can be served in translation."""
        if endpoint in self.speaks:
            return True
        other = OVER.get(endpoint)
        return other in self.speaks or (other == "chat" and OVER[other] in self.speaks)

    @property
    def is_pool(self) -> bool:
        """Whether there may be a choice of replicas."""
        return self.replicas != 1

    @property
    def path(self) -> Path:
        """The serving path of a request that this target serves."""
        return "local" if self.zone == "local" else "cloud"


Verdict = Literal["serve", "deny"]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a decision was taken: the rule, and what about the request selected or changed it. From closed sets, never text."""

    rule: RouteName
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """The chosen chain and why. Decisions are built and checked once, when a policy is loaded, and shared by all requests.

    `chain` holds the targets in the order in which they are tried; empty when no cleared target can serve, or when `verdict` is
    `deny`. `highest` is the highest label there is, None when nobody said. Raises `Leak` at construction when a target of the chain is
    not cleared for `label`.

    A decision with `redacts` is the exception, and says how far it goes: a target below `label` gets a rewritten body, in which nothing
    above `redacts` may be left. Raises `Leak` when a target is not cleared for what is left either.

    `cascade` says that the answer of the first target, a local one, is judged, and that a rejected one gives way to the next target's.
    Every target of such a chain may have the request as it is: raises `Leak` otherwise.
    """

    label: Label
    route: RouteName
    chain: tuple[Target, ...]
    reason: Reason
    verdict: Verdict = "serve"
    highest: Label | None = None
    redacts: Label | None = None
    cascade: Cascade | None = None
    leaves: bool = field(init=False)
    """Whether the label matters: some target is outside, or may not receive the highest label. Then slow detectors must be asked
    before the first attempt, since what they find could raise the label above a clearance."""
    chooses: bool = field(init=False)
    """Whether some target may have a choice of replicas: then it matters how the prompt begins."""

    def __post_init__(self) -> None:
        """Check the clearance of every target."""
        least = self.label if self.redacts is None else min(self.label, self.redacts)
        low = [target for target in self.chain if target.clearance < least]
        if low:
            targets = " and ".join(f"{target.name!r}, which is cleared for {target.clearance} at most" for target in low)
            raise Leak(f"route {self.route!r} would send {least} content to {targets}")
        if self.cascade is not None and (self.redacts is not None or [target.zone for target in self.chain[:1]] != ["local"]):
            raise Leak(f"route {self.route!r} would cascade {self.label} content from where it may not begin, or to where it may not go")
        object.__setattr__(self, "chooses", any(target.is_pool for target in self.chain))
        object.__setattr__(self, "leaves", any(_needs_the_label(target, self.highest) for target in self.chain))

    def is_redacted(self, target: Target) -> bool:
        """Whether the target may have the request only rewritten."""
        return target.clearance < self.label

    def path(self, target: Target) -> Path:
        """The serving path of a request that the target serves by this decision."""
        return "redacted" if self.is_redacted(target) else target.path

    def whole(self) -> "Decision":
        """The same decision where nothing can be redacted: only targets that may have the request as it is are left."""
        if self.redacts is None:
            return self
        return replace(self, chain=tuple(target for target in self.chain if not self.is_redacted(target)), redacts=None)


def _needs_the_label(target: Target, highest: Label | None) -> bool:
    return target.zone == "external" or (highest is not None and target.clearance < highest)
