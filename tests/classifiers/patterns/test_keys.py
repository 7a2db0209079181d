import pytest
import re2

from classifiers.patterns.keys import CERTAIN, FORMATS, GATES

PROSE = "The key, the token and the secret of a service are explained in its manual: sk-..., ghp_xxxx, AKIA, xoxb-your-token."


@pytest.mark.parametrize("pattern", (*FORMATS, *CERTAIN))
def test_no_format_matches_what_is_written_about_keys(pattern: str) -> None:
    assert re2.search(pattern, PROSE) is None


def test_a_gate_belongs_to_a_format_and_no_certain_one_is_looked_at_twice() -> None:
    assert set(GATES) <= set(FORMATS)
    assert not set(CERTAIN) & set(FORMATS)
