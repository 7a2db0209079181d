"""The redacted lane: from a request that may not leave to one that may, or the reason why there is none.

What leaves is decided by the scan of the rewritten body alone. Everything before it only tries to make that scan come out clean.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from classifiers.classify import classify
from classifiers.prompt import Prompt
from classifiers.signals import Finding, Signals
from gateway.errors import Refusal
from gateway.exchange import Redaction
from gateway.plan import Plan
from gateway.redact.answers import Answers
from gateway.redact.guard import is_useless
from gateway.redact.placeholders import Placeholder, grammar, kind_of
from gateway.redact.restore import Restorer
from gateway.redact.rewrite import Unwritable, hinted, masked, strings
from gateway.redact.values import Book, Masks, Value, values_of
from gateway.redact.vault import Gone, Keeps
from gateway.wire.ask import Ask, decode
from router.decide import label_of
from router.facts import Facts
from router.labels import Label
from router.values import replace

_TRIES = 4
"""How often a request is rewritten anew because another replica gave out numbers in the same conversation at the same time."""


class Judge(Protocol):
    """What judges a request here: the configuration, what is known of conversations, and every detector, fast and slow ones."""

    @property
    def plan(self) -> Plan:
        """The configuration."""

    @property
    def vault(self) -> Keeps:
        """What is known of conversations."""

    async def scan(self, prompt: Prompt) -> Signals:
        """What every detector says."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A rewritten request that was not scanned yet. It may not be sent. `known` is what is known of its conversation now."""

    ask: Ask
    values: dict[Placeholder, str] = field(repr=False)
    own: frozenset[Placeholder]
    known: tuple[Value, ...] = field(repr=False)

    def answers(self) -> Answers:
        """What restores the answer."""
        form = self.ask.plain.fields.get("response_format")
        is_json = isinstance(form, dict) and str(form.get("type", "")).startswith("json")
        return Answers(Restorer(self.values, self.own), is_json=is_json)


@dataclass(frozen=True, slots=True)
class Redacted:
    """A rewritten request, and the label that the scan of it gave. Made by `_scanned` alone."""

    ask: Ask
    label: Label
    answers: Answers = field(repr=False)


async def redact(judge: Judge, ask: Ask, facts: Facts, found: Signals, limit: Label) -> Redacted | Redaction:
    """The request with nothing above `limit` in it, or why there is no such thing."""
    objection = _objection(judge.plan, ask, facts, found, limit)
    if objection is not None:
        return objection
    try:
        draft = await _kept(judge, ask, facts, found, limit)
    except Gone:  # numbers that nobody knows may be somebody else's: never a guess, and never the plain text
        return "vault"
    if not isinstance(draft, Draft):
        return draft
    return _scanned(judge.plan, draft, facts, await judge.scan(draft.ask.prompt), limit)


async def _kept(judge: Judge, ask: Ask, facts: Facts, found: Signals, limit: Label) -> Draft | Redaction:
    """The rewritten request, whose numbers are kept before they go out. Raises `Gone`."""
    conversation = judge.vault.conversation(facts.tenant, facts.key, ask.fields)
    for _ in range(_TRIES):
        known = await judge.vault.open(conversation)
        draft = rewrite(judge.plan, known.values, ask, facts, found, limit)
        if not isinstance(draft, Draft) or await judge.vault.keep(conversation, draft.known, known):
            return draft
    raise Gone


def redact_unsent(plan: Plan, ask: Ask, facts: Facts, found: Signals, limit: Label) -> Redacted | Redaction:
    """The same for a request that nobody sends, as the first of its conversation. Detectors have no deadline."""
    draft = rewrite(plan, (), ask, facts, found, limit)
    if not isinstance(draft, Draft):
        return draft
    return _scanned(plan, draft, facts, classify(draft.ask.prompt, plan.fast + plan.slow), limit)


def _scanned(plan: Plan, draft: Draft, facts: Facts, found: Signals, limit: Label) -> Redacted | Redaction:
    """What the scan of the rewritten request makes of it. `found` is what every detector said of it."""
    left = label_of(_without_placeholders(found, draft), facts, plan.policy)
    return Redacted(draft.ask, left, draft.answers()) if left <= limit else "residue"


def rewrite(plan: Plan, known: Sequence[Value], ask: Ask, facts: Facts, found: Signals, limit: Label) -> Draft | Redaction:
    """The request with placeholders, not yet scanned, or why there is none. `known` is what is known of its conversation."""
    objection = _objection(plan, ask, facts, found, limit)
    if objection is not None:
        return objection
    try:
        return _draft(plan, known, ask, values_of(ask.prompt, _above(plan, found, limit)))
    except (Refusal, Unwritable, RecursionError):  # what cannot be read any more is not sent
        return "unsupported"


def _above(plan: Plan, found: Signals, limit: Label) -> list[Finding]:
    """What must be masked."""
    policy = plan.policy
    labels = {finding.category: policy.categories.get(finding.category, policy.highest_doubt) for finding in found.findings}
    return [finding for finding in found.findings if labels[finding.category] > limit]


def _objection(plan: Plan, ask: Ask, facts: Facts, found: Signals, limit: Label) -> Redaction | None:
    """Why the request cannot be rewritten, as far as that shows before it is tried."""
    if label_of(Signals(doubts=found.doubts, coverage=found.coverage), facts, plan.policy) > limit:
        return "doubt"  # or a demand of the caller's: neither is a value that could be masked
    if any(finding.category not in plan.redacting.categories for finding in _above(plan, found, limit)):
        return "category"
    return "unsupported" if _asks_for_tokens(ask.plain) else None


def _draft(plan: Plan, known: Sequence[Value], ask: Ask, found: list[tuple[str, str]]) -> Draft | Redaction:
    """The rewritten request. Raises `Refusal` and others for one that cannot be rewritten."""
    redacting = plan.redacting
    own = _own(ask, redacting.categories)
    book = Book(known, own)
    book.add(found)
    masks = Masks(book.masks)
    fields = masked(ask.fields, masks)
    if is_useless(ask.fields, masks, redacting):
        return "useless"
    is_hinted = redacting.hint and ask.chat is None
    rewritten = decode(msgspec.json.encode(hinted(fields) if is_hinted else fields), ask.endpoint, plan.limits.depth)
    if redacting.hint and rewritten.chat is not None:  # which is what is sent
        told = hinted(rewritten.chat.fields)
        rewritten = replace(rewritten, chat=replace(rewritten.chat, fields=told, body=msgspec.json.encode(told)))
    return Draft(rewritten, masks.values, own, tuple(book.values.values()))


def _asks_for_tokens(ask: Ask) -> bool:
    """Whether the answer would hold placeholders in a form that cannot be undone: token by token, or spoken."""
    modalities = ask.fields.get("modalities")
    return bool(ask.fields.get("logprobs")) or (isinstance(modalities, list) and "audio" in modalities)


def _own(ask: Ask, categories: frozenset[str]) -> frozenset[Placeholder]:
    """What the caller wrote that looks like a placeholder, in any form that would be restored."""
    known = grammar(frozenset(map(kind_of, categories)))
    return frozenset(seen.placeholder for text in strings(ask.fields) for seen in known.found(text))


def _without_placeholders(signals: Signals, draft: Draft) -> Signals:
    """The signals without findings that lie within a placeholder of ours: that text is ours, and the caller wrote none like it."""
    texts = {(part.turn, part.part): part.text for part in draft.ask.prompt.parts}
    ours = {form for placeholder in draft.values for form in (placeholder.text, placeholder.bare)}

    def is_ours(finding: Finding) -> bool:
        text = texts.get((finding.turn, finding.part), "")
        return any(text[at : at + len(one)] == one for one in ours for at in range(max(0, finding.end - len(one)), finding.start + 1))

    findings = tuple(finding for finding in signals.findings if not is_ours(finding))
    return signals if len(findings) == len(signals.findings) else Signals(findings, signals.doubts, signals.coverage, signals.difficulty)
