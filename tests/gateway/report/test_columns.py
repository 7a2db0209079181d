import numpy as np

from gateway.report import columns
from gateway.report.columns import Words, ids, requests
from tests.fakes.usage import called, used


def test_rows_become_columns_in_their_order() -> None:
    found = requests([used(path="local", cost=5), used(path="cloud", cost=7, at=2_000.0), used(path="local", cost=9)])
    assert len(found) == 3
    assert [found.path.names[code] for code in found.path.codes] == ["local", "cloud", "local"]
    assert found.cost.tolist() == [5, 7, 9]
    assert found.at.tolist() == [1_000, 2_000, 1_000]
    assert found.tokens.tolist() == [120, 120, 120]


def test_unknown_is_said_to_be_unknown() -> None:
    rows = [used(cost=None, beside=None), used(prompt=None, completion=None), used(completion=None), used(cost=0, first_byte_s=None)]
    found = requests(rows)
    assert found.has_cost.tolist() == [False, True, True, True]
    assert found.is_answered.tolist() == [True, False, False, True]
    assert np.isnan(found.first_byte_s).tolist() == [False, False, False, True]


def test_who_was_never_asked_was_not_asked() -> None:
    assert requests([used(attempts=0), used(attempts=3)]).was_asked.tolist() == [False, True]


def test_requests_with_rows_for_their_attempts_are_known() -> None:
    several = ids([called(request_id="a"), called(request_id="a"), called(request_id="c")])
    assert requests([used(request_id="a"), used(request_id="b")], several).has_calls.tolist() == [True, False]


def test_nothing_is_columns_of_nothing() -> None:
    found = requests([])
    assert len(found) == 0
    assert found.path.names == ()
    assert found.path.counts() == {}
    assert found.cost.sum() == 0


def test_many_rows_are_as_few() -> None:
    rows = [used(tenant=f"t{number % 7}", cost=number) for number in range(columns._CHUNK + 5)]
    found = requests(iter(rows))
    assert len(found) == len(rows)
    assert found.cost.tolist() == [row.cost for row in rows]
    assert found.tenant.names == tuple(f"t{number}" for number in range(7))
    assert sum(found.tenant.counts().values()) == len(rows)


WORDS = Words(("a", "b", "c"), np.array([0, 1, 1, 2, 1], np.int64))


def test_words_are_counted_the_most_frequent_first() -> None:
    assert list(WORDS.counts().items()) == [("b", 3), ("a", 1), ("c", 1)]
    assert WORDS.counts(WORDS.codes > 0) == {"b": 3, "c": 1}
    assert WORDS.of("a", "c", "x").tolist() == [True, False, False, True, False]
    assert WORDS.of("x").tolist() == [False] * 5


def test_sums_by_word_are_exact() -> None:
    values = np.array([2**52, 3, 4, 0, 5], np.int64)
    assert WORDS.sums(values) == {"a": 2**52, "b": 12, "c": 0}
    assert WORDS.sums(values, WORDS.codes == 1) == {"a": 0, "b": 12, "c": 0}
