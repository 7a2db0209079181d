"""The queries of rules and dashboards, and the metrics and labels that there are to ask for."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import yaml

from gateway.observers.prometheus import FAMILIES, PREFIX

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
RULES: list[Mapping[str, Any]] = [rule for group in yaml.safe_load((DEPLOY / "rules.yml").read_text())["groups"] for rule in group["rules"]]
ALERTS = {str(rule["alert"]): rule for rule in RULES if "alert" in rule}
BOARDS: dict[str, Mapping[str, Any]] = {
    path.stem: msgspec.json.decode(path.read_bytes()) for path in sorted((DEPLOY / "grafana" / "dashboards").glob("*.json"))
}
PANELS = [(name, panel) for name, board in BOARDS.items() for panel in board["panels"] if panel["type"] not in ("row", "text")]
SUFFIXES = {"histogram": ("_bucket", "_sum", "_count"), "counter": ("",), "gauge": ("",)}
LABELS_OF = {f"{PREFIX}{family.name}{suffix}": {*family.labels} for family in FAMILIES for suffix in SUFFIXES[family.kind]}
"""Every series name that a scrape can hold, and its labels."""
RECORDED = {str(rule["record"]) for rule in RULES if "record" in rule}
OTHERS = {"up", "ALERTS"}
"""Prometheus' own series."""
ADDED = {"le", "job", "instance", "alertname", "alertstate", "severity"}
"""Labels that Prometheus or the exposition adds."""


def rules() -> Iterator[tuple[str, str]]:
    """What each rule is called, and asks."""
    return ((str(rule.get("record", rule.get("alert"))), str(rule["expr"])) for rule in RULES)


def asked() -> Iterator[tuple[str, str]]:
    """Where each query of a dashboard stands, and what it asks."""
    for name, panel in PANELS:
        yield from ((f"{name} · {panel['title']} · {target['legendFormat']}", str(target["expr"])) for target in panel["targets"])


def plain(query: str, window: str = "5m", span: str = "6h") -> str:
    """A query of a dashboard as Prometheus takes it, of all gateways and targets."""
    for word, value in {"$__rate_interval": window, "$__range": span, "$instance": ".*", "$target": ".*"}.items():
        query = query.replace(word, value)
    assert "$" not in query, query
    return query


def names(query: str) -> set[str]:
    """The gateway's metrics in a query."""
    return set(re.findall(rf"\b{PREFIX}\w+", query))


def recorded(query: str) -> set[str]:
    """The recorded series in a query."""
    return {name for name in RECORDED if re.search(rf"{name}\b", query)}


def labels(query: str) -> Iterator[str]:
    """The labels that a query names."""
    for matchers in re.findall(r"\{([^}]*)\}", query):
        yield from re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matchers)
    for listed in re.findall(r"\b(?:by|on|without|ignoring)\s*\(([^)]*)\)", query):
        yield from re.findall(r"\w+", listed)
