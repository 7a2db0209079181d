"""A panel, a row and a dashboard as tables, and the JSON that Grafana reads of them (classic model, schema version 42: Grafana 12 and 13)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from deploy.grafana.boards.top import SOURCE, Json, link, query

Kind = Literal["lines", "stacked", "stat", "states", "heatmap", "table", "matrix"]
SCHEMA = 42
COLUMNS = 24
_TYPES = {"lines": "timeseries", "stacked": "timeseries", "stat": "stat", "states": "state-timeline", "matrix": "table"}
_LEGEND: Json = {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []}
_TOOLTIP: Json = {"mode": "multi", "sort": "desc", "hideZeros": False}
_ONE = {"calcs": ["lastNotNull"], "fields": "", "values": False}
_DRAWN: Json = {"drawStyle": "line", "lineWidth": 1, "lineInterpolation": "linear", "showPoints": "never", "spanNulls": 60_000}
_OPTIONS: Mapping[Kind, Json] = {
    "lines": {"legend": _LEGEND, "tooltip": _TOOLTIP},
    "stacked": {"legend": _LEGEND, "tooltip": _TOOLTIP},
    "stat": {
        "reduceOptions": _ONE,
        "colorMode": "value",
        "graphMode": "none",
        "justifyMode": "auto",
        "textMode": "auto",
        "orientation": "auto",
        "wideLayout": True,
        "showPercentChange": False,
        "percentChangeColorMode": "standard",
    },
    "states": {"legend": _LEGEND, "tooltip": _TOOLTIP | {"mode": "single"}, "mergeValues": True, "rowHeight": 0.8, "showValue": "auto"},
    "heatmap": {
        "calculate": False,
        "cellGap": 1,
        "color": {"mode": "scheme", "scheme": "Blues", "steps": 32, "exponent": 0.5, "fill": "blue", "reverse": False},
        "exemplars": {"color": "rgba(255,0,255,0.7)"},
        "legend": {"show": True},
        "rowsFrame": {"layout": "auto"},
        "showValue": "never",
        "tooltip": {"mode": "single", "showColorScale": True, "yHistogram": False},
    },
    "table": {"showHeader": True, "cellHeight": "sm", "frameIndex": 0},
    "matrix": {"showHeader": True, "cellHeight": "sm", "frameIndex": 0},
}
_CUSTOM: Mapping[Kind, Json] = {
    "lines": _DRAWN | {"fillOpacity": 0, "stacking": {"mode": "none", "group": "A"}},
    "stacked": _DRAWN | {"fillOpacity": 40, "stacking": {"mode": "normal", "group": "A"}},
    "states": {"fillOpacity": 70, "lineWidth": 0},
    "table": {"align": "auto", "inspect": False, "cellOptions": {"type": "auto"}},
    "matrix": {"align": "auto", "inspect": False, "cellOptions": {"type": "color-text"}},
}


class Step(NamedTuple):
    """From `value` on, this colour."""

    value: float
    colour: Literal["green", "yellow", "orange", "red", "blue", "text"]


class State(NamedTuple):
    """What a number stands for in a timeline."""

    value: int
    text: str
    colour: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One question. `queries` are expressions by the legend of what they give; `answers` says what the panel tells, and what is well.

    `see` is an alert whose runbook belongs to it, or another dashboard's uid; `fold` are labels of a matrix: rows, columns.
    """

    title: str
    answers: str
    unit: str
    queries: Mapping[str, str]
    kind: Kind = "lines"
    width: int = 8
    steps: tuple[Step, ...] = ()
    states: tuple[State, ...] = ()
    most: float | None = None
    see: str = ""
    fold: tuple[str, str] = ("", "")
    empty: str = ""

    @property
    def height(self) -> int:
        """Rows of the grid."""
        return 4 if self.kind == "stat" else 8


@dataclass(frozen=True, slots=True)
class Board:
    """A dashboard: rows of panels under a heading each; what has no heading comes first."""

    uid: str
    title: str
    answers: str
    rows: Mapping[str, tuple[Panel, ...]]
    since: str = "now-6h"
    by_target: bool = True

    @property
    def panels(self) -> Iterator[Panel]:
        """All of them."""
        for panels in self.rows.values():
            yield from panels


def panels(board: Board) -> Iterator[Json]:
    """The panels of a dashboard, row after row, left to right."""
    top, number = 0, 0
    for heading, row in board.rows.items():
        if heading:
            number += 1
            yield {
                "id": number,
                "type": "row",
                "title": heading,
                "collapsed": False,
                "gridPos": {"x": 0, "y": top, "w": COLUMNS, "h": 1},
                "panels": [],
            }
            top += 1
        left, deep = 0, 0
        for panel in row:
            if left + panel.width > COLUMNS:
                left, top, deep = 0, top + deep, 0
            number += 1
            yield {"id": number, "gridPos": {"x": left, "y": top, "w": panel.width, "h": panel.height}} | _body(panel)
            left, deep = left + panel.width, max(deep, panel.height)
        top += deep


def _body(panel: Panel) -> Json:
    targets = [
        _target(panel, refer, legend, expression) for refer, (legend, expression) in zip("ABCDEF", panel.queries.items(), strict=False)
    ]
    body: Json = {
        "type": _TYPES.get(panel.kind, panel.kind),
        "title": panel.title,
        "description": panel.answers,
        "datasource": dict(SOURCE),
        "fieldConfig": {"defaults": _field(panel), "overrides": _overrides(panel)},
        "options": _options(panel),
        "targets": targets,
    }
    if panel.see:
        body["links"] = [_link(panel.see)]
    if panel.kind == "matrix":
        body["transformations"] = [
            {
                "id": "groupingToMatrix",
                "options": dict(zip(("rowField", "columnField"), panel.fold, strict=True)) | {"valueField": "Value", "emptyValue": "zero"},
            }
        ]
    if panel.kind == "table":
        left_out = ["Time", *(f"Time {number}" for number in range(1, 4)), *(f"Value #{refer}" for refer in "ABC")]
        body["transformations"] = [
            {"id": "joinByField", "options": {"byField": "instance", "mode": "outer"}},
            {"id": "organize", "options": {"excludeByName": dict.fromkeys(left_out, True), "renameByName": {"as_of": "prices as of"}}},
        ]
    return body


def _target(panel: Panel, refer: str, legend: str, expression: str) -> Json:
    made: Json = {"refId": refer, "datasource": dict(SOURCE), "expr": query(expression), "legendFormat": legend, "editorMode": "code"}
    if panel.kind in ("stat", "table", "matrix"):
        return made | {"instant": True, "range": False} | ({} if panel.kind == "stat" else {"format": "table"})
    return (
        made
        | {"instant": False, "range": True, "exemplar": "_bucket" in expression}
        | ({"format": "heatmap"} if panel.kind == "heatmap" else {})
    )


def _field(panel: Panel) -> Json:
    thresholds = [{"color": "text" if panel.kind == "stat" else "green", "value": None}]
    made: Json = {
        "unit": panel.unit,
        "color": {"mode": "thresholds" if panel.kind in ("stat", "states", "matrix") else "palette-classic"},
        "thresholds": {"mode": "absolute", "steps": [*thresholds, *({"color": step.colour, "value": step.value} for step in panel.steps)]},
        "custom": dict(_CUSTOM.get(panel.kind, {})),
    }
    if panel.kind in ("lines", "stacked"):
        made["min"] = 0
        if panel.steps:
            made["custom"]["thresholdsStyle"] = {"mode": "dashed"}
    if panel.most is not None:
        made["max"] = panel.most
    if panel.empty:
        made["noValue"] = panel.empty
    if panel.states:
        made["mappings"] = [
            {"type": "value", "options": {str(state.value): {"text": state.text, "color": state.colour, "index": index}}}
            for index, state in enumerate(panel.states)
        ]
    return made


def _overrides(panel: Panel) -> list[Json]:
    """In a matrix the column that names the rows has no unit."""
    if panel.kind != "matrix":
        return []
    return [{"matcher": {"id": "byName", "options": "\\".join(panel.fold)}, "properties": [{"id": "unit", "value": "string"}]}]


def _options(panel: Panel) -> Json:
    options = dict(_OPTIONS[panel.kind])
    if panel.kind == "heatmap":
        options["yAxis"] = {"unit": panel.unit, "axisPlacement": "left"}
        options["cellValues"] = {"unit": "short"}
    return options


def _link(see: str) -> Json:
    if see.startswith("Tidegate"):
        return link(f"Runbook: {see}", "/d/tidegate-runbooks")
    return link("More", f"/d/{see}")
