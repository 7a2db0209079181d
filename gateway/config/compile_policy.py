"""The policy out of everything compiled before, and the configuration's own tests of it."""

import re
from collections.abc import Iterator, Sequence

import msgspec

from classifiers.classify import classify
from classifiers.signals import Signals
from gateway.config.compile_routes import Routes
from gateway.config.compile_signals import Declares, categories, label_of
from gateway.config.errors import Problem, Report, Where
from gateway.config.models import Route, Settings
from gateway.plan import Plan, PolicyTest
from gateway.redact.lane import Redacted, redact_unsent
from gateway.wire.ask import decode
from router.decide import decide
from router.decision import Decision
from router.facts import Facts
from router.names import TargetName
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
            serves={TargetName(name): frozenset(one.serves) for name, one in settings.destinations.items() if one.serves},
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


def run_tests(plan: Plan) -> list[Problem]:
    """Run the configuration's own tests: each prompt is classified by all detectors of this process and decided as a chat by `auto`."""
    return [problem for index, test in enumerate(plan.tests) for problem in _run(plan, test, f"tests[{index}]")]


def _run(plan: Plan, test: PolicyTest, path: str) -> Iterator[Problem]:
    ask = decode(msgspec.json.encode({"model": "auto", "messages": [{"role": "user", "content": test.say}]}), "chat")
    facts = Facts(request_id="test", prompt_tokens=len(test.say) // 4)
    signals = classify(ask.prompt, plan.fast + plan.slow, plan.scorer)
    decision = decide(facts, signals, plan.policy)
    if decision.redacts is not None and not isinstance(redact_unsent(plan, ask, facts, signals, decision.redacts), Redacted):
        decision = decision.whole()
    labels = [label.name for label in plan.policy.labels]
    if test.label is not None and test.label not in labels:
        yield Problem(f"{path}.label", f"there is no label {test.label!r}")
        return
    got = {"path": decision.path(decision.chain[0]) if decision.chain else "blocked", "label": decision.label.name, "route": decision.route}
    expected = {"path": test.path, "label": test.label, "route": test.route}
    if not any(expected.values()):
        yield Problem(path, "expects nothing; add `path`, `label` or `route`")
    for name, value in expected.items():
        if value is not None and value != got[name]:
            yield Problem(f"{path}.{name}", f"expected {value}, got {got[name]}: {_why(plan, decision, signals)}")


def _why(plan: Plan, decision: Decision, signals: Signals) -> str:
    """What the decision rests on; never the prompt."""
    found = sorted({finding.category for finding in signals.findings})
    doubts = sorted({doubt.kind for doubt in signals.doubts})
    difficulty = "not judged" if signals.difficulty is None else f"{signals.difficulty.score:.2f}"
    unasked = ", ".join(one.dialect.kind for one in plan.remote) if decision.leaves else ""
    return (
        f"route {decision.route!r}, label {decision.label}, found {', '.join(found) or 'nothing'}, "
        f"doubts {', '.join(doubts) or 'none'}, difficulty {difficulty}"
        + (f"; {unasked} is not asked here, only by a running gateway" if unasked else "")
    )
