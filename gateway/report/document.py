"""A report as a document: sentences, tables and charts, before anybody decides whether it becomes Markdown or a page. All plain text."""

from collections.abc import Callable
from dataclasses import dataclass, field

Draw = Callable[[int], str]
"""Draws a chart as SVG, so many pixels wide."""


@dataclass(frozen=True, slots=True)
class Table:
    """Cells as they are read. The first column is words, the others numbers, but `words` further ones. `total`: the last row is a sum.

    `parts` has the length of a bar behind the first cell of each row, 0 to 1; empty: no bars.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""
    words: int = 0
    total: bool = False
    parts: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture; `text` says what is to be seen, for who does not see it."""

    title: str
    text: str
    draw: Draw


@dataclass(frozen=True, slots=True)
class Tile:
    """One large number: what it is, and what to know about it. `mood`: good, bad, or neither."""

    name: str
    value: str
    note: str
    mood: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A chapter: sentences first, then what shows them, then `notes` for who wants to know exactly."""

    title: str
    said: tuple[str, ...] = ()
    shown: tuple[Table | Chart, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A report: what it is of, the sentences for who reads nothing else, the large numbers, the chapters."""

    title: str
    of: str
    headline: tuple[str, ...]
    tiles: tuple[Tile, ...]
    sections: tuple[Section, ...] = field(default=())
