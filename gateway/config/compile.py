"""The configuration, compiled: YAML in, a frozen `Plan` out, or a `ConfigError` that holds every problem at once.

Problems of form, of meaning, of policy (leaks, gaps) and failing `tests:` come together, as far as one does not follow from another.
"""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from gateway.config.compile_baselines import reporting
from gateway.config.compile_callers import caller_keys, listen, meanings
from gateway.config.compile_destinations import Destinations
from gateway.config.compile_ledger import ledger
from gateway.config.compile_otel import otel
from gateway.config.compile_policy import policy
from gateway.config.compile_prices import price_lists
from gateway.config.compile_redact import redacting
from gateway.config.compile_remote import remotes, services
from gateway.config.compile_routes import Routes
from gateway.config.compile_scorers import scorers
from gateway.config.compile_signals import Declares, detectors
from gateway.config.compile_store import store
from gateway.config.compile_subjects import reader
from gateway.config.compile_tests import run_tests
from gateway.config.compile_usage import usage
from gateway.config.errors import ConfigError, Problem, Report, hint
from gateway.config.models import Settings, Sticky
from gateway.config.prices import Prices
from gateway.config.secrets import Secrets
from gateway.config.shape import settle
from gateway.config.strict_yaml import read
from gateway.plan import Limits, Observing, Plan, PolicyTest, Remembering, UpstreamPlan
from router.decision import Target
from router.labels import Labels
from router.names import TargetName

__all__ = ["compile_text", "load", "run_tests"]


def load(path: Path | str, env: Mapping[str, str] | None = None, *, needs_secrets: bool = True, folder: Path | None = None) -> Plan:
    """Compile the file. `env` is where `{env: NAME}` is looked up, by default the process's own environment.

    `folder` is where it looks for other files, by default its own.

    Without `needs_secrets` the plan can judge, but its destinations may not know us. Raises `ConfigError`.
    """
    path = Path(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ConfigError([Problem("", f"the file cannot be read: {error.strerror}")], str(path)) from None
    except UnicodeDecodeError:
        raise ConfigError([Problem("", "the file is not UTF-8 text")], str(path)) from None
    try:
        return compile_text(text, env, folder or path.parent, needs_secrets=needs_secrets)
    except ConfigError as error:
        raise ConfigError(error.problems, str(path)) from None


def compile_text(
    text: str,
    env: Mapping[str, str] | None = None,
    base_dir: Path | None = None,
    prices: Prices | None = None,
    *,
    needs_secrets: bool = True,
) -> Plan:
    """Compile the text of a configuration. Files of secrets are looked up from `base_dir`. Raises `ConfigError`."""
    document = read(text)
    report = Report(document.lines)
    settings = settle(document.content, report)
    plan = None
    if settings is not None:
        secrets = Secrets(os.environ if env is None else env, base_dir or Path(), report, are_optional=not needs_secrets)
        digest = hashlib.sha256(text.encode(errors="replace")).hexdigest()[:16]
        plan = _plan(settings, secrets, price_lists(settings, prices or Prices.installed(), secrets.base_dir, report), digest)
    if plan is None or report.problems:
        raise ConfigError(report.problems)
    return plan


def _plan(settings: Settings, secrets: Secrets, prices: Prices, digest: str) -> Plan | None:
    """The plan; None when there is no sound policy. What is wrong is in the report that `secrets` has."""
    report, labels, stored = secrets.report, _labels(settings, secrets.report), usage(settings, secrets)
    compiled = _compiled(settings, Destinations(labels, secrets, prices, report))
    targets = {name: target for name, (target, _) in compiled.items() if name not in services(settings)}
    made, asked = tuple(detectors(settings, report)), remotes(settings, labels, compiled, report)
    judges, compared = scorers(settings, labels, compiled, report), reporting(settings, targets, prices, report)
    # Everything else is compiled before the policy is judged: what is wrong there is reported even if the policy is unsound.
    keys, spoken, observing = caller_keys(settings, labels, secrets), meanings(settings, report), _observing(settings, targets, secrets)
    address, state_url, kept = listen(settings, report), secrets.redis_url(settings.state, ("state",)), ledger(settings, secrets)
    told: tuple[Declares, ...] = (*made, *(one.dialect for one in asked))
    masks, sound = redacting(settings, told, secrets), policy(settings, Routes(settings, labels, targets, report), told, digest)
    if sound is None:
        return None
    plan = Plan(
        policy=sound,
        upstreams={name: compiled[name][1] for name in targets},
        meanings=spoken,
        fast=tuple(detector for detector in made if not detector.is_slow),
        slow=tuple(detector for detector in made if detector.is_slow),
        remote=asked,
        scorer=judges.fast,
        late_scorer=judges.late,
        subjects=reader(settings, sound, report),
        slow_s=settings.sensitivity.slow_deadline_s,
        keys=keys,
        limits=Limits(**settings.limits.model_dump()),
        redacting=masks,
        listen=address,
        observing=observing,
        tests=tuple(PolicyTest(**test.model_dump()) for test in settings.tests),
        state_url=state_url,
        ledger=kept,
        backstop=settings.backstop,
        remembering=_remembering(settings),
        lockdown_file=None if settings.lockdown_file is None else secrets.base_dir / settings.lockdown_file,
        canaries_s=settings.canaries.every_s,
    )
    return _tried_out(replace(plan, usage=stored, store=store(settings, secrets), reporting=compared, prices=prices.used), settings, report)


def _compiled(settings: Settings, destinations: Destinations) -> Mapping[TargetName, tuple[Target, UpstreamPlan]]:
    """Targets and how they are reached, of all destinations that can be made sense of."""
    both = {TargetName(name): destinations.compile(name, one) for name, one in settings.destinations.items()}
    return {name: one for name, one in both.items() if one is not None}


def _tried_out(plan: Plan, settings: Settings, report: Report) -> Plan:
    """The plan, after the file's own tests were run, unless part of what they are about was not understood."""
    # A detector that is missing, or a section that was not read, would fail tests that say nothing about it.
    is_lossless = not report.has_lost("sensitivity", "difficulty", "destinations", "redact")
    is_whole = is_lossless and len(plan.detectors) == len(settings.sensitivity.detectors)
    if is_whole and (plan.scorer is not None or plan.late_scorer is not None or settings.difficulty is None):
        report.extend(run_tests(plan))
    return plan


def _remembering(settings: Settings) -> Remembering:
    memo, lineage = settings.sensitivity.memo, settings.sensitivity.lineage
    doubts = lineage.unknown_history == "doubt"
    sticky = settings.difficulty.sticky if settings.difficulty else Sticky()
    return Remembering(memo.entries, memo.ttl_s, lineage.entries, lineage.ttl_s, doubts, sticky.entries, sticky.ttl_s)


def _labels(settings: Settings, report: Report) -> Labels:
    for index, name in enumerate(settings.labels):
        if name in settings.labels[:index]:
            report.add(("labels", index), f"the label {name!r} stands here twice")
            report.lost.add(("labels",))
    return Labels(tuple(dict.fromkeys(settings.labels)))


def _observing(settings: Settings, targets: Mapping[TargetName, Target], secrets: Secrets) -> Observing:
    report, told = secrets.report, Observing(settings.observers.log, settings.observers.prometheus, otel=otel(settings, secrets))
    if settings.baseline is None:
        return told
    baseline = TargetName(settings.baseline)
    if baseline in targets:
        is_said = report.has_said(("destinations", baseline, "cost")) or report.is_lost("destinations", baseline, "cost")
        if targets[baseline].tariff is None and not is_said:
            report.add(("baseline",), f"nothing can be compared with {baseline!r}, whose prices per token are not known; give it a `cost`")
    elif baseline in services(settings):
        report.add(("baseline",), f"{baseline!r} is asked by detectors and answers no request; nothing can be compared with it")
    elif baseline not in settings.destinations and not report.is_lost("destinations", baseline):
        report.add(("baseline",), f"there is no destination {baseline!r}{hint(baseline, settings.destinations)}")
    return replace(told, baseline=baseline)
