"""What `check`, `explain`, `routes` and `classify` do between their arguments and what they print."""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import msgspec
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from gateway.cli import show as cli_show
from gateway.cli.batch import Source, judge_file, opened
from gateway.cli.judge import judge, load_without_secrets
from gateway.cli.metrics import said
from gateway.config.compile import load
from gateway.config.errors import ConfigError
from gateway.config.prices import stale
from gateway.errors import CODES
from gateway.explained import neighbours, told
from gateway.plan import LedgerPlan, Plan
from gateway.possible import possible, series
from gateway.price_list import PriceList
from gateway.upstreams.control import Probes, probe_all
from gateway.usage.plan import named
from gateway.wire.prompts import ask_of_body, ask_of_text
from router.changes import changes
from router.explain import Plain, plain
from router.explain import explain as explained
from router.fleet import Fleet
from router.policy import Policy
from router.proof import prove


def check(path: Path, *, probes: bool, without_secrets: bool, as_json: bool) -> bool:
    """Print all problems, or what the configuration does. Whether there was no problem. `probes`: ask destinations too."""
    try:
        plan = load_without_secrets(path, os.environ) if without_secrets else load(path)
    except ConfigError as error:
        if as_json:
            _print_json({"ok": False, "problems": [plain(problem) for problem in error.problems]})
        else:
            cli_show.console().print(cli_show.problems(str(path), error.problems))
        return False
    answers = tuple(_answers(plan, asyncio.run(probe_all(plan)))) if probes else ()
    is_well = not any(answer.problem for answer in answers)
    warnings = [say] if (say := stale(plan.prices, datetime.now(UTC).date())) else []
    if as_json:
        asked = {"probes": plain(answers)} if probes else {}
        _print_json({"ok": is_well, "problems": [], "warnings": plain(warnings), **_policy(plan), **asked})
        return is_well
    out = cli_show.console()
    out.print(cli_show.summary(str(path), plan, said(series(possible(plan, CODES)))))
    for say in warnings:
        out.print(f"warning: {say}", style="yellow", markup=False, soft_wrap=True)
    if probes:
        out.print()
        out.print(cli_show.answers(answers))
    return is_well


def _answers(plan: Plan, probes: Probes) -> Iterator[cli_show.Answer]:
    for name, replicas in probes.items():
        target = plan.policy.targets[name]
        for url, probe in zip(plan.upstreams[name].urls, replicas, strict=True):
            problem = probe.problem
            if probe.is_up and target.model not in probe.models:
                problem = f"it has no model {target.model!r}; it has {', '.join(probe.models[:5]) or 'none'}"
            yield cli_show.Answer(name, url, probe.latency_s, problem)


def routes(path: Path, *, as_json: bool) -> bool:
    """Print the rules and the proof. Whether there is no leak, which a policy that was loaded cannot have."""
    policy = load_without_secrets(path, os.environ).policy
    proof = prove(policy)
    if as_json:
        _print_json({"routes": _rules(policy), "labels": plain(proof.labels), "decisions": plain(proof.rows), "leaks": plain(proof.leaks)})
    else:
        out = cli_show.console()
        out.print(cli_show.rules(policy))
        out.print()
        out.print(cli_show.proof(proof))
    return proof.is_sound


def explain(path: Path, text: str | None, body: bytes, model: str, *, shows: bool, as_json: bool) -> None:
    """Print why a prompt, or a request body if `text` is None, would go where it would go. Raises `ConfigError` and `Refusal`."""
    plan = load_without_secrets(path, os.environ)
    deepest = plan.limits.depth
    judged = judge(plan, ask_of_body(body, deepest) if text is None else ask_of_text(text, model, deepest))
    seen = explained(plan.policy, judged.facts, judged.signals)
    near = neighbours(plan.own_scorer, judged.ask.prompt)
    other = changes(plan.policy, judged.facts, judged.signals, Fleet(plan.policy.targets.values()), 0.0)
    if as_json:
        _print_json(
            {
                "path": judged.path,
                "unasked": list(judged.unasked),
                "findings": plain(judged.signals.findings),
                "doubts": plain(judged.signals.doubts),
                **_members(seen),
                "neighbours": near,
                "changes": [told(change) for change in other],
            }
        )
    else:
        out = cli_show.console()
        out.print(cli_show.explanation(seen, judged.signals, judged.ask.prompt, judged.path, shows=shows))
        out.print(cli_show.near_and_far(near, other))
        if judged.unasked:
            out.print(cli_show.unasked(judged.unasked), soft_wrap=True)


def classify(config: Path, source: Path, out: Path, workers: int) -> bool:
    """Judge a file. Whether every line could be judged. Raises `ConfigError`."""
    began = time.monotonic()
    with opened(source) as prompts, _written(out) as file, _progress(prompts) as progress:
        tally = judge_file(config, prompts.lines, file, workers, progress)
    took_s = time.monotonic() - began
    errors = f", {tally.errors:,} of them could not be judged" if tally.errors else ""
    typer.secho(f"{tally.lines:,} lines in {took_s:.1f} s ({tally.lines / took_s:,.0f} a second){errors}", err=True)
    return not tally.errors


@contextlib.contextmanager
def _written(out: Path) -> Iterator[BinaryIO]:
    if str(out) == "-":
        yield sys.stdout.buffer
        return
    with out.open("wb") as file:
        yield file


@contextlib.contextmanager
def _progress(source: Source) -> Iterator[Callable[[], None]]:
    """A bar on a terminal, nothing elsewhere."""
    screen = cli_show.console(stderr=True)
    if not screen.is_terminal:
        yield lambda: None
        return
    columns = (TextColumn("classifying"), BarColumn(), MofNCompleteColumn(), TextColumn("bytes"), TimeRemainingColumn())
    with Progress(*columns, console=screen, transient=True) as bar:
        task = bar.add_task("classifying", total=source.size)
        yield lambda: bar.update(task, completed=source.position())


def _day(prices: PriceList) -> str | None:
    return None if prices.as_of is None else prices.as_of.isoformat()


def _policy(plan: Plan) -> dict[str, Plain]:
    policy = plan.policy
    return {
        "labels": [label.name for label in policy.labels],
        "destinations": [
            {
                "name": target.name,
                "zone": target.zone,
                "region": target.region,
                "clearance": target.clearance.name,
                "model": target.model,
                "replicas": target.replicas or "discovered",
                "serves": [*map(str, sorted(target.speaks))],
                "lacks": [*map(str, sorted(target.lacks))],
                "is_priced": target.tariff is not None or plan.upstreams[name].reservation is not None,
            }
            for name, target in policy.targets.items()
        ],
        "detectors": _detectors(plan),
        "scorer": plan.scorer_kind,
        "threshold": policy.threshold,
        "routes": _rules(policy),
        "ledger": _ledger(plan.ledger),
        "usage": None if plan.usage is None else {"store": named(plan.usage), "keep_days": plan.usage.keep_days},
        "backstop": plan.backstop,
        "prices": {"source": plan.prices.source, "version": plan.prices.version, "as_of": _day(plan.prices)},
        "keys": len(plan.keys),
        "tests": len(plan.tests),
        "series": sum(series(possible(plan, CODES)).values()),
        "digest": policy.digest,
    }


def _ledger(plan: LedgerPlan | None) -> Plain:
    return None if plan is None else {"dir": str(plan.folder), "sync": plan.sync, "is_signed": plan.key is not None, "all": plan.keeps_all}


def _detectors(plan: Plan) -> list[Plain]:
    here: list[Plain] = [{"kind": one.kind, "is_slow": one.is_slow} for one in plan.fast + plan.slow]
    return here + [{"kind": one.dialect.kind, "is_slow": True, "asks": str(one.target.name)} for one in plan.remote]


def _rules(policy: Policy) -> Plain:
    return [
        {
            "name": rule.name,
            "when": [str(test) for test in rule.when],
            "to": [target.name for target in rule.to],
            "fallback": [target.name for target in rule.fallback],
            **({"redact": True} if rule.redacts else {}),
            **({"cascade": plain(rule.cascade)} if rule.cascade is not None else {}),
        }
        for rule in policy.rules
    ]


def _members(record: object) -> dict[str, Plain]:
    members = plain(record)
    assert isinstance(members, dict)  # noqa: S101  # a record's plain form
    return members


def _print_json(content: object) -> None:
    typer.echo(msgspec.json.format(msgspec.json.encode(content), indent=2))
