"""`tidegate advise`: reads the configuration, the store and the answers, asks for what is missing if somebody is there, and prints."""

import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import typer

from gateway.advice.advise import advise as advised
from gateway.advice.document import document
from gateway.advice.page import page
from gateway.advice.questions import QUESTIONS, Answer, read_answers
from gateway.advice.traffic import Traffic, counted
from gateway.cli.arguments import misuse
from gateway.cli.judge import load_without_secrets
from gateway.config import strict_yaml
from gateway.plan import Plan
from gateway.usage.reading import open_store
from gateway.usage.rows import Called, Leased, Rated, Used
from gateway.usage.store import StoreError

_DAYS = 28


@dataclass(frozen=True, slots=True)
class Asked:
    """The options: which store, from and to which day, and a file of answers. Empty: the defaults."""

    store: str = ""
    since: str = ""
    until: str = ""
    answers: Path | None = None


def advise(config: Path, asked: Asked, *, as_json: bool) -> None:
    """Print the advice. Raises `ConfigError`, `StoreError` and OSError."""
    plan = load_without_secrets(config, os.environ)
    content = strict_yaml.read(config.read_text(encoding="utf-8-sig")).content
    written: Mapping[str, object] = content if isinstance(content, dict) else {}
    traffic, unread = _traffic(plan, asked.store, _period(asked))
    answers = _answers(asked.answers)
    found = advised(plan, written, traffic, answers, unread)
    open_ones = [one.name for one in found.assessment.dimensions if one.source == "unknown"]
    if open_ones and asked.answers is None and not as_json and sys.stdin.isatty() and sys.stdout.isatty():
        found = advised(plan, written, traffic, _interview(open_ones), unread)
    if as_json:
        typer.echo(msgspec.json.encode(document(found)))
    else:
        typer.echo(page(found, config.name), nl=False)


def _traffic(plan: Plan, store: str, period: tuple[float, float]) -> tuple[Traffic | None, str]:
    """What was recorded, or why it could not be read: the configured store may not have begun. Raises `StoreError` for a named one."""
    url = store or ("" if plan.usage is None else plan.usage.url)
    if not url:
        return None, ""
    try:
        with open_store(url) as opened:
            leased, rated, called = opened.rows(Leased, *period), opened.rows(Rated, *period), opened.rows(Called, *period)
            return counted(plan, opened.rows(Used, *period), leased, rated, called), ""
    except StoreError as error:
        if store:
            raise
        return None, str(error)


def _period(asked: Asked) -> tuple[float, float]:
    until = _day("--until", asked.until) + timedelta(days=1) if asked.until else datetime.fromtimestamp(time.time(), UTC)
    since = _day("--since", asked.since) if asked.since else until - timedelta(days=_DAYS)
    if since >= until:
        misuse("--since is after --until.")
    return since.timestamp(), until.timestamp()


def _day(option: str, text: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
    except ValueError:
        misuse(f"{option} is a day, as 2026-11-01.")


def _answers(path: Path | None) -> dict[str, Answer]:
    if path is None:
        return {}
    try:
        return read_answers(path.read_text(encoding="utf-8"))
    except ValueError as error:
        misuse(f"{path}: {error}.")


def _interview(names: list[str]) -> dict[str, Answer]:
    """Ask somebody. Nothing is an answer, too."""
    answers: dict[str, Answer] = {}
    typer.secho("What nobody has measured. Enter leaves a question open.\n", err=True)
    for name in names:
        question = QUESTIONS[name]
        lines = [f"  {number} {means}" for number, means in enumerate(question.answers, 1)]
        typer.secho("\n".join([f"{name}: {question.ask}", *lines]), err=True)
        said = typer.prompt("1-5", default="", show_default=False, err=True).strip()
        while said not in {"", "1", "2", "3", "4", "5"}:
            said = typer.prompt("a number of 1 to 5, or Enter", default="", show_default=False, err=True).strip()
        if said:
            answers[name] = Answer(int(said))
    return answers
