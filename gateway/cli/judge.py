"""One request judged outside of a running gateway: the same decoding, the same classifiers, the same decision, nothing sent.

Used by `explain`, `classify` and the demo. Slow detectors have no deadline here, so that the same file gets the same verdicts each time.
For the same reason detectors behind the network are not asked: a verdict names them if the gateway would ask them first.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from classifiers.classify import classify
from classifiers.prompt import Prompt
from classifiers.signals import Signals
from gateway.config.compile import load
from gateway.errors import BadRequest
from gateway.http.chat import facts_of
from gateway.plan import Plan
from gateway.redact.lane import Redacted, redact_unsent
from gateway.state.conversations import Conversations
from gateway.talk import A_CONVERSATION, ASKING, remember, with_stay
from gateway.wire.ask import Ask, decode
from router.decide import decide
from router.decision import Decision
from router.facts import Facts
from router.names import Endpoint
from router.names import Path as ServingPath

_MOST_REPLAYED = 9
"""Turns of a conversation that are judged, the last one included: to see where it would be by now."""

_CARRIERS: Mapping[str, Endpoint] = {"messages": "chat", "prompt": "completions", "input": "embeddings"}
"""The member that tells which endpoint a body is for."""


def load_without_secrets(path: Path, env: Mapping[str, str]) -> Plan:
    """The plan, whether or not its secrets are set. It can judge, but its destinations would not know us. Raises `ConfigError`."""
    return load(path, env, needs_secrets=False)


@dataclass(frozen=True, slots=True)
class Judged:
    """What was said of a request and decided on it. `unasked`: detectors that the gateway would still ask; they may keep it at home."""

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
    signals = classify(ask.prompt, plan.fast, plan.scorer)
    decision = decide(facts, signals, plan.policy)
    if decision.leaves and plan.slow:
        signals += classify(ask.prompt, plan.slow)
        decision = decide(facts, signals, plan.policy)
    unasked = tuple(one.dialect.kind for one in plan.remote) if decision.leaves else ()
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
        decision = decide(then, classify(before, plan.fast, plan.scorer), plan.policy)
        if decision.chain:
            remember(memory, facts.tenant, before.parts, decision.chain[0].name)
    return with_stay(memory, plan.policy, parts, facts)


def ask_of_text(text: str, model: str = "auto", deepest: int = 64) -> Ask:
    """A chat request of one user turn."""
    return decode(msgspec.json.encode({"model": model, "messages": [{"role": "user", "content": text}]}), "chat", deepest)


def ask_of_body(body: bytes, deepest: int = 64) -> Ask:
    """A whole request body. It may lack `model`, which is `auto` then, and have an `id` of the caller's, which is no part of it.

    Raises `BadRequest`.
    """
    try:
        fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError):
        fields = {}  # `decode` says what is wrong, as the gateway would
    endpoint: Endpoint = next((_CARRIERS[name] for name in _CARRIERS if name in fields), "chat")
    has_model = "model" in fields
    if not fields or (has_model and "id" not in fields):
        return decode(body, endpoint, deepest)
    # Once as it is, for what only the raw bytes show: a key that stands there twice. Once as it would be sent.
    decode(body if has_model else b'{"model":"auto",' + body.lstrip()[1:], endpoint, deepest)
    fields.pop("id", None)
    return decode(msgspec.json.encode({"model": "auto"} | fields), endpoint, deepest)


class Line(msgspec.Struct):
    """What a line of a file of prompts may have: an id, and a text or the parts of a request body."""

    id: str | int | float | None = None
    text: str | msgspec.UnsetType = msgspec.UNSET
    messages: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    prompt: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    input: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET

    @property
    def has_body(self) -> bool:
        """Whether it is a request body."""
        return any(member is not msgspec.UNSET for member in (self.messages, self.prompt, self.input))


def ask_of_line(line: bytes, read: Line, deepest: int = 64) -> Ask:
    """The request that a line of a file of prompts stands for. Raises `BadRequest`."""
    if read.has_body and read.text is not msgspec.UNSET:
        raise BadRequest("two_prompts", "The line has `text` and a request body; give one of them.")
    if read.has_body:
        return ask_of_body(line, deepest)
    if read.text is msgspec.UNSET:
        raise BadRequest("no_prompt", "The line has no prompt; give `text`, `messages` or a whole request body.")
    return ask_of_text(read.text, deepest=deepest)
