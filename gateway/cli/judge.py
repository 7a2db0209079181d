"""One request judged outside of a running gateway: the same decoding, the same classifiers, the same decision, nothing sent.

Used by `explain`, `classify` and the demo. Slow detectors have no deadline here, so that the same file gets the same verdicts each time.
For the same reason detectors behind the network are not asked: a verdict names them if the gateway would ask them first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from classifiers.classify import classify
from classifiers.prompt import Prompt
from classifiers.signals import Signals
from classifiers.subject import with_subject
from gateway.config.compile import load
from gateway.http.chat import facts_of
from gateway.plan import Plan
from gateway.redact.lane import Redacted, redact_unsent
from gateway.state.conversations import Conversations
from gateway.talk import A_CONVERSATION, ASKING, remember, with_stay
from gateway.wire.ask import Ask
from router.decide import decide, hangs_on_difficulty
from router.decision import Decision
from router.facts import Facts
from router.names import Path as ServingPath
from router.values import replace

_MOST_REPLAYED = 9
"""Turns of a conversation that are judged, the last one included: to see where it would be by now."""


def load_without_secrets(path: Path, env: Mapping[str, str]) -> Plan:
    """The plan, whether or not its secrets are set. It can judge, but its destinations would not know us. Raises `ConfigError`."""
    return load(path, env, needs_secrets=False)


@dataclass(frozen=True, slots=True)
class Judged:
    """What was said of a request and decided on it. `unasked`: who would still be asked by the gateway, and may change it."""

    ask: Ask
    facts: Facts
    signals: Signals
    decision: Decision
    unasked: tuple[str, ...] = ()

    @property
    def path(self) -> ServingPath:
        """The path that it would take if nothing failed."""
        return self.decision.path(self.decision.chain[0]) if self.decision.chain else "blocked"


def judge(plan: Plan, ask: Ask) -> Judged:
    """Classify and decide as for an anonymous caller: slow detectors are asked only about what would leave. Raises `Refusal`.

    A conversation is judged as if the gateway had served what came before.
    """
    facts = _as_if_served(plan, ask, facts_of("judged", plan, ask))
    signals = with_subject(classify(ask.prompt, plan.fast, plan.own_scorer), ask.prompt, plan.subjects)
    decision = decide(facts, signals, plan.policy)
    if decision.leaves and plan.slow:
        signals += classify(ask.prompt, plan.slow)
        decision = decide(facts, signals, plan.policy)
    unasked = tuple(one.dialect.kind for one in plan.remote) if decision.leaves else ()
    if plan.late_scorer is not None and hangs_on_difficulty(facts, signals, plan.policy):
        unasked = (plan.late_scorer.kind, *unasked)
    if decision.redacts is not None and decision.is_redacted(decision.chain[0]):
        made = redact_unsent(plan, ask, facts, signals, decision.redacts)
        decision = decision if isinstance(made, Redacted) else decision.whole()
    return Judged(ask, facts, signals, decision, unasked)


def _as_if_served(plan: Plan, ask: Ask, facts: Facts) -> Facts:
    """The facts of a conversation that the gateway has served since the first of its last turns, so that it is where that leads to."""
    if facts.turns < A_CONVERSATION or not (plan.weighs_difficulty and plan.remembering.sticky_entries):
        return facts
    memory, parts = Conversations(), ask.prompt.parts
    asking = sorted({part.turn for part in parts if part.place in ASKING and part.turn >= 0})
    for turn in asking[-_MOST_REPLAYED:-1]:
        before = Prompt(tuple(part for part in parts if part.turn <= turn))
        then = with_stay(memory, plan.policy, before.parts, replace(facts, turns=turn + 1))
        decision = decide(then, with_subject(classify(before, plan.fast, plan.own_scorer), before, plan.subjects), plan.policy)
        if decision.chain:
            remember(memory, facts.tenant, before.parts, decision.chain[0].name)
    return with_stay(memory, plan.policy, parts, facts)
