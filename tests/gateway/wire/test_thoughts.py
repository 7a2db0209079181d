"""Each model is told in its own way how much to think, and what could not be told is named."""

import copy
from typing import Any

import pytest

from gateway.wire.thoughts import thought_as
from router.quirks import Thinks

ASKED: dict[str, Any] = {"model": "m", "max_tokens": 10_000, "messages": [{"role": "user", "content": "Hi."}]}
ADAPTIVE: dict[str, Any] = {"thinking": {"type": "adaptive"}}
CALL: dict[str, Any] = {"type": "tool_use", "id": "a", "name": "now", "input": {}}
THOUGHT: dict[str, Any] = {"type": "thinking", "thinking": "Hm.", "signature": "s"}
RESULT: dict[str, Any] = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a"}]}


def effort(name: str, **more: object) -> dict[str, Any]:
    return {"output_config": {"effort": name, **more}}


def budget(tokens: object) -> dict[str, Any]:
    return {"thinking": {"type": "enabled", "budget_tokens": tokens}}


@pytest.mark.parametrize(
    ("thinks", "more", "becomes", "lost"),
    [
        pytest.param("either", ADAPTIVE | effort("low"), ADAPTIVE | effort("low"), (), id="it takes both"),
        pytest.param("by_budget", {}, {}, (), id="nothing is said"),
        pytest.param("by_budget", budget(2000), budget(2000), (), id="a budget already"),
        pytest.param("by_budget", ADAPTIVE | effort("low"), budget(2000), (), id="a low effort"),
        pytest.param("by_budget", ADAPTIVE | effort("medium"), budget(5000), (), id="a medium one"),
        pytest.param("by_budget", ADAPTIVE | effort("max"), budget(8000), (), id="the highest"),
        pytest.param("by_budget", ADAPTIVE, budget(8000), (), id="none named"),
        pytest.param("by_budget", ADAPTIVE | effort("low") | {"max_tokens": 1025}, budget(1024) | {"max_tokens": 1025}, (), id="the least"),
        pytest.param("by_budget", ADAPTIVE | {"max_tokens": 1024}, {"max_tokens": 1024}, ("thinking",), id="too few tokens"),
        pytest.param("by_budget", ADAPTIVE | {"max_tokens": "9"}, {"max_tokens": "9"}, ("thinking",), id="a limit that is none"),
        pytest.param("by_budget", ADAPTIVE | {"max_tokens": 10**400}, budget(8 * 10**399) | {"max_tokens": 10**400}, (), id="a huge one"),
        pytest.param("by_budget", effort("low"), {}, ("output_config.effort",), id="an effort alone"),
        pytest.param("by_budget", budget(2000) | effort("low"), budget(2000), ("output_config.effort",), id="both"),
        pytest.param(
            "by_budget", ADAPTIVE | effort("low", format={}), budget(2000) | {"output_config": {"format": {}}}, (), id="a form beside it"
        ),
        pytest.param("by_effort", {}, {}, (), id="nothing is said of effort"),
        pytest.param("by_effort", ADAPTIVE, ADAPTIVE, (), id="an effort already"),
        pytest.param("by_effort", {"thinking": {"type": "disabled"}}, {"thinking": {"type": "disabled"}}, (), id="it may not think"),
        pytest.param("by_effort", budget(4096), ADAPTIVE | effort("low"), ("thinking.budget_tokens",), id="a small budget"),
        pytest.param("by_effort", budget(4097), ADAPTIVE | effort("medium"), ("thinking.budget_tokens",), id="a larger one"),
        pytest.param("by_effort", budget(16_385), ADAPTIVE | effort("high"), ("thinking.budget_tokens",), id="a large one"),
        pytest.param("by_effort", budget("x"), ADAPTIVE | effort("high"), ("thinking.budget_tokens",), id="one that is none"),
        pytest.param(
            "by_effort", budget(9) | effort("max"), ADAPTIVE | effort("max"), ("thinking.budget_tokens",), id="an effort beside it"
        ),
        pytest.param("always", {"thinking": {"type": "disabled"}}, {}, ("thinking",), id="it must think"),
        pytest.param("always", budget(9), ADAPTIVE | effort("low"), ("thinking.budget_tokens",), id="it must, and has a budget"),
    ],
)
def test_what_is_told(thinks: Thinks, more: dict[str, Any], becomes: dict[str, Any], lost: tuple[str, ...]) -> None:
    asked = ASKED | more
    before = copy.deepcopy(asked)
    assert thought_as(asked, thinks) == (ASKED | becomes, lost)
    assert asked == before


def test_how_thoughts_are_shown_stays() -> None:
    asked: dict[str, object] = {"thinking": {"type": "enabled", "budget_tokens": 9, "display": "omitted"}}
    told, _ = thought_as(asked, "by_effort")
    assert told["thinking"] == {"type": "adaptive", "display": "omitted"}


@pytest.mark.parametrize(
    ("called", "thinks"),
    [
        pytest.param([THOUGHT, CALL], True, id="with its thoughts"),
        pytest.param([{"type": "redacted_thinking", "data": "x"}, CALL], True, id="with hidden ones"),
        pytest.param([CALL], False, id="without"),
        pytest.param("Hm.", False, id="of words"),
        pytest.param([{"type": ["thinking"]}, CALL], False, id="of no type"),
    ],
)
def test_who_goes_on_after_calls_thinks_if_it_did_before(called: object, thinks: bool) -> None:
    turns = [*ASKED["messages"], {"role": "assistant", "content": called}, RESULT]
    told, lost = thought_as(ASKED | ADAPTIVE | {"messages": turns}, "by_budget")
    assert (("thinking" in told), lost) == (thinks, () if thinks else ("thinking",))


@pytest.mark.parametrize("turns", [None, [], [5], [{"role": "user", "content": 5}], [{"content": [5]}]])
def test_turns_in_the_wrong_form_go_on_from_nothing(turns: object) -> None:
    told, _ = thought_as({"max_tokens": 10_000, "messages": turns, **ADAPTIVE}, "by_budget")
    assert told["thinking"] == {"type": "enabled", "budget_tokens": 8000}
