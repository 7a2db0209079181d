"""The policy out of everything compiled before."""

import re
from collections.abc import Sequence

from gateway.config.compile_routes import Routes
from gateway.config.compile_signals import Declares, categories, label_of
from gateway.config.errors import Report, Where
from gateway.config.models import Route, Settings
from router.policy import Policy, Unsound

_RULE = re.compile(r"(?:rule|route) '([^']+)'")
_TARGET = re.compile(r" content to '([^']+)'")


def policy(settings: Settings, routes: Routes, made: Sequence[Declares], digest: str) -> Policy | None:
    """The policy, proved. None when a leak or a gap was found, or when too much was not understood to look for one."""
    report, before = routes.report, len(routes.report.problems)
    rules = routes.compile()
    is_exact = not any(".when" in problem.path for problem in report.problems[before:])
    found = categories(settings, routes.labels, made, report)
    doubt = label_of(settings.sensitivity.doubt, routes.labels, ("sensitivity", "doubt"), report)
    if not is_exact or report.has_lost("labels", "routes"):
        return None
    try:
        return Policy(
            labels=routes.labels,
            targets=routes.targets,
            rules=rules,
            categories=found,
            doubt=doubt,
            threshold=settings.difficulty.threshold if settings.difficulty else 0.5,
            on_explicit_model=settings.sensitivity.on_explicit_model,
            digest=digest,
            kept=frozenset[str]().union(*(detector.categories for detector in made if detector.kind == "secrets")),
        )
    except Unsound as unsound:
        _report(unsound.problems, settings.routes, report)
        return None


def _report(problems: tuple[str, ...], routes: tuple[Route, ...], report: Report) -> None:
    """Say what the policy says, where it belongs. Gaps are many alike: one stands for all."""
    gaps = [say for say in problems if "can match no rule" in say]
    for say in problems:
        where = _place(say, routes)
        if say in gaps[1:] or (report.has_said((*where, "name")) and "another name" in say):
            continue
        report.add(where, f"{say} ({len(gaps) - 1} more of this kind)" if gaps[1:] and say == gaps[0] else say)


def _place(say: str, routes: tuple[Route, ...]) -> Where:
    """Where in the file a sentence of the policy's belongs."""
    rule, target = _RULE.search(say), _TARGET.search(say)
    for index, one in reversed(tuple(enumerate(routes))):
        if rule is None or one.name != rule[1]:
            continue
        for key, chain in (("to", one.to), ("fallback", one.fallback)):
            if target is not None and target[1] in chain:
                return ("routes", index, key, chain.index(target[1]))
        if " cascade" in say:
            return ("routes", index, "cascade")
        return ("routes", index)
    return ("routes",)
