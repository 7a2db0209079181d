"""Reading on: what is broken is taken out, and nothing is said about what follows from it."""

from typing import Any

import pytest

from gateway.config.compile import compile_text
from gateway.config.errors import ConfigError, Report
from gateway.config.shape import settle
from tests.gateway.config.examples import GONE, edited, said


def test_what_is_left_is_read_and_keeps_its_place_in_the_file() -> None:
    report = Report()
    settings = settle(edited({"routes[0]": 4, "routes[1].nmae": "x", "destinations.gpt.zone": "x"}), report)
    assert settings is not None
    assert [route.name for route in settings.routes] == ["hard", "easy"]
    assert list(settings.destinations) == ["qwen"]
    assert report.origin(("routes", 0, "to", 1)) == ("routes", 1, "to", 1)
    assert report.is_lost("destinations", "gpt")
    assert report.is_lost("routes", 1, "name")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(None, id="nothing"),
        pytest.param([], id="a list"),
        pytest.param("text", id="a text"),
        pytest.param({}, id="no key at all"),
        pytest.param({"version": 1, "routes": [{}], "destinations": {"a": 1}}, id="nothing that is whole"),
    ],
)
def test_where_nothing_is_left_there_are_only_problems(content: object) -> None:
    report = Report()
    assert settle(content, report) is None
    assert report.problems


def test_a_structure_that_contains_itself_is_a_problem() -> None:
    with pytest.raises(ConfigError, match="sensitivity"):
        compile_text("sensitivity: &x {labels: *x}\n", {})


@pytest.mark.parametrize(
    ("edits", "paths"),
    [
        pytest.param(
            {"destinations.gpt.zone": "x"}, ["destinations.gpt.zone"], id="a lost destination is not unknown to routes and baseline"
        ),
        pytest.param(
            {"destinations.gpt.csot": 1, "destinations.gpt.cost": GONE},
            ["destinations.gpt.csot"],
            id="a misspelt price is not a missing price",
        ),
        pytest.param({"labels": ["low", 3]}, ["labels[1]"], id="with labels lost no label is unknown"),
        pytest.param({"labesl": ["low", "high"]}, ["labesl"], id="with labels misspelt the default ones still hold"),
        pytest.param(
            {"routes[0].when": {"lable": ">= personal"}}, ["routes[0].when.lable"], id="a rule without its condition is not judged"
        ),
        pytest.param({"routes[0].when": 3}, ["routes[0].when"], id="nor one whose condition is no mapping"),
        pytest.param({"routes[2]": 3}, ["routes[2]"], id="a lost rule does not leave a gap"),
        pytest.param(
            {"sensitivity.labesl": {"email": "internal"}, "sensitivity.labels": GONE, "tests[0].label": "internal"},
            ["sensitivity.labesl"],
            id="tests are not run on half a configuration",
        ),
        pytest.param({"difficulty": {"scorr": "x"}}, ["difficulty.scorer", "difficulty.scorr"], id="a lost scorer is not a missing scorer"),
        pytest.param(
            {"keys[0].tenant": 3, "routes[2].when": {"tenant": "apps"}},
            ["keys[0].tenant", "routes"],
            id="a lost key's tenant is not unknown",
        ),
        pytest.param(
            {"destinations.gpt.zone": "x", "models": {"a": "gpt"}},
            ["destinations.gpt.zone"],
            id="a lost destination is not unknown to models",
        ),
        pytest.param({"destinations.qwen.urls": 3}, ["destinations.qwen.urls"], id="lost addresses are not missing addresses"),
    ],
)
def test_nothing_is_said_about_what_follows(edits: dict[str, Any], paths: list[str]) -> None:
    assert sorted({sentence.partition(": ")[0] for sentence in said(edits)}) == paths
