"""The committed figures that a run is compared with: `baseline.json`. A comparison reports; it never fails, since machines differ."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

FILE = Path(__file__).parent / "baseline.json"


class Baseline(msgspec.Struct, frozen=True):
    """`relay`: costs as multiples of the bare relay's in the same run, so that they travel. `instructions`: of the microbenchmarks."""

    relay: dict[str, float] = {}
    instructions: dict[str, float] = {}


def kept(path: Path = FILE) -> Baseline:
    """What is committed; nothing where no file is."""
    return msgspec.json.decode(path.read_bytes(), type=Baseline) if path.exists() else Baseline()


def keep(changed: Baseline, path: Path = FILE) -> None:
    """Make it the baseline."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(changed), indent=1) + b"\n")


def beside(before: Mapping[str, float], now: Mapping[str, float]) -> list[str]:
    """A line for each figure: what it was, what it is, and the ratio, so that above 1 is dearer."""
    lines = [f"{'':<34}{'baseline':>12}{'now':>12}{'ratio':>8}"]
    for name in [*now, *(name for name in before if name not in now)]:
        was, is_now = before.get(name), now.get(name)
        ratio = f"{is_now / was:8.2f}" if was and is_now is not None else f"{'':>8}"
        lines.append(f"{name:<34}{_shown(was):>12}{_shown(is_now):>12}{ratio}")
    return lines


def _shown(figure: float | None) -> str:
    return "-" if figure is None else f"{figure:,.2f}" if figure < 100 else f"{figure:,.0f}"
