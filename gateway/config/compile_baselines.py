"""Baselines of reports: from what the file says to prices, with every objection reported."""

from collections.abc import Iterator, Mapping

from gateway.config.baselines import Baseline
from gateway.config.compile_remote import services
from gateway.config.destinations import GpuCost
from gateway.config.errors import Report, Where, hint
from gateway.config.models import Settings
from gateway.config.prices import Prices
from gateway.report.declared import Declared, Length, Reporting
from router.cost import Tariff, tariff_from_map
from router.decision import Target
from router.names import TargetName


def reporting(settings: Settings, targets: Mapping[TargetName, Target], prices: Prices, report: Report) -> Reporting:
    """What reports compare with. The `baseline` of the metric comes first, unless one of `baselines` is the same."""
    declared = list(_declared(settings, targets, prices, report))
    own = targets.get(TargetName(settings.baseline or ""))
    if own is not None and own.tariff is not None and all(one.target != own.name for one in declared):
        declared.insert(0, Declared(f"all_{own.name}", str(own.model), own.tariff, own.name))
    return Reporting(tuple(declared), settings.report.gateway_month_usd, settings.report.least_pairs)


def _declared(settings: Settings, targets: Mapping[TargetName, Target], prices: Prices, report: Report) -> Iterator[Declared]:
    for name, one in settings.baselines.items():
        baseline = one if isinstance(one, Baseline) else Baseline(all_local=True)
        where: Where = ("baselines", name)
        if baseline.all_local:
            if not any(isinstance(destination.cost, GpuCost) for destination in settings.destinations.values()):
                report.add(where, "no destination says what its GPUs cost; give a local one `cost: {gpu_hour_usd: ...}`")
            yield Declared(name, "your own GPUs", length=_length(baseline))
        elif baseline.target is not None:
            found = _target(baseline.target, settings, targets, report, where)
            if found is not None:
                yield Declared(name, str(found.model), found.tariff, found.name, _length(baseline))
        else:
            key = baseline.price_key or ""
            tariff = _listed(key, prices, report, where)
            if tariff is not None:
                yield Declared(name, key, tariff, length=_length(baseline))


def _listed(key: str, prices: Prices, report: Report, where: Where) -> Tariff | None:
    entry = prices.lookup(key)
    tariff = tariff_from_map(entry) if entry else None
    if tariff is None:
        no_prices = f"litellm's price map has no token prices for {key!r}"
        report.add(
            (*where, "price_key"), no_prices if prices.has_map else "litellm's price map is not installed: pip install 'tidegate[closed]'"
        )
    return tariff


def _target(name: str, settings: Settings, targets: Mapping[TargetName, Target], report: Report, where: Where) -> Target | None:
    found = targets.get(TargetName(name))
    if found is not None and found.tariff is not None:
        return found
    if found is not None:
        place = ("destinations", name, "cost")
        if not report.has_said(place) and not report.is_lost(*place):
            report.add((*where, "target"), f"the prices per token of {name!r} are not known; give it a `cost`, or compare with `all_local`")
    elif name in services(settings):
        report.add((*where, "target"), f"{name!r} is asked by detectors and answers no request; nothing can be compared with it")
    elif name not in settings.destinations and not report.is_lost("destinations", name):
        report.add((*where, "target"), f"there is no destination {name!r}{hint(name, settings.destinations)}")
    return None


def _length(baseline: Baseline) -> Length | None:
    one = baseline.length
    return None if one is None else Length(one.ratio, one.low, one.high, "as the configuration states it")
