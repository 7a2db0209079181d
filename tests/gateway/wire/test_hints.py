from typing import Any

import pytest

from gateway.errors import BadRequest
from gateway.wire.hints import HINTED, hints_of


@pytest.mark.parametrize(
    ("fields", "shifts"),
    [
        pytest.param({}, {}, id="none"),
        pytest.param({"metadata": None, "reasoning": None, "reasoning_effort": None}, {}, id="null"),
        pytest.param({"metadata": {"quality": 7}}, {"quality": 0.8}, id="a number"),
        pytest.param({"metadata": {"quality": "2.5"}}, {"quality": -1.0}, id="a number in a text, as in OpenAI's metadata"),
        pytest.param({"metadata": {"quality": " 10 "}}, {"quality": 2.0}, id="with blanks"),
        pytest.param({"metadata": {"quality": 5}}, {}, id="the usual"),
        pytest.param({"metadata": {"quality": "high"}}, {}, id="somebody else's text"),
        pytest.param({"metadata": {"quality": "nan"}}, {}, id="no number"),
        pytest.param({"metadata": {"quality": True}}, {}, id="nor is true"),
        pytest.param({"metadata": {"quality": [7]}}, {}, id="nor a list"),
        pytest.param({"metadata": ["quality", 7]}, {}, id="metadata that is no object"),
        pytest.param({"reasoning_effort": "high"}, {"reasoning_effort": 0.75}, id="effort"),
        pytest.param({"reasoning": {"effort": "minimal"}}, {"reasoning_effort": -1.0}, id="effort in an object"),
        pytest.param({"reasoning": {"effort": "high"}, "reasoning_effort": "low"}, {"reasoning_effort": -0.5}, id="the plain one counts"),
        pytest.param({"reasoning": "high", "reasoning_effort": 3}, {}, id="what is no effort"),
        pytest.param(
            {"metadata": {"quality": 6}, "reasoning_effort": "low"}, {"quality": 0.4, "reasoning_effort": -0.5}, id="both"
        ),
    ],
)  # fmt: skip
def test_what_is_asked_for(fields: dict[str, Any], shifts: dict[str, float]) -> None:
    assert dict(hints_of(fields)) == pytest.approx(shifts)
    assert fields.keys() <= HINTED


@pytest.mark.parametrize("quality", [10.5, -1, "11", "-0.5", 10**30])
def test_a_number_beyond_the_scale_is_a_mistake(quality: object) -> None:
    with pytest.raises(BadRequest) as caught:
        hints_of({"metadata": {"quality": quality}})
    assert (caught.value.code, caught.value.param) == ("bad_field", "metadata.quality")
    assert str(quality) not in str(caught.value)


def test_a_key_has_its_limits() -> None:
    assert sum(shift for _, shift in hints_of({"metadata": {"quality": 10}}, (0, 7))) == pytest.approx(0.8)
    assert dict(hints_of({}, (0, 3))) == pytest.approx({"limit": -0.8})
