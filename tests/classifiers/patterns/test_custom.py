"""An operator's own patterns: what they find, and how a bad one is refused with its place and what to do."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from stdnum import damm, luhn, verhoeff
from stdnum.iso7064 import mod_97_10

from classifiers.patterns import custom
from classifiers.table import Table
from tests.fakes.checked import completed, spoilt


def found(added: Sequence[Mapping[str, object]], text: str) -> list[tuple[str, str]]:
    return [(span.category, text[span.start : span.end]) for span in Table("table", custom.rows(added)).detect(text)]


BADGE = {"category": "badge", "pattern": r"BDG-\d{6}"}


@pytest.mark.parametrize(
    ("added", "text", "value"),
    [
        pytest.param(BADGE, "it is BDG-123456 there", "BDG-123456", id="a pattern"),
        pytest.param(BADGE | {"pattern": r"(?i)badge (\d{6})"}, "it is Badge 123456 there", "123456", id="a group is what is found"),
        pytest.param(BADGE | {"context": ["door", "gate"]}, "the gate: BDG-123456", "BDG-123456", id="a word near"),
        pytest.param(BADGE | {"context": "door"}, "BDG-123456 opens the door", "BDG-123456", id="one word behind"),
        pytest.param(BADGE | {"pattern": r"\b\d{3}-\d{6}\b", "check": "luhn"}, f"it is {(value := completed('123-45678?', lambda v: luhn.is_valid(v.replace('-', ''))))}", value, id="a check digit"),
        pytest.param(BADGE | {"pattern": "ПРОПУСК-[0-9]{4}"}, "это ПРОПУСК-1234 тут", "ПРОПУСК-1234", id="another script"),
    ],
)  # fmt: skip
def test_found(added: Mapping[str, object], text: str, value: str) -> None:
    assert found([added], text) == [("badge", value)]


@pytest.mark.parametrize(
    ("added", "text"),
    [
        pytest.param(BADGE, "it is BDG-12345 there", id="too short"),
        pytest.param(BADGE | {"context": ["door"]}, "it is BDG-123456 there", id="no word near"),
    ],
)
def test_not_found(added: Mapping[str, object], text: str) -> None:
    assert found([added], text) == []


@pytest.mark.parametrize(
    ("check", "is_valid"),
    [("luhn", luhn.is_valid), ("verhoeff", verhoeff.is_valid), ("damm", damm.is_valid), ("mod97", mod_97_10.is_valid)],
)
def test_a_check_digit_must_be_right(check: str, is_valid: Any) -> None:
    row = {"category": "badge", "pattern": r"\b\d{10}\b", "check": check}
    assert found([row], f"it is {completed('12345678??', is_valid)}")
    assert not found([row], f"it is {spoilt('12345678??', is_valid)}")


@pytest.mark.parametrize(
    ("added", "message"),
    [
        pytest.param("badge", "add must be a list of mappings", id="a string"),
        pytest.param(BADGE, "add must be a list of mappings", id="one mapping"),
        pytest.param(7, "add must be a list of mappings", id="a number"),
        pytest.param([BADGE] * 201, "add: at most 200 patterns; join those of a category", id="too many"),
        pytest.param([BADGE, "x"], r"add\[1\] must be a mapping with category and pattern", id="a string among mappings"),
        pytest.param([BADGE | {"colour": "red"}], r"add\[0\]: there is no 'colour'; it takes category, pattern, context, check", id="another key"),
        pytest.param([{"pattern": "x"}], r"add\[0\].category must be a name", id="no category"),
        pytest.param([BADGE | {"category": "Badge No"}], r"add\[0\].category must be a name", id="a category in capitals"),
        pytest.param([BADGE | {"check": "sha1"}], r"add\[0\].check must be one of damm, luhn, mod97, verhoeff", id="another check"),
        pytest.param([{"category": "badge"}], r"add\[0\].pattern must be a string", id="no pattern"),
        pytest.param([BADGE | {"pattern": ""}], r"add\[0\].pattern must be a string", id="an empty pattern"),
        pytest.param([BADGE | {"pattern": "(a"}], r"add\[0\].pattern is not in re2's syntax", id="a parenthesis"),
        pytest.param([BADGE | {"pattern": "(?<=a)b"}], r"add\[0\].pattern is not in re2's syntax", id="look-behind"),
        pytest.param([BADGE | {"pattern": r"(a)\1"}], r"add\[0\].pattern is not in re2's syntax", id="a back-reference"),
        pytest.param([BADGE | {"pattern": "(a)(b)"}], r"add\[0\].pattern has 2 groups; at most one", id="two groups"),
        pytest.param([BADGE | {"pattern": "a*"}], r"add\[0\].pattern can match nothing at all", id="nothing"),
        pytest.param([BADGE | {"pattern": r"\b"}], r"add\[0\].pattern can match nothing at all", id="a border of a word"),
        pytest.param([BADGE | {"pattern": "a" * 1_001}], r"add\[0\].pattern has 1001 characters; at most 1000", id="too long"),
        pytest.param([BADGE | {"pattern": r"\pL{1000}"}], r"add\[0\].pattern is too large", id="too large"),
        pytest.param([BADGE | {"context": 7}], r"add\[0\].context must be a word or a list of words", id="context of a number"),
        pytest.param([BADGE | {"context": ["x", ""]}], r"add\[0\].context must be a word or a list of words", id="an empty word"),
        pytest.param([BADGE | {"context": ["("]}], r"add\[0\].context is not in re2's syntax", id="context that is no pattern"),
    ],
)  # fmt: skip
def test_a_bad_pattern_is_refused(added: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        custom.rows(added)


def test_what_is_refused_is_not_repeated() -> None:
    """A pattern may hold the very thing that it looks for."""
    with pytest.raises(ValueError, match="re2's syntax") as refusal:
        custom.rows([BADGE | {"pattern": "(hunter2"}])
    assert "hunter2" not in str(refusal.value)
