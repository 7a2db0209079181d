"""Advice in JSON. Amounts are text to the cent beside whole micro-USD; `null` is unknown."""

from fractions import Fraction

from gateway.advice.action import Action
from gateway.advice.advise import Advice
from gateway.advice.amounts import members
from gateway.advice.phases import Phase
from gateway.advice.volume import Standing

Members = dict[str, object]


def document(advice: Advice) -> Members:
    """All of it."""
    sums, traffic, moves = advice.assessment, advice.traffic, advice.migration
    return {
        "period": None
        if traffic is None
        else {"first": traffic.first, "last": traffic.last, "hours": traffic.hours, "answered": traffic.answered},
        "assessment": {
            "low": sums.low,
            "high": sums.high,
            "bands": [band.name for band in sums.bands],
            "dimensions": [
                {"name": one.name, "low": one.low, "high": one.high, "source": one.source, "evidence": one.evidence, "rule": one.rule}
                for one in sums.dimensions
            ],
        },
        "break_even": [_standing(one) for one in advice.standings],
        "actions": [_action(one) for one in advice.actions],
        "migration": None
        if moves is None
        else {"now": moves.now, "movable": moves.movable, "phases": [_phase(one) for one in moves.phases]},
        "missing": advice.missing,
    }


def _standing(one: Standing) -> Members:
    against = [
        {"model": each.model, "value": members(each.value_usd), "ratio": float(each.ratio), "requests_a_day": _number(each.requests_a_day)}
        for each in one.against
    ]
    return {
        "targets": one.targets,
        "gpus": members(one.gpus_usd),
        "origin": one.origin,
        "requests_a_day": float(one.requests_a_day),
        "against": against,
    }


def _action(one: Action) -> Members:
    return {
        "do": one.do,
        "figures": one.figures,
        "assumes": one.assumes,
        "saves": _amount(one.saves),
        "low": _amount(one.low),
        "high": _amount(one.high),
        "patch": one.patch or None,
    }


def _phase(one: Phase) -> Members:
    return {
        "name": one.name,
        "percent": one.percent,
        "home_a_day": _number(one.home_a_day),
        "closed": _amount(one.closed_usd),
        "patch": {"routes": [dict(route) for route in one.routes]},
    }


def _amount(usd: Fraction | None) -> Members | None:
    return None if usd is None else members(usd)


def _number(one: Fraction | None) -> float | None:
    return None if one is None else float(one)
