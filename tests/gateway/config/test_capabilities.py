"""What operators say of a model and of its dialect."""

from typing import Any

import pytest

from gateway.config.capabilities import Can
from router.names import Ability
from tests.gateway.config.examples import said

GPT = "destinations.gpt"


def test_every_ability_can_be_stated() -> None:
    assert set(Can.model_fields) == {*Ability.__args__, "reasoning"}  # type: ignore[attr-defined]  # a Literal has arguments


@pytest.mark.parametrize(
    ("edits", "sentences"),
    [
        pytest.param({f"{GPT}.can": {"vision": True, "tools": False}}, [], id="what it can"),
        pytest.param({f"{GPT}.can": {"visoin": True}}, [f"{GPT}.can.visoin: unknown key; did you mean 'vision'?"], id="misspelt"),
        pytest.param({f"{GPT}.quirks": {"without": ["seed"], "called": {"max_tokens": "most"}}}, [], id="a dialect"),
        pytest.param(
            {f"{GPT}.quirks": {"without": "seed"}}, [f"{GPT}.quirks.without: expected a list, got a text"], id="one member, not a list"
        ),
    ],
)
def test_what_is_said(edits: dict[str, Any], sentences: list[str]) -> None:
    assert said(edits) == sentences
