"""litellm's price map, read from its file without importing litellm: importing it takes seconds and may fetch from the network.

Without litellm there are no prices, and every look-up finds nothing.
"""

import importlib.util
from collections.abc import Mapping
from pathlib import Path

import msgspec

FILE = "model_prices_and_context_window_backup.json"

_VENDORS: Mapping[str, str] = {
    "api.x.ai": "xai",
    "api.mistral.ai": "mistral",
    "api.deepseek.com": "deepseek",
    "api.together.xyz": "together_ai",
    "api.groq.com": "groq",
    "openrouter.ai": "openrouter",
    "generativelanguage.googleapis.com": "gemini",
    "api.fireworks.ai": "fireworks_ai",
    "api.perplexity.ai": "perplexity",
    "openai.azure.com": "azure",
}
"""Hosts that speak OpenAI's API, and the prefix of their models in the map: the same model has other prices elsewhere."""


def bundled() -> Path | None:
    """The map that comes with litellm; None when litellm is not installed."""
    spec = importlib.util.find_spec("litellm")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).with_name(FILE)
    return path if path.is_file() else None


def vendor_of(host: str) -> str:
    """The map's prefix for models at that host; empty when there is none."""
    return next((vendor for name, vendor in _VENDORS.items() if host == name or host.endswith(f".{name}")), "")


class Prices:
    """The price map. The file is read at the first look-up; an entry is decoded when it is asked for."""

    __slots__ = ("_entries", "_path")

    def __init__(self, path: Path | None) -> None:
        """`path` is the map's file; None: no prices are known."""
        self._path = path
        self._entries: Mapping[str, msgspec.Raw] | None = None

    @property
    def has_map(self) -> bool:
        """Whether there is a map at all."""
        return self._path is not None

    def lookup(self, model: str, vendor: str = "") -> Mapping[str, object] | None:
        """The entry of a model, in litellm's words; None when there is none.

        `model` may carry its vendor (`openai/gpt-5`, `bedrock/us.anthropic...`). The map lists many models without their vendor: such an
        entry is taken only when it is of that vendor, because prices differ between vendors. `vendor` is put before the name first.
        """
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
            text = self._path.read_bytes() if self._path else b"{}"
            self._entries = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
        return self._entries


def _decode(raw: msgspec.Raw) -> Mapping[str, object]:
    return msgspec.json.decode(raw, type=dict[str, object])
