import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers import scan
from classifiers.kinds import OverBudget
from classifiers.scan import Row, gated, leave_out
from classifiers.table import Table
from classifiers.work import MAX_WORK

NUMBER = Row("number", r"\b\d{4}\b")


def found(row: Row, text: str) -> list[str]:
    return [text[span.start : span.end] for span in Table("table", (row,)).detect(text)]


@pytest.mark.parametrize(
    ("row", "text", "finds"),
    [
        pytest.param(NUMBER, "in 1234 and 5678.", ["1234", "5678"], id="each place"),
        pytest.param(NUMBER, "a 12", [], id="too short to look at"),
        pytest.param(NUMBER, "nothing here", [], id="no hit"),
        pytest.param(NUMBER, "größer 1234 ünd 5678", ["1234", "5678"], id="offsets are in characters"),
        pytest.param(NUMBER, "a \ud800 lone surrogate 1234", ["1234"], id="a lone surrogate keeps the offsets"),
        pytest.param(Row("x", r"key=(\d+)"), "the key=1234", ["1234"], id="a group is the span"),
        pytest.param(Row("x", r"\d{4}", lambda value: value == "5678"), "1234 5678", ["5678"], id="the check decides"),
        pytest.param(
            Row("x", r"\b\d{3} \d{3}\b", lambda value: value == "222 333"),
            "111 222 333",
            ["222 333"],
            id="looked at again from the second word",
        ),
        pytest.param(
            Row("x", r"\b\d{3} \d{3}\b", lambda value: value == "222 333", is_bounded=False),
            "111 222 333 444",
            [],
            id="not again when unbounded",
        ),
        pytest.param(
            Row("x", r"\d[\d ]+", lambda value: value == "123456", shrinks=True), "x123456 78 9", ["123456"], id="cut word by word"
        ),
        pytest.param(Row("x", r"\d[\d ]+", lambda value: value == "0", shrinks=True), "x1234567 8 9", [], id="cut in vain"),
        pytest.param(
            Row("x", r"\b\d[\d ]+", lambda value: value == "0", shrinks=True), "12345678 1 2 3 4 5 6", [], id="cut no more than a few times"
        ),
        pytest.param(Row("x", r"\d{4}", context="pin"), "the pin is 1234", ["1234"], id="a word before confirms"),
        pytest.param(Row("x", r"\d{4}", context="pin"), "1234 is my PIN", ["1234"], id="a word behind confirms"),
        pytest.param(Row("x", r"\d{4}", context="pin"), "spin 1234", [], id="half a word does not"),
        pytest.param(
            Row("x", r"\d{4}", context=r"pin\b"), "1234" + " " * 27 + "pinned", ["1234"], id="half a word far away is taken for one"
        ),
        pytest.param(Row("x", r"\d{4}", context="pin"), "pin" + " " * 80 + "1234", [], id="a word far away does not"),
        pytest.param(Row("x", r"\b\d{4}\b", stands_alone=True), "0.1234", [], id="a decimal is no number"),
        pytest.param(Row("x", r"\b\d{4}\b", stands_alone=True), "abc-1234", [], id="nor the end of a token"),
        pytest.param(Row("x", r"\b\d{4}\b", stands_alone=True), "v 1234.5", [], id="nor the head of a version"),
        pytest.param(Row("x", r"\b\d{4}\b", stands_alone=True), "It was 1234. Then.", ["1234"], id="the end of a sentence is no version"),
    ],
)
def test_rows(row: Row, text: str, finds: list[str]) -> None:
    assert found(row, text) == finds


def test_offsets_may_go_back() -> None:
    offsets = scan._Offsets("ééé1é2".encode(), is_ascii=False)
    assert offsets(6, 7) == (3, 4)
    assert offsets(2, 4) == (1, 2)


def test_the_first_row_of_a_shape_that_takes_a_candidate_names_it() -> None:
    rows = (Row("even", r"\b\d{6}\b", lambda value: int(value) % 2 == 0), Row("any", r"\b\d{6}\b"))
    assert [span.category for span in Table("table", rows).detect("123456 123457")] == ["even", "any"]


def test_no_rows_find_nothing() -> None:
    assert list(Table("table", ()).detect("whatever 1234")) == []
    assert Table("table", ()).categories == frozenset()


def test_too_much_work_is_said() -> None:
    row = Row("x", r"\b\d{4}\b", lambda _: False, cost=MAX_WORK // 3)
    with pytest.raises(OverBudget, match="too many candidates"):
        list(Table("table", (row,)).detect("1234 " * 10))


def test_what_was_found_before_the_end_of_the_budget_is_kept() -> None:
    spans = iter(Table("table", (Row("x", r"\b\d{4}\b", str.isdigit, cost=MAX_WORK // 4),)).detect("1234 " * 10))
    assert [next(spans).start for _ in range(3)] == [0, 5, 10]
    with pytest.raises(OverBudget):
        next(spans)


def test_a_long_candidate_costs_more() -> None:
    assert found(Row("x", "a+b"), "a" * 1_000 + "b")
    with pytest.raises(OverBudget):
        found(Row("x", "a+b"), "a" * 1_000_000 + "b")


def test_rows_get_a_gate_unless_they_have_one() -> None:
    assert [row.gate for row in gated("a", (NUMBER, Row("x", "bc", gate="b")))] == ["a", "b"]


def test_categories_can_be_left_out() -> None:
    rows = (NUMBER, Row("word", "[a-z]+"))
    assert leave_out(rows, ["word"]) == (NUMBER,)
    assert leave_out(rows, ()) == rows


@pytest.mark.parametrize("without", [["nunber"], "number"], ids=["an unknown category", "a string where a list belongs"])
def test_leaving_out_what_is_not_there_is_refused(without: list[str]) -> None:
    with pytest.raises(ValueError, match="it takes a list of: number"):
        leave_out((NUMBER,), without)


@settings(deadline=None)  # the first pass compiles
@given(st.text(st.sampled_from("é1 漢2345-."), max_size=40))
def test_offsets_are_those_of_the_text(text: str) -> None:
    for span in Table("table", (Row("n", r"\d\d\d"),)).detect(text):
        assert text[span.start : span.end].isdigit()
