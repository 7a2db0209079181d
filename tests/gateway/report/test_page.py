"""The page is whole, needs nothing from anywhere, and has both colour schemes; nothing in it is taken for markup."""

import re
from html.parser import HTMLParser

import pytest
from typing_extensions import override

from gateway.report.charts import Bar, bars
from gateway.report.document import Chart, Document, Section, Table, Tile
from gateway.report.page import page
from gateway.report.style import PATTERNS, STYLE

NASTY = "<img src=x onerror=alert(1)>&\"'"
VOID = {"meta", "path", "rect", "circle", "line", "polyline", "br"}


def chart(width: int) -> str:
    return bars("Cost", NASTY, [Bar(NASTY, 1.0, NASTY, "spent")], width)


REPORT = Document(
    NASTY,
    NASTY,
    (NASTY, "Say `tidegate report`, or ` alone."),
    (Tile(NASTY, NASTY, NASTY, "good"), Tile("Spent", "$1", "")),
    (
        Section(
            NASTY,
            (NASTY,),
            (Chart(NASTY, NASTY, chart), Table((NASTY, NASTY), ((NASTY, NASTY), ("all", "2")), NASTY, total=True, parts=(0.5, 7.0))),
            (NASTY,),
        ),
    ),
)


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    @override
    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    @override
    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    @override
    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def read() -> Reader:
    reader = Reader()
    reader.feed(page(REPORT))
    reader.close()
    return reader


def test_every_tag_is_closed_in_order(read: Reader) -> None:
    assert read.open == []


def test_names_are_never_markup(read: Reader) -> None:
    assert not {"img", "script", "link", "iframe", "object"} & {tag for tag, _ in read.tags}
    assert not [name for _, attributes in read.tags for name in attributes if name.startswith("on") or name in {"src", "href"}]
    assert read.text.count(NASTY) >= 12


def test_nothing_comes_from_anywhere() -> None:
    found = page(REPORT)
    assert "//" not in found
    assert "@import" not in found
    assert set(re.findall(r"url\(([^)]*)\)", found)) <= {f"#hatch-{name}" for name in re.findall(r'id="hatch-(\w+)"', PATTERNS)}
    assert "default-src 'none'" in found


def test_there_are_both_colour_schemes_paper_and_narrow_screens(read: Reader) -> None:
    assert "color-scheme: light dark" in STYLE
    for asked in ("prefers-color-scheme: dark", "@media print", "max-width"):
        assert asked in STYLE
    dark = STYLE.partition("prefers-color-scheme: dark")[2].partition("@media print")[0]
    assert set(re.findall(r"(--[\w-]+):", dark)) == set(re.findall(r"(--[\w-]+):", STYLE)), "every colour has a dark one"
    assert set(re.findall(r"var\((--[\w-]+)\)", STYLE)) <= set(re.findall(r"(--[\w-]+):", STYLE))
    assert sum(tag == "svg" for tag, _ in read.tags) == 3, "patterns, a wide chart and a narrow one"


def test_what_is_typed_is_set_apart(read: Reader) -> None:
    assert "<code>tidegate report</code>, or ` alone." in page(REPORT)


def test_tables_say_what_their_cells_are(read: Reader) -> None:
    assert [attributes.get("scope") for tag, attributes in read.tags if tag == "th"] == ["col", "col", "row", "row"]
    assert [attributes["style"] for tag, attributes in read.tags if attributes.get("class") == "part"] == ["width:50.0%", "width:100.0%"]
    assert [attributes for tag, attributes in read.tags if attributes.get("class") == "total"]


def test_a_page_without_anything_is_a_page() -> None:
    assert "<h1>Week 1</h1>" in page(Document("Report", "week 1", ("Nothing.",), ()))
