from classifiers.signals import Doubt, Finding, Signals
from gateway.exchange import AttemptRecord
from gateway.ledger.entry import Sent, concluded, intent_of
from gateway.ledger.records import Concluded
from router.attempt import Attempt
from router.decision import Decision, Reason
from router.facts import Facts
from router.names import RouteName
from tests.router.examples import GPT, INTERNAL

SIGNALS = Signals((Finding(0, 0, 0, 9, "email", "patterns"), Finding(0, 0, 9, 12, "email", "names")), (Doubt("media"),), 0.5)


def test_an_intent_says_who_what_and_where_and_counts_what_was_found() -> None:
    decision = Decision(INTERNAL, RouteName("hard"), (GPT,), Reason(RouteName("hard")))
    intent = intent_of(Facts("r-1", tenant="clinic", key="ward"), SIGNALS, decision, Attempt(2, GPT, 1), Sent("c0ffee", 90, "ab"))
    assert (intent.request, intent.attempt, intent.tenant, intent.key, intent.endpoint) == ("r-1", 2, "clinic", "ward", "chat")
    assert (intent.label, intent.route, intent.verdict, intent.coverage) == ("internal", "hard", "serve", 0.5)
    assert (intent.findings, intent.doubts) == ({"email": 2}, {"media": 1})
    assert (intent.destination, intent.replica, intent.zone, intent.region) == ("gpt", 1, "external", "us")
    assert (intent.config, intent.bytes, intent.digest) == ("c0ffee", 90, "ab")
    ended = AttemptRecord(GPT.name, 1, "Failed", "CUT", 0, 90, "ab", 0.25)
    assert concluded(intent, ended) == Concluded("r-1", 2, "gpt", "Failed", "CUT", 0, 0.25)
