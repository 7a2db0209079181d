"""The commands around what leaves, `tidegate audit ...` and `tidegate export ...`: parts of `gateway.cli.main`."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.arguments import BAD, AsJson, Config, File, misuse
from gateway.cli.config import chosen

audit_app = typer.Typer(no_args_is_help=True, help="The egress ledger: whether it is whole, and what left.")
export_app = typer.Typer(no_args_is_help=True, help="Rules for other walls, out of the same configuration.")

Ledger = Annotated[Path, typer.Argument(metavar="DIR", help="The ledger's folder, or a copy of it.")]
PublicKey = Annotated[Path | None, typer.Option("--key", help="Public key in PEM form: signatures must be by it.", show_default=False)]
Expect = Annotated[list[str] | None, typer.Option("--expect", metavar="HEAD", help="A head it must hold: NUMBER:HASH.", show_default=False)]
After = Annotated[str, typer.Option("--after", metavar="HEAD", help="The head of the last file that is in an archive.", show_default=False)]
Roots = Annotated[Path | None, typer.Option("--roots", help="A copy of roots.jsonl that was kept elsewhere.", show_default=False)]


@audit_app.command("verify")
def audit_verify(
    folder: Ledger, key: PublicKey = None, expect: Expect = None, after: After = "", roots: Roots = None, as_json: AsJson = False
) -> None:
    """Find every line that was altered, removed, inserted or moved, and every bad signature. Exit code 1 if there is one."""
    from gateway.cli import audit

    if not audit.verify(folder, audit.Trust(key, expect or (), after, roots), as_json=as_json):
        raise typer.Exit(BAD)


@audit_app.command("query")
def audit_query(  # noqa: PLR0913, PLR0917  # one argument for each option of the command
    folder: Ledger,
    label: Annotated[str, typer.Option(help='A label, or a comparison: ">= personal".', show_default=False)] = "",
    zone: Annotated[str, typer.Option(help="local or external.", show_default=False)] = "",
    since: Annotated[str, typer.Option(help="A day or a time in UTC, such as 2026-11-01.", show_default=False)] = "",
    until: Annotated[str, typer.Option(help="A day, which is counted to its end, or a time.", show_default=False)] = "",
    destination: Annotated[str, typer.Option(help="A destination.", show_default=False)] = "",
    tenant: Annotated[str, typer.Option(help="A tenant.", show_default=False)] = "",
    key: PublicKey = None,
    expect: Expect = None,
    after: After = "",
    roots: Roots = None,
    as_json: AsJson = False,
) -> None:
    """What left, to whom, when, and whether the ledger can be relied on. Exit code 1 if it cannot."""
    from gateway.cli import audit
    from gateway.ledger.query import Question, when

    span = (when(since) if since else "", when(until, is_end=True) if until else "")
    question = Question(label, zone, destination, tenant, *span)
    if not audit.query(folder, question, audit.Trust(key, expect or (), after, roots), as_json=as_json):
        raise typer.Exit(BAD)


@export_app.command("network-policy")
def export_network_policy(
    config: File = None,
    config_option: Config = None,
    kind: Annotated[str, typer.Option(help="kubernetes or nftables.")] = "kubernetes",
    namespace: Annotated[str, typer.Option(help="Namespace of the NetworkPolicy.", show_default=False)] = "",
    user: Annotated[str, typer.Option(help="User that the gateway runs as, for nftables.")] = "tidegate",
) -> None:
    """Print rules that let the gateway reach its destinations, name servers and Redis, and nothing else. Names are resolved now."""
    from gateway.cli import export

    if kind not in ("kubernetes", "nftables"):
        misuse("--kind is `kubernetes` or `nftables`.")
    export.network_policy(
        chosen(config_option or config), "kubernetes" if kind == "kubernetes" else "nftables", namespace=namespace, user=user
    )
