"""Exchanges as a plan can bring them about: every kind of them, drawn at random, or with random names that no plan knows."""

import string
from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle, pairwise, product
from random import Random
from typing import Any, get_args

import msgspec
from hypothesis import strategies as st

from classifiers.signals import DoubtKind
from gateway.admission import LINES
from gateway.errors import CODES
from gateway.exchange import AttemptRecord, CascadeResult, Ending, Exchange, HedgeResult, Leaned, Redaction, Rerouted, Result, Times
from gateway.plan import Plan
from router.attempt import Usage
from router.cascade import Grounds
from router.decision import Decision, Target
from router.facts import Lineage, Sticky
from router.failures import FAILURES, NOT_MADE
from router.labels import Label
from router.names import Endpoint, MicroUsd, Path, RouteName, TargetName
from router.policy import Key

MADE = [
    kind for kind, row in FAILURES.items() if row.code not in {"unavailable", "local_unavailable", "unable"} and not row.is_about_request
]
ABOUT = [kind for kind, row in FAILURES.items() if row.is_about_request]
GOES_ON = [kind for kind in MADE if FAILURES[kind].remedy != "stop"]
UNDECIDED: tuple[Result, ...] = ("invalid", "abandoned", "failed")
UNSERVED: tuple[Result, ...] = ("refused", "failed", "abandoned", "denied", "invalid")
SERVED: Mapping[Result, Ending] = {"served": "Served", "broken": "Broken", "abandoned": "Abandoned"}
WELL: tuple[Ending, ...] = ("Served", "Abandoned", "Outrun", "Rejected", "Checked")
FAILED: Mapping[Ending, Sequence[str]] = {"Refused": ABOUT, "Failed": (*MADE, *ABOUT), "Broken": (*MADE, *ABOUT)}
TIMES = Times(2.0, 1.0, 0.001, 0.001, 0.001, 0.001, 0.001)


def fifty_models(url: str = "http://127.0.0.1:1/v1") -> dict[str, Any]:
    """A configuration of 50 models, half of them local with a line and a pool, half outside, some for redacted requests only, in 17 routes.

    It has everything that has metrics: two replicas each at home, hedges, cascades, a ledger, usage, canaries, a scorer, a baseline.
    """
    machine = {"capex_usd": 250_000, "life_years": 4, "gpus": 8, "power_kw": 8, "kwh_usd": 0.2}
    home: dict[str, Any] = {"kind": "openai_compatible", "zone": "local", "clearance": "restricted", "cost": machine}
    away: dict[str, Any] = {
        "kind": "openai_compatible",
        "zone": "external",
        "url": url,
        "cost": {"input_per_mtok_usd": 1, "output_per_mtok_usd": 10},
    }
    destinations: dict[str, Any] = {}
    for number in range(25):
        urls = [url, url.replace("127.0.0.1", "127.0.0.2")]
        destinations[f"local-{number}"] = {**home, "urls": urls, "model": f"open-{number}", "admission": {"slots": 8}, "pool": {}}
        hedge = {"hedge": {"after_s": 1}} if number < 5 else {}
        destinations[f"away-{number}"] = {**away, "model": f"closed-{number}", "clearance": ["public", "internal"][number % 2], **hedge}
    routes = [
        {"name": "sensitive", "when": {"label": ">= personal"}, "to": ["local-0"], "fallback": ["local-1"]},
        *(_route(number) for number in range(2, 17)),
        {"name": "rest", "to": ["local-17"], "fallback": ["local-18", "away-19"]},
    ]
    return {
        "version": 1,
        "destinations": destinations,
        "difficulty": {"scorer": "tests.fakes.length_scorer"},
        "routes": routes,
        "baseline": "away-0",
        "usage": {"store": "usage.db"},
        "observers": {"otel": {"endpoint": "http://127.0.0.1:4318"}},
    }


def _route(number: int) -> dict[str, Any]:
    return {
        "name": f"route-{number}",
        "when": {"difficulty": f">= {1 - number / 20:.2f}"},
        "to": [f"local-{number}"] if number % 2 else [f"away-{number}"],
        "fallback": [f"away-{number | 1}", f"local-{(number + 9) % 25}"],
        "redact": number % 2 == 0,
        **({"cascade": {}} if number == 15 else {}),
    }


def everything(plan: Plan) -> Iterator[Exchange]:
    """An exchange for every label value of every family that requests add to, for every decision of the plan."""
    codes = cycle(CODES)
    for endpoint, result in product((*get_args(Endpoint), None), UNSERVED):
        yield Exchange("req_0", endpoint, result, 400, next(codes), times=TIMES)
    for key, decision in plan.policy.decisions.items():
        for result in UNSERVED:
            yield _decided(key, decision, None, result, code=next(codes), redaction="failed")
        for target, result, is_stream in product(decision.chain, SERVED, (False, True)):
            usage = {"usage": Usage(10, 5, 2, 1, 1), "cost": MicroUsd(7), "baseline_cost": MicroUsd(9), "is_estimate": result != "served"}
            yield _decided(key, decision, target, result, is_stream=is_stream, difficulty=0.5, **usage)
        for first, then in pairwise(decision.chain):
            for kind in GOES_ON:
                yield _decided(key, decision, then, "served", attempts=(_failed(first, decision, kind), _served(then, decision)))
                yield _decided(key, decision, first, "served", attempts=(_failed(then, decision, kind), _served(first, decision)))
        for target in decision.chain:
            for records in _endings(target, decision, has_line=plan.upstreams[target.name].capacity is not None):
                yield _decided(key, decision, target, "served", attempts=records)
        if decision.chain:
            yield from _rare(plan, key, decision)


def _endings(target: Target, decision: Decision, *, has_line: bool) -> Iterator[tuple[AttemptRecord, ...]]:
    name = target.name
    for ending in WELL:
        yield (AttemptRecord(name, 0, ending, label=decision.label, usage=Usage(1, 1), cost=MicroUsd(1)),)
    for ending, kinds in FAILED.items():
        yield tuple(AttemptRecord(name, 0, ending, kind, line=LINES[0] if has_line else "", queue_s=0.1) for kind in kinds)
    if has_line:
        yield tuple(AttemptRecord(name, 0, "Failed", "FULL", line=line) for line in LINES)


def _rare(plan: Plan, key: Key, decision: Decision) -> Iterator[Exchange]:
    """What few requests have."""
    findings = tuple((category, 2) for category in plan.policy.categories)
    doubts = tuple((kind, 1) for kind in get_args(DoubtKind))
    target, labels = decision.chain[0], plan.policy.labels
    yield _decided(key, decision, target, "served", findings=findings, doubts=doubts)
    for label in labels:
        if label > decision.label:
            yield _decided(key, decision, target, "served", declassified_from=label)
    values: Mapping[str, Sequence[object]] = {
        "inherited": get_args(Lineage),
        "rerouted": get_args(Rerouted),
        "redaction": get_args(Redaction),
        "leaned": [Leaned(sticky=one) for one in get_args(Sticky)],
    }
    for member, each in values.items():
        for value in each:
            yield _decided(key, decision, target, "served", **{member: value})
    if decision.cascade is not None:
        for result, grounds in product(get_args(CascadeResult), get_args(Grounds)):
            if (result == "accepted") == (grounds in ("", "unmeasured", "bound")):
                yield _decided(key, decision, target, "served", cascade=result, grounds=grounds)
    if target.hedge is not None:
        for won in get_args(HedgeResult)[1:]:
            yield _decided(key, decision, target, "served", hedge=won, attempts=(_served(target, decision), _served(target, decision)))


def _decided(key: Key, decision: Decision, target: Target | None, result: Result, **members: Any) -> Exchange:
    """An exchange of that decision that the target served, or nobody."""
    path: Path = "blocked" if target is None else decision.path(target)
    name = None if target is None else target.name
    given: dict[str, Any] = {"times": TIMES, "label": decision.label, "route": decision.route, "path": path, "target": name, **members}
    return Exchange("req_1", key.endpoint, result, 200, **given)


def _served(target: Target, decision: Decision, **members: Any) -> AttemptRecord:
    return AttemptRecord(target.name, 0, "Served", status=200, label=_sent(target, decision), **members)


def _failed(target: Target, decision: Decision, kind: str) -> AttemptRecord:
    return AttemptRecord(target.name, 0, "Failed", kind, label=_sent(target, decision))


def _sent(target: Target, decision: Decision) -> Label:
    """The label of what the target gets."""
    return target.clearance if decision.is_redacted(target) else decision.label


def strange(dice: Random) -> Exchange:
    """An exchange in which whatever is text is random: names, labels, codes, categories, failures."""

    def word() -> str:
        return "".join(dice.choices(string.ascii_letters, k=12))

    attempt = AttemptRecord(TargetName(word()), 0, "Failed", word(), sent_bytes=5, usage=Usage(1, 1), cost=MicroUsd(1), line="public")
    return Exchange(
        f"req_{word()}",
        dice.choice((*get_args(Endpoint), None)),
        dice.choice(get_args(Result)),
        200,
        word(),
        word(),
        word(),
        is_stream=dice.random() < 0.5,
        label=Label(1, word()),
        route=RouteName(word()),
        path=dice.choice(get_args(Path)),
        target=TargetName(word()),
        findings=((word(), 1),),
        difficulty=0.5,
        attempts=(attempt, attempt),
        usage=Usage(10, 5),
        finish=word(),
        cost=MicroUsd(5),
        times=TIMES,
        redaction="done",
    )


def exchanges(plan: Plan) -> st.SearchStrategy[Exchange]:
    """One exchange of the plan: any decision, any attempts along its chain, any end; usage and cost known or not."""
    return _exchange([row for row in plan.policy.decisions.items() if row[1].chain])


@st.composite
def _exchange(draw: st.DrawFn, decisions: Sequence[tuple[Key, Decision]]) -> Exchange:
    if draw(st.integers(0, 9)) == 0:
        endpoint, result = draw(st.sampled_from((*get_args(Endpoint), None))), draw(st.sampled_from(UNDECIDED))
        return Exchange("req_0", endpoint, result, 400, draw(st.sampled_from(CODES)), times=TIMES)
    key, decision = draw(st.sampled_from(decisions))
    way: str = draw(
        st.sampled_from(["plain", "leased", *(["cascade"] if decision.cascade else []), *(["hedge"] if decision.chain[0].hedge else [])])
    )
    before = [draw(_fails(draw(st.sampled_from(decision.chain)), decision, way)) for _ in range(draw(st.integers(0, 3)))]
    end: Result = draw(st.sampled_from((*SERVED, "failed", "refused", "denied")))
    if end not in SERVED:
        return _decided(key, decision, None, end, attempts=tuple(before) if end != "denied" else (), code=draw(st.sampled_from(CODES)))
    target, members = draw(st.sampled_from(decision.chain)), dict[str, Any]()
    usage, cost = draw(USAGES), draw(COSTS)
    last = AttemptRecord(target.name, 0, SERVED[end], "CUT" if end == "broken" else "", label=_sent(target, decision), sent_bytes=7)
    if way == "leased" and cost is not None:
        cost = MicroUsd(cost + sum(one.cost or 0 for one in before))
    if way in ("cascade", "hedge"):
        last = _paid(last, usage, cost)
        before.append(_paid(_served(decision.chain[0], decision), draw(USAGES), draw(COSTS), "Outrun" if way == "hedge" else "Checked"))
        hedged = {"hedge": draw(st.sampled_from(get_args(HedgeResult)[1:]))}
        members |= hedged if way == "hedge" else {"cascade": "escalated", "grounds": "refusal"}
    return _decided(
        key,
        decision,
        target,
        end,
        attempts=(*before, last),
        usage=usage,
        cost=cost if usage or way == "leased" else None,
        is_stream=draw(st.booleans()),
        **members,
    )


USAGES = st.none() | st.builds(Usage, *(st.integers(0, 100_000),) * 5)
COSTS = st.none() | st.builds(MicroUsd, st.integers(0, 10**9))


def _paid(record: AttemptRecord, usage: Usage | None, cost: MicroUsd | None, ending: Ending | None = None) -> AttemptRecord:
    return msgspec.structs.replace(record, usage=usage, cost=cost if usage else None, ending=ending or record.ending)


@st.composite
def _fails(draw: st.DrawFn, target: Target, decision: Decision, way: str) -> AttemptRecord:
    kind = draw(st.sampled_from(GOES_ON if target.zone == "external" else [one for one in GOES_ON if one not in NOT_MADE]))
    record = _failed(target, decision, kind)
    if way == "leased" and target.zone == "local":
        return msgspec.structs.replace(record, cost=draw(COSTS))
    return _paid(record, draw(USAGES), draw(COSTS)) if way in ("cascade", "hedge") else record
