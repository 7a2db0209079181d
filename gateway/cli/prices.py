"""What `tidegate prices` does between its arguments and what it prints."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import msgspec
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from gateway.cli.arguments import misuse
from gateway.cli.show import console
from gateway.config.prices import BadPrices, Prices, stale
from router.cost import tariff_from_map
from router.tariff import OF_TOKENS, Tariff

_MOST_NAMES = 20
_PER: Mapping[str, str] = {"request": "request", "image": "image"} | dict.fromkeys(OF_TOKENS, "million tokens")
_NAMES: Mapping[str, str] = {
    "prompt": "input",
    "completion": "output",
    "cached": "cached input",
    "cache_write": "cache write",
    "cache_write_1h": "cache write, 1 hour",
    "reasoning": "thoughts",
    "audio_in": "audio in",
    "audio_out": "audio out",
    "cached_audio": "cached audio",
    "image_in": "image tokens in",
    "image_out": "image tokens out",
    "image": "image",
    "request": "request",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One price: of what, in which tier, above how many prompt tokens, in USD per what."""

    kind: str
    tier: str
    above: int
    usd: Decimal
    per: str

    @property
    def place(self) -> tuple[str, str, int]:
        """What it is the price of."""
        return self.kind, self.tier, self.above


def lines(tariff: Tariff) -> Iterator[Line]:
    """Every price of a tariff."""
    for tier, prices in (("", tariff), *tariff.tiers):
        for above, own in ((0, prices), *prices.above):
            for kind, per in _PER.items():
                pico = getattr(own, kind)
                if pico is not None and (pico or kind in OF_TOKENS):
                    yield Line(kind, tier, above, Decimal(pico) / (10**6 if kind in OF_TOKENS else 10**12), per)
    yield from (Line(kind, "", 0, Decimal(fee) / 10**12, "call") for kind, fee in tariff.tools)


def overview() -> None:
    """Print which price list is installed."""
    known, out = Prices.installed(), console()
    if not known.has_map:
        misuse("litellm's price map is not installed: pip install 'tidegate[closed]'. Or name a map with --file.")
    out.print(f"{known.known}, as of {known.known.as_of or 'an unknown day'}: {len(known.names):,} models")
    if say := stale(known.known, datetime.now(UTC).date()):
        out.print(f"warning: {say}", style="yellow", markup=False, soft_wrap=True)
    out.print("Look one up with `tidegate prices openai/gpt-5`, compare maps with `tidegate prices diff bundled FILE`.")


def look_up(model: str, file: Path | None, *, as_json: bool) -> bool:
    """Print a model's prices. Whether there is such a model, with prices per token."""
    prices = Prices.installed() if file is None else Prices.installed().after(_file(file))
    entry = prices.lookup(model)
    tariff = None if entry is None else tariff_from_map(entry)
    if tariff is None:
        like = [name for name in prices.names if model.lower() in name.lower()]
        _print_unknown(model, like, is_listed=entry is not None, as_json=as_json)
        return False
    found, known = list(lines(tariff)), prices.used
    if as_json:
        as_of = None if known.as_of is None else known.as_of.isoformat()
        _print_json(
            {"model": model, "source": known.source, "version": known.version, "as_of": as_of, "prices": [_plain(line) for line in found]}
        )
        return True
    out = console()
    out.print(_table(model, found))
    out.print(f"USD per million tokens where nothing else is said. {known}, as of {known.as_of or 'an unknown day'}.", style="dim")
    return True


def _plain(line: Line) -> dict[str, object]:
    return {"kind": line.kind, "tier": line.tier or "default", "above_tokens": line.above, "usd": float(line.usd), "per": line.per}


def _table(model: str, found: Sequence[Line]) -> Table:
    """A row for each kind of price, a column for each tier and length."""
    columns = list(dict.fromkeys((line.tier, line.above) for line in found))
    table = Table("", title=escape(model), title_justify="left")
    for tier, above in columns:
        table.add_column(" ".join(filter(None, (tier or ("" if above else "USD"), f"> {above:,}" if above else ""))), justify="right")
    by_place = {line.place: line for line in found}
    for kind in dict.fromkeys(line.kind for line in found):
        cells = [by_place.get((kind, tier, above)) for tier, above in columns]
        per = next(line.per for line in found if line.kind == kind)
        name = _NAMES.get(kind, kind.replace("_", " ")) + ("" if kind in OF_TOKENS else f", per {per}")
        table.add_row(name, *("" if cell is None else _usd(cell.usd) for cell in cells))
    return table


def _print_unknown(model: str, like: Sequence[str], *, is_listed: bool, as_json: bool) -> None:
    if as_json:
        _print_json({"model": model, "prices": None, "like": list(like[:_MOST_NAMES])})
        return
    say = "has no prices per token" if is_listed else "is not in the price map"
    console(stderr=True).print(f"{model!r} {say}.", style="red", markup=False)
    if like and not is_listed:
        more = f" and {len(like) - _MOST_NAMES:,} more" if len(like) > _MOST_NAMES else ""
        console(stderr=True).print(f"There are: {', '.join(like[:_MOST_NAMES])}{more}", markup=False, soft_wrap=True)


@dataclass(frozen=True, slots=True)
class Change:
    """A model's price in two maps; None where it has none there."""

    model: str
    kind: str
    tier: str
    above: int
    old: Decimal | None
    new: Decimal | None

    @property
    def way(self) -> str:
        """What happened to it."""
        if self.old is None or self.new is None:
            return "appeared" if self.old is None else "vanished"
        return "rose" if self.new > self.old else "fell"


def changes(old: Prices, new: Prices) -> Iterator[Change]:
    """Every price that is another in the new map, or only in one. A model without prices per token has none."""
    for model in sorted({*old.names, *new.names}):
        before, after = _prices(old, model), _prices(new, model)
        for place in dict.fromkeys((*before, *after)):
            if before.get(place) != after.get(place):
                yield Change(model, *place, before.get(place), after.get(place))


def _prices(prices: Prices, model: str) -> dict[tuple[str, str, int], Decimal]:
    entry = prices.entry(model)
    tariff = None if entry is None else tariff_from_map(entry)
    return {} if tariff is None else {line.place: line.usd for line in lines(tariff)}


def diff(old: str, new: str, *, as_json: bool) -> None:
    """Print how two maps differ."""
    found = list(changes(_named(old), _named(new)))
    ways = {way: [one for one in found if one.way == way] for way in ("rose", "fell", "appeared", "vanished")}
    if as_json:
        _print_json({way: [_told(one) for one in some] for way, some in ways.items()})
        return
    out = console()
    for way, some in ways.items():
        if not some:
            continue
        table = Table("model", "price", title=f"{way}: {len(some):,}", title_justify="left", title_style="bold")
        for name in ("old", "new", ""):
            table.add_column(name, justify="right")
        for one in some:
            table.add_row(escape(one.model), _name(one), _usd(one.old), _usd(one.new), _share(one))
        out.print(table)
    out.print("USD per million tokens, or per request, image or call." if found else "Both maps have the same prices.", style="dim")


def _name(one: Change) -> str:
    name = _NAMES.get(one.kind, one.kind.replace("_", " "))
    return ", ".join(filter(None, (name, one.tier, f"above {one.above:,} tokens" if one.above else "")))


def _told(one: Change) -> dict[str, object]:
    return {
        "model": one.model,
        "kind": one.kind,
        "tier": one.tier or "default",
        "above_tokens": one.above,
        "old_usd": None if one.old is None else float(one.old),
        "new_usd": None if one.new is None else float(one.new),
    }


def _share(one: Change) -> Text:
    if one.old is None or one.new is None or not one.old:
        return Text("")
    share = float(one.new / one.old) - 1
    return Text(f"{share:+.1%}", "red" if share > 0 else "green")


def _usd(usd: Decimal | None) -> str:
    return "" if usd is None else f"{usd.normalize():f}" if usd % 1 else f"{usd:.0f}"


def _named(name: str) -> Prices:
    if name != "bundled":
        return _file(Path(name))
    prices = Prices.installed()
    if not prices.has_map:
        misuse("litellm's price map is not installed: pip install 'tidegate[closed]'.")
    return prices


def _file(path: Path) -> Prices:
    try:
        return Prices.stated(path, None)
    except BadPrices as error:
        misuse(f"{path}: {error}.")


def _print_json(content: object) -> None:
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(content), indent=2).decode() + "\n")
