"""What the demo prints."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from gateway.cli.judge import Judged
from gateway.cli.masking import masked
from gateway.cli.show import STYLES
from gateway.demo.client import Heard
from gateway.demo.prompts import Shown
from router.cost import Tariff, cost
from router.decision import Target

_WIDTH = 46


@dataclass(frozen=True, slots=True)
class Row:
    """One prompt of the first act. `target` served it, `cloud` is the tariff that everything is compared with."""

    shown: Shown
    judged: Judged
    heard: Heard
    target: Target | None
    cloud: Tariff | None
    is_met: bool

    @property
    def costs(self) -> tuple[int | None, int | None]:
        """Micro-USD that it cost, and would have cost at the cloud."""
        return cost(self.heard.usage, self.target.tariff if self.target else None), cost(self.heard.usage, self.cloud)


def opening(out: Console, url: str, engine: str, local_url: str, *, is_openai: bool) -> None:
    """Who plays whom."""
    local = (
        escape(local_url)
        if local_url
        else "a real vLLM on this CPU"
        if engine == "vllm"
        else "[yellow]a stand-in[/], which computes nothing"
    )
    cloud = "OpenAI" if is_openai else "[yellow]a stand-in[/], which computes nothing"
    out.print(f"\n[bold]Tidegate[/]: the gateway is real, at {url}; the local engine is {local}; the cloud is {cloud}.")
    out.print("Prices: local assumed at $0.05 in and $0.20 out per million tokens, the cloud at its list price.\n", style="dim")


def act_one(out: Console, rows: Sequence[Row]) -> None:
    """The table of all prompts, with totals."""
    table = _table(
        "prompt (what is sensitive is masked)", "label", "difficulty", "path", "target", "first token", "cost", "all to cloud", ""
    )
    for row in rows:
        difficulty = row.judged.signals.difficulty
        paid, baseline = row.costs
        table.add_row(
            _prompt(row.shown, row.judged),
            row.heard.label,
            f"{difficulty.score:.2f}" if difficulty else "",
            Text(row.heard.path, STYLES.get(row.heard.path, "")),
            row.heard.target,
            f"{row.heard.first_s * 1000:.0f} ms",
            _usd(paid),
            _usd(baseline),
            _mark(row.is_met),
        )
    paid, baseline = _total(row.costs[0] for row in rows), _total(row.costs[1] for row in rows)
    table.add_section()
    stayed = sum(row.heard.path == "local" for row in rows)
    table.add_row(f"{len(rows)} prompts, {stayed} stayed", "", "", "", "", "", _usd(paid), _usd(baseline), "", style="bold")
    out.print(table)


def act(out: Console, title: str, rows: Iterable[tuple[Shown, Heard, bool]]) -> None:
    """A few prompts while something is down."""
    out.print(f"\n[bold]{escape(title)}[/]")
    table = _table("prompt", "status", "path", "target", "what the caller reads", "")
    for shown, heard, is_met in rows:
        table.add_row(
            shown.title, str(heard.status), Text(heard.path, STYLES.get(heard.path, "")), heard.target, escape(heard.say), _mark(is_met)
        )
    out.print(table)


def searched(out: Console, planted: int, counts: Mapping[str, tuple[int, int]], control: tuple[int, int]) -> None:
    """What the search for planted values found. `control` is of the engine, which may see everything; empty if its bytes are not ours."""
    out.print(f"\n[bold]The planted values, in {planted} spellings, searched for where they must not be:[/]")
    for name, (size, count) in counts.items():
        out.print(Text.assemble("  ", _mark(count == 0), f" {count} in the {size:,} bytes {name}"))
    if control[0]:
        out.print(f"    {control[1]} in the {control[0]:,} bytes that the local engine received, which may see them", style="dim")


def ending(out: Console, url: str, keeps: bool) -> None:
    """What to do next."""
    now = f"This gateway stays at {url} until Ctrl-C" if keeps else "`tidegate demo --keep` leaves it running"
    out.print(f"""
[bold]Your own application[/] changes its base URL, and asks for the model `auto`:

    client = openai.OpenAI(base_url="{url if keeps else "http://127.0.0.1:8080/v1"}", api_key="...")
    client.chat.completions.create(model="auto", messages=[...])

[bold]Your own engine and cloud[/] ({now}):

    tidegate engine Qwen/Qwen3-8B --tool-parser hermes     vLLM with what the gateway makes use of, on port 8000
    cp configs/default.yaml tidegate.yaml                  set destinations.local.model to the engine's name of it
    export OPENAI_API_KEY=...                              for the cloud
    tidegate check --probe && tidegate serve

The same demo on a real engine: `make demo ENGINE=vllm`, or LOCAL_URL=http://127.0.0.1:8000/v1; with OPENAI_API_KEY set on the real cloud.
""", markup=True)  # fmt: skip


def _prompt(shown: Shown, judged: Judged) -> Text:
    findings = [one for one in judged.signals.findings if (one.turn, one.part) == (0, 0)]
    text = " ".join(masked(shown.text, findings).split())
    for value in shown.planted:  # a name is planted as well, which the demo's detectors do not look for
        text = text.replace(value, "<name>")
    marks = {"stream": shown.is_stream, "tool": "tools" in shown.more, f"model {shown.model}": shown.model != "auto"}
    notes = ", ".join(mark for mark, holds in marks.items() if holds)
    return Text.assemble(_short(text), (f" ({notes})" if notes else "", "dim"))


def _short(text: str) -> str:
    """At most so wide, with the first mark of something masked in view."""
    first = text.find("<")
    if first >= 0 and text.find(">", first) >= _WIDTH - 2:
        text = f"{text[:14]}…{text[first - 12 :]}"
    return text if len(text) <= _WIDTH else text[: _WIDTH - 1] + "…"


def _mark(is_met: bool) -> Text:
    return Text("✓", "green") if is_met else Text("✗", "bold red")


def _usd(micro: int | None) -> str:
    return "unknown" if micro is None else f"${micro / 1e6:.6f}"


def _total(costs: Iterable[int | None]) -> int | None:
    known = list(costs)
    return None if None in known else sum(filter(None, known))


def _table(*columns: str) -> Table:
    return Table(*columns, header_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
