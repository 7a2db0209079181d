"""What a replica of one's own costs, from what the operator stated."""

from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

from gateway.config.destinations import GpuCost
from gateway.config.errors import Report, Where
from gateway.plan import UpstreamPlan
from router.hours import Hours
from router.reservation import Power, Reservation


def reservation_of(cost: GpuCost, where: Where, report: Report) -> Reservation:
    """The reservation of one replica. Hours and a time zone that are none are reported."""
    hours = None if cost.available is None else _hours(cost.available, _zone(cost.timezone, where, report), where, report)
    if cost.capex_usd is None or cost.life_years is None:
        return Reservation.rented(cost.gpu_hour_usd or 0, cost.gpus, hours)
    power = None if cost.power_kw is None or cost.kwh_usd is None else Power(cost.power_kw, cost.kwh_usd, cost.pue)
    return Reservation.owned(cost.capex_usd, cost.life_years, cost.gpus, power, hours)


def one_price(upstream: UpstreamPlan, known: dict[str, UpstreamPlan], report: Report) -> None:
    """Destinations at one engine, as a model and its adapters, share its reservation: report one that states another.

    `known` are those that came before, by address.
    """
    for url in upstream.urls if upstream.reservation is not None else ():
        first = known.setdefault(url, upstream)
        if first.reservation != upstream.reservation:
            say = f"its engine is that of {first.target!r} too, which states another cost; it is paid once: state the same here"
            report.add(("destinations", upstream.target, "cost"), say)


def _hours(text: str, zone: tzinfo, where: Where, report: Report) -> Hours | None:
    try:
        return Hours.parse(text, zone)
    except ValueError as error:
        report.add((*where, "available"), str(error))
        return None


def _zone(name: str, where: Where, report: Report) -> tzinfo:
    if name == "UTC":  # known without a database of zones
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        report.add((*where, "timezone"), "this time zone is not known here; write it as in Europe/Vienna")
        return UTC
