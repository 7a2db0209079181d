from itertools import pairwise

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from classifiers.kinds import OverBudget
from classifiers.normalise.view import CUT, REACH, View, linear, spans
from classifiers.work import Work

CUTS = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 4), st.text("xyz", max_size=6)), max_size=5)


def rewritten(text: str, cuts: list[tuple[int, int, str]]) -> View:
    """The text with stretches replaced: so many characters on, so many long, by what."""
    changes, at = [], 0
    for gap, length, read in cuts:
        start = min(at + gap, len(text))
        at = min(start + length, len(text))
        if start < at:  # no rule puts something where nothing stood
            changes.append((start, at, read))
    return View(text).rewritten(lambda _: changes, Work())


@given(st.text("abc", min_size=1, max_size=20), CUTS, CUTS)
def test_offsets_of_two_passes_are_monotone_and_cover_what_was_replaced(
    text: str, first: list[tuple[int, int, str]], second: list[tuple[int, int, str]]
) -> None:
    view = rewritten(text, first)
    inner = rewritten(view.text, second)
    both = View(inner.text, (*view.layers, *inner.layers))
    spans = [both.original(at, at + 1) for at in range(len(both.text))]
    assert all(0 <= start <= end <= len(text) for start, end in spans)
    assert all(left[0] <= right[0] and left[1] <= right[1] for left, right in pairwise(spans))
    assert all(text[start:end] == both.text[at] for at, (start, end) in enumerate(spans) if both.text[at] in "abc")


def test_what_was_replaced_leads_back_to_all_of_it() -> None:
    view = View("my 4 1 1 1 here").rewritten(lambda _: [(3, 10, "4111")], Work())
    assert view.text == "my 4111 here"
    assert view.original(3, 7) == view.original(4, 5) == (3, 10)


def test_without_changes_it_is_the_same_view() -> None:
    view = View("text")
    assert view.rewritten(lambda _: (), Work()) is view


def test_changes_cost_work() -> None:
    with pytest.raises(OverBudget):
        View("a" * 1_000).rewritten(lambda text: ((at, at + 1, "b") for at in range(len(text))), Work(100))


WORDS = "some words in a row that say nothing at all, " * 60


def test_what_changed_is_read_again_with_what_stands_near() -> None:
    text = f"{WORDS}4-1-1-1{WORDS}and 5-5-5{WORDS}"
    places = [(text.index("4-1"), text.index("4-1") + 7, "4111"), (text.index("5-5"), text.index("5-5") + 5, "555")]
    view = View(text).rewritten(lambda _: places, Work()).around(Work())
    before, first, second, behind = view.text.split(CUT)
    assert before == behind == ""
    assert "4111" in first
    assert "555" in second
    assert all(2 * REACH <= len(stretch) <= 3 * REACH for stretch in (first, second))
    assert all(
        stretch.startswith(("some ", "words ", "in ", "a ", "row ", "that ", "say ", "nothing ", "at ", "all,"))
        for stretch in (first, second)
    )
    at = view.text.index("555")
    assert text[slice(*view.original(at, at + 3))] == "5-5-5"
    assert text[slice(*view.original(at - 5, at))] == " and "
    assert view.changed == ()


def test_what_changed_before_a_pass_counts_after_it() -> None:
    text = WORDS + "x1x" + WORDS
    view = View(text).rewritten(lambda text: [(text.index("1"), text.index("1") + 1, "one")], Work())
    view = view.rewritten(lambda _: [(0, 4, "a few")], Work())
    assert [view.text[start:end] for start, end in view.changed] == ["a few", "one"]


def test_what_changed_nearly_everywhere_is_read_as_a_whole() -> None:
    view = View("ab" * 500).rewritten(lambda text: [(at, at + 1, "c") for at in range(0, len(text), 50)], Work())
    assert view.around(Work()) is view


def test_a_stretch_without_blanks_is_cut_anywhere() -> None:
    view = View("x" * 5_000).rewritten(lambda _: [(2_500, 2_501, "y")], Work()).around(Work())
    assert view.text == CUT + "x" * REACH + "y" + "x" * REACH + CUT


@pytest.mark.parametrize("text", ["a b a", "ä b a"])
def test_spans_are_those_of_the_text(text: str) -> None:
    assert list(spans(linear("[a-z]"), text)) == [(at, at + 1) for at, sign in enumerate(text) if sign in "ab"]


def test_a_view_hides_its_text() -> None:
    assert "canary" not in repr(View("canary"))


def test_patterns_are_linear() -> None:
    assert linear("a+").search("baa").span() == (1, 3)
    with pytest.raises(re2.error):
        linear("(?=a)")
