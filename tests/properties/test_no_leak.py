"""Promise one, over everything that can be generated: no attempt is made at a target below the request's label.

Policies, signals, facts, fault scripts and histories are drawn at random. The label is computed here, from ranks, and not by the router;
what the router does with it is driven to its end.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from classifiers.signals import Difficulty, Doubt, Finding, Signals
from router.attempt import Abandoned, Attempt, Broken, Failed, History, Outcome, Refused, Rejected, Served, Tried
from router.breaker import TRIP
from router.clearance import clear
from router.decide import decide, label_of
from router.decision import Decision, Hedge, Leak, Target
from router.facts import Facts, Needs, Preference, Stay
from router.failover import MOST_ATTEMPTS, made, next_step
from router.failures import FAILURES
from router.fleet import Fleet
from router.hedging import hedge, is_hedged
from router.labels import Label, Labels
from router.names import RouteName, Sent, TargetName, Zone
from router.policy import ENDPOINTS, Field, OnExplicitModel, Operator, Policy, Rule, Test, Unsound, Value
from router.proof import prove
from router.steps import Done, GiveUp, Keep, Try, Wait
from router.values import replace

FIXED = settings(max_examples=200, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
REQUESTS = 80
"""Per policy. They come from a seed and not from strategies, which would take a hundred times as long; the seed makes them repeatable."""

CATEGORIES = ("email", "iban", "name", "unmapped")
KEPT = frozenset({"iban"})
NAMES = [TargetName(name) for name in ("ash", "birch", "cedar", "doum")]


@dataclass(frozen=True)
class Draft:
    """What a policy is made of, sound or not."""

    labels: Labels
    targets: Mapping[TargetName, Target]
    rules: tuple[Rule, ...]
    categories: Mapping[str, Label]
    doubt: Label | None
    denies: bool
    redacts_named: bool = False

    def policy(self) -> Policy:
        explicit: OnExplicitModel = "deny" if self.denies else "redact" if self.redacts_named else "reroute"
        return Policy(self.labels, self.targets, self.rules, self.categories, self.doubt, on_explicit_model=explicit, kept=KEPT)


RANKS = st.integers(0, 3)
"""Ranks and places count round the labels and targets that there are, so that strategies need not depend on what was drawn before."""
SIGNS = st.sampled_from([">=", ">", "<=", "<", "="])
CONDITIONS = st.one_of(
    st.tuples(st.just("label"), SIGNS, RANKS),
    st.tuples(st.just("difficulty"), SIGNS, st.sampled_from([0.0, 0.3, 0.7, 1.0])),
    st.tuples(st.sampled_from(["tokens", "turns"]), SIGNS, st.sampled_from([1, 2_000])),
    st.tuples(st.just("share"), SIGNS, st.sampled_from([0.05, 0.5, 1.0])),
    st.tuples(st.sampled_from(["tools", "media", "schema", "stream"]), st.just("="), st.booleans()),
    st.tuples(st.just("tenant"), st.just("in"), st.sampled_from([frozenset({"a"}), frozenset({"a", "b"})])),
    st.tuples(st.just("endpoint"), st.just("="), st.sampled_from(ENDPOINTS)),
)
CHAINS = st.lists(RANKS, min_size=1, max_size=3)
RULES = st.tuples(st.lists(CONDITIONS, max_size=2), CHAINS, st.integers(0, 3), st.booleans())
HEDGES = (None, Hedge(0.1))
SPOKEN = frozenset(ENDPOINTS)
TARGETS = st.tuples(st.sampled_from(get_args(Zone)), RANKS, st.sampled_from([0, 1_000, 50_000]), st.integers(0, 4), st.integers(1, 2))


@st.composite
def drafts(draw: st.DrawFn) -> Draft:
    labels = tuple(Labels([f"l{rank}" for rank in range(draw(st.integers(2, 4)))]))
    targets = [
        Target(
            name,
            zone,
            labels[rank % len(labels)],
            Sent("m"),
            window=window,
            retries=retries,
            replicas=replicas,
            hedge=HEDGES[retries % 2],
            speaks=SPOKEN,
        )
        for name, (zone, rank, window, retries, replicas) in zip(NAMES, draw(st.lists(TARGETS, min_size=1, max_size=4)), strict=False)
    ]
    rules = [some_rule(RouteName(f"rule{index}"), labels, targets, *drawn) for index, drawn in enumerate(draw(st.lists(RULES, max_size=3)))]
    rest = [targets[place % len(targets)] for place in draw(CHAINS)]
    if draw(st.integers(0, 3)) < 3:  # mostly end with a rule that is sound, or hardly any policy would be
        rest = [target for target in rest if target.clearance == labels[-1]]
    rules.append(Rule(RouteName("rest"), (), tuple(rest)))
    mapped = {category: labels[draw(RANKS) % len(labels)] for category in CATEGORIES if category != "unmapped"}
    doubt = draw(st.none() | RANKS)
    return Draft(
        Labels([str(label) for label in labels]),
        {target.name: target for target in targets},
        tuple(rules),
        mapped,
        None if doubt is None else labels[doubt % len(labels)],
        draw(st.booleans()),
        draw(st.booleans()),
    )


def some_rule(
    name: RouteName,
    labels: tuple[Label, ...],
    targets: list[Target],
    conditions: list[tuple[Field, Operator, Value]],
    places: list[int],
    cut: int,
    redacts: bool,
) -> Rule:
    when = [
        Test(field, sign, labels[value % len(labels)] if field == "label" and isinstance(value, int) else value)
        for field, sign, value in conditions
    ]
    chain = tuple(targets[place % len(targets)] for place in places)
    if cut < 3 and not redacts:  # mostly as an operator would: no label beyond what the chain may receive
        when.append(Test("label", "<=", min(target.clearance for target in chain)))
    return Rule(name, tuple(when), chain[:cut], chain[cut:], redacts)


def some_signals(dice: Random) -> Signals:
    categories = dice.choices(CATEGORIES, k=dice.choice([0, 0, 1, 3]))
    return Signals(
        tuple(Finding(0, 0, 0, 1, category, "patterns") for category in categories),
        dice.choice([(), (), (), (Doubt("media"),), (Doubt("failed"), Doubt("late"))]),
        dice.choice([1.0, 1.0, 1.0, 0.5]),
        dice.choice([None, *(Difficulty(score) for score in (0.0, 0.2, 0.5, 0.9, 1.0))]),
    )


def some_facts(dice: Random, labels: Labels) -> Facts:
    return Facts(
        "r",
        dice.choice(ENDPOINTS),
        is_stream=dice.random() < 0.5,
        preference=dice.choice(get_args(Preference)),
        named=dice.choice([None, None, *NAMES]),
        floor=dice.choice([None, None, *labels]),
        tenant=dice.choice("abc"),
        prompt_tokens=dice.choice([0, 1, 1_500, 30_000, 10**6]),
        turns=dice.randint(1, 3),
        lot=dice.choice([None, 0.0, 0.3, 0.999]),
        needs=Needs(dice.random() < 0.5, dice.random() < 0.5, dice.random() < 0.5),
        inherited=dice.choice([None, None, *labels]),
        lineage="pair",
        ceiling=dice.choice([None, None, None, *labels]),
        is_locked=dice.random() < 0.2,
        hints=dice.choice([(), (), (("quality", dice.uniform(-2, 2)),)]),
        stay=dice.choice([None, Stay(dice.choice(NAMES), dice.choice(get_args(Zone)), 1_000, dice.uniform(0.2, 3))]),
    )


ROWS = list(FAILURES.values())
OUTCOMES: list[Outcome] = [
    *(Failed(row, status, asked) for row in ROWS if not row.is_about_request for status in (0, 429, 500) for asked in (None, 0.2, 9.0)),
    *(Refused(row, 400) for row in ROWS if row.is_about_request for _ in range(9)),
    *(Served(), Broken(FAILURES["CUT"]), Abandoned()),
    *(Rejected("refusal", is_whole=is_whole) for is_whole in (True, False) for _ in range(9)),
]


def rank_of(signals: Signals, facts: Facts, draft: Draft) -> int:
    """The request's label as a rank: the words of the promise, written down once more."""
    ranks = {name: rank for rank, name in enumerate(str(label) for label in draft.labels)}
    highest = len(ranks) - 1
    unread = highest if draft.doubt is None else ranks[str(draft.doubt)]
    mapped = {category: ranks[str(label)] for category, label in draft.categories.items()}
    top = highest if facts.ceiling is None else ranks[str(facts.ceiling)]
    reached = [0]
    for finding in signals.findings:
        found = mapped.get(finding.category, unread)
        reached.append(found if finding.category in KEPT else min(found, top))
    if signals.doubts or signals.coverage != 1.0:
        reached.append(min(unread, top))
    if facts.inherited is not None:
        reached.append(min(ranks[str(facts.inherited)], top))
    if facts.floor is not None:
        reached.append(ranks[str(facts.floor)])
    if facts.preference == "private":
        reached.append(highest)
    return max(reached)


MOST_WAITS = 300
"""Two seconds of patience, for each target, in the shortest steps there are."""


def attempts(decision: Decision, facts: Facts, fleet: Fleet, script: list[Outcome], dice: float, lock_at: int = 9) -> Iterator[Attempt]:
    """Every attempt that is made while the script says how each ends. Before the step `lock_at` a lockdown begins."""
    history: History = ()
    now = 0.0
    for number, outcome in enumerate(script):
        if number == lock_at:
            facts = replace(facts, is_locked=True)
        step = next_step(decision, facts, fleet, history, now, dice)
        for _ in range(MOST_WAITS):
            if not isinstance(step, Wait):
                break
            facts = replace(facts, waiting_since=min(facts.waiting_since, now))
            now += step.delay_s
            step = next_step(decision, facts, fleet, history, now, dice)
        if not isinstance(step, Try):
            assert isinstance(step, Done | GiveUp | Keep), "it waits for ever"
            return
        yield step.attempt
        now += step.delay_s
        if not is_full(outcome):  # which is found out before an attempt is made
            fleet.begin(step.attempt, now)
            now += 0.1
            history += hedged(step.attempt, decision, facts, fleet, history, now)
            fleet.note(step.attempt, outcome, now, dice)
        history += (Tried(step.attempt, outcome),)
    pytest.fail("there was no end to it")


def hedged(attempt: Attempt, decision: Decision, facts: Facts, fleet: Fleet, history: History, now: float) -> History:
    """What a hedge adds to the history, which fails; nothing where there is none."""
    beside = hedge(attempt, decision, facts, fleet, history, now) if is_hedged(attempt.target, facts) else None
    if beside is None:
        return ()
    assert beside.target in decision.chain, "the chain was cleared"
    assert decision.path(beside.target) == decision.path(attempt.target)
    assert not (facts.is_locked and beside.target.zone == "external")
    assert made((*history, Tried(attempt, Served()), Tried(beside, Served()))) <= MOST_ATTEMPTS
    fleet.hedge(attempt.target, now)
    return (Tried(beside, Failed(FAILURES["CUT"])),)


def is_full(outcome: Outcome) -> bool:
    return isinstance(outcome, Failed) and outcome.failure.kind == "FULL"


def some_fleet(dice: Random, targets: Mapping[TargetName, Target]) -> Fleet:
    """A fleet with a past: some targets have failed, some until their breaker opened."""
    fleet = Fleet(targets.values())
    for target in dice.sample(list(targets.values()), dice.randint(0, len(targets))):
        for _ in range(dice.choice([1, TRIP])):
            attempt = Attempt(1, target)
            fleet.begin(attempt, -1.0)
            fleet.note(attempt, Failed(FAILURES["UNREACHABLE"]), -1.0, 0.0)
    return fleet


def drive(policy: Policy, draft: Draft, dice: Random, seen: Counter[str]) -> None:
    """One request from its signals to its end."""
    signals, facts = some_signals(dice), some_facts(dice, draft.labels)
    rank = rank_of(signals, facts, draft)
    decision = decide(facts, signals, policy)
    assert decide(facts, signals, policy) == decision, "deterministic"
    assert decision.label == rank
    only_leans(policy, facts, signals, decision, seen)
    script = [*dice.choices(OUTCOMES, k=MOST_ATTEMPTS + 2 * len(draft.targets)), Served()]
    left = dice.choice(list(draft.labels))  # what the scan of the rewritten body finds: anything
    if decision.redacts is not None and left > decision.redacts:
        decision = decision.whole()
        seen["kept back"] += 1
    lock_at = dice.choice([0, 1, 2, 9, 9])
    tried = list(attempts(decision, facts, some_fleet(dice, draft.targets), script, dice.random(), lock_at))
    assert sum(not is_full(outcome) for _, outcome in zip(tried, script, strict=False)) <= MOST_ATTEMPTS
    for number, attempt in enumerate(tried):
        is_locked = facts.is_locked or number >= lock_at
        seen["locked"] += is_locked
        assert not (is_locked and attempt.target.zone == "external"), "locked down, and sent outside"
        if is_locked:
            clear("r", attempt.target, left if decision.is_redacted(attempt.target) else decision.label, b"", is_locked=True)
    for attempt in tried:
        carries = left if decision.is_redacted(attempt.target) else decision.label
        assert attempt.target.clearance >= carries, f"{carries} content was sent to {attempt.target.name}"
        assert attempt.target.clearance >= rank or (decision.redacts is not None and attempt.target.clearance >= decision.redacts)
        assert clear("r", attempt.target, carries, b"body").label == carries
        seen["redacted"] += decision.is_redacted(attempt.target)
        assert facts.preference != "local" or attempt.target.zone == "local"
        seen["outside" if attempt.target.zone == "external" else "at home"] += 1
        seen["sensitive"] += rank > 0


def only_leans(policy: Policy, facts: Facts, signals: Signals, decision: Decision, seen: Counter[str]) -> None:
    """Hints and staying choose among what the label, the endpoint and the caller's wish allow; they add no target to any choice."""
    upright = decide(replace(facts, hints=(), stay=None), signals, policy)
    assert (decision.label, decision.verdict) == (upright.label, upright.verdict)
    stays = facts.is_locked or facts.preference == "local"
    allowed = [
        way.decision for known, fork in policy.forks.items() if known[:3] == (decision.label, facts.endpoint, stays) for way in fork.ways
    ]
    assert any((one.reason, one.redacts, set(one.chain)) == (decision.reason, decision.redacts, set(decision.chain)) for one in allowed)
    assert len(decision.chain) == len(set(decision.chain))
    if decision.chain != upright.chain:
        seen["leaned"] += 1
        assert facts.hints or facts.stay is not None
        assert signals.difficulty is not None or set(decision.chain) == set(upright.chain)


def test_no_attempt_is_made_below_the_label_whatever_the_policy_the_request_and_the_faults() -> None:
    seen: Counter[str] = Counter()

    @FIXED
    @given(drafts(), st.integers(0, 2**32))
    def every(draft: Draft, seed: int) -> None:
        try:
            policy = draft.policy()
        except Unsound as unsound:
            seen["leaky" if any("would send" in problem for problem in unsound.problems) else "senseless"] += 1
            return
        seen["sound"] += 1
        dice = Random(seed)
        for _ in range(REQUESTS):
            drive(policy, draft, dice, seen)
        assert prove(policy).is_sound

    every()
    assert min(seen[kind] for kind in ("leaky", "sound")) > 20, seen
    assert min(seen[kind] for kind in ("outside", "at home", "sensitive", "locked")) > 300, seen
    assert min(seen[kind] for kind in ("redacted", "kept back")) > 50, seen
    assert seen["leaned"] > 5, seen


@pytest.mark.parametrize("names", ["ab", "abc", "abcdefg"])
def test_nothing_is_cleared_for_a_target_below_its_label(names: str) -> None:
    for rank, label in enumerate(Labels(names)):
        for height, clearance in enumerate(Labels(names)):
            target = Target(NAMES[0], "external", clearance, Sent("m"))
            if height < rank:
                with pytest.raises(Leak):
                    clear("r", target, label, b"body")
            else:
                assert clear("r", target, label, b"body").for_target(NAMES[0]) == b"body"


@pytest.mark.parametrize("seed", range(40))
def test_a_label_only_rises_with_what_is_known(seed: int) -> None:
    """More findings, doubts, floors or lineage never lower a label; only a ceiling does, and never what somebody demanded."""
    dice = Random(seed)
    labels = Labels()
    target = Target(NAMES[0], "local", labels.highest, Sent("m"), speaks=frozenset(ENDPOINTS))
    mapped = {category: dice.choice(list(labels)) for category in CATEGORIES[:-1]}
    policy = Policy(
        labels,
        {target.name: target},
        (Rule(RouteName("rest"), (), (target,)),),
        mapped,
        kept=KEPT,
    )
    for _ in range(50):
        signals, more, facts = some_signals(dice), some_signals(dice), replace(some_facts(dice, labels), ceiling=None)
        before = label_of(signals, facts, policy)
        assert label_of(signals + more, facts, policy) >= before
        for one in labels:
            assert label_of(signals, replace(facts, inherited=max(one, facts.inherited or one), lineage="turn"), policy) >= before
            assert label_of(signals, replace(facts, floor=max(one, facts.floor or one)), policy) >= before
            lowered = label_of(signals, replace(facts, ceiling=one), policy)
            demanded = label_of(Signals(), replace(facts, inherited=None), policy)
            assert demanded <= lowered <= before
