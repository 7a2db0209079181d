"""Detectors behind the network: each entry of `sensitivity.detectors` that names one, to a `RemotePlan`; and where those may be asked."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Protocol

import msgspec

from gateway.config.errors import Report, Where, hint
from gateway.config.models import Settings
from gateway.detectors import llm, presidio_rest
from gateway.detectors.dialect import Dialect
from gateway.plan import RemotePlan, UpstreamPlan
from router.decision import Target
from router.labels import Labels
from router.names import TargetName


class _Kind(Protocol):
    """A file of `gateway/detectors`."""

    Options: type

    @staticmethod
    def build(options: object, model: str) -> Dialect: ...


REMOTE: Mapping[str, _Kind] = {"llm": llm, "presidio_rest": presidio_rest}  # type: ignore[dict-item]  # each takes its own Options
"""The kinds, and who builds them."""
ASKED_AS: Mapping[str, str] = {"llm": "openai_compatible", "presidio_rest": "presidio"}
"""What kind of destination each is asked at."""

Compiled = Mapping[TargetName, tuple[Target, UpstreamPlan]]


def services(settings: Settings) -> frozenset[str]:
    """Names of the destinations that are asked by detectors only, and answer no request."""
    return frozenset(name for name, one in settings.destinations.items() if one.kind == "presidio")


def remotes(settings: Settings, labels: Labels, compiled: Compiled, report: Report) -> tuple[RemotePlan, ...]:
    """The remote detectors in the order of the file. One that is not understood, or may not be asked, is reported and left out."""
    found = tuple(_remotes(settings, labels, compiled, report))
    if not report.has_lost("sensitivity"):
        asked = {str(_options(chosen)[1].get("destination")) for chosen in settings.sensitivity.detectors}
        for name in sorted(services(settings) - asked):
            say = f"nobody asks this service; add `presidio_rest: {{destination: {name}}}` to sensitivity.detectors"
            report.add(("destinations", name), say)
    return found


def _options(chosen: str | dict[str, dict[str, object]]) -> tuple[str, dict[str, object]]:
    return (chosen, {}) if isinstance(chosen, str) else next(iter(chosen.items()))


def _remotes(settings: Settings, labels: Labels, compiled: Compiled, report: Report) -> Iterator[RemotePlan]:
    for index, chosen in enumerate(settings.sensitivity.detectors):
        kind, options = _options(chosen)
        if kind not in REMOTE:
            continue
        where: Where = ("sensitivity", "detectors", index)
        name = options.get("destination")
        if not isinstance(name, str):
            report.add(where, f"{kind!r} asks a service: name its destination, as in `{kind}: {{destination: NAME}}`")
            continue
        both = answering(kind, name, settings, compiled, report, where)
        if both is None:
            continue
        target, upstream = both
        refused = objection(target, labels)
        if refused:
            report.add(where, refused)
        dialect = _dialect(kind, {key: value for key, value in options.items() if key != "destination"}, target.model, report, where)
        if dialect is not None and not refused:
            yield RemotePlan(dialect, target, labels.highest, upstream)


def answering(  # what is asked, and everything that is known of it
    kind: str, name: str, settings: Settings, compiled: Compiled, report: Report, where: Where
) -> tuple[Target, UpstreamPlan] | None:
    """The destination of that name, if the kind can be asked there."""
    destination, both = settings.destinations.get(name), compiled.get(TargetName(name))
    if destination is None and not report.is_lost("destinations", name):
        report.add(where, f"there is no destination {name!r}{hint(name, settings.destinations)}")
    elif destination is not None and destination.kind != ASKED_AS[kind]:
        report.add(where, f"{kind!r} asks a destination of kind {ASKED_AS[kind]!r}, and {name!r} is of kind {destination.kind!r}")
        return None
    return both


def objection(target: Target, labels: Labels, who: str = "detector") -> str:
    """Why content of which nothing is known yet may not go there; empty when it may."""
    if target.zone != "local":
        return f"{target.name!r} is outside: a {who} gets content before anything is known of it, so it must be local"
    if target.clearance < labels.highest:
        return (
            f"{target.name!r} is cleared for {target.clearance} at most: a {who} gets content before anything is known of it, "
            f"so its destination must be cleared for {labels.highest}"
        )
    return ""


def _dialect(kind: str, options: Mapping[str, object], model: str, report: Report, where: Where) -> Dialect | None:
    made = REMOTE[kind]
    known = [field.name for field in dataclasses.fields(made.Options)]
    unknown = [name for name in options if name not in known]
    for name in unknown:
        report.add(where, f"{kind!r} has no option {name!r}{hint(name, [*known, 'destination'])}")
    if unknown:
        return None
    try:
        return made.build(msgspec.convert(options, made.Options), model)
    except ValueError as error:  # msgspec's ValidationError is one
        report.add(where, f"{kind!r} cannot be made with these options: {error}")
        return None
