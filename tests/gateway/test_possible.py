"""Series stay as few as the configuration says, whatever callers send and whatever happens."""

from collections import Counter
from functools import cache
from random import Random

from gateway.errors import CODES
from gateway.exposition import PREFIX
from gateway.families import FAMILIES
from gateway.observers.prometheus import Prometheus
from gateway.plan import Plan
from gateway.possible import MANY, possible, series
from gateway.seeds import seeds
from router.fleet import Fleet
from tests.fakes.exchanges import everything, fifty_models, strange
from tests.fakes.gateway import compiled, configuration

GAUGES = {family.name for family in FAMILIES if family.kind == "gauge"}
ELSEWHERE = {
    "fallbacks_total": "who waits for a target to come back may skip others",
    "routes_total": "a request that ended before it had a route",
    "spilled_total": "the line before a target counts it",
    "admission_refusals_total": "likewise",
}
"""What exchanges of this kind do not come to, and why it is there nevertheless."""


@cache
def fifty() -> Plan:
    return compiled(fifty_models())


def observing(plan: Plan) -> Prometheus:
    made, fleet = Prometheus(), Fleet(plan.policy.targets.values())
    made.configure(plan, CODES, lambda: (fleet, 0.0))
    return made


def shown(made: Prometheus) -> Counter[str]:
    """How many lines each family has."""
    lines = (line for line in made.exposition().decode().splitlines() if not line.startswith("#"))
    names = {f"{PREFIX}{one.name}{end}": one.name for one in FAMILIES for end in ("", "_bucket", "_sum", "_count")}
    return Counter(names[line.partition("{")[0].partition(" ")[0]] for line in lines)


def test_with_fifty_models_there_are_not_too_many_series_after_everything_that_can_happen() -> None:
    made, known = observing(fifty()), possible(fifty(), CODES)
    most = series(known)
    for exchange in everything(fifty()):
        made(exchange)
    seen = shown(made)
    assert sum(seen.values()) < sum(most.values()) < MANY
    assert {name: count for name, count in seen.items() if count > most[name]} == {}
    lost = [line for line in made.exposition().decode().splitlines() if "_other" in line and not line.startswith("#")]
    assert lost == ['tidegate_refusals_total{code="_other"} 0'], "what can happen has a series of its own"


def test_what_is_reckoned_with_can_happen() -> None:
    made = observing(fifty())
    for exchange in everything(fifty()):
        made(exchange)
    counted = made.tally()
    for name, labels in possible(fifty(), CODES).items():
        if name not in GAUGES and name not in ELSEWHERE:
            seen = {row[0] for row in (*counted.counts.get(name, ()), *counted.buckets.get(name, ()))}
            assert seen == labels, name


def test_every_family_is_reckoned_with() -> None:
    unreckoned = {name for name, labels in possible(fifty(), CODES).items() if not labels}
    assert unreckoned == set()


def test_what_is_there_from_the_start_is_among_what_is_possible() -> None:
    known = possible(fifty(), CODES)
    assert all(labels in known[name] for name, labels in seeds(fifty(), CODES))


def test_whatever_can_be_lowered_has_a_rate_before_it_is_for_the_first_time() -> None:
    seeded = {labels for name, labels in seeds(fifty(), CODES) if name == "declassified_total"}
    assert seeded == set(possible(fifty(), CODES)["declassified_total"]) != set()


def test_random_names_add_no_series() -> None:
    made, dice = observing(fifty()), Random(7)
    for _ in range(200):
        made(strange(dice))
    before = shown(made)
    for _ in range(5_000):
        made(strange(dice))
    assert shown(made) == before
    assert sum(before.values()) <= sum(series(possible(fifty(), CODES)).values())
    assert b'requests_total{endpoint="_other",path="_other",target="_other",result="_other"}' in made.exposition()


def test_what_was_possible_before_a_reload_still_is() -> None:
    made, plan = observing(compiled(fifty_models())), compiled(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"))
    made.configure(plan, CODES, lambda: (Fleet(plan.policy.targets.values()), 0.0))
    for exchange in everything(fifty()):
        made(exchange)
    assert 'requests_total{endpoint="chat",path="local",target="local-24",result="abandoned"}' in made.exposition().decode()
    assert '="_other",' not in made.exposition().decode()
