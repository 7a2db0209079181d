"""The compiled configuration, as far as it decides: labels, targets, rules and the table of all decisions, built and checked at load.

A policy is finite: rules x labels x endpoints x whether the caller asked to stay local, and the same for every explicitly named target.
Every decision is built when the policy is, so a policy that could leak cannot be built: `Unsound` names each path that would.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, get_args

from router.decision import Decision, Leak, Reason, Target
from router.fork import Fork, Key, Way
from router.labels import Label, Labels
from router.names import Endpoint, RouteName, TargetName
from router.rules import Field, Operator, Rule, Test, Value

__all__ = ["ENDPOINTS", "Field", "Key", "OnExplicitModel", "Operator", "Policy", "Rule", "Test", "Unsound", "Value", "Way", "reachable"]

ENDPOINTS: tuple[Endpoint, ...] = get_args(Endpoint)
NAMED = RouteName("named")
"""The route of a request whose caller named a target that it may have."""
DENIED = RouteName("denied")
"""The route of a request whose caller named a target that it may not have, where the policy denies that."""

OnExplicitModel = Literal["reroute", "redact", "deny"]
REDACTABLE: frozenset[Endpoint] = frozenset({"chat", "completions", "responses", "messages"})
"""Endpoints whose answers are text, in which placeholders can be undone."""


class Unsound(ValueError):
    """The policy cannot be used. `problems` are sentences for the operator, each naming a rule, label and target."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        """Join the problems into the message."""
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything that `decide` needs, frozen.

    Raises `Unsound` when a request could reach a target that is not cleared for it, when a rule can never apply, when a request could
    satisfy no rule, or when its parts do not belong together. `categories` maps a detector's category to a label; a category that is
    not listed has the label of a doubt. `kept` are categories that no right to declassify lowers.
    """

    labels: Labels
    targets: Mapping[TargetName, Target]
    rules: tuple[Rule, ...]
    categories: Mapping[str, Label] = field(default_factory=dict)
    doubt: Label | None = None
    threshold: float = 0.5
    on_explicit_model: OnExplicitModel = "reroute"
    digest: str = ""
    kept: frozenset[str] = frozenset()
    draws_lots: bool = field(init=False, repr=False)
    """Whether some rule takes a share of the traffic."""
    decisions: Mapping[Key, Decision] = field(init=False, repr=False)
    forks: Mapping[tuple[Label, Endpoint, bool, TargetName | None], Fork] = field(init=False, repr=False)
    """What a request of that label and endpoint, staying local or not, with that named target or none, can come to."""

    def __post_init__(self) -> None:
        """Build every decision."""
        problems = [*_strangers(self), *_idle_rules(self), *_gaps(self)]
        decisions: dict[Key, Decision] = {}
        served = {endpoint: tuple(target.serves(endpoint) for target in self.targets.values()) for endpoint in ENDPOINTS}
        known: dict[object, Decision] = {}
        for key in _keys(self):
            alike = key._replace(endpoint="chat"), served[key.endpoint], key.endpoint in REDACTABLE
            try:
                decisions[key] = known[alike] = known.get(alike) or _decision(self, key)
            except Leak as leak:
                problems.append(f"{leak}; let an earlier rule take {key.label} requests, or leave that target out of the chain")
        problems += [*_idle_redactions(self, decisions), *_idle_cascades(self, decisions)]
        if problems:
            raise Unsound(tuple(dict.fromkeys(problems)))
        object.__setattr__(self, "draws_lots", any(test.field == "share" for rule in self.rules for test in rule.when))
        object.__setattr__(self, "decisions", MappingProxyType(decisions))
        object.__setattr__(self, "forks", _forks(self))

    @property
    def highest_doubt(self) -> Label:
        """The label of a doubt and of a category that nobody mapped."""
        return self.labels.highest if self.doubt is None else self.doubt

    @property
    def redacts(self) -> bool:
        """Whether some decision lets content out rewritten."""
        return any(decision.redacts is not None for decision in self.decisions.values())


def reachable(policy: Policy) -> Iterator[tuple[int, Label, Endpoint]]:
    """Every rule's index with each label and endpoint that can reach it, given the rules before it."""
    for label in policy.labels:
        for endpoint in ENDPOINTS:
            for index, rule in enumerate(policy.rules):
                if rule.admits(label, endpoint):
                    yield index, label, endpoint
                    if rule.is_settled:
                        break


def _strangers(policy: Policy) -> Iterator[str]:
    """Parts that do not belong together: without this the proof would be about other targets and labels than those in use."""
    for name, target in policy.targets.items():
        if target.name != name:
            yield f"target {target.name!r} is listed under the name {name!r}"
    for rule in policy.rules:
        for target in rule.to + rule.fallback:
            if policy.targets.get(target.name) != target:
                yield f"rule {rule.name!r} sends to {target.name!r}, which is not one of the targets"
    for whose, label in _labels_used(policy):
        if label.name not in policy.labels or policy.labels[label.name] != label:
            yield f"{whose} has the label {label}, which is not one of {policy.labels}"


def _labels_used(policy: Policy) -> Iterator[tuple[str, Label]]:
    yield "a doubt", policy.highest_doubt
    yield from ((f"category {category!r}", label) for category, label in policy.categories.items())
    yield from ((f"target {name!r}", target.clearance) for name, target in policy.targets.items())
    yield from ((f"rule {rule.name!r}", test.value) for rule in policy.rules for test in rule.when if isinstance(test.value, Label))


def _idle_rules(policy: Policy) -> Iterator[str]:
    """Rules that can never apply, and names that say nothing."""
    for name, count in Counter(rule.name for rule in policy.rules).items():
        if count > 1 or name in {NAMED, DENIED}:
            yield f"rule {name!r} needs another name: that one is taken"
    reached = {index for index, _, _ in reachable(policy)}
    for index, rule in enumerate(policy.rules):
        taker = next((earlier for earlier in policy.rules[:index] if earlier.covers(rule, policy.labels)), None)
        if rule.contradicts_itself(policy.labels):
            yield f"rule {rule.name!r} can never apply: its conditions exclude each other"
        elif taker is not None:
            yield f"rule {rule.name!r} can never apply: rule {taker.name!r} before it takes every request that it admits"
        elif index not in reached:
            yield f"rule {rule.name!r} can never apply: the rules before it together take every request that it admits"


def _gaps(policy: Policy) -> Iterator[str]:
    for label in policy.labels:
        for endpoint in ENDPOINTS:
            if not any(rule.is_settled and rule.admits(label, endpoint) for rule in policy.rules):
                yield f"a {label} request to {endpoint} can match no rule; end with a rule that has no `when`"


def _idle_redactions(policy: Policy, decisions: Mapping[Key, Decision]) -> Iterator[str]:
    """Rules that say `redact` and never do: a setting without effect would be a promise not kept."""
    doing = {key.rule for key, decision in decisions.items() if decision.redacts is not None}
    for index, rule in enumerate(policy.rules):
        if rule.redacts and index not in doing:
            yield f"rule {rule.name!r} redacts nothing: each of its targets may have all that it gets as it is; leave `redact` out"


def _idle_cascades(policy: Policy, decisions: Mapping[Key, Decision]) -> Iterator[str]:
    """Rules that cascade and never do, with the reason."""
    doing = {key.rule for key, decision in decisions.items() if decision.cascade is not None}
    for index, rule in enumerate(policy.rules):
        chain = rule.to + rule.fallback
        if rule.cascade is None or index in doing or not chain:
            continue
        if chain[0].zone != "local":
            yield f"rule {rule.name!r} cannot cascade: its first target, {chain[0].name!r}, is external; name a local one first"
        elif len(chain) < 2:
            yield f"rule {rule.name!r} cannot cascade: nothing comes after {chain[0].name!r}; name a target in `fallback`"
        else:
            yield (
                f"rule {rule.name!r} cascades nothing: {chain[1].name!r} may have no chat or completion that the rule gets as it is; "
                "leave `cascade` out"
            )


def _keys(policy: Policy) -> Iterator[Key]:
    for index, label, endpoint in reachable(policy):
        yield Key(index, label, endpoint)
        yield Key(index, label, endpoint, stays=True)
    for target in policy.targets.values():
        for label in policy.labels:
            for endpoint in ENDPOINTS:
                yield from _named_keys(policy, Key(-1, label, endpoint, target=target.name), target)


def _forks(policy: Policy) -> Mapping[tuple[Label, Endpoint, bool, TargetName | None], Fork]:
    ways: dict[tuple[Label, Endpoint, bool, TargetName | None], list[Way]] = {}
    for key, decision in policy.decisions.items():
        tests = () if key.target is not None else policy.rules[key.rule].unsettled
        ways.setdefault((key.label, key.endpoint, key.stays, key.target), []).append(Way(key, tests, decision))
    return MappingProxyType({known: Fork(each) for known, each in ways.items()})


def _named_keys(policy: Policy, key: Key, target: Target) -> Iterator[Key]:
    """A target that may not be had gets no key, so that rules decide, unless the policy denies such a request, or has it redacted."""
    redacts = policy.on_explicit_model == "redact" and key.endpoint in REDACTABLE
    if target.clearance >= key.label or policy.on_explicit_model == "deny" or redacts:
        yield key
        if target.zone == "local":
            yield key._replace(stays=True)


def _decision(policy: Policy, key: Key) -> Decision:
    highest, redacts, cascade = policy.labels.highest, False, None
    if key.target is not None:
        target = policy.targets[key.target]
        redacts = policy.on_explicit_model == "redact"
        if target.clearance < key.label and not redacts:
            return Decision(key.label, DENIED, (), Reason(DENIED, ("the named target is not cleared for this label",)), "deny", highest)
        chain = (target, *(_cleared_at_home(policy, key.label) if target.clearance < key.label else ()))
        reason = Reason(NAMED, ("the caller named the target",))
    else:
        rule = policy.rules[key.rule]
        redacts = rule.redacts
        cascade = rule.cascade
        chain, reason = _chain(policy, rule, key), Reason(rule.name, tuple(str(test) for test in rule.when))
    if key.stays:
        reason = Reason(reason.rule, (*reason.because, "the caller asked to stay local"))
    chain = tuple(target for target in dict.fromkeys(chain) if target.serves(key.endpoint))
    if redacts and any(target.clearance < key.label for target in chain):
        return _redacting(key, chain, reason, highest)
    return Decision(key.label, reason.rule, chain, reason, highest=highest, cascade=cascade if _cascades(key, chain) else None)


def _cascades(key: Key, chain: tuple[Target, ...]) -> bool:
    """Whether an answer can be judged, and there is a target after the first, local one. Each may have the request, or it is a `Leak`."""
    return key.endpoint in REDACTABLE and len(chain) > 1 and chain[0].zone == "local"


def _redacting(key: Key, chain: tuple[Target, ...], reason: Reason, highest: Label) -> Decision:
    """A decision in which targets below the label stay, with what may be left for the least of them; none where nothing can be undone."""
    if key.endpoint not in REDACTABLE:
        chain = tuple(target for target in chain if target.clearance >= key.label)
    low = [target.clearance for target in chain if target.clearance < key.label]
    return Decision(key.label, reason.rule, chain, reason, highest=highest, redacts=min(low) if low else None)


def _cleared_at_home(policy: Policy, label: Label) -> tuple[Target, ...]:
    return tuple(target for target in policy.targets.values() if target.zone == "local" and target.clearance >= label)


def _chain(policy: Policy, rule: Rule, key: Key) -> tuple[Target, ...]:
    """The rule's chain; for a caller who stays local its local part, or else every local target that is cleared."""
    chain = rule.to + rule.fallback
    if not key.stays:
        return chain
    local = tuple(target for target in chain if target.zone == "local")
    return local or _cleared_at_home(policy, key.label)
