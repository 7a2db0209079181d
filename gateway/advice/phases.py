"""A migration in phases, as patches of a configuration: what routes send home goes out first, and comes home by shares.

For each route that tries a local target first, and may also go outside, the patch puts a twin before it: the same conditions, the same
targets in the other order, for a share of the conversations. So nothing may go anywhere where it may not go now, and the last phase is the
configuration without twins. Nothing is applied.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import yaml

from gateway.advice.traffic import HOURS_A_MONTH, NOT_YET, Traffic
from gateway.advice.volume import a_month
from router.calculators import tokens_usd
from router.cost import Tariff

Route = Mapping[str, object]
_STEPS = (("shadow", 0), ("5%", 5), ("25%", 25), ("50%", 50), ("75%", 75), ("full", 100))
_MOST_NAME = 64


@dataclass(frozen=True, slots=True)
class Phase:
    """One step. `percent` of what can come home does; `routes` is what the configuration has for `routes:` then.

    `home_a_day` requests at home and `closed_usd` a month outside for the rest of what can move, by the traffic; None: not measured.
    """

    name: str
    percent: int
    routes: tuple[Route, ...]
    home_a_day: Fraction | None
    closed_usd: Fraction | None

    @property
    def patch(self) -> str:
        """YAML, one route a line."""
        lines = (yaml.safe_dump(dict(route), default_flow_style=True, sort_keys=False, width=10_000).strip() for route in self.routes)
        return "\n".join(["routes:", *(f"  - {line}" for line in lines)])


@dataclass(frozen=True, slots=True)
class Migration:
    """The phases, the routes that come home in them, and where the configuration stands now: per cent at home, None where twins differ.

    `model` is the closed model whose prices the figures have.
    """

    phases: tuple[Phase, ...]
    movable: tuple[str, ...]
    now: int | None
    model: str = ""


def migration(content: Mapping[str, object], traffic: Traffic | None, model: str = "", tariff: Tariff | None = None) -> Migration | None:
    """Of a configuration's content that compiles. None where no route can lead home or outside: there is nothing to move.

    `tariff` is that of the closed `model` that would be bought.
    """
    written = [route for route in _list(content.get("routes")) if isinstance(route, dict)]
    routes = [route for route in written if not _is_twin(route)]
    zones = {name: one.get("zone") for name, one in _mapping(content.get("destinations")).items() if isinstance(one, dict)}
    movable = tuple(str(route["name"]) for route in routes if _moves(route, zones))
    if not movable:
        return None
    phases = tuple(
        Phase(name, percent, tuple(_with_twins(routes, zones, percent)), *_figures(traffic, tariff, percent)) for name, percent in _STEPS
    )
    held = {_held(route) for route in written if _is_twin(route)}
    now = 100 if not held else 100 - held.pop() if len(held) == 1 else None
    return Migration(phases, movable, now, model)


def _with_twins(routes: Sequence[Route], zones: Mapping[str, object], percent: int) -> Iterator[Route]:
    for route in routes:
        if percent < 100 and _moves(route, zones):
            yield _twin(route, zones, 100 - percent)
        yield route


def _moves(route: Route, zones: Mapping[str, object]) -> bool:
    """Whether it leads home first and may lead outside, to a target that may have everything as it is."""
    chain = _chain(route)
    when = _mapping(route.get("when"))
    return (
        bool(chain)
        and zones.get(chain[0]) == "local"
        and "external" in map(zones.get, chain)
        and not route.get("redact")
        and "share" not in when
    )


def _twin(route: Route, zones: Mapping[str, object], held: int) -> Route:
    chain = _chain(route)
    outside = [name for name in chain if zones.get(name) == "external"]
    name = f"{str(route['name'])[: _MOST_NAME - len(NOT_YET)]}{NOT_YET}"
    when = {**_mapping(route.get("when")), "share": f"{held}%"}
    return {"name": name, "when": when, "to": outside, "fallback": [each for each in chain if each not in outside]}


def _is_twin(route: Route) -> bool:
    return str(route.get("name", "")).endswith(NOT_YET) and "share" in _mapping(route.get("when"))


def _held(route: Route) -> int:
    """The share of a twin, in per cent."""
    said = str(_mapping(route.get("when"))["share"]).replace(" ", "")
    return round(float(said.removesuffix("%")) * (1 if said.endswith("%") else 100))


def _figures(traffic: Traffic | None, tariff: Tariff | None, percent: int) -> tuple[Fraction | None, Fraction | None]:
    if traffic is None or not traffic.answered:
        return None, None
    month, share = a_month(traffic), Fraction(percent, 100)
    moves = traffic.home_open.requests + traffic.not_yet.requests
    home = (traffic.home_sensitive.requests + share * moves) * month * 24 / HOURS_A_MONTH
    if tariff is None:
        return home, None
    whole = tokens_usd(traffic.home_open.usage, tariff, traffic.home_open.requests) + tokens_usd(
        traffic.not_yet.usage, tariff, traffic.not_yet.requests
    )
    return home, (1 - share) * whole * month


def _chain(route: Route) -> list[str]:
    return [str(name) for key in ("to", "fallback") for name in _list(route.get(key))]


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else [] if value is None else [value]


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}
