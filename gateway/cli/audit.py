"""What `tidegate audit` does between its arguments and what it prints."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import typer
from rich.markup import escape
from rich.table import Table

from gateway.cli import show as cli_show
from gateway.ledger.book import files
from gateway.ledger.chain import Head
from gateway.ledger.errors import Unanswerable
from gateway.ledger.query import Answer, Question, ask
from gateway.ledger.records import Intent
from gateway.ledger.verify import Verdict, Verification

MOST_ROWS = 200
"""Attempts that are printed for a person; `--json` has all of them."""


@dataclass(frozen=True, slots=True)
class Trust:
    """What a ledger is held against: a public key's file, heads, where its first file begins, a copy of the signed heads."""

    key: Path | None = None
    expect: Sequence[str] = ()
    after: str = ""
    roots: Path | None = None

    def begin(self, folder: Path) -> Verification:
        """A pass over the folder. Raises `Unanswerable`."""
        if not folder.is_dir() or not files(folder):
            raise Unanswerable(f"{folder}: there is no ledger here; name the folder that `ledger: {{dir: ...}}` names")
        key = None
        if self.key is not None:
            from gateway.ledger.signing import public_key  # cryptography

            key = public_key(self.key.read_bytes())
        after = Head.parse(self.after) if self.after else Head()
        return Verification(folder, key=key, expect=[Head.parse(one) for one in self.expect], after=after, roots=self.roots)


def verify(folder: Path, trust: Trust, *, as_json: bool) -> bool:
    """Print what is wrong, or the head. Whether nothing is wrong."""
    verdict = trust.begin(folder).run()
    if as_json:
        _print_json(_plain(verdict))
        return verdict.is_sound
    out = cli_show.console()
    for fault in verdict.faults[:MOST_ROWS]:
        out.print(f"[bold red]✗[/] {escape(fault.file)}{f':{fault.line}' if fault.line else ''}: {escape(fault.say)}", soft_wrap=True)
    out.print(_said(verdict), soft_wrap=True)
    out.print(f"head {verdict.head}", soft_wrap=True)
    if verdict.is_sound:
        out.print(_limit(verdict, trust), soft_wrap=True)
    return verdict.is_sound


def query(folder: Path, question: Question, trust: Trust, *, as_json: bool) -> bool:
    """Print the attempts that are meant, and whether the chain can be relied on."""
    passing = trust.begin(folder)
    answer = ask(passing, question)
    verdict = passing.verdict
    if as_json:
        rows = [{"at": left.at, "ending": left.ending or "unknown", **msgspec.to_builtins(left.intent)} for left in answer.left]
        gaps = [gap._asdict() for gap in answer.gaps]
        _print_json({"attempts": len(rows), "rows": rows, "gaps": gaps, **_plain(verdict)})
        return verdict.is_sound
    out = cli_show.console()
    out.print(_counts(answer))
    if answer.left:
        out.print(_rows(answer))
    for gap in answer.gaps:
        out.print(f"[yellow]gap[/] {gap.at}: {escape(gap.say)}", soft_wrap=True)
    out.print(_said(verdict), soft_wrap=True)
    return verdict.is_sound


def _said(verdict: Verdict) -> str:
    count = f"{verdict.lines:,} lines in {verdict.files} files"
    if not verdict.is_sound:
        return f"[bold red]chain NOT verified[/]: {len(verdict.faults)} faults in {count}"
    torn = f", {verdict.torn} torn by a crash and closed" if verdict.torn else ""
    signed = f", {verdict.roots} signed heads fit" if verdict.roots else ", no signed heads"
    checked = (
        f" ({verdict.signatures} signatures checked)" if verdict.signatures else " (signatures not checked: --key)" if verdict.roots else ""
    )
    return f"[bold green]chain verified[/]: {count}{torn}{signed}{checked}"


def _limit(verdict: Verdict, trust: Trust) -> str:
    if trust.expect or trust.roots:
        return "It holds every head that it was held against."
    return f"Lines after {verdict.head.seq} would not be missed: keep heads or roots.jsonl elsewhere, and give --expect or --roots."


def _counts(answer: Answer) -> Table:
    table = Table("label", "zone", "region", "destination", "attempts", "bytes", box=None, header_style="bold", pad_edge=False)
    counts: Counter[tuple[str, str, str, str]] = Counter()
    sizes: Counter[tuple[str, str, str, str]] = Counter()
    for _, intent, _ in answer.left:
        whose = (intent.label, str(intent.zone), intent.region, intent.destination)
        counts[whose] += 1
        sizes[whose] += intent.bytes
    for group, count in sorted(counts.items()):
        table.add_row(*group, f"{count:,}", f"{sizes[group]:,}")
    table.add_row("[bold]all", "", "", "", f"[bold]{counts.total():,}", f"[bold]{sizes.total():,}")
    return table


def _rows(answer: Answer) -> Table:
    table = Table(
        "at", "request", "tenant", "key", "label", "destination", "bytes", "ended", "found", box=None, header_style="bold", pad_edge=False
    )
    for left in answer.left[-MOST_ROWS:]:
        one: Intent = left.intent
        found = ", ".join(f"{name} {count}" for name, count in one.findings.items())
        names = (one.request, one.tenant, one.key, one.label, one.destination)
        table.add_row(left.at, *names, f"{one.bytes:,}", left.ending or "unknown", found)
    return table


def _plain(verdict: Verdict) -> dict[str, object]:
    return {
        "verified": verdict.is_sound,
        "faults": [fault._asdict() for fault in verdict.faults],
        "head": str(verdict.head),
        "lines": verdict.lines,
        "files": verdict.files,
        "signed_heads": verdict.roots,
        "signatures_checked": verdict.signatures,
        "torn": verdict.torn,
    }


def _print_json(content: object) -> None:
    typer.echo(msgspec.json.format(msgspec.json.encode(content), indent=2))
