"""The dashboards, as tables; `made` is the JSON of all of them. Change a table, then `make dashboards`."""

import json
from pathlib import Path
from typing import Any

from deploy.grafana.boards import economics, latency, local_pool, overview, reliability, routing
from deploy.grafana.boards.panel import SCHEMA, Board, panels
from deploy.grafana.boards.top import annotations, link, variables

RUNBOOKS = Path(__file__).parents[2] / "RUNBOOKS.md"
BOARDS: tuple[Board, ...] = (overview.BOARD, economics.BOARD, latency.BOARD, local_pool.BOARD, routing.BOARD, reliability.BOARD)
MARKS = (
    (
        "Reload",
        "changes(tidegate_config_last_reload_timestamp_seconds{%i}[1m]) > 0",
        "{{instance}} serves what it read anew",
        "blue",
    ),
    ("Lockdown", "max by (instance) (tidegate_lockdown{%i}) == 1", "{{instance}} is locked down: nothing leaves", "orange"),
    ("Alert", 'ALERTS{alertname=~"Tidegate.*", alertstate="firing"}', "{{alertname}}: deploy/RUNBOOKS.md", "red"),
)
"""Reloads, lockdowns and alerts, marked in every panel."""


def made() -> dict[str, str]:
    """The JSON of each file of `deploy/grafana/dashboards`."""
    return {f"{board.uid.removeprefix('tidegate-')}.json": _text(model(board)) for board in BOARDS} | {"runbooks.json": _text(_runbooks())}


def model(board: Board) -> dict[str, Any]:
    """A dashboard as Grafana reads it."""
    return _frame(board.uid, board.title, board.answers) | {
        "time": {"from": board.since, "to": "now"},
        "annotations": {"list": list(annotations(MARKS))},
        "templating": {"list": list(variables(by_target=board.by_target))},
        "panels": list(panels(board)),
    }


def _frame(uid: str, title: str, answers: str) -> dict[str, Any]:
    return {
        "uid": uid,
        "title": title,
        "description": answers,
        "tags": ["tidegate"],
        "schemaVersion": SCHEMA,
        "version": 1,
        "timezone": "browser",
        "editable": False,
        "graphTooltip": 1,
        "refresh": "30s",
        "fiscalYearStartMonth": 0,
        "links": [link("Runbooks", "/d/tidegate-runbooks"), _others()],
    }


def _others() -> dict[str, Any]:
    """The other dashboards, by their tag."""
    return link("Dashboards", "") | {
        "type": "dashboards",
        "tags": ["tidegate"],
        "url": "",
        "asDropdown": True,
        "includeVars": True,
        "keepTime": True,
    }


def _runbooks() -> dict[str, Any]:
    """What to do at an alert, beside the alerts that fire: the file that is in the repository, for who has only Grafana before them."""
    return _frame("tidegate-runbooks", "Tidegate · runbooks", "What each alert means, what to look at and what to do.") | {
        "time": {"from": "now-6h", "to": "now"},
        "annotations": {"list": list(annotations(()))},
        "templating": {"list": list(variables(by_target=False))},
        "panels": [
            {
                "id": 1,
                "type": "text",
                "title": "Runbooks",
                "description": "deploy/RUNBOOKS.md.",
                "gridPos": {"x": 0, "y": 0, "w": 24, "h": 30},
                "options": {"mode": "markdown", "content": RUNBOOKS.read_text()},
            }
        ],
    }


def _text(board: dict[str, Any]) -> str:
    return json.dumps(board, indent=1, ensure_ascii=False) + "\n"
