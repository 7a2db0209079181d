"""From what is known of a request to the lines of its attempts: which members of it the ledger gets, written once."""

from collections import Counter
from typing import NamedTuple

from classifiers.signals import Signals
from gateway.exchange import AttemptRecord
from gateway.ledger.records import Concluded, Intent
from router.attempt import Attempt
from router.decision import Decision
from router.facts import Facts


class Sent(NamedTuple):
    """What is about to be sent: under which configuration, how many bytes, and their SHA-256, which the ledger keeps as a keyed hash.

    `label` is that of these bytes: lower than the request's where they were redacted; empty for the request's own.
    """

    config: str
    size: int
    digest: str
    label: str = ""


def intent_of(facts: Facts, signals: Signals, decision: Decision, attempt: Attempt, sent: Sent) -> Intent:
    """The line before an attempt."""
    target = attempt.target
    return Intent(
        request=facts.request_id,
        attempt=attempt.number,
        tenant=facts.tenant,
        key=facts.key,
        endpoint=facts.endpoint,
        label=sent.label or decision.label.name,
        judged=decision.label.name if sent.label not in ("", decision.label.name) else "",
        coverage=signals.coverage,
        findings=dict(Counter(finding.category for finding in signals.findings)),
        doubts=dict(Counter(doubt.kind for doubt in signals.doubts)),
        config=sent.config,
        route=decision.route,
        verdict=decision.verdict,
        destination=target.name,
        replica=attempt.replica,
        zone=target.zone,
        region=target.region,
        bytes=sent.size,
        digest=sent.digest,
    )


def concluded(intent: Intent, ended: AttemptRecord) -> Concluded:
    """The line after it."""
    return Concluded(intent.request, intent.attempt, intent.destination, ended.ending, ended.failure, ended.status, ended.total_s)
