"""Everything that `tidegate advise` says, computed once: the assessment, break-even, actions, a migration, and what is missing for more."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.advice.action import Action
from gateway.advice.actions import actions
from gateway.advice.dimensions import Assessment, assess
from gateway.advice.money import closed_tariffs, hour_usd, local_targets
from gateway.advice.phases import Migration, migration
from gateway.advice.questions import Answer
from gateway.advice.traffic import Traffic
from gateway.advice.volume import Blended, Standing, blended, standings
from gateway.plan import Plan
from router.cost import Tariff


@dataclass(frozen=True, slots=True)
class Advice:
    """`standings`: all local targets together first. `missing` are sentences: what is not known, and what would tell."""

    traffic: Traffic | None
    assessment: Assessment
    standings: tuple[Standing, ...]
    blended: Blended | None
    actions: tuple[Action, ...]
    migration: Migration | None
    missing: tuple[str, ...]


def advise(plan: Plan, content: Mapping[str, object], traffic: Traffic | None, answers: Mapping[str, Answer], unread: str = "") -> Advice:
    """Of a compiled configuration, its content as it was read, and the traffic, if some was recorded.

    `unread` says why the store that the configuration names could not be read.
    """
    seen = traffic if traffic is not None and traffic.answered else None
    stands = () if seen is None else standings(plan, seen)
    ratio = stands[0].ratio if stands else None
    return Advice(
        seen,
        assess(seen, answers, plan.policy.threshold, None if ratio is None else float(ratio)),
        stands,
        None if seen is None else blended(plan, seen),
        () if seen is None else actions(plan, seen, stands[0] if stands else None),
        migration(content, seen, *_cheapest(plan, stands)),
        tuple(_missing(plan, traffic, unread)),
    )


def _cheapest(plan: Plan, stands: tuple[Standing, ...]) -> tuple[str, Tariff | None]:
    """The closed model that would be bought."""
    name = stands[0].against[0].model if stands and stands[0].against else ""
    return name, closed_tariffs(plan).get(name)


def _missing(plan: Plan, traffic: Traffic | None, unread: str) -> list[str]:
    said: list[str] = []
    if unread:
        said.append(f"Nothing could be read: {unread}. What follows is without traffic.")
    elif traffic is None:
        said.append(
            "Nothing was recorded: the configuration has no `usage: {store: usage.sqlite}`. With it and a week of traffic break-even, what "
            "to do and five of the six dimensions are measured. `tidegate cost` calculates without traffic."
        )
    elif not traffic.answered:
        said.append("The store has no answered request in this time: look further back with --since.")
    elif traffic.hours < 7 * 24:
        said.append(f"The traffic covers {traffic.hours:,.0f} hours; a week or more has weekends in it, too.")
    said += [
        f"`{name}` has no price: give its destination `cost: {{gpu_hour_usd: ...}}`, or its cost, and break-even, are unknown."
        for name in local_targets(plan)
        if hour_usd(plan, name) is None
    ]
    if not closed_tariffs(plan):
        said.append("No closed model with a known price is among the destinations, so nothing can be compared with.")
    return said
