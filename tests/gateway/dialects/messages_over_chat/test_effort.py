from typing import Any

import pytest

from gateway.dialects.messages_over_chat.effort import effort
from gateway.dialects.reading import Lost
from gateway.errors import BadRequest


def enabled(budget: object) -> dict[str, object]:
    return {"type": "enabled", "budget_tokens": budget}


BUDGET = ("thinking.budget_tokens",)


@pytest.mark.parametrize(
    ("fields", "said", "lost"),
    [
        pytest.param({}, None, (), id="nothing is asked"),
        pytest.param({"thinking": None, "output_config": None}, None, (), id="null is nothing"),
        pytest.param({"output_config": {"effort": "max"}}, "max", (), id="an effort"),
        pytest.param({"thinking": {"type": "disabled"}}, "none", (), id="no thoughts"),
        pytest.param({"thinking": {"type": "adaptive"}}, "high", (), id="as it will"),
        pytest.param({"thinking": {"type": "adaptive", "display": "omitted"}, "output_config": {"effort": "low"}}, "low", (), id="both"),
        pytest.param({"thinking": enabled(1_024)}, "low", BUDGET, id="little"),
        pytest.param({"thinking": enabled(4_096)}, "low", BUDGET, id="up to this"),
        pytest.param({"thinking": enabled(4_097)}, "medium", BUDGET, id="more"),
        pytest.param({"thinking": enabled(16_385)}, "high", BUDGET, id="much"),
        pytest.param({"thinking": enabled(31_999), "output_config": {"effort": "low"}}, "low", BUDGET, id="what is named comes first"),
        pytest.param(
            {"thinking": {"type": "disabled"}, "output_config": {"effort": "low"}},
            "none",
            ("output_config.effort",),
            id="not to think comes before",
        ),
        pytest.param({"thinking": {"type": "between_tools"}}, "high", ("thinking.type",), id="where it thinks is its own affair"),
        pytest.param(
            {"thinking": {"type": "adaptive", "style": "x"}, "output_config": {"verbosity": 1}},
            "high",
            ("output_config.verbosity", "thinking.style"),
            id="the rest",
        ),
    ],
)
def test_how_long_to_think(fields: dict[str, Any], said: str | None, lost: tuple[str, ...]) -> None:
    names = Lost()
    assert effort(fields, names) == ({} if said is None else {"reasoning_effort": said})
    assert names.names == lost


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"thinking": "on"}, "thinking"),
        ({"thinking": {"type": "on"}}, "thinking.type"),
        ({"thinking": {"type": "enabled"}}, "thinking.budget_tokens"),
        ({"thinking": enabled(0)}, "thinking.budget_tokens"),
        ({"output_config": []}, "output_config"),
        ({"output_config": {"effort": "utmost"}}, "output_config.effort"),
        ({"output_config": {"effort": 5}}, "output_config.effort"),
    ],
)
def test_another_form_is_refused(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        effort(fields, Lost())
    assert refusal.value.param == param
