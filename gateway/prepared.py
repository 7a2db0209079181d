"""What a plan needs before requests are judged by it, and what it can read while they are."""

from classifiers import table
from gateway.plan import Plan
from gateway.redact.vault import cipher


def prepare(plan: Plan) -> None:
    """Compile and load what requests would else wait for."""
    table.prepare(plan.fast)
    table.prepare(plan.slow)
    if plan.policy.redacts:
        cipher()


def complete(plan: Plan) -> None:
    """Read what hardly any request needs: one that does reads it itself where it comes first."""
    table.complete(plan.fast)
