"""The curve as text, SVG, HTML and PNG."""

import importlib.util
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from gateway.cli.curve import HEIGHT, WIDTH, Drawing, Mark, svg, text, write
from gateway.cli.outcomes import LogError
from router.tuning import Outcome, curve

POINTS = curve([Outcome(at / 100, float(at % 4 != 0), float(at % 10 != 0)) for at in range(100)])
DRAWING = Drawing(POINTS, (Mark("now: 0.5", POINTS[500]), Mark("<chosen> & 0.2", POINTS[200])), 0.88)


def test_a_terminal_gets_a_frame_with_marks() -> None:
    lines = text(DRAWING).splitlines()
    plot = [line for line in lines if "│" in line]
    assert len(plot) == HEIGHT + 1
    assert all(len(line) == len("   0.000 │") + WIDTH + 1 for line in plot)
    drawn = "".join(plot)
    assert drawn.count("1") >= 1
    assert "2" in drawn
    assert "-" in drawn
    assert "2 <chosen> & 0.2" in lines[-1]
    assert "asked" not in text(Drawing(POINTS, ()))


def test_a_curve_without_any_height_is_drawn_too() -> None:
    flat = curve([Outcome(0.5, 1.0, 1.0)])
    assert "●" in text(Drawing(flat, ()))
    assert "●" in text(Drawing(curve([Outcome(0.5, 0.0, 0.0)]), (), -0.02))


@pytest.mark.parametrize("floor", [0.88, None, -0.1], ids=str)
def test_the_svg_is_well_formed_and_stays_in_its_frame(floor: float | None) -> None:
    figure = ET.fromstring(svg(Drawing(DRAWING.points, DRAWING.marks, floor)))
    width, height = map(float, figure.attrib["viewBox"].split()[2:])
    (line,) = figure.findall("{*}polyline")
    places = [tuple(map(float, place.split(","))) for place in line.attrib["points"].split()]
    assert all(0 <= x <= width and 0 <= y <= height for x, y in places)
    assert [text.text for text in figure.findall("{*}text") if text.text and "chosen" in text.text] == ["<chosen> & 0.2"]
    assert any("least quality" in (text.text or "") for text in figure.findall("{*}text")) == (floor == 0.88)


def test_files_by_their_ending(tmp_path: Path) -> None:
    write(DRAWING, tmp_path / "a.svg", "")
    assert ET.parse(tmp_path / "a.svg").getroot().tag.endswith("svg")
    write(DRAWING, tmp_path / "a.html", "loss < 2 %")
    page = (tmp_path / "a.html").read_text()
    assert page.startswith("<!doctype html>")
    assert "loss &lt; 2 %" in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", ""), "a page that loads nothing"


def test_a_png_needs_matplotlib(tmp_path: Path) -> None:
    if importlib.util.find_spec("matplotlib") is None:
        with pytest.raises(LogError, match="pip install matplotlib"):
            write(DRAWING, tmp_path / "a.png", "")
    else:
        write(DRAWING, tmp_path / "a.png", "")
        assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
