"""litellm's price map, read from its file without importing litellm: importing it takes seconds and may fetch from the network.

An operator's own file in the same words comes before it. Without litellm and such a file every look-up finds nothing.
"""

import hashlib
import importlib.metadata
import importlib.util
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import msgspec

from gateway.config.errors import ConfigError
from gateway.config.strict_yaml import read
from gateway.price_list import PriceList

FILE = "model_prices_and_context_window_backup.json"
RELEASED: Mapping[str, date] = {"1.106.2": date(2026, 10, 21)}
"""When releases of litellm were packed, with their maps: nothing that is installed tells. Whoever locks another one adds it."""
STALE_DAYS = 90
_EXPONENT = re.compile(r"\d{1,20}(\.\d{0,20})?[eE][+-]?\d{1,2}")


def bundled() -> Path | None:
    """The map that comes with litellm; None when litellm is not installed."""
    spec = importlib.util.find_spec("litellm")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).with_name(FILE)
    return path if path.is_file() else None


def bundled_list() -> PriceList:
    """What is known of the map that comes with litellm."""
    try:
        version = importlib.metadata.version("litellm")
    except importlib.metadata.PackageNotFoundError:
        return PriceList()
    return PriceList(version, RELEASED.get(version), "litellm")


class BadPrices(ValueError):
    """A file of prices cannot be read; the message is a sentence that names what is wrong, and no path."""


class Prices:
    """The price map. The file is read at the first look-up; an entry is decoded when it is asked for.

    `known` says what is known of it, `is_used` whether it had something that was looked up.
    """

    __slots__ = ("_entries", "_first", "_path", "is_used", "known")

    def __init__(self, path: Path | None, known: PriceList | None = None, first: "Prices | None" = None) -> None:
        """`path` is the map's file; None: no prices are known. `known` says what is known of it. What `first` has comes before it."""
        self._path = path
        self._first = first
        self._entries: Mapping[str, msgspec.Raw] | None = None
        self.is_used = False
        self.known = known or PriceList()

    @classmethod
    def installed(cls) -> "Prices":
        """Those that come with litellm."""
        return cls(bundled(), bundled_list())

    @classmethod
    def stated(cls, path: Path, as_of: date | None) -> "Prices":
        """Those of a file, JSON or YAML, which is read at once. Raises `BadPrices`, and OSError."""
        text = path.read_bytes()
        prices = cls(path, PriceList(hashlib.sha256(text).hexdigest()[:12], as_of, "file"))
        prices._entries = _entries(text, is_yaml=path.suffix in (".yaml", ".yml"))
        return prices

    def after(self, first: "Prices") -> "Prices":
        """The same, where what `first` has comes before it."""
        return Prices(self._path, self.known, first)

    def dated(self, as_of: date) -> "Prices":
        """The same, of a day on which somebody has looked at them."""
        return Prices(self._path, replace(self.known, as_of=as_of), self._first)

    @property
    def has_map(self) -> bool:
        """Whether there is a map at all."""
        return self._path is not None or self._first is not None

    @property
    def used(self) -> PriceList:
        """Of the lists that had what was looked up so far, the one that is older, or of which no day is known. Empty: none had any."""
        both = [prices.known for prices in (self._first, self) if prices is not None and prices.is_used]
        return min(both, key=lambda known: known.as_of or date.min, default=PriceList())

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all entries, in alphabetical order."""
        return tuple(sorted({*self._read(), *(self._first.names if self._first else ())}))

    def lookup(self, model: str, vendor: str = "") -> Mapping[str, object] | None:
        """The entry of a model, in litellm's words; None when there is none.

        `model` may carry its vendor (`openai/gpt-5`, `bedrock/us.anthropic...`). The map lists many models without their vendor: such an
        entry is taken only when it is of that vendor, because prices differ between vendors. `vendor` is put before the name first.
        """
        entry = None if self._first is None else self._first.lookup(model, vendor)
        if entry is None:
            entry = self._find(model, vendor)
            self.is_used = self.is_used or entry is not None
        return entry

    def entry(self, name: str) -> Mapping[str, object] | None:
        """The entry of exactly that name in this map alone."""
        raw = self._read().get(name)
        return None if raw is None else _decode(raw)

    def _find(self, model: str, vendor: str) -> Mapping[str, object] | None:
        entries = self._read()
        if vendor and not model.startswith(f"{vendor}/"):
            model = f"{vendor}/{model}"
        if model in entries:
            return _decode(entries[model])
        prefix, slash, rest = model.partition("/")
        if slash and rest in entries:
            entry = _decode(entries[rest])
            return entry if str(entry.get("litellm_provider", "")).startswith(prefix) else None
        return None

    def _read(self) -> Mapping[str, msgspec.Raw]:
        if self._entries is None:
            self._entries = _entries(self._path.read_bytes() if self._path else b"{}")
        return self._entries


def _entries(text: bytes, *, is_yaml: bool = False) -> Mapping[str, msgspec.Raw]:
    """The entries of a map. Raises `BadPrices`."""
    try:
        if is_yaml:
            text = msgspec.json.encode(_numbers(read(text.decode()).content))
        entries = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    except ConfigError as error:
        raise BadPrices(error.problems[0].say) from None
    except (msgspec.MsgspecError, ValueError, TypeError, RecursionError):
        raise BadPrices("expected a mapping of models, each with its prices in the words of litellm's price map") from None
    for name, entry in entries.items():
        if not bytes(entry).startswith(b"{"):
            raise BadPrices(f"expected the prices of {name!r} as a mapping: {{input_cost_per_token: 0.000001, ...}}")
    return entries


def _numbers(value: object) -> object:
    """The same with numbers for texts like 1e-6: in the YAML that is read here a number with an exponent needs a point."""
    if isinstance(value, dict):
        return {name: _numbers(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_numbers(member) for member in value]
    return float(value) if isinstance(value, str) and _EXPONENT.fullmatch(value) else value


def _decode(raw: msgspec.Raw) -> Mapping[str, object]:
    return msgspec.json.decode(raw, type=dict[str, object])


def stale(known: PriceList, today: date) -> str:
    """What is to be said about the age of prices; empty when nothing is."""
    if not known.source:
        return ""
    if known.as_of is None:
        return f"nobody knows how old the prices of {known} are: look at them, and write `prices: {{as_of: {today}}}`"
    days = (today - known.as_of).days
    if days < 0:
        return f"the prices of {known} are said to be of a day that has not come"
    if days > STALE_DAYS:
        return (
            f"the prices of {known} are {days} days old: update litellm, or name a newer map with `prices: {{file: ..., as_of: ...}}`; "
            "`tidegate prices diff` shows what changed"
        )
    return ""
