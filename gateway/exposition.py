"""What a scrape gets: what was counted, as text. Prometheus's format 0.0.4, or OpenMetrics 1.0 with exemplars for who asks for that.

Written here rather than by a library, which takes five to ten times as long: requests would wait for it. Texts come in pieces, so that a
loop that serves requests too can do that in between.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

from gateway.families import FAMILIES
from gateway.processes import Processes
from gateway.series import Exemplar, Family, Labels
from gateway.tally import Count, Spread, Tally

PREFIX = "tidegate_"
AT_ONCE_S = 0.001
"""So long is written before others on the event loop have their turn."""
MOST_KNOWN = 100_000
"""Beginnings of lines that are remembered. There are fewer series than that, but info gauges come with new values."""
_PIECE = 32
_UNITS = ("seconds", "bytes", "ratio")
_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})
_ESCAPES_OF_HELP = str.maketrans({"\\": r"\\", "\n": r"\n"})


class Format(NamedTuple):
    """A format, and how it is called in `content-type`."""

    is_open: bool
    content_type: str


TEXT = Format(is_open=False, content_type="text/plain; version=0.0.4; charset=utf-8")
_OPEN_TYPE, _TEXT_TYPE = "application/openmetrics-text", "text/plain"
_VERSIONS: Mapping[str, tuple[str, ...]] = {_OPEN_TYPE: ("1.0.0", "0.0.1"), _TEXT_TYPE: ("0.0.4", "1.0.0")}
_ESCAPINGS = ("underscores", "allow-utf-8", "dots", "values")
"""Ways to write names that are no plain ones. There are none here, so that all of them come to the same."""


def chosen(accept: str) -> Format:
    """The format that is liked best by who sent this `accept` header. OpenMetrics only for who names it; text for who says nothing."""
    best, most = TEXT, 0.0
    for item in accept.split(","):
        media, *rest = (part.strip().lower() for part in item.split(";"))
        parameters = dict(part.split("=", 1) for part in rest if "=" in part)
        version, liking = parameters.get("version", ""), _liking(parameters.get("q", "1"))
        if media in _VERSIONS and version in ("", *_VERSIONS[media]) and liking > most:
            best, most = Format(media == _OPEN_TYPE, _type(media, version, parameters.get("escaping", ""))), liking
    return best


def _type(media: str, version: str, escaping: str) -> str:
    known = f"; escaping={escaping}" if escaping in _ESCAPINGS else ""
    return f"{media}; version={version or _VERSIONS[media][0]}; charset=utf-8{known}"


def _liking(text: str) -> float:
    try:
        return min(float(text), 1.0)  # NaN is liked less than nothing
    except ValueError:
        return 0.0


class Writer:
    """Writes what was counted. One for each place that is scraped: it remembers how the lines of every series begin."""

    def __init__(self, processes: Processes | None = None) -> None:
        """`processes` are shown, too."""
        self._known: dict[tuple[str, Labels], tuple[str, ...]] = {}
        self._processes = processes

    def text(self, tally: Tally, form: Format = TEXT) -> bytes:
        """All of it at once."""
        return "".join(self._pieces(tally, is_open=form.is_open)).encode()

    async def write(self, tally: Tally, form: Format = TEXT, now: Callable[[], float] = time.perf_counter) -> bytes:
        """All of it, letting others have their turn."""
        pieces, began = list[bytes](), now() - AT_ONCE_S  # to take the tally took its time, too
        for piece in self._pieces(tally, is_open=form.is_open):
            if now() - began >= AT_ONCE_S:
                await asyncio.sleep(0)
                began = now()
            pieces.append(piece.encode())
        return b"".join(pieces)

    def _pieces(self, tally: Tally, *, is_open: bool) -> Iterator[str]:
        if len(self._known) > MOST_KNOWN:
            self._known.clear()
        for family in FAMILIES:
            yield _head(family, is_open=is_open)
            if family.kind == "histogram":
                yield from self._histograms(family, tally.buckets.get(family.name, ()), is_open=is_open)
            else:
                counts = tally.counts if family.kind == "counter" else tally.gauges
                yield from self._numbers(family, counts.get(family.name, ()))
        yield "" if self._processes is None else self._processes.text(is_open=is_open)
        yield "# EOF\n" if is_open else ""

    def _numbers(self, family: Family, rows: Sequence[Count]) -> Iterator[str]:
        known, name = self._known, family.name
        for start in range(0, len(rows), 16 * _PIECE):
            yield "".join(
                [
                    f"{(known.get((name, labels)) or self._begin(family, labels))[0]}{_number(value)}\n"
                    for labels, value in rows[start : start + 16 * _PIECE]
                ]
            )

    def _histograms(self, family: Family, rows: Sequence[Spread], *, is_open: bool) -> Iterator[str]:
        known, name = self._known, family.name
        for start in range(0, len(rows), _PIECE):
            lines = list[str]()
            for labels, counts, total, exemplars in rows[start : start + _PIECE]:
                *buckets, summed, counted = known.get((name, labels)) or self._begin(family, labels)
                numbers = list(accumulate(counts))
                written = [f"{head}{number}" for head, number in zip(buckets, numbers, strict=True)]
                for place, exemplar in exemplars if is_open else ():
                    written[place] += _exemplar(exemplar)
                lines += written
                lines.append(f"{summed}{_number(total)}\n{counted}{numbers[-1]}")
            yield "\n".join([*lines, ""])

    def _begin(self, family: Family, labels: Labels) -> tuple[str, ...]:
        """How the lines of one series begin: all of those of a histogram."""
        pairs = [f'{name}="{value.translate(_ESCAPES)}"' for name, value in zip(family.labels, labels, strict=True)]
        name, plain = PREFIX + family.name, f"{{{','.join(pairs)}}}" if pairs else ""
        if family.kind == "histogram":
            bounds = [f'le="{bound}"' for bound in (*family.buckets, "+Inf")]
            buckets = [f"{name}_bucket{{{','.join([*pairs, bound])}}} " for bound in bounds]
            heads = (*buckets, f"{name}_sum{plain} ", f"{name}_count{plain} ")
        else:
            heads = (f"{name}{plain} ",)
        self._known[family.name, labels] = heads
        return heads


def _head(family: Family, *, is_open: bool) -> str:
    name = PREFIX + (family.name.removesuffix("_total") if is_open else family.name)
    say = family.help.translate(_ESCAPES if is_open else _ESCAPES_OF_HELP)
    unit = name.rpartition("_")[2]
    units = f"# UNIT {name} {unit}\n" if is_open and unit in _UNITS else ""
    return f"# HELP {name} {say}\n# TYPE {name} {family.kind}\n{units}"


def _exemplar(exemplar: Exemplar) -> str:
    request_id, trace_id, value, at = exemplar
    trace = f',trace_id="{trace_id.translate(_ESCAPES)}"' if trace_id else ""
    return f' # {{request_id="{request_id.translate(_ESCAPES)}"{trace}}} {_number(value)} {at:.3f}'


def _number(value: float) -> str:
    text = repr(value)
    return text.removesuffix(".0") if "n" not in text else {"inf": "+Inf", "-inf": "-Inf"}.get(text, "NaN")
