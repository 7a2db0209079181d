"""`tidegate prove`: the proof of a configuration as a document that an auditor can keep, and check again later.

Every label, route, endpoint and failure with the destinations that follow from it, worked out by the code that serves; and every other
place that something of a request goes to, with what it gets.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

import msgspec

from gateway.config.errors import Problem
from gateway.plan import Plan
from gateway.registry import exits
from gateway.upstreams.origin import Origin
from gateway.usage.address import POSTGRES
from router.decision import Target
from router.names import TargetName
from router.proof import Proof, prove, walk

VERSION: Literal[1] = 1
"""Of the form of a certificate."""
_LEAK = re.compile(r"(?:route|rule) '([^']+)' would send (\S+) content to ")
_MEMORY = "memory of this process"
_HASHES = "the hash, BLAKE2b with a key of this process that is nowhere else"
_LOW = re.compile(r"'([^']+)', which is cleared for (\S+) at most")


class Leak(NamedTuple):
    """A path on which content would leave: the label, the route that sends it, the target, and what that is cleared for."""

    label: str
    route: str
    target: str
    clearance: str

    def say(self) -> str:
        """A sentence."""
        return f"{self.label} content leaves by route {self.route!r} to {self.target!r}, which is cleared for {self.clearance} at most"


class Place(msgspec.Struct, frozen=True):
    """A destination. `clearance` is the highest label of content that it may receive; `where` are hosts and ports."""

    name: str
    zone: str
    region: str
    clearance: str
    where: tuple[str, ...]


class Sink(msgspec.Struct, frozen=True):
    """Something else that is told about requests. `gets` says what; none of them gets content that leaves this process.

    `where` it is kept, and for how many seconds after it was last of use; 0: for as long as whoever runs the gateway keeps it.
    """

    name: str
    gets: str
    held_by: str
    where: str = ""
    ttl_s: float = 0.0


class Row(msgspec.Struct, frozen=True):
    """A decision and a failure: `to` are the destinations that are tried then, in their order; `named` is what the caller asked for."""

    label: str
    route: str
    endpoint: str
    stays: bool
    named: str
    failure: str
    to: tuple[str, ...]


class Certificate(msgspec.Struct, frozen=True):
    """What was proved, of which file, by which version. `seal` is the SHA-256 of everything but `made` and itself."""

    form: int
    made: str
    version: str
    config_sha256: str
    config_digest: str
    labels: tuple[str, ...]
    categories: dict[str, str]
    doubt: str
    detectors: tuple[str, ...]
    destinations: tuple[Place, ...]
    sinks: tuple[Sink, ...]
    rows: tuple[Row, ...]
    leaks: tuple[str, ...]
    seal: str = ""

    @property
    def is_sound(self) -> bool:
        """Whether no label reaches a destination that is not cleared for it."""
        return not self.leaks


def certify(plan: Plan, config: bytes, version: str, made: str) -> Certificate:
    """The certificate of a configuration that was loaded from these bytes. `made` is a time in ISO 8601."""
    policy = plan.policy
    proof: Proof = prove(policy)
    where = [(one.name, f"{one.host}:{one.port}") for one in exits(plan)]
    open_ = Certificate(
        form=VERSION,
        made=made,
        version=version,
        config_sha256=hashlib.sha256(config).hexdigest(),
        config_digest=policy.digest,
        labels=tuple(label.name for label in policy.labels),
        categories={name: label.name for name, label in sorted(policy.categories.items())},
        doubt=policy.highest_doubt.name,
        detectors=plan.detectors,
        destinations=tuple(
            Place(name, target.zone, target.region, target.clearance.name, tuple(at for whose, at in where if whose == name))
            for name, target in _places(plan)
        ),
        sinks=tuple(_sinks(plan)),
        rows=tuple(
            Row(row.label.name, row.route, row.endpoint, row.stays, row.named or "", failure, targets)
            for row in proof.rows
            for failure, targets in walk(policy, row)
        ),
        leaks=proof.leaks,
    )
    return msgspec.structs.replace(open_, seal=_seal(open_))


def _places(plan: Plan) -> Iterable[tuple[TargetName, Target]]:
    """Whatever may receive content: targets of requests, and the services that detectors ask about all content that would leave."""
    yield from plan.policy.targets.items()
    yield from {one.target.name: one.target for one in plan.services}.items()


def _sinks(plan: Plan) -> Iterable[Sink]:
    """What else is told about requests. Whoever adds a sink adds it here; helper calls that get content are destinations."""
    record = "the types of the record, which a test walks"
    if plan.observing.log:
        yield Sink("log", "names, numbers, categories, hashes; request ids", record, "the standard error of this process")
    if plan.observing.prometheus:
        yield Sink("metrics", "names and numbers; label values of closed sets", record, _MEMORY)
    if plan.observing.otel is not None:
        gets = "names and numbers; request ids, ids of traces, which callers may choose: 24 bytes"
        yield Sink("otel", gets, record, f"the collector at {Origin.parse(plan.observing.otel.url)}")
    if plan.ledger is not None:
        held_by = "the types of its records, which a test walks"
        yield Sink("ledger", "names, numbers, categories, keyed hashes; request ids", held_by, "files in its folder")
    if plan.state_url:
        yield Sink("redis", "names of targets, replicas and seconds; nothing of a request", "the type of what is written", "Redis", 60.0)
    if plan.usage is not None:
        held_by = "the types of its rows, which a test walks"
        place = "PostgreSQL" if plan.usage.url.startswith(POSTGRES) else "a file"
        yield Sink("usage", "names, numbers, categories; request ids", held_by, place, plan.usage.keep_days * 86_400.0)
    yield from _memories(plan)
    for one in plan.fast + plan.slow:
        yield Sink(f"detector {one.kind}", "content, inside of this process", "detectors cannot import what sends", _MEMORY)
    if plan.own_scorer is not None:
        yield Sink(f"scorer {plan.own_scorer.kind}", "content, inside of this process", "scorers cannot import what sends", _MEMORY)


def _memories(plan: Plan) -> Iterable[Sink]:
    """What is remembered of requests after their end."""
    kept, key = plan.remembering, "a key of this process" if plan.redacting.secret is None else "`redact.secret`"
    if kept.memo_entries:
        gets = "keyed hashes of texts; for each, categories and offsets of what was found in it"
        yield Sink("memo", gets, _HASHES, _MEMORY, kept.memo_s)
    if kept.lineage_entries:
        yield Sink("lineage", "keyed hashes of texts, turns, answers and ids; for each, a label", _HASHES, _MEMORY, kept.lineage_s)
    if plan.weighs_difficulty and kept.sticky_entries:
        yield Sink("conversations", "keyed hashes of turns; for each, a target", _HASHES, _MEMORY, kept.sticky_s)
    yield Sink("answers", "request ids; for each, names of tenant, path and target", "the types of the record, which a test walks", _MEMORY)
    if plan.policy.redacts:
        gets = f"keyed hashes of conversations; for each, values of categories that may be masked, encrypted: {_masked(plan)}"
        where = "Redis, which replicas share" if plan.redacting.vault_url else _MEMORY
        yield Sink("vault", gets, f"the cipher, AES-256 in GCM with {key}", where, plan.redacting.ttl_s)


def _masked(plan: Plan) -> str:
    return ", ".join(sorted(plan.redacting.categories & plan.policy.categories.keys())) or "none"


def _seal(certificate: Certificate) -> str:
    bare = msgspec.structs.replace(certificate, made="", seal="")
    return hashlib.sha256(msgspec.json.encode(bare, order="deterministic")).hexdigest()


def differences(kept: Certificate, now: Certificate) -> list[str]:
    """What is no longer as the certificate says, in sentences; empty when all of it holds."""
    found = []
    if kept.seal != _seal(kept):
        found.append("the certificate was changed after it was made: its seal does not fit")
    if kept.config_sha256 != now.config_sha256:
        found.append(f"the configuration is another one: {now.config_sha256[:16]}, and the certificate is of {kept.config_sha256[:16]}")
    if kept.version != now.version:
        found.append(f"it was made by version {kept.version}, and this is {now.version}")
    members = ("labels", "categories", "doubt", "detectors", "destinations", "sinks", "leaks")
    found += [f"`{name}` differ" for name in members if getattr(kept, name) != getattr(now, name)]
    gone, new = set(kept.rows) - set(now.rows), set(now.rows) - set(kept.rows)
    if gone or new:
        found.append(f"{len(new)} rows are new and {len(gone)} are gone")
    return found


def leaks_of(problems: Sequence[Problem]) -> list[Leak]:
    """The leaks among the reasons why a configuration does not load."""
    found: list[Leak] = []
    for problem in problems:
        match = _LEAK.search(problem.say)
        if match is not None:
            found += [Leak(match[2], match[1], target, clearance) for target, clearance in _LOW.findall(problem.say)]
    return list(dict.fromkeys(found))
