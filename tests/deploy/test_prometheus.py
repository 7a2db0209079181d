"""Rules ask only for metrics and labels that the gateway has; promtool, where it is installed, parses and plays them."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.deploy.queries import ADDED, ALERTS, DEPLOY, LABELS_OF, OTHERS, RECORDED, ROOT, asked, labels, names, plain, recorded, rules

PLAYED = sorted(path.name for path in (ROOT / "tests" / "deploy").glob("rules*_test.yml"))


def _promtool(*arguments: str) -> str:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed: apt-get install prometheus")
    said = subprocess.run([promtool, *arguments], capture_output=True, text=True, check=False, cwd=DEPLOY)
    assert said.returncode == 0, said.stdout + said.stderr
    return said.stdout


@pytest.mark.parametrize("query", [pytest.param(query, id=name) for name, query in [*rules(), *asked()]])
def test_a_query_asks_for_metrics_and_labels_that_there_are(query: str) -> None:
    assert names(query) or recorded(query) or any(re.search(rf"\b{name}\b", query) for name in OTHERS) or query.startswith("vector")
    assert names(query) <= set(LABELS_OF)
    known = set[str]().union(*(LABELS_OF[name] for name in names(query)), {"stage"} if recorded(query) else ())
    assert set(labels(query)) <= known | ADDED


def test_the_check_of_queries_would_see_a_name_that_there_is_not() -> None:
    assert names("sum(rate(tidegate_request_total[5m]))") - set(LABELS_OF)
    assert set(labels('sum by (tier) (x{zone=~"a|b"})')) == {"tier", "zone"}


def test_an_alert_says_what_to_do() -> None:
    for rule in ALERTS.values():
        assert rule["labels"]["severity"] in {"info", "warning", "critical"}
        assert rule["annotations"].keys() == {"summary", "description", "runbook"}
        assert all(text.endswith(".") for name, text in rule["annotations"].items() if name != "runbook")


def test_every_alert_has_its_runbook_and_every_runbook_its_alert() -> None:
    """With what it means, where to look and what to do."""
    sections = dict(re.findall(r"^## (Tidegate\w+)\n(.*?)(?=^## |\Z)", (DEPLOY / "RUNBOOKS.md").read_text(), re.MULTILINE | re.DOTALL))
    assert sections.keys() == ALERTS.keys()
    for name, text in sections.items():
        assert re.findall(r"^\*\*(\w+)\*\* ", text, re.MULTILINE) == ["Means", "Look", "Do"], name
        assert ALERTS[name]["annotations"]["runbook"] == f"deploy/RUNBOOKS.md#{name.lower()}"


def test_what_the_papers_name_is_there() -> None:
    for paper in ("README.md", "RUNBOOKS.md"):
        text = (DEPLOY / paper).read_text()
        assert set(re.findall(r"\b(Tidegate[A-Z]\w+)", text)) <= ALERTS.keys()
        assert set(re.findall(r"`(tidegate:\w+[\w:]*)`", text)) <= RECORDED
    assert "tidegate:budget_usd_month" in RECORDED


def test_every_alert_is_played() -> None:
    text = "".join((ROOT / "tests" / "deploy" / name).read_text() for name in PLAYED)
    assert set(re.findall(r"alertname: (\w+)\n\s*exp_alerts", text)) == ALERTS.keys()


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


@pytest.mark.parametrize("name", PLAYED)
def test_promtool_plays_the_alerts(name: str) -> None:
    _promtool("test", "rules", f"../tests/deploy/{name}")


def test_promtool_parses_every_query_of_the_dashboards(tmp_path: Path) -> None:
    queries = [plain(query) for _, query in asked()]
    lines = [{"record": f"panel:query:{index}", "expr": query} for index, query in enumerate(queries)]
    (tmp_path / "queries.yml").write_text(yaml.safe_dump({"groups": [{"name": "dashboards", "rules": lines}]}))
    assert f"{len(queries)} rules found" in _promtool("check", "rules", str(tmp_path / "queries.yml"))
