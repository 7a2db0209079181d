"""What `tidegate report` does between its arguments and what it prints."""

import time
from pathlib import Path

import typer

from gateway.config.compile import load
from gateway.report.make import report as made
from gateway.report.markdown import markdown
from gateway.report.page import page
from gateway.report.period import Period
from gateway.usage.reading import open_store
from gateway.usage.store import StoreError


def period(week: str, since: str, until: str) -> Period:
    """What is asked for; the last week that is over by default. Raises ValueError in a sentence."""
    now = time.time()
    if since:
        return Period.days(since, until, now)
    return Period.week(week) if week else Period.last_week(now)


def report(config: Path, when: Period, store: str, html: Path | None) -> None:
    """Print the report, or write the page. Raises `ConfigError`, and `StoreError` without a store."""
    plan = load(config, needs_secrets=False)
    if not store and plan.usage is None:
        say = "keeps no usage, so there is nothing to report; add `usage: {store: usage.sqlite}` to it, or name a store with --store"
        raise StoreError(f"{config} {say}")
    with open_store(store or (plan.usage.url if plan.usage else "")) as opened:
        found = made(opened, plan, when)
    if html is None:
        typer.echo(markdown(found), nl=False)
    else:
        html.write_text(page(found), encoding="utf-8")
        typer.echo(f"{html}: {found.of}")
