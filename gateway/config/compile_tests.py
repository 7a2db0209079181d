"""The configuration's own `tests:`, run when it is loaded: prompts, and what must come of them.

They are judged by the detectors and the scorer of this process, slow ones too, as if an anonymous caller had sent them. Nobody is asked
over the network, so that a file loads wherever it is; what that leaves open is said beside a failure.
"""

import time
from collections.abc import Callable, Iterator, Mapping

import msgspec

from classifiers.classify import classify
from classifiers.signals import Signals
from classifiers.subject import with_subject
from gateway.config.compile_routes import comparison
from gateway.config.errors import Problem, hint
from gateway.errors import Refusal
from gateway.http.chat import facts_of
from gateway.plan import Plan, PolicyTest
from gateway.redact.lane import Redacted, redact_unsent
from gateway.wire.ask import decode
from router.decide import decide, difficulty_of
from router.decision import Decision
from router.rules import Test
from router.values import replace

WITHIN_S = 20.0
"""For all tests together: a file that takes longer to judge is not loaded, lest a reload never ends."""
_EXPECTATIONS = ("path", "label", "route", "target", "difficulty")


def run_tests(plan: Plan, clock: Callable[[], float] = time.monotonic) -> list[Problem]:
    """Run them all. Every expectation that is not met is a problem: what was expected, what came, and why."""
    due, problems = clock() + WITHIN_S, list[Problem]()
    for index, test in enumerate(plan.tests):
        if clock() > due:
            say = f"this and what follows was not run: the tests before it took more than {WITHIN_S:g} s; keep fewer or shorter ones"
            return [*problems, Problem(f"tests[{index}]", say)]
        problems += _run(plan, test, f"tests[{index}]")
    return problems


def _run(plan: Plan, test: PolicyTest, path: str) -> Iterator[Problem]:
    expected: dict[str, str | None] = {name: getattr(test, name) for name in _EXPECTATIONS}
    unknown = tuple(_unknown(plan, test, path))
    yield from unknown
    if not any(expected.values()):
        yield Problem(path, "expects nothing; add `path`, `label`, `route`, `target` or `difficulty`")
    elif not unknown:
        try:
            got, why = _judged(plan, test)
        except Refusal as refusal:
            yield Problem(path, f"such a request is refused: {refusal.say}")
            return
        for name, value in expected.items():
            if value is not None and not _holds(name, value, got[name], plan):
                shown = got[name] or ("nobody" if name == "target" else "unknown")
                yield Problem(f"{path}.{name}", f"{test.name and test.name + ': '}expected {value}, got {shown}: {why}")


def _judged(plan: Plan, test: PolicyTest) -> tuple[Mapping[str, str | None], str]:
    """What comes of the test's request, and what that rests on. Raises `Refusal`."""
    messages = test.messages or ({"role": "user", "content": test.say},)
    ask = decode(msgspec.json.encode({"model": test.model, "messages": messages}), "chat", plan.limits.depth)
    facts = replace(facts_of("test", plan, ask), lot=None)  # what a test expects, it expects whatever is drawn
    signals = with_subject(classify(ask.prompt, plan.fast + plan.slow, plan.own_scorer), ask.prompt, plan.subjects)
    decision = decide(facts, signals, plan.policy)
    if decision.redacts is not None and not isinstance(redact_unsent(plan, ask, facts, signals, decision.redacts), Redacted):
        decision = decision.whole()
    first = decision.chain[0] if decision.chain else None
    difficulty = difficulty_of(signals, facts)
    return {
        "path": "blocked" if first is None else decision.path(first),
        "label": decision.label.name,
        "route": decision.route,
        "target": None if first is None else first.name,
        "difficulty": None if difficulty is None else f"{difficulty:.3f}",
    }, _why(plan, decision, signals)


def _unknown(plan: Plan, test: PolicyTest, path: str) -> Iterator[Problem]:
    """Expectations that nothing could meet."""
    known: Mapping[str, tuple[str | None, list[str]]] = {
        "label": (test.label, [label.name for label in plan.policy.labels]),
        "target": (test.target, list(plan.policy.targets)),
        "model": (test.model, list(plan.meanings)),
    }
    for name, (value, names) in known.items():
        if value is not None and value not in names:
            yield Problem(f"{path}.{name}", f"there is no {name} {value!r}{hint(value, names)}")
    if test.difficulty is not None and comparison(test.difficulty, plan.policy.threshold) is None:
        yield Problem(f"{path}.difficulty", 'expected a comparison: "> threshold" or ">= 0.6"')


def _holds(name: str, expected: str, got: str | None, plan: Plan) -> bool:
    asked = comparison(expected, plan.policy.threshold) if name == "difficulty" else None
    if asked is None:
        return got == expected
    return got is not None and Test("difficulty", *asked).admits(float(got))


def _why(plan: Plan, decision: Decision, signals: Signals) -> str:
    """What the decision rests on; never the prompt."""
    found = sorted({finding.category for finding in signals.findings})
    doubts = sorted({doubt.kind for doubt in signals.doubts})
    difficulty = "not judged" if signals.difficulty is None else f"{signals.difficulty.score:.2f}"
    kinds = [one.dialect.kind for one in plan.remote] if decision.leaves else []
    unasked = ", ".join([*kinds, *([plan.scorer_kind] if plan.own_scorer is None and plan.scorer_kind else [])])
    return (
        f"route {decision.route!r}, label {decision.label}, found {', '.join(found) or 'nothing'}, "
        f"doubts {', '.join(doubts) or 'none'}, difficulty {difficulty}"
        + (f"; {unasked} is not asked here, only by a running gateway" if unasked else "")
    )
