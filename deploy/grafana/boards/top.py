"""What stands at the top of a dashboard, links, choices and marks; and how queries name what was chosen.

In queries `%i` stands for the gateways chosen there, `%t` for these and the targets, `%w` for a window that holds a few scrapes whatever
the zoom.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Json = dict[str, Any]
SOURCE: Mapping[str, str] = {"type": "prometheus", "uid": "${datasource}"}
_SHORT = {"%t": 'instance=~"$instance", target=~"$target"', "%i": 'instance=~"$instance"', "%w": "$__rate_interval"}


def query(expression: str) -> str:
    """An expression as Grafana gets it."""
    for short, long in _SHORT.items():
        expression = expression.replace(short, long)
    return expression


def link(title: str, address: str) -> Json:
    """A link that keeps the time range and what was chosen at the top."""
    return {
        "title": title,
        "type": "link",
        "url": f"{address}?${{__url_time_range}}&${{datasource:queryparam}}&${{instance:queryparam}}",
        "icon": "external link",
        "tooltip": "",
        "tags": [],
        "targetBlank": False,
        "asDropdown": False,
        "includeVars": False,
        "keepTime": False,
    }


def variables(*, by_target: bool) -> Iterator[Json]:
    """What can be chosen at the top: the datasource, gateways, targets."""
    yield {
        "name": "datasource",
        "label": "Prometheus",
        "type": "datasource",
        "query": "prometheus",
        "current": {"text": "Prometheus", "value": "prometheus"},
        "regex": "",
        "multi": False,
        "includeAll": False,
        "hide": 0,
    }
    yield _chosen("instance", "Gateway", 'label_values(up{job="tidegate"}, instance)')
    if by_target:
        yield _chosen("target", "Target", 'label_values(tidegate_upstream_attempts_total{instance=~"$instance"}, target)')


def _chosen(name: str, label: str, definition: str) -> Json:
    return {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": dict(SOURCE),
        "query": {"query": definition, "refId": f"{name}s", "qryType": 1},
        "definition": definition,
        "current": {"text": ["All"], "value": ["$__all"]},
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "refresh": 2,
        "sort": 1,
        "hide": 0,
        "regex": "",
    }


def annotations(marks: Iterable[tuple[str, str, str, str]]) -> Iterator[Json]:
    """What is marked across all panels: name, expression, text, colour."""
    yield {
        "name": "Annotations & Alerts",
        "type": "dashboard",
        "builtIn": 1,
        "enable": True,
        "hide": True,
        "iconColor": "rgba(0, 211, 255, 1)",
        "datasource": {"type": "grafana", "uid": "-- Grafana --"},
    }
    for name, expression, text, colour in marks:
        yield {
            "name": name,
            "enable": True,
            "hide": False,
            "iconColor": colour,
            "datasource": dict(SOURCE),
            "expr": query(expression),
            "titleFormat": name,
            "textFormat": text,
            "step": "30s",
            "useValueForTime": "off",
        }
