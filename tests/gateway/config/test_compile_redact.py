import pytest

from gateway.config.compile_redact import SAFE
from gateway.config.errors import ConfigError
from tests.fakes.gateway import compiled, configuration

LOCAL, CLOUD = "http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"


def test_unless_the_file_says_otherwise_only_what_is_safe_is_masked() -> None:
    assert compiled(configuration(LOCAL, CLOUD)).redacting.categories == SAFE


def test_what_the_file_says_is_masked_instead() -> None:
    redacting = compiled(configuration(LOCAL, CLOUD, {"redact": {"categories": ["email"], "max_share": 0.2, "hint": True}})).redacting
    assert (redacting.categories, redacting.max_share, redacting.hint) == (frozenset({"email"}), 0.2, True)


def test_a_category_that_no_detector_finds_is_a_problem() -> None:
    with pytest.raises(ConfigError) as raised:
        compiled(configuration(LOCAL, CLOUD, {"redact": {"categories": ["emial"]}}))
    [problem] = raised.value.problems
    assert problem.path == "redact.categories[0]"
    assert problem.say == "no chosen detector finds 'emial'; did you mean 'email'?"
