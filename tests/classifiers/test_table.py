import re

import pytest
import re2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from classifiers.kinds import Detector, make_detector
from classifiers.patterns import (
    addresses,
    contact,
    credentials,
    crypto,
    devices,
    documents,
    europe,
    health,
    identity,
    money,
    online,
    person,
    phones,
    tax,
    vehicles,
    world,
)
from classifiers.scan import Row
from classifiers.sieve import Sieve, _compiled
from classifiers.table import FEW, Table, complete, fuse, prepare
from classifiers.work import Work

FAMILIES = (
    addresses,
    contact,
    credentials,
    crypto,
    devices,
    documents,
    europe,
    health,
    identity,
    money,
    online,
    person,
    tax,
    vehicles,
    world,
)
ROWS = (*phones.rows(("US", "DE")), *(row for family in FAMILIES for row in family.rows()))
GATED = sorted({(gate, row.pattern) for row in ROWS for gate in (row.gate or row.pattern, row.also) if gate})
MANY = tuple(Row(f"n{n}", rf"\b{n}\d{{3}}\b", gate=r"\d") for n in range(10, 11 + FEW))
IN_PYTHON = (("\\pL\\pN_", "\\w"), ("\\pL\\pN", "a-zA-Z0-9é"), ("[\\pL", "[a-zA-Zé"), ("\\pL", "[a-zA-Zé]"), ("\\PN", "[^0-9]"))


def categories(detector: Detector, text: str) -> set[str]:
    return {span.category for span in detector.detect(text)}


def python(pattern: str) -> str:
    for theirs, ours in IN_PYTHON:
        pattern = pattern.replace(theirs, ours)
    return pattern


@pytest.mark.long
@pytest.mark.parametrize(("gate", "pattern"), GATED)
def test_whatever_a_row_takes_opens_its_gates(gate: str, pattern: str) -> None:
    sieve, matches = Sieve((gate,)), re2.compile(pattern)
    checks = [row.is_valid for row in ROWS if row.pattern == pattern]

    @settings(max_examples=5, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.from_regex(re.compile(python(pattern)), fullmatch=True))
    def check(text: str) -> None:
        match = matches.search(text)
        if match is not None and any(is_valid is None or is_valid(match.group(1 if matches.groups else 0)) for is_valid in checks):
            assert sieve.sift(text, Work()).opened, text

    check()


def test_more_rows_than_one_automaton_follows_are_all_found() -> None:
    table = Table("table", MANY)
    assert [categories(table, f"a {n}123") for n in (10, 10 + FEW)] == [{"n10"}, {f"n{10 + FEW}"}]


def test_a_pattern_that_re2_cannot_take_is_named() -> None:
    with pytest.raises(ValueError, match="pattern of 'odd'"):
        Table("table", (Row("odd", r"(?=x)"),))


def test_tables_that_are_fused_share_a_sieve_and_find_their_own() -> None:
    words = make_detector("tests.fakes.word_detector", {})
    letters, digits, other = fuse((Table("letters", (Row("a", "a+"),)), Table("digits", (Row("1", "1+"),)), words))
    assert other is words
    assert isinstance(letters, Table)
    assert isinstance(digits, Table)
    assert letters.sieve is digits.sieve
    assert [(table.kind, set(table.categories)) for table in (letters, digits)] == [("letters", {"a"}), ("digits", {"1"})]
    sight = letters.sieve.sift("a 1", Work())
    assert [[span.category for span in table.find(sight, Work())] for table in (letters, digits)] == [["a"], ["1"]]
    assert not list(letters.find(letters.sieve.sift("nothing", Work()), Work()))


def test_a_row_may_ask_for_two_gates() -> None:
    table = Table("table", (Row("both", "[ab]+", gate="a", also="b"),))
    assert [categories(table, text) for text in ("aa", "bb", "ab")] == [set(), set(), {"both"}]


def test_what_was_prepared_is_not_compiled_again() -> None:
    words = make_detector("tests.fakes.word_detector", {})
    table = Table("prepared", (*MANY, Row("own", "p+q+")))
    prepare([words, table])
    before = _compiled.cache_info().misses
    assert categories(table, "10123 pq") == {"n10", "own"}
    assert _compiled.cache_info().misses == before


def test_what_validators_read_is_read_when_told_to_whoever_shares_a_sieve() -> None:
    read: list[str] = []
    table = Table("reads", (Row("own", "p+q+"),), [lambda: read.append("a"), lambda: read.append("b")])
    prepare([table])
    assert read == []
    complete([make_detector("tests.fakes.word_detector", {}), *fuse([table])])
    assert read == ["a", "b"]
