import pytest

from tests.gateway.config.examples import said


@pytest.mark.parametrize(
    ("quality", "problem"),
    [
        pytest.param({"min": 7}, "", id="a least"),
        pytest.param({"min": 5, "max": 5}, "", id="one only"),
        pytest.param({"min": 7, "max": 3}, "`min` is above `max`", id="the wrong way round"),
        pytest.param({"max": 11}, "10", id="beyond the scale"),
        pytest.param({"most": 7}, "most", id="another word"),
    ],
)
def test_limits_of_quality(quality: dict[str, float], problem: str) -> None:
    found = said({"keys[0].quality": quality})
    assert problem in " ".join(map(str, found))
    assert bool(found) == bool(problem)
