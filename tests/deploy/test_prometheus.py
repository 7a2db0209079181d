"""Rules and dashboard ask only for metrics and labels that the gateway has; promtool, where it is installed, parses and plays them."""

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from gateway.observers.prometheus import FAMILIES, PREFIX

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
RULES: list[Mapping[str, Any]] = [rule for group in yaml.safe_load((DEPLOY / "rules.yml").read_text())["groups"] for rule in group["rules"]]
BOARD: Mapping[str, Any] = msgspec.json.decode((DEPLOY / "grafana" / "dashboards" / "overview.json").read_bytes())
PANELS: list[Mapping[str, Any]] = [panel for panel in BOARD["panels"] if panel["type"] != "row"]
SUFFIXES = {"histogram": ("_bucket", "_sum", "_count"), "counter": ("",), "gauge": ("",)}
LABELS_OF = {f"{PREFIX}{family.name}{suffix}": {*family.labels} for family in FAMILIES for suffix in SUFFIXES[family.kind]}
"""Every series name that a scrape can hold, and its labels."""
RECORDED = {rule["record"] for rule in RULES if "record" in rule}
ADDED = {"le", "job", "instance"}
"""Labels that Prometheus or the exposition adds."""


def _queries() -> list[Any]:
    rules = [pytest.param(str(rule["expr"]), id=str(rule.get("record", rule.get("alert")))) for rule in RULES]
    panels = [
        pytest.param(str(target["expr"]), id=f"{panel['title']} {target['refId']}") for panel in PANELS for target in panel["targets"]
    ]
    return rules + panels


def _names(query: str) -> set[str]:
    return set(re.findall(rf"\b{PREFIX}\w+", query))


def _labels(query: str) -> Iterator[str]:
    for matchers in re.findall(r"\{([^}]*)\}", query):
        yield from re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matchers)
    for names in re.findall(r"\b(?:by|on)\s*\(([^)]*)\)", query):
        yield from re.findall(r"\w+", names)


def _promtool(*arguments: str) -> str:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed: apt-get install prometheus")
    said = subprocess.run([promtool, *arguments], capture_output=True, text=True, check=False, cwd=DEPLOY)
    assert said.returncode == 0, said.stdout + said.stderr
    return said.stdout


@pytest.mark.parametrize("query", _queries())
def test_a_query_asks_for_metrics_and_labels_that_there_are(query: str) -> None:
    names = _names(query)
    assert names or "up{" in query or any(name in query for name in RECORDED)
    assert names <= set(LABELS_OF)
    known = {"stage"} if not names else set[str]().union(*(LABELS_OF[name] for name in names))
    assert set(_labels(query)) <= known | ADDED


def test_the_check_of_queries_would_see_a_name_that_there_is_not() -> None:
    assert _names("sum(rate(tidegate_request_total[5m]))") - set(LABELS_OF)
    assert set(_labels('sum by (tier) (x{zone=~"a|b"})')) == {"tier", "zone"}


@pytest.mark.parametrize("panel", [pytest.param(panel, id=panel["title"]) for panel in PANELS])
def test_a_panel_says_what_it_shows_and_in_which_unit(panel: Mapping[str, Any]) -> None:
    assert panel["description"].endswith(".")
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert {target["datasource"]["uid"] for target in panel["targets"]} | {panel["datasource"]["uid"]} == {_datasource()["uid"]}


def test_panels_have_numbers_of_their_own_and_do_not_overlap() -> None:
    numbers = [panel["id"] for panel in BOARD["panels"]]
    assert len(numbers) == len(set(numbers))
    cells = [
        (column, line)
        for panel in BOARD["panels"]
        for column in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for line in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(column for column, _ in cells) < 24


def test_every_family_is_shown_by_a_panel() -> None:
    asked = set[str]().union(*(_names(str(target["expr"])) for panel in PANELS for target in panel["targets"]))
    assert [family.name for family in FAMILIES if not asked & {f"{PREFIX}{family.name}{suffix}" for suffix in SUFFIXES[family.kind]}] == []


def test_an_alert_says_what_to_do() -> None:
    for rule in RULES:
        if "alert" in rule:
            assert rule["labels"]["severity"] in {"warning", "critical"}
            assert rule["annotations"].keys() == {"summary", "description"}
            assert all(text.endswith(".") for text in rule["annotations"].values())


def test_an_alert_that_the_readme_names_is_there() -> None:
    named = set(re.findall(r"`(Tidegate\w+)`", (DEPLOY / "README.md").read_text()))
    assert named
    assert named <= {rule["alert"] for rule in RULES if "alert" in rule}


def test_every_alert_is_played() -> None:
    played = set(re.findall(r"alertname: (\w+)\n\s*exp_alerts", (ROOT / "tests" / "deploy" / "rules_test.yml").read_text()))
    assert played == {rule["alert"] for rule in RULES if "alert" in rule}


def _datasource() -> Mapping[str, Any]:
    [datasource] = yaml.safe_load((DEPLOY / "grafana" / "provisioning" / "datasources" / "prometheus.yaml").read_text())["datasources"]
    return dict(datasource)


def test_grafana_finds_prometheus_and_the_dashboard() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    [provider] = yaml.safe_load((DEPLOY / "grafana" / "provisioning" / "dashboards" / "tidegate.yaml").read_text())["providers"]
    assert _datasource()["url"] == "http://prometheus:9090"
    assert f"./grafana/dashboards:{provider['options']['path']}:ro" in compose["grafana"]["volumes"]
    assert compose["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"].startswith(provider["options"]["path"])


def test_prometheus_scrapes_services_that_there_are() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    scraped = yaml.safe_load((DEPLOY / "prometheus.yml").read_text())["scrape_configs"]
    targets = {job["job_name"]: job["static_configs"][0]["targets"] for job in scraped}
    assert targets == {"tidegate": ["gateway:9090"], "vllm": ["vllm:8000"]}
    for [target] in targets.values():
        assert set(compose[target.partition(":")[0]]["networks"]) & set(compose["prometheus"]["networks"])


def test_promtool_reads_configuration_and_rules() -> None:
    _promtool("check", "config", "--syntax-only", "prometheus.yml")
    _promtool("check", "rules", "rules.yml")


def test_promtool_plays_the_alerts() -> None:
    _promtool("test", "rules", "../tests/deploy/rules_test.yml")


def test_promtool_parses_every_query_of_the_dashboard(tmp_path: Path) -> None:
    queries = [str(target["expr"]) for panel in PANELS for target in panel["targets"]]
    rules = [
        {"record": f"panel:query:{index}", "expr": query.replace("$__rate_interval", "1m").replace("$__range", "6h")}
        for index, query in enumerate(queries)
    ]
    (tmp_path / "queries.yml").write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    assert f"{len(queries)} rules found" in _promtool("check", "rules", str(tmp_path / "queries.yml"))
