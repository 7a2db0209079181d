import itertools
import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.report.charts import Bar, Series, Span, bars, columns, lines, spans, spread, ticks

WIDTHS = (880, 350)
NASTY = "<script>&\"'"


def drawn(width: int) -> list[str]:
    series = [Series(NASTY, [3.0, 0.0], "local"), Series("cloud", [1.0, 2.0], "cloud")]
    return [
        bars("Cost", NASTY, [Bar(NASTY, 3.0, "$3", "spent"), Bar("all at gpt", 5.0, "$5", "baseline", 4.0, 6.5)], width),
        columns("By day", NASTY, [NASTY, "Tue"], series, lambda value: f"${value:.0f}", width),
        lines("By hour", NASTY, [(0, NASTY), (1, "Tue")], series, str, width),
        spans("Speed", NASTY, [Span(NASTY, (0.01, 0.2, 3.0), "local")], str, width),
    ]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("which", range(4))
def test_a_chart_is_svg_that_says_what_it_shows_and_escapes_it(which: int, width: int) -> None:
    picture = drawn(width)[which]
    root = ET.fromstring(picture)
    texts = [element.text for element in root.iter()]
    assert (root.get("role"), root.get("width")) == ("img", str(width))
    assert NASTY in (root.get("aria-label") or "")
    assert NASTY in texts
    assert "<script" not in picture
    assert NASTY in [element.text for element in root.iter("text")], "a name is written beside its mark"


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("which", range(4))
def test_a_chart_stays_in_its_frame(which: int, width: int) -> None:
    picture = drawn(width)[which]
    height = float(ET.fromstring(picture).get("height") or 0)
    assert all(-1 <= float(x) <= width + 1 for x in re.findall(r' (?:x|x1|x2|cx)="([-\d.]+)"', picture))
    assert all(-1 <= float(y) <= height + 1 for y in re.findall(r' (?:y|y1|y2|cy)="([-\d.]+)"', picture))


def test_bars_are_as_long_as_their_values() -> None:
    picture = bars("Cost", "", [Bar("a", 4.0, "4", "spent"), Bar("b", 1.0, "1", "spent"), Bar("c", 0.0, "0", "spent")], 880)
    long = [float(value) for value in re.findall(r'<rect[^>]* width="([\d.]+)"', picture)]
    assert long[0] == pytest.approx(4 * long[1], abs=0.2)
    assert long[2] == 1, "nothing can be seen, too"


def test_columns_are_stacked_without_gaps() -> None:
    picture = columns("x", "", ["a"], [Series("p", [3.0], "local"), Series("q", [1.0], "cloud")], str, 880)
    first, second = [tuple(map(float, found)) for found in re.findall(r'y="([\d.]+)" width="64.0" height="([\d.]+)"', picture)]
    assert first[1] == pytest.approx(3 * second[1], abs=0.3)
    assert second[0] + second[1] == pytest.approx(first[0], abs=0.2)


def test_charts_of_nothing_are_drawn() -> None:
    empty = [Series("p", [0.0], "local")]
    for picture in (columns("x", "", ["a"], empty, str, 880), lines("x", "", [], empty, str, 350)):
        assert ET.fromstring(picture) is not None


@pytest.mark.parametrize(
    ("top", "found"),
    [(0, [0, 1]), (7, [0, 2, 4, 6, 8]), (225, [0, 100, 200, 300]), (0.3, [0, 0.1, 0.2, 0.3]), (1, [0, 0.25, 0.5, 0.75, 1])],
)
def test_axes_have_round_steps(top: float, found: list[float]) -> None:
    assert ticks(top) == pytest.approx(found)


@given(st.lists(st.floats(0, 200), min_size=1, max_size=8))
def test_names_beside_marks_do_not_cover_each_other(wanted: list[float]) -> None:
    placed = sorted(spread(wanted, 17, 0, 200))
    assert all(after - before >= 16.99 for before, after in itertools.pairwise(placed))
    assert placed[-1] <= 200 + 0.01
