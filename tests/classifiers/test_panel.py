from dataclasses import dataclass

import pytest

from classifiers.kinds import Span, make_detector
from classifiers.panel import LONGEST, TOGETHER, Panel, panel
from classifiers.prompt import Part
from classifiers.scan import Row
from classifiers.table import Table, fuse

SHIPPED = fuse((make_detector("patterns", {}), make_detector("secrets", {})))
LONG = "nothing to see. " * (TOGETHER // 32)
MAIL = "ann@example.org"


@dataclass
class Finds:
    """A detector that is no table, and has no hash."""

    is_slow: bool = False
    kind: str = "finds"
    categories: frozenset[str] = frozenset()

    def detect(self, text: str) -> list[Span]:  # it finds nothing
        return []


def parts(*texts: str) -> tuple[Part, ...]:
    return tuple(Part(text, turn) for turn, text in enumerate(texts))


@pytest.mark.parametrize(
    ("texts", "clear", "is_over"),
    [
        pytest.param((), [], True, id="no part"),
        pytest.param(("nothing",), [0], True, id="one part"),
        pytest.param((MAIL,), [], False, id="one part that shows something"),
        pytest.param(("nothing", "to see", "here"), [0, 1, 2], True, id="short ones"),
        pytest.param(("naïve", "»Übermut«"), [0, 1], True, id="letters of others"),
        pytest.param(("na\u200bive", "x"), [], False, id="letters that nobody sees"),
        pytest.param(("pa\u017fsword: x", "x"), [], False, id="letters that are ours in capitals"),
        pytest.param(("\ud800", "x"), [], False, id="no text"),
        pytest.param(("nothing", f"to {MAIL}", "here"), [], False, id="short ones of which one shows something"),
        pytest.param((LONG, LONG, LONG, MAIL), [0, 1], False, id="those apart from what shows something"),
        pytest.param((LONG, LONG, LONG), [0, 1, 2], True, id="several at a time"),
        pytest.param(("x", LONG * 3, MAIL), [0, 1], False, id="a long one is looked at alone"),
        pytest.param(("x", "nothing " * (LONGEST // 8 + 1), "y"), [0, 2], False, id="one that is too long is read by itself"),
    ],
)
def test_a_look_says_where_there_is_nothing_to_be_seen(texts: tuple[str, ...], clear: list[int], *, is_over: bool) -> None:
    look = Panel(SHIPPED).look(parts(*texts))
    assert (sorted(look.clear), look.is_over) == (clear, is_over)


@pytest.mark.parametrize(
    ("texts", "clear", "is_over"),
    [
        pytest.param(("in 2024", "x", "row 7"), [0, 1, 2], True, id="they mean nothing"),
        pytest.param(("badge", "row 7"), [0, 1], False, id="apart from words that mean something beside them"),
        pytest.param(("badge", "x", "y", "row 7"), [0, 1, 2, 3], False, id="one border shows something"),
        pytest.param(("badge 7", "x"), [1], False, id="beside such a word"),
    ],
)
def test_figures_are_looked_at_apart(texts: tuple[str, ...], clear: list[int], *, is_over: bool) -> None:
    look = Panel(fuse((Table("mine", (Row("staff", r"badge \d", gate="badge"),)),))).look(parts(*texts))
    assert (sorted(look.clear), look.is_over) == (clear, is_over)


@pytest.mark.parametrize(
    ("texts", "clear"),
    [
        pytest.param(("my bad", "ge is", LONG, LONG), [0, 1, 2, 3], id="among long ones"),
        pytest.param(("my bad", "ge is"), [], id="among short ones"),
    ],
)
def test_borders_that_show_something_are_left_to_be_read(texts: tuple[str, ...], clear: list[int]) -> None:
    look = Panel(fuse((Table("mine", (Row("staff", "badge"),)),))).look(parts(*texts))
    assert (sorted(look.clear), look.is_over) == (clear, False)
    assert [one.text[:11] for one in look.borders or ()] == ["my badge is"]


def test_borders_need_not_be_looked_at() -> None:
    look = Panel(SHIPPED).look(parts("a", "b"), at_borders=False)
    assert (sorted(look.clear), look.is_over, look.borders) == ([0, 1], False, None)
    assert Panel(SHIPPED).look((Part("a", 0, 0, "name"), Part("b"))).is_over


def test_without_detectors_there_is_nothing_to_be_seen() -> None:
    look = Panel(()).look(parts(MAIL, "x"))
    assert (sorted(look.clear), look.is_over) == ([0, 1], True)


@pytest.mark.parametrize(
    "detectors",
    [
        pytest.param((*SHIPPED, Finds()), id="one that looks for itself"),
        pytest.param((make_detector("patterns", {}), make_detector("secrets", {})), id="tables that were not fused"),
        pytest.param(fuse((Table("mine", (Row("ab", "^ab"),)),)), id="one that asks for a text's beginning"),
    ],
)
def test_what_the_sieve_does_not_speak_for_is_not_looked_at(detectors: tuple[Finds | Table, ...]) -> None:
    look = Panel(detectors).look(parts("a", "b"))
    assert (sorted(look.clear), look.is_over) == ([], False)


def test_a_panel_knows_who_is_quick_and_who_looks_for_itself() -> None:
    slow = Finds(is_slow=True)
    made = Panel([*SHIPPED, slow])
    assert (made.quick, made.others) == (SHIPPED, (slow,))


def test_the_panel_of_a_plan_is_made_once() -> None:
    assert panel(SHIPPED) is panel(SHIPPED)
    assert panel((Finds(),)).others == (Finds(),)
    assert panel([*SHIPPED]).detectors == SHIPPED
