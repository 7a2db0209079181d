"""What is judged of a request while it is served: signals, what it inherits, its label and decision, and what it hands on to later ones."""

import logging
import time
from functools import partial

import msgspec

from classifiers.classify import NO_MEMO, classify
from classifiers.signals import Signals
from classifiers.subject import with_subject
from gateway.arrival import Arrival
from gateway.descent import Descent
from gateway.exchange import Leaned, Rerouted
from gateway.heard import Heard
from gateway.plan import Plan
from gateway.runtime import Runtime
from gateway.talk import A_CONVERSATION, remember, with_stay
from gateway.upstreams.upstream import Downstream
from gateway.wire.ask import Ask
from router.decide import decide, declassified_from, difficulty_of, hangs_on_difficulty, stickiness
from router.decision import Decision, Target
from router.facts import Facts, Sticky
from router.failover import is_barred
from router.failures import Kind
from router.labels import Label
from router.names import CONVERSED
from router.prefixes import blocks_of
from router.values import replace

_log = logging.getLogger("tidegate")

_NOTHING_SAID = Signals()


class Judging(msgspec.Struct, eq=False):
    """One request, as far as it is judged. `decision` is `runtime.undecided` until it is."""

    runtime: Runtime
    ask: Ask
    facts: Facts
    arrival: Arrival
    decision: Decision
    signals: Signals = _NOTHING_SAID
    heard: tuple[Heard, ...] = ()
    """One for each attempt whose answer must be remembered: one that was rejected may still be given."""
    sticky: Sticky = ""
    _descent: Descent | None = None

    @property
    def descent(self) -> Descent:
        """Its place among requests before and after it: most have none, as long as nothing sensitive was seen."""
        if self._descent is None:
            self._descent = Descent(self.runtime.lineage, self.ask, self.facts.tenant)
        return self._descent

    def judge(self, signals: Signals | None = None) -> None:
        """Signals of the fast detectors, unless they were asked already, what the request inherits, and the decision."""
        runtime, facts, arrival, start = self.runtime, self.facts, self.arrival, time.monotonic()
        plan = runtime.plan
        if signals is None:
            signals = self.classified(start)
        self.signals = signals
        if plan.remembering.doubts_history or not runtime.lineage.is_empty:
            facts = self._inheriting(plan, facts)
        if facts.turns >= A_CONVERSATION:
            facts = with_stay(runtime.conversations, plan.policy, self.ask.prompt.parts, facts)
        if runtime.lockdown.is_on:
            facts = replace(facts, is_locked=True)
        self.facts, classified = facts, time.monotonic()
        self.decision = decide(facts, signals, plan.policy)
        arrival.classify_s += classified - start
        arrival.decide_s = time.monotonic() - classified

    async def classified_beside(self) -> Signals:
        """What the fast detectors say of a large body, which would hold up the event loop: they look at it beside it."""
        start = time.monotonic()
        signals = await self.runtime.beside.run(partial(self.classified, start))
        self.arrival.classify_s = time.monotonic() - start
        return signals

    def classified(self, start: float) -> Signals:
        """What the fast detectors say of the prompt, in their time, which began at `start`, and what it is about."""
        plan, prompt = self.runtime.plan, self.ask.prompt
        late, memo = start + plan.fast_s, self.runtime.memo if self.facts.turns >= A_CONVERSATION else NO_MEMO
        signals = classify(prompt, plan.fast, plan.scorer, is_late=lambda: time.monotonic() > late, memo=memo)
        return signals if plan.subjects is None else with_subject(signals, prompt, plan.subjects)

    def _inheriting(self, plan: Plan, facts: Facts) -> Facts:
        inherited = self.descent.inherited(plan.policy, doubts_history=plan.remembering.doubts_history)
        return facts if inherited is None else replace(facts, inherited=inherited.label, lineage=inherited.source)

    @property
    def hangs_on_difficulty(self) -> bool:
        """Whether a late scorer must be asked."""
        return hangs_on_difficulty(self.facts, self.signals, self.runtime.plan.policy)

    async def score_late(self) -> None:
        """Ask the scorer that the event loop cannot wait for. If it does not say in time, the difficulty stays unknown."""
        start = time.monotonic()
        self.signals = replace(self.signals, difficulty=await self.runtime.score(self.ask.prompt))
        self.decision = decide(self.facts, self.signals, self.runtime.plan.policy)
        self.arrival.slow_s = time.monotonic() - start

    async def judge_slowly(self) -> None:
        """Slow detectors are asked only about what would leave; what they find can only raise the label."""
        start = time.monotonic()
        self.signals += await self.runtime.ask_slow(self.ask.prompt)
        self.decision = decide(self.facts, self.signals, self.runtime.plan.policy)
        self.arrival.slow_s += time.monotonic() - start

    def heed_operators(self) -> None:
        """While a lockdown is on, or once it was, the request has only local targets: the decision is taken anew.

        What a reload took away in the meantime is not asked any more.
        """
        if self.runtime.withdrawn:
            self.facts = replace(self.facts, withdrawn=frozenset(self.runtime.withdrawn))
        if self.runtime.lockdown.is_on and not self.facts.is_locked:
            self.facts = replace(self.facts, is_locked=True)
            self.decision = decide(self.facts, self.signals, self.runtime.plan.policy)

    def settle(self) -> None:
        """The label is final: remember what carries it, and tell the log when somebody lowered it.

        Where there is a choice of replicas, note how the prompt begins.
        """
        plan, decision, facts = self.runtime.plan, self.decision, self.facts
        if decision.label > plan.policy.labels.lowest:
            self.descent.spread(self.signals, decision.label, plan.policy, plan.redacting.categories)
        if facts.stay is not None:
            self.sticky = stickiness(decision, facts, self.signals, plan.policy)
        if facts.ceiling is not None:
            self._tell_of_ceiling()
        if decision.chooses:
            self.facts = replace(facts, blocks=blocks_of(part.text for part in self.ask.prompt.parts if part.place != "field"))

    def _tell_of_ceiling(self) -> None:
        was = self.declassified_from()
        if was is not None:
            extra = {"request_id": self.facts.request_id, "key": self.facts.key, "was": was, "label": self.decision.label}
            _log.warning("declassified", extra=extra)

    def redacted_facts(self) -> Facts:
        """The facts of the request as it would go out redacted: of what it inherits only what redaction leaves."""
        return replace(self.facts, inherited=self.descent.left)

    def declassified_from(self) -> Label | None:
        """The label that a key with the right to do so lowered."""
        return declassified_from(self.signals, self.facts, self.runtime.plan.policy)

    def hear(self, out: Downstream, left: Label | None) -> Downstream:
        """Where the answer goes: past whoever must remember it, if anybody must. `left` is the label that was sent, if redacted."""
        plan = self.runtime.plan
        if self.decision.label == plan.policy.labels.lowest and not plan.remembering.doubts_history:
            return out
        heard = self.descent.hear(out, self.decision.label, plan.policy, left, doubts_history=plan.remembering.doubts_history)
        if heard is None:
            return out
        self.heard += (heard,)
        return heard

    def remember(self, target: Target) -> None:
        """The target has served the request: its conversation is there now."""
        memory = self.runtime.conversations
        if memory is not None and self.facts.endpoint in CONVERSED:
            remember(memory, self.facts.tenant, self.ask.prompt.parts, target.name)

    def leaned(self) -> Leaned | None:
        """What moved the difficulty, for the exchange; None where nothing did."""
        facts, stay = self.facts, self.facts.stay
        if stay is None and not facts.hints:
            return None
        return Leaned(difficulty_of(self.signals, facts), facts.hints, self.sticky, 0 if stay is None else stay.prefix)

    def learn(self) -> None:
        """Remember an answer that did not come to its end: the caller has what came of it."""
        for heard in self.heard:
            heard.learn()

    def is_barred(self, target: Target) -> bool:
        """Whether a lockdown or a reload after this target was chosen keeps the request from it."""
        return (self.runtime.lockdown.is_on and target.zone == "external") or target.name in self.runtime.withdrawn

    def bar(self, target: Target) -> Kind | None:
        """What keeps the request from the target now, if anything does."""
        if not self.is_barred(target):
            return None
        return "LOCKED_DOWN" if target.zone == "external" and self.runtime.lockdown.is_on else "WITHDRAWN"

    def rerouted(self, target: Target | None) -> Rerouted:
        """Why the target that the caller named did not answer, when another one did, or none."""
        named = self.facts.named
        if named is None or (target is not None and target.name == named):
            return ""
        wanted = self.runtime.plan.policy.targets[named]
        if wanted.clearance < self.decision.label:
            return "sensitivity"
        return "lockdown" if is_barred(wanted, self.facts) else ""
