"""What `tidegate prove` does between its arguments and what it prints."""

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

import msgspec
import typer
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from gateway.certificate import Certificate, Row, certify, differences, leaks_of
from gateway.cli import show as cli_show
from gateway.cli.judge import load_without_secrets
from gateway.config.errors import ConfigError
from gateway.described import VERSION
from router.explain import plain
from router.proof import ANYTHING, NOTHING, REJECTED


def prove(path: Path, *, as_json: bool) -> bool:
    """Print the proof, or the paths that leak. Whether it is sound."""
    try:
        made = _certificate(path)
    except ConfigError as error:
        _refuse(path, error, as_json=as_json)
        return False
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(made), indent=2))
    else:
        _show(str(path), made)
    return made.is_sound


def verify(kept: Path, path: Path, *, as_json: bool) -> bool:
    """Work the proof out again, and print what is no longer as the certificate says. Whether all of it holds."""
    found = _differences(kept, path)
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode({"holds": not found, "differences": found}), indent=2))
        return not found
    out = cli_show.console()
    for difference in found:
        out.print(f"[bold red]✗[/] {escape(difference)}", soft_wrap=True)
    out.print("[bold red]The certificate does not hold.[/]" if found else f"[bold green]The certificate {escape(str(kept))} holds.[/]")
    return not found


def _differences(kept: Path, path: Path) -> list[str]:
    try:
        certificate = msgspec.json.decode(kept.read_bytes(), type=Certificate)
    except msgspec.DecodeError:
        return ["this is no certificate: `tidegate prove --json` makes one"]
    try:
        return differences(certificate, _certificate(path))
    except ConfigError as error:
        return ["the configuration does not load any more: see `tidegate prove`", *(leak.say() for leak in leaks_of(error.problems))]


def _certificate(path: Path) -> Certificate:
    plan = load_without_secrets(path, os.environ)
    return certify(plan, path.read_bytes(), VERSION, datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))


def _refuse(path: Path, error: ConfigError, *, as_json: bool) -> None:
    """Name what leaks first; then whatever else is wrong."""
    leaks = leaks_of(error.problems)
    if as_json:
        content = {"is_sound": False, "leaks": [leak._asdict() for leak in leaks], "problems": plain(error.problems)}
        typer.echo(msgspec.json.format(msgspec.json.encode(content), indent=2))
        return
    out = cli_show.console()
    for leak in leaks:
        out.print(Text(f"LEAK: {leak.say()}", "bold red"), soft_wrap=True)
    others = [problem for problem in error.problems if not leaks_of([problem])]
    say = (
        f"{len(leaks)} paths leak, so the configuration does not load."
        if leaks
        else "Nothing can be proved of a configuration that does not load."
    )
    out.print(f"[bold]{escape(str(path))}: {say}[/]", soft_wrap=True)
    if others:
        out.print(cli_show.problems(str(path), others))


def _show(source: str, made: Certificate) -> None:
    out = cli_show.console()
    state = "[bold green]sound[/]" if made.is_sound else "[bold red]NOT SOUND[/]"
    out.print(f"{escape(source)} is {state}. SHA-256 {made.config_sha256[:16]}, version {made.version}, {made.made}.", soft_wrap=True)
    out.print("Whatever a caller asks for, and whatever fails:")
    table = Table("label", "route", "endpoints", "failure", "tried, in this order", box=None, header_style="bold", pad_edge=False)
    for label, route, endpoints, failures, to in _grouped(made.rows):
        table.add_row(label, route, endpoints, failures, ", ".join(to) or "nothing: 503")
    out.print(table)
    out.print(_places(made))
    for place in made.destinations:
        if place.zone == "external" and place.clearance == made.labels[-1]:
            out.print(f"[yellow]note[/] {place.name} is external and cleared for {place.clearance}: everything may leave", soft_wrap=True)
    for leak in made.leaks:
        out.print(Text(f"LEAK: {leak}", "bold red"), soft_wrap=True)


def _grouped(rows: Sequence[Row]) -> Iterator[tuple[str, str, str, str, tuple[str, ...]]]:
    """Rows that say the same, in one: first failures with the same destinations, then endpoints with the same failures."""
    seen: dict[tuple[str, str, str, tuple[str, ...]], list[str]] = {}
    for whose, same in groupby(rows, key=lambda row: (row.label, row.route, row.endpoint, row.stays, row.named)):
        label, route, endpoint, stays, named = whose
        asked = f"{route} (asked for {named})" if named else f"{route} (asked to stay)" if stays else route
        by_targets: dict[tuple[str, ...], list[str]] = {}
        for row in same:
            by_targets.setdefault(row.to, []).append(row.failure)
        for to, failures in by_targets.items():
            seen.setdefault((label, asked, _failures(failures), to), []).append(endpoint)
    for (label, asked, said, to), endpoints in seen.items():
        yield label, asked, ", ".join(endpoints), said, to


def _failures(failures: Sequence[str]) -> str:
    """The special cases by name; kinds of the failure table by their number when they are many."""
    kinds = [one for one in failures if one not in {NOTHING, REJECTED, ANYTHING}]
    said = [one for one in failures if one in {NOTHING, REJECTED}]
    said += [f"{len(kinds)} kinds"] if len(kinds) > 4 else kinds
    return ", ".join([*said, *(one for one in failures if one == ANYTHING)])


def _places(made: Certificate) -> Table:
    table = Table("destination", "zone", "clearance", "gets", box=None, header_style="bold", pad_edge=False)
    for place in made.destinations:
        table.add_row(place.name, f"{place.zone} {place.region}".strip(), place.clearance, f"content, at {', '.join(place.where)}")
    for sink in made.sinks:
        table.add_row(sink.name, "", "" if "content," in sink.gets or "encrypted:" in sink.gets else "no content", sink.gets)
    return table
