from typing import Any

import pytest

from gateway.withdrawn import withdrawn
from tests.fakes.gateway import compiled, configuration

STAYS = {"name": "stays", "when": {"label": ">= internal"}, "to": ["qwen"]}
ROUTES = [STAYS, *configuration("", "")["routes"][1:]]


def content(edits: dict[str, Any] | None = None) -> dict[str, Any]:
    made = configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:3/v1", edits)
    del made["baseline"]
    return made


@pytest.mark.parametrize(
    ("edits", "gone"),
    [
        pytest.param({}, set(), id="nothing changed"),
        pytest.param({"destinations.gpt.clearance": "public", "routes": ROUTES}, {"gpt"}, id="cleared for less"),
        pytest.param({"destinations.gpt.clearance": "restricted"}, set(), id="cleared for more"),
        pytest.param({"destinations.gpt.zone": "local", "destinations.gpt.cost": "unknown"}, {"gpt"}, id="in another zone"),
        pytest.param({"destinations.gpt.url": "https://other.example/v1"}, {"gpt"}, id="at another address outside"),
        pytest.param({"destinations.qwen.url": "http://127.0.0.1:2/v1"}, set(), id="at another address inside"),
        pytest.param({"labels": ["public", "secret", "internal", "personal", "restricted"]}, set(), id="a label more below its clearance"),
        pytest.param({"labels": ["public", "personal", "internal", "restricted"]}, set(), id="a label that moved below its clearance"),
    ],
)
def test_what_a_reload_takes_away(edits: dict[str, Any], gone: set[str]) -> None:
    assert withdrawn(compiled(content()), compiled(content(edits))) == gone


def test_what_is_not_there_any_more() -> None:
    other = content()
    other["destinations"]["vendor"] = other["destinations"].pop("gpt")
    other["routes"][1] |= {"to": ["vendor"]}
    other["routes"][2] |= {"fallback": ["vendor"]}
    assert withdrawn(compiled(content()), compiled(other)) == {"gpt"}
