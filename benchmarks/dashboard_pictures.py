"""Pictures of the dashboards, from what a real Prometheus saw of everything that callers do: `python benchmarks/dashboard_pictures.py`.

Plays the scene of the journey for SECONDS (180), asks every panel's query as Grafana would, and draws each dashboard in its layout to
FOLDER (deploy/grafana/pictures). The numbers are those of scripted upstreams on this machine.
"""

import argparse
import asyncio
import io
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.drawn import drawn  # noqa: E402
from tests.fakes.prometheus import Labels, Prometheus, missing  # noqa: E402
from tests.fakes.scene import scene  # noqa: E402

WINDOW_S, POINTS = 12, 90
COLOURS = 250
"""Of a picture: a palette makes its file a third."""
Series = dict[str, dict[Labels, list[tuple[float, float]]]]


def _plain(query: str, span_s: float) -> str:
    for word, value in {"$__rate_interval": f"{WINDOW_S}s", "$__range": f"{int(span_s)}s", "$instance": ".*", "$target": ".*"}.items():
        query = query.replace(word, value)
    return query


async def answers(watch: Prometheus, panel: Mapping[str, Any], start: float, end: float) -> Series:
    """What each query of a panel gives, by its legend: over time, or at the end where it asks for that."""
    found: Series = {}
    for target in panel.get("targets", ()):
        query = _plain(target["expr"], end - start)
        if target["instant"]:
            rows = {labels: [(end, value)] for labels, value in (await watch.query(query)).items()}
        else:
            rows = await watch.span(query, start + WINDOW_S, end, (end - start) / POINTS)
        found[target["legendFormat"]] = rows
    return found


async def pictures(seconds: float, folder: Path) -> None:
    """Play, ask, draw."""
    with tempfile.TemporaryDirectory() as at:
        async with scene(Path(at)) as on:
            start = time.time()
            await on.play(seconds)
            end = time.time()
            await asyncio.sleep(2)
            for path in sorted((ROOT / "deploy" / "grafana" / "dashboards").glob("*.json")):
                board = msgspec.json.decode(path.read_bytes())
                if path.stem == "runbooks":
                    continue
                data = {panel["id"]: await answers(on.watch, panel, start, end) for panel in board["panels"]}
                size = _kept(drawn(board, data), folder / f"{path.stem}.png")
                silent = [panel["title"] for panel in board["panels"] if panel.get("targets") and not any(data[panel["id"]].values())]
                print(f"{path.stem}: {size / 1000:.0f} kB" + (f"; nothing to show: {', '.join(silent)}" if silent else ""))


def _kept(picture: bytes, path: Path) -> int:
    path.parent.mkdir(exist_ok=True)
    Image.open(io.BytesIO(picture)).convert("RGB").quantize(COLOURS, Image.Quantize.MEDIANCUT, kmeans=1, dither=Image.Dither.NONE).save(
        path, optimize=True
    )
    return path.stat().st_size


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=180.0)
    parser.add_argument("--folder", type=Path, default=ROOT / "deploy" / "grafana" / "pictures")
    given = parser.parse_args()
    if missing():
        sys.exit(missing())
    asyncio.run(pictures(given.seconds, given.folder))


if __name__ == "__main__":
    main()
