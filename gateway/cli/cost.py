"""What the calculators print: the bill line by line, the formula with its numbers, and which of them were assumed.

Amounts in JSON are text to the cent beside whole micro-USD, so that nothing is lost in a binary number.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import msgspec
import typer
from rich.table import Table
from rich.text import Text

from gateway.advice.amounts import count, members, money, per_million, percent, plain, rate
from gateway.advice.gpus import GPUS, GpuType
from gateway.cli import show as cli_show
from gateway.cli.arguments import misuse
from gateway.config.prices import Prices, bundled_list
from router.calculators import HOUR_S, MILLION, BreakEven, Gpus, Mix, break_even, million_usd, suited
from router.cost import Tariff, tariff_from_map

PERIODS = ("minute", "hour", "day", "month")
_WORDS = frozenset({"how", "exactly", "source"})
_MOST_LIKE = 8
_PER_DAY = {"minute": 24 * 60, "hour": 24, "day": 1}
_PAID = "Utilisation is the share of the hours that is paid for, as of GPUs that are given back when idle. Reserved ones are paid at 100%."
_IDLE = "That is a GPU that is never idle: at a load of 20% each token costs five times as much."
_BASE = "List prices. Other tiers, such as batch: --tier. Prices of long contexts hold where --requests says how long a prompt is."
_FREE = "Running the GPUs is all that local requests cost here; quality is taken to be the same."


@dataclass(frozen=True, slots=True)
class Volume:
    """How many requests, counted by what, over how many days of a month; and one of them. `is_given`: nobody said how many."""

    requests: Fraction
    per: str
    days: Fraction
    mix: Mix
    is_given: bool = True

    @property
    def month(self) -> Fraction:
        """Requests of a month."""
        return self.requests if self.per == "month" else self.requests * _PER_DAY[self.per] * self.days


@dataclass(frozen=True, slots=True)
class Wanted:
    """GPUs as they were asked for. `assumed` is the type whose typical price was taken; None: the price was given."""

    name: str
    gpus: Gpus
    assumed: GpuType | None = None


Models = tuple[tuple[str, Tariff], ...]


def tariffs(names: Sequence[str], prices: Sequence[str]) -> Models:
    """The tariff of each model of the price map, and of prices that were given. Ends the command for what has none."""
    return (*_mapped(names), *_stated(prices))


def _mapped(names: Sequence[str]) -> Iterator[tuple[str, Tariff]]:
    known = Prices.installed()
    for name in names:
        entry = known.lookup(name)
        tariff = tariff_from_map(entry) if entry else None
        if tariff is None:
            like = [one for one in known.names if name.rpartition("/")[2].lower() in one.lower()][:_MOST_LIKE] if known.has_map else []
            why = f"there are {', '.join(like)}" if like else "`tidegate prices show` with a part of its name lists some"
            why = why if known.has_map else "it is not installed: pip install 'tidegate[closed]'"
            misuse(f"litellm's price map has no token prices for {name!r}: {why}. Or give --prices IN,OUT.")
        yield name, tariff


def _stated(prices: Sequence[str]) -> Iterator[tuple[str, Tariff]]:
    for text in prices:
        name, equals, numbers = text.rpartition("=")
        parts = numbers.split(",")
        try:
            prompt, completion, cached = parts if len(parts) == 3 else (*parts, None)
            tariff = Tariff.per_million(prompt or "", completion or "", cached)
        except ValueError:
            misuse(f"--prices {text!r}: write USD per million tokens in and out, and cached if you like: 0.4,1.6 or mine=0.4,1.6,0.1.")
        yield name if equals else numbers.replace(",", " / "), tariff


def suiting(models: Models, volume: Volume, tier: str) -> Models:
    """Their prices in a service tier, for prompts of that length. Ends the command for a tier that one of them has no prices for."""
    length = volume.mix.prompt if volume.is_given else 0  # a month's tokens are of many prompts
    try:
        return tuple((name, suited(tariff, length, tier)) for name, tariff in models)
    except ValueError as error:
        misuse(f"--tier: {error}.")


def api(volume: Volume, models: Models, *, as_json: bool) -> None:
    """The month at each model, cheapest first."""
    found = sorted(((name, tariff, volume.mix.usd(tariff, volume.month)) for name, tariff in models), key=lambda one: one[2])
    if as_json:
        _print_json(
            {
                "requests_a_month": plain(volume.month),
                "tokens_a_month": plain(volume.month * volume.mix.tokens),
                "models": [{"model": name, **members(usd)} for name, _, usd in found],
                "prices_as_of": bundled_list().as_of,
            }
        )
        return
    table = _table("model", "per million in", "out", "a month", "a year")
    for name, tariff, usd in found:
        table.add_row(name, per_million(tariff.prompt), per_million(tariff.completion), money(usd), money(usd * 12))
    _show(_asked(volume), table, [_dated(), _BASE])


def _dated() -> str:
    known = bundled_list()
    return f"Prices of models by name: {known}, as of {known.as_of or 'an unknown day'}." if known.source else "Prices as they were given."


def _asked(volume: Volume) -> str:
    mix = volume.mix
    cached = f" ({percent(mix.cached)} of it cached)" if mix.cached else ""
    one = f"{count(mix.prompt)} tokens in{cached} and {count(mix.completion)} out"
    if not volume.is_given:
        return one
    days = "" if volume.per == "month" else f", {count(volume.days)} days"
    return f"{count(volume.requests)} requests a {volume.per}{days}, each {one}: {count(volume.month * mix.tokens)} tokens a month"


def gpu(wanted: Wanted, *, as_json: bool) -> None:
    """The month of GPUs."""
    gpus = wanted.gpus
    if as_json:
        lines = {line: members(usd) for line, usd in gpus.bill()}
        _print_json(
            {"gpu": wanted.name or None, "paid_hours": plain(gpus.paid_hours), "lines": lines, **members(gpus.usd()), **_assumed(wanted)}
        )
        return
    paid = f"{count(gpus.count)} x {count(gpus.hours)} h x {percent(gpus.utilisation)}"
    how = {
        "GPUs": f"{paid} x {rate(gpus.hour_usd)}",
        "storage": f"{count(gpus.count)} x {rate(gpus.storage_usd)}",
        "network": f"{paid} x {rate(gpus.network_usd)}",
        "energy": f"{paid} x {float(gpus.power_kw):g} kW x {rate(gpus.kwh_usd)}",
    }
    table = _table("", "how", "a month")
    for line, usd in gpus.bill():
        if usd or line == "GPUs":
            table.add_row(line, how.get(line, ""), money(usd))
    table.add_row("all", "", money(gpus.usd()), style="bold")
    _show(f"{_called(wanted)}: {count(gpus.paid_hours)} GPU hours a month that are paid for", table, _notes(wanted))


def tokens(wanted: Wanted, tokens_per_second: Fraction, *, as_json: bool) -> None:
    """A million tokens."""
    hour = wanted.gpus.hour_usd * wanted.gpus.count
    usd = million_usd(hour, tokens_per_second)
    if as_json:
        _print_json({"tokens": MILLION, **members(usd), "exact_usd": str(usd), **_assumed(wanted)})
        return
    table = _table("a million tokens", "how", "exactly")
    seconds = MILLION / tokens_per_second
    table.add_row(money(usd), f"{rate(hour)} / {HOUR_S} s x {count(seconds)} s = ${float(usd):.6f}", f"{usd} USD")
    _show(f"{count(tokens_per_second)} tokens a second for {rate(hour)} an hour", table, [*_guessed(wanted), _IDLE])


def even(volume: Volume, wanted: Wanted, models: Models, tokens_per_second: Fraction | None, *, as_json: bool) -> None:
    """From how many requests on the GPUs cost no more. `tokens_per_second`: of one GPU at most; None: nobody knows what they can do."""
    gpus, mix = wanted.gpus, volume.mix
    room = None if tokens_per_second is None else gpus.paid_hours * HOUR_S * tokens_per_second / mix.tokens
    now = volume.month if volume.is_given else None
    found = [(name, break_even(gpus.usd(), mix.usd(tariff), now, room)) for name, tariff in models]
    if as_json:
        _print_json({"gpus": members(gpus.usd()), "models": [_even_members(name, one, volume) for name, one in found], **_assumed(wanted)})
        return
    table = _table("instead of", "a request", "break-even: a day", "a month", "tokens a month", *["you are at"] * (now is not None))
    for name, one in found:
        row = ("never", "", "") if one.requests is None else _volumes(one.requests, volume)
        table.add_row(name, f"${float(one.request_usd):.6f}", *row, *([] if one.ratio is None else [percent(one.ratio)]))
    head = f"{money(gpus.usd())} a month for {_called(wanted)}; a request has {count(mix.prompt)} tokens in and {count(mix.completion)} out"
    _show(head, table, [*_notes(wanted), *_can_do(found), _FREE])


def _volumes(requests: int, volume: Volume) -> tuple[str, str, str]:
    return count(requests / volume.days), count(requests), count(requests * volume.mix.tokens)


def _even_members(name: str, one: BreakEven, volume: Volume) -> dict[str, object]:
    return {
        "model": name,
        "request_usd": float(one.request_usd),
        "requests_a_month": one.requests,
        "requests_a_day": None if one.requests is None else float(one.requests / volume.days),
        "tokens_a_month": None if one.requests is None else plain(one.requests * volume.mix.tokens),
        "ratio": None if one.ratio is None else float(one.ratio),
        "share_of_room": None if one.share_of_room is None else float(one.share_of_room),
    }


def _can_do(found: Sequence[tuple[str, BreakEven]]) -> Iterator[str]:
    for name, one in found:
        if one.share_of_room is not None:
            verdict = "these GPUs cannot do so much, and never pay against it" if one.share_of_room > 1 else "they can"
            yield f"Break-even with {name} takes {percent(one.share_of_room)} of what the GPUs can do: {verdict}."


def types(*, as_json: bool) -> None:
    """The types of GPUs that are known."""
    if as_json:
        _print_json({"gpus": [{"gpu": one.name, "hour_usd": one.hour_usd, "watts": one.watts, "source": one.source} for one in GPUS]})
        return
    table = _table("GPU", "memory", "power", "USD an hour", "source")
    for one in GPUS:
        price = "" if one.hour_usd is None else str(one.hour_usd)
        table.add_row(one.name, f"{one.memory_gb} GB", f"{one.watts} W", price, one.source or "none with a source: give --hour-usd")
    _show("Typical prices of GPUs, for who has no offer yet; --hour-usd overrides them", table, [])


def _called(wanted: Wanted) -> str:
    return f"{count(wanted.gpus.count)} x {wanted.name or 'GPU'}"


def _guessed(wanted: Wanted) -> Iterator[str]:
    if wanted.assumed is not None:
        one = wanted.assumed
        yield f"Assumed: {rate(wanted.gpus.hour_usd)} for an hour of a {one.name} ({one.source}). Your offer: --hour-usd."


def _notes(wanted: Wanted) -> Iterator[str]:
    yield from _guessed(wanted)
    if wanted.gpus.utilisation < 1:
        yield _PAID


def _assumed(wanted: Wanted) -> dict[str, object]:
    one = wanted.assumed
    return {"assumed": None if one is None else {"gpu": one.name, "hour_usd": one.hour_usd, "source": one.source}}


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for place, column in enumerate(columns):
        table.add_column(column, justify="left" if not place or column in _WORDS else "right")
    return table


def _show(head: str, table: Table, notes: Iterable[str]) -> None:
    screen = cli_show.console()
    screen.print(Text(head, "bold"))
    screen.print(table)
    for note in notes:
        screen.print(Text(note, "dim"))


def _print_json(document: object) -> None:
    typer.echo(msgspec.json.encode(document))
