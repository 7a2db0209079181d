"""The compiled configuration: a `Plan` is everything that a running gateway needs to know, frozen, with secrets that do not print.

`gateway.config.compile` makes it out of YAML; `gateway.runtime` opens upstreams and observers from it; nothing else reads it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from typing import Literal

from typing_extensions import override

from classifiers.kinds import Detector, Scorer
from router.facts import Preference
from router.labels import Label
from router.names import TargetName
from router.policy import Policy


class Secret:
    """A string that came from the environment or a file. Prints as `***`."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    @override
    def __repr__(self) -> str:
        return "***"

    def reveal(self) -> str:
        """The secret itself, for the one header or call that needs it."""
        return self._value


@dataclass(frozen=True, slots=True)
class UpstreamPlan:
    """How a target is reached. `urls` are API bases (`http://host:8000/v1`), one per replica; `kind` is a file of `gateway/upstreams`.

    `networks` are the networks that a local destination's resolved address must lie in. `headers` are extra fixed headers. `options`
    belong to the kind. `gpu_hour_micro_usd` is what one replica costs for an hour of wall time, in micro-USD; None: unknown.
    """

    target: TargetName
    kind: Literal["openai_compatible", "litellm"]
    urls: tuple[str, ...] = ()
    key: Secret | None = None
    headers: tuple[tuple[str, Secret], ...] = ()
    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    options: Mapping[str, object] = field(default_factory=dict)
    gpu_hour_micro_usd: int | None = None


@dataclass(frozen=True, slots=True)
class CallerKey:
    """A virtual key. `digest` is the SHA-256 of the key; the key itself is never kept. `floor` is the least label of its requests."""

    name: str
    digest: bytes = field(repr=False)
    tenant: str = "default"
    floor: Label | None = None


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a requested model name means: a preference among the routes, or a target by name."""

    preference: Preference
    target: TargetName | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what a caller may send and a target may answer, in bytes, nesting levels and seconds."""

    body_bytes: int = 10_000_000
    answer_bytes: int = 64_000_000
    event_bytes: int = 8_000_000
    depth: int = 64
    receive_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Listen:
    """Addresses to bind: the API, and metrics with admin on a port of their own. `grace_s`: how long streams may finish after SIGTERM."""

    host: str = "127.0.0.1"
    port: int = 8080
    admin_host: str = "127.0.0.1"
    admin_port: int = 9090
    grace_s: float = 30.0


@dataclass(frozen=True, slots=True)
class Observing:
    """What observers are to do. `baseline` is the target whose price answers "what if all had gone there"; None: no baseline."""

    log: bool = True
    prometheus: bool = True
    baseline: TargetName | None = None


@dataclass(frozen=True, slots=True)
class PolicyTest:
    """One of the configuration's own `tests:`: a prompt and what must come of it. `say` is operator text, not a caller's."""

    say: str
    path: str | None = None
    label: str | None = None
    route: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A compiled configuration.

    `fast` detectors look at every request, and begin no further part after `fast_s` seconds, because the event loop waits for them;
    `slow` ones look only at requests that would leave, beside the loop, for at most `slow_s` seconds.
    `meanings` maps requested model names, `keys` the digests of caller keys (empty: no key is asked for). `state_url` is empty for
    state in memory.
    """

    policy: Policy
    upstreams: Mapping[TargetName, UpstreamPlan]
    meanings: Mapping[str, Meaning]
    fast: tuple[Detector, ...] = ()
    slow: tuple[Detector, ...] = ()
    scorer: Scorer | None = None
    fast_s: float = 0.2
    slow_s: float = 0.5
    keys: Mapping[bytes, CallerKey] = field(default_factory=dict)
    limits: Limits = Limits()
    listen: Listen = Listen()
    observing: Observing = Observing()
    tests: tuple[PolicyTest, ...] = ()
    state_url: str = field(default="", repr=False)  # it may hold a password
