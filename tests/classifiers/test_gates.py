import re

import pytest

from classifiers.gates import characters, has, ways


@pytest.mark.parametrize(
    ("pattern", "apart"),
    [
        pytest.param("a", ("a",), id="one way"),
        pytest.param("a|b|a", ("a", "b"), id="alternatives, each once"),
        pytest.param("(?i)(?:a|b(c|d))x", ("(?i)ax", "(?i)bcx", "(?i)bdx"), id="a first group, and those in it behind one atom"),
        pytest.param(r"\b(?i:a|b)c", (r"\b(?i:a)c", r"\b(?i:b)c"), id="a group with a flag keeps it"),
        pytest.param("(?i)(?-i:a|b)c", ("(?i)(?-i:a)c", "(?i)(?-i:b)c"), id="and a group without one"),
        pytest.param("[a-z](?:A|B)?q", ("[a-z](?:A|B)?q",), id="a group that may be missing is left"),
        pytest.param("x(?:a|b){2}", ("x(?:a|b){2}",), id="and one that stands there more than once"),
        pytest.param("xy(?:a|b)", ("xy(?:a|b)",), id="and one that stands further on"),
        pytest.param(r"[(|]|\(|\x{7c}", ("[(|]", r"\(", r"\x{7c}"), id="signs in a class, or behind a backslash, are themselves"),
        pytest.param(r"\Qa|b\E", (r"\Qa|b\E",), id="a quotation is left"),
        pytest.param("(?P<n>a|b)", ("(?P<n>a|b)",), id="a named group, too"),
        pytest.param("[[:alpha:]|x]|y", ("[[:alpha:]|x]|y",), id="and a named class"),
        pytest.param("|".join(map(str, range(500))), ("|".join(map(str, range(500))),), id="too many ways"),
    ],
)
def test_a_pattern_is_taken_apart(pattern: str, apart: tuple[str, ...]) -> None:
    assert ways(pattern) == apart


def test_a_group_that_is_not_closed_is_no_pattern() -> None:
    with pytest.raises(ValueError, match="not closed"):
        ways("(?:a")


@pytest.mark.parametrize(
    ("pattern", "is_sure"),
    [
        pytest.param(r"\d", True, id="a digit"),
        pytest.param(r"(?i)a[0-9]+", True, id="one or more"),
        pytest.param(r"a\d*", False, id="none or more"),
        pytest.param(r"a\d?b", False, id="perhaps"),
        pytest.param(r"a\d{0,3}", False, id="none to three"),
        pytest.param(r"a\d{2,3}b", True, id="two or three"),
        pytest.param(r"a(?:b\d|[1-5]{2})c", True, id="in both ways"),
        pytest.param(r"a\d|b", False, id="in one of two ways"),
        pytest.param(r"(?:a\d)?", False, id="in a group that may be missing"),
        pytest.param(r"(?i:a\d)b", True, id="in a group with a flag"),
        pytest.param(r"(?i)a(?-i:b\d)", True, id="in a group without one"),
        pytest.param(r"(?P<d1>a)", False, id="in a group's name"),
        pytest.param(r"[0-9a]", False, id="a class that has more"),
        pytest.param(r"[^a]\w\D.\pN", False, id="classes without an end"),
    ],
)
def test_what_no_match_goes_without(pattern: str, *, is_sure: bool) -> None:
    digits = frozenset("0123456789")
    assert has(pattern, lambda atom, least: least > 0 and bool(those := characters(atom)) and (those or digits) <= digits) is is_sure


@pytest.mark.parametrize(
    ("atom", "those"),
    [
        pytest.param("a", frozenset("a"), id="a letter"),
        pytest.param(r"[a-c\d-]", frozenset("abc0123456789-"), id="a class"),
        pytest.param(r"\.", frozenset("."), id="a sign"),
        pytest.param("ü", None, id="beyond ASCII"),
        pytest.param("[^a]", None, id="all but some"),
        pytest.param(r"[\W]", None, id="a class of all but some"),
        pytest.param(r"\b", None, id="a border"),
        pytest.param("^", None, id="an edge"),
    ],
)
def test_the_characters_of_an_atom(atom: str, those: frozenset[str] | None) -> None:
    assert characters(atom) == those
    assert those is None or all(re.fullmatch(atom, each) for each in those)
