"""The dashboards are what their tables say, in the shape that Grafana 12 and 13 read (schema version 42), and show every family."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

import jsonschema
import pytest
import yaml

from deploy.grafana.boards import made
from gateway.observers.prometheus import FAMILIES, PREFIX
from tests.deploy.queries import ALERTS, BOARDS, DEPLOY, PANELS, SUFFIXES, asked, names

SIX = {"overview", "economics", "latency", "local-pool", "routing", "reliability"}
KINDS = {"stat", "timeseries", "state-timeline", "heatmap", "table"}
TEXT = {"type": "string", "minLength": 1}
COUNT = {"type": "integer", "minimum": 0}


def _things(required: str, **properties: object) -> dict[str, Any]:
    return {"type": "object", "required": required.split(), "properties": properties}


SOURCE = _things("type uid", type={"const": "prometheus"}, uid={"const": "${datasource}"})
LINK = _things(
    "title type url icon tooltip tags targetBlank asDropdown includeVars keepTime",
    title=TEXT,
    type={"enum": ["link", "dashboards"]},
    tags={"type": "array", "items": TEXT},
)
GRID = _things(
    "x y w h",
    x={"type": "integer", "minimum": 0, "maximum": 23},
    y=COUNT,
    w={"type": "integer", "minimum": 1, "maximum": 24},
    h={"type": "integer", "minimum": 1},
)
DEFAULTS = _things(
    "unit color thresholds",
    unit=TEXT,
    color=_things("mode", mode={"enum": ["thresholds", "palette-classic"]}),
    thresholds=_things(
        "mode steps",
        mode={"const": "absolute"},
        steps={"type": "array", "minItems": 1, "items": _things("value color", value={"type": ["number", "null"]}, color=TEXT)},
    ),
    mappings={"type": "array", "items": _things("type options", type={"const": "value"})},
    noValue=TEXT,
)
TARGET = _things(
    "refId datasource expr legendFormat instant range",
    refId={"type": "string", "pattern": "^[A-F]$"},
    datasource=SOURCE,
    expr=TEXT,
    legendFormat={"type": "string"},
    format={"enum": ["table", "heatmap"]},
)
PANEL = _things(
    "id type title description gridPos datasource fieldConfig options targets",
    id={"type": "integer", "minimum": 1},
    type={"enum": sorted(KINDS)},
    title=TEXT,
    description={"type": "string", "pattern": r"[.?]$"},
    gridPos=GRID,
    datasource=SOURCE,
    fieldConfig=_things("defaults overrides", defaults=DEFAULTS, overrides={"type": "array"}),
    options={"type": "object"},
    targets={"type": "array", "minItems": 1, "items": TARGET},
    links={"type": "array", "items": LINK},
)
ROW = _things("id type title collapsed gridPos panels", type={"const": "row"}, gridPos=GRID)
WORDS = _things(
    "id type title gridPos options", type={"const": "text"}, gridPos=GRID, options=_things("mode content", mode={"const": "markdown"})
)
VARIABLE = _things("name type query current", name={"enum": ["datasource", "instance", "target"]}, type={"enum": ["datasource", "query"]})
BOARD = _things(
    "uid title description tags schemaVersion version time timezone editable graphTooltip refresh links annotations templating panels",
    uid={"type": "string", "pattern": "^[a-z-]{8,40}$"},
    title=TEXT,
    description={"type": "string", "pattern": r"[.?]$"},
    tags={"type": "array", "contains": {"const": "tidegate"}},
    schemaVersion={"const": 42},
    time=_things("from to", **{"from": TEXT, "to": TEXT}),
    links={"type": "array", "minItems": 1, "items": LINK},
    annotations=_things("list", list={"type": "array", "items": _things("name enable iconColor datasource", name=TEXT)}),
    templating=_things("list", list={"type": "array", "items": VARIABLE}),
    panels={"type": "array", "items": {"anyOf": [PANEL, ROW, WORDS]}},
)
"""What Grafana's own schema demands of the parts that are used here, and what we do beyond it: units, descriptions, legends."""


def test_the_files_are_what_the_tables_say() -> None:
    """`make dashboards` writes them."""
    folder = DEPLOY / "grafana" / "dashboards"
    assert {path.name: path.read_text() for path in folder.glob("*.json")} == made()


def test_there_are_six_and_the_runbooks() -> None:
    assert BOARDS.keys() == SIX | {"runbooks"}
    assert {board["uid"] for board in BOARDS.values()} == {f"tidegate-{name}" for name in BOARDS}


@pytest.mark.parametrize("name", sorted(BOARDS))
def test_a_dashboard_has_the_shape_that_grafana_reads(name: str) -> None:
    jsonschema.validate(BOARDS[name], BOARD)


def test_the_check_of_the_shape_would_see_a_panel_without_a_unit() -> None:
    _, panel = PANELS[0]
    wrong = {**panel, "fieldConfig": {"defaults": {}, "overrides": []}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, PANEL)


@pytest.mark.parametrize("name", sorted(BOARDS))
def test_panels_have_numbers_and_titles_of_their_own_and_do_not_overlap(name: str) -> None:
    panels = BOARDS[name]["panels"]
    for of in ("id", "title"):
        assert Counter(panel[of] for panel in panels).most_common(1)[0][1] == 1
    cells = Counter(
        (column, line)
        for at in (panel["gridPos"] for panel in panels)
        for column in range(at["x"], at["x"] + at["w"])
        for line in range(at["y"], at["y"] + at["h"])
    )
    assert set(cells.values()) == {1}
    assert max(column for column, _ in cells) < 24


@pytest.mark.parametrize("panel", [pytest.param(panel, id=f"{name} · {panel['title']}") for name, panel in PANELS])
def test_a_panel_answers_a_question_and_names_what_it_shows(panel: Mapping[str, Any]) -> None:
    assert "?" in panel["description"]
    legends = [target["legendFormat"] for target in panel["targets"]]
    assert len(legends) == len(set(legends))
    if panel["type"] in ("timeseries", "state-timeline"):
        assert all(legends)
        assert panel["options"]["legend"]["showLegend"]
        for target in panel["targets"]:
            kept = set(re.findall(r"\w+", " ".join(re.findall(r"by \(([^)]*)\)", target["expr"]))))
            shown = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
            assert shown <= kept | {"instance"}, "a legend of a label that the query does away with is empty"
    if any(target["refId"] == "A" and "$__range" in target["expr"] for target in panel["targets"]):
        assert panel["type"] in ("stat", "table"), "one number for the whole range"


def test_every_family_is_shown_by_a_panel() -> None:
    shown = set[str]().union(*(names(query) for _, query in asked()))
    assert [family.name for family in FAMILIES if not shown & {f"{PREFIX}{family.name}{suffix}" for suffix in SUFFIXES[family.kind]}] == []


def test_a_panel_asks_only_for_the_gateways_that_were_chosen() -> None:
    for where, query in asked():
        for name in re.finditer(rf"\b{PREFIX}\w+", query):
            assert query[name.end() :].startswith("{"), where
            assert 'instance=~"$instance"' in query[name.end() :].partition("}")[0], where


def test_links_lead_to_dashboards_and_runbooks_that_there_are() -> None:
    uids = {board["uid"] for board in BOARDS.values()}
    links = [link for board in BOARDS.values() for link in board["links"]] + [
        link for _, panel in PANELS for link in panel.get("links", ())
    ]
    assert {match[1] for link in links if (match := re.match(r"/d/([\w-]+)\?", link["url"]))} <= uids
    assert {match[1] for link in links if (match := re.match(r"Runbook: (\w+)", link["title"]))} <= ALERTS.keys()
    assert (DEPLOY / "RUNBOOKS.md").read_text() in {panel["options"].get("content") for panel in BOARDS["runbooks"]["panels"]}


def _datasource() -> Mapping[str, Any]:
    [datasource] = yaml.safe_load((DEPLOY / "grafana" / "provisioning" / "datasources" / "prometheus.yaml").read_text())["datasources"]
    return dict(datasource)


def test_grafana_finds_prometheus_and_the_dashboards() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    [provider] = yaml.safe_load((DEPLOY / "grafana" / "provisioning" / "dashboards" / "tidegate.yaml").read_text())["providers"]
    assert _datasource()["url"] == "http://prometheus:9090"
    for board in BOARDS.values():
        [chosen] = [variable for variable in board["templating"]["list"] if variable["name"] == "datasource"]
        assert chosen["current"]["value"] == _datasource()["uid"]
    assert f"./grafana/dashboards:{provider['options']['path']}:ro" in compose["grafana"]["volumes"]
    home = compose["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert home == f"{provider['options']['path']}/overview.json"
