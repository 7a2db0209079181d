"""The compiled configuration: a `Plan` is everything that a running gateway needs to know, frozen, with secrets that do not print.

`gateway.config.compile` makes it out of YAML; `gateway.runtime` opens upstreams and observers from it; nothing else reads it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Literal

from classifiers.kinds import Detector, Scorer
from classifiers.subject import Subjects
from gateway.detectors.dialect import Dialect
from gateway.kept.plan import StorePlan
from gateway.price_list import PriceList
from gateway.redact.plan import Redacting
from gateway.report.declared import Reporting
from gateway.scorers.llm import Question
from gateway.secret import Secret
from gateway.telemetry.plan import OtelPlan
from gateway.usage.plan import UsagePlan
from router.admission import Capacity
from router.decision import Target
from router.facts import Preference
from router.labels import Label
from router.lean import weighs
from router.names import TargetName
from router.policy import Policy
from router.reservation import Reservation


@dataclass(frozen=True, slots=True)
class PoolPlan:
    """How the replicas of a local target are found, and watched every `every_s` seconds. `file` is looked at every `refresh_s`.

    `reads_metrics`: whether engines are asked for their `/metrics`. `stall_s`: after so long without progress a replica with requests gets
    no more. `states_networks`: the operator has named the networks of the target, so that its hosts may have public names.
    """

    discover: Literal["list", "dns", "file"] = "list"
    file: Path | None = None
    refresh_s: float = 5.0
    reads_metrics: bool = True
    every_s: float = 1.0
    stall_s: float = 10.0
    states_networks: bool = False


@dataclass(frozen=True, slots=True)
class UpstreamPlan:
    """How a target is reached. `urls` are API bases (`http://host:8000/v1`), one per replica; `kind` is a file of `gateway/upstreams`.

    `networks` are the networks that a local destination's resolved address must lie in. `key` travels in `key_header`, as a bearer token
    if that is `authorization`; `headers` are extra fixed headers. `options` belong to the kind. `pool` says how replicas are found and
    watched, None where they are not. `reservation` is what one replica costs by wall time; None: unknown. `is_checked`: whether replicas
    that failed are looked at beside the traffic. `capacity` is how much it takes before others wait; None: nobody waits.
    """

    target: TargetName
    kind: Literal["openai_compatible", "litellm", "presidio"]
    urls: tuple[str, ...] = ()
    key: Secret | None = None
    headers: tuple[tuple[str, Secret], ...] = ()
    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    options: Mapping[str, object] = field(default_factory=dict)
    reservation: Reservation | None = None
    is_checked: bool = True
    pool: PoolPlan | None = None
    capacity: Capacity | None = None
    key_header: Literal["authorization", "api-key", "x-api-key"] = "authorization"

    @property
    def known_by(self) -> tuple[tuple[str, Secret], ...]:
        """The headers by which the destination knows us, their names in lower case: the key's, and the fixed ones."""
        fixed = tuple((name.lower(), value) for name, value in self.headers)
        if self.key is None:
            return fixed
        key = Secret(f"Bearer {self.key.reveal()}") if self.key_header == "authorization" else self.key
        return ((self.key_header, key), *fixed)


@dataclass(frozen=True, slots=True)
class RemotePlan:
    """A detector behind the network: how it is spoken to, and the destination that is asked, cleared for `label`, the highest."""

    dialect: Dialect
    target: Target
    label: Label
    upstream: UpstreamPlan


@dataclass(frozen=True, slots=True)
class QuestionPlan:
    """A chat model that is asked how hard something is: the question, and the destination, cleared for `label`, the highest."""

    question: Question
    target: Target
    label: Label
    upstream: UpstreamPlan


@dataclass(frozen=True, slots=True)
class LateScorerPlan:
    """A scorer that takes too long for the event loop, and for how many seconds it is waited for."""

    kind: str
    scorer: Scorer | QuestionPlan
    within_s: float = 1.0


@dataclass(frozen=True, slots=True)
class CallerKey:
    """A virtual key. `digest` is the SHA-256 of the key; the key itself is never kept. `floor` is the least label of its requests.

    `priority`: its requests are waited for as if they had come a second earlier for each step.
    `may_declassify`: its holder may lower the label of a request, which is logged. `quality`: the least and the most quality that its
    requests have, of 0 to 10; None: any. `may_ask_best`: whether it may ask for `auto:best`.
    """

    name: str
    digest: bytes = field(repr=False)
    tenant: str = "default"
    floor: Label | None = None
    may_declassify: bool = False
    quality: tuple[float, float] | None = None
    may_ask_best: bool = True
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a requested model name means: a preference among the routes, or a target by name."""

    preference: Preference
    target: TargetName | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what a caller may send and a target may answer, in bytes, nesting levels and seconds.

    `connections` of callers that may be open, and bytes of request bodies that may be held, of all requests at the same time.
    """

    body_bytes: int = 10_000_000
    answer_bytes: int = 64_000_000
    event_bytes: int = 8_000_000
    depth: int = 64
    receive_s: float = 60.0
    connections: int = 4_096
    held_bytes: int = 512_000_000


@dataclass(frozen=True, slots=True)
class Listen:
    """Addresses to bind: the API, and metrics with admin on a port of their own.

    After SIGTERM requests are accepted for `delay_s` seconds more, while readiness says no; then streams have `grace_s` to finish.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    admin_host: str = "127.0.0.1"
    admin_port: int = 9090
    grace_s: float = 30.0
    delay_s: float = 0.0
    http: Literal["own", "uvicorn"] = "own"


@dataclass(frozen=True, slots=True)
class Remembering:
    """What is kept of texts, as keyed hashes in memory, never text: how many, and for how many seconds.

    `memo_*`: what detectors said of a text. `lineage_*`: what carried a label. `doubts_history`: answers in a history that nobody here
    has given are a doubt. `sticky_*`: which target served a conversation.
    """

    memo_entries: int = 20_000
    memo_s: float = 3_600.0
    lineage_entries: int = 200_000
    lineage_s: float = 86_400.0
    doubts_history: bool = False
    sticky_entries: int = 100_000
    sticky_s: float = 3_600.0


@dataclass(frozen=True, slots=True)
class Observing:
    """What observers are to do. `baseline` is the target whose price answers "what if all had gone there"; None: no baseline."""

    log: bool = True
    prometheus: bool = True
    baseline: TargetName | None = None
    otel: OtelPlan | None = None


@dataclass(frozen=True, slots=True)
class LedgerPlan:
    """Where the egress ledger is kept and how. `sync`: `always` before a byte leaves, or `interval`, once a second.

    `keeps_all`: attempts at local targets too. `key` is an Ed25519 private key in PEM form; None: heads are not signed.
    """

    folder: Path
    rotate_bytes: int = 64_000_000
    key: Secret | None = None
    sync: Literal["always", "interval"] = "always"
    keeps_all: bool = False


@dataclass(frozen=True, slots=True)
class PolicyTest:
    """One of the configuration's own `tests:`: a prompt and what must come of it. `say` and `messages` are operator text, not a caller's.

    `target` is the first of the chain; `difficulty` a comparison, such as `> threshold`. None: that does not matter.
    """

    say: str = ""
    messages: tuple[Mapping[str, object], ...] = ()
    name: str = ""
    model: str = "auto"
    path: str | None = None
    label: str | None = None
    route: str | None = None
    target: str | None = None
    difficulty: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A compiled configuration.

    `fast` detectors look at every request, and begin no further part after `fast_s` seconds, because the event loop waits for them;
    `slow` ones look only at requests that would leave, beside the loop, for at most `slow_s` seconds. So do `remote` ones, which are
    asked over the network. `late_scorer` is asked only where a decision depends on how hard a request is; there is that or `scorer`, or
    none. `subjects` reads what an ask is about; None when no rule asks for that.
    `meanings` maps requested model names, `keys` the digests of caller keys (empty: no key is asked for). `state_url` is empty for
    state in memory. `lockdown_file` is where a lockdown is noted, so that it survives a restart; None: nowhere. `canaries_s` is the pause
    between two rounds of canaries in seconds; 0: none. `prices` is the price list in use, the oldest if there are several.
    """

    policy: Policy
    upstreams: Mapping[TargetName, UpstreamPlan]
    meanings: Mapping[str, Meaning]
    fast: tuple[Detector, ...] = ()
    slow: tuple[Detector, ...] = ()
    remote: tuple[RemotePlan, ...] = ()
    scorer: Scorer | None = None
    late_scorer: LateScorerPlan | None = None
    subjects: Subjects | None = None
    fast_s: float = 0.2
    slow_s: float = 0.5
    keys: Mapping[bytes, CallerKey] = field(default_factory=dict)
    limits: Limits = Limits()
    redacting: Redacting = field(default_factory=Redacting)
    listen: Listen = Listen()
    observing: Observing = Observing()
    tests: tuple[PolicyTest, ...] = ()
    state_url: str = field(default="", repr=False)  # it may hold a password
    ledger: LedgerPlan | None = None
    usage: UsagePlan | None = None
    store: StorePlan | None = None
    backstop: Literal["enforce", "warn", "off"] = "enforce"
    remembering: Remembering = Remembering()
    lockdown_file: Path | None = None
    canaries_s: float = 300.0
    reporting: Reporting = field(default_factory=Reporting)
    prices: PriceList = field(default_factory=PriceList)

    @property
    def detectors(self) -> tuple[str, ...]:
        """The kinds of all detectors, those that are asked over the network last."""
        return (*(one.kind for one in self.fast + self.slow), *(one.dialect.kind for one in self.remote))

    @property
    def weighs_difficulty(self) -> bool:
        """Whether somebody scores how hard a request is, and some rule asks for it."""
        return (self.scorer is not None or self.late_scorer is not None) and weighs(self.policy)

    @property
    def scorer_kind(self) -> str | None:
        """The kind of the scorer, whichever it is."""
        return self.scorer.kind if self.scorer is not None else self.late_scorer.kind if self.late_scorer is not None else None

    @property
    def own_scorer(self) -> Scorer | None:
        """The scorer, if it is of this process: where nobody waits, a late one is like any other."""
        late = None if self.late_scorer is None else self.late_scorer.scorer
        return late if late is not None and not isinstance(late, QuestionPlan) else self.scorer

    @property
    def services(self) -> tuple[RemotePlan, ...]:
        """Remote detectors at destinations of their own, which answer no request."""
        return tuple(one for one in self.remote if one.target.name not in self.policy.targets)
