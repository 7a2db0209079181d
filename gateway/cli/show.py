"""What commands print for a person: tables and sentences. Nothing here decides anything, and nothing shows a prompt unless it is masked."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from classifiers.prompt import Prompt
from classifiers.signals import NOT_READ, Signals, Subject
from gateway.cli.masking import excerpt
from gateway.config.errors import Problem, one_of
from gateway.explained import Neighbour
from gateway.plan import Plan, UpstreamPlan
from gateway.usage.plan import named
from router.cascade import Accept
from router.changes import Change
from router.cost import Tariff
from router.decision import Target
from router.explain import DifficultySeen, Explanation, RuleSeen
from router.names import Path
from router.policy import Policy
from router.proof import Proof
from router.rules import Rule

STYLES = {"local": "green", "cloud": "blue", "redacted": "magenta", "blocked": "red", "external": "blue"}
"""Colours of paths and zones."""


def console(*, stderr: bool = False) -> Console:
    """For a terminal as wide as it is; for a file or a pipe wide enough that tables do not wrap, and without colours."""
    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, highlight=False, width=None if stream.isatty() else 140, soft_wrap=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a replica of a destination answered to a probe; `problem` is empty when all is well."""

    destination: str
    url: str
    latency_s: float
    problem: str


def answers(found: Iterable[Answer]) -> RenderableType:
    """What the probes found."""
    table = _table("", "destination", "address", "answered in", "")
    for one in found:
        mark = Text("✗", "bold red") if one.problem else Text("✓", "green")
        table.add_row(mark, one.destination, one.url, f"{one.latency_s * 1000:.0f} ms", escape(one.problem))
    return table


def problems(source: str, found: Sequence[Problem]) -> RenderableType:
    """Everything that is wrong with a configuration."""
    table = Table(
        "line",
        "where",
        "what to do",
        title=f"{escape(source)}: {_count(len(found), 'problem')}",
        title_justify="left",
        title_style="bold red",
    )
    for problem in found:
        table.add_row(str(problem.line or ""), escape(problem.path or "(the file)"), escape(problem.say))
    return table


def summary(source: str, plan: Plan, metrics: str) -> RenderableType:
    """A sound configuration in short. `metrics` says how many there are."""
    policy = plan.policy
    table = _table("destination", "zone", "clearance", "model", "price", "replicas")
    for name, target in policy.targets.items():
        price = _price(target.tariff, plan.upstreams[name])
        zone = Text(f"{target.zone} {target.region}".strip(), STYLES[target.zone])
        table.add_row(name, zone, str(target.clearance), target.model, price, str(target.replicas or "discovered"))
    here = [f"{one.kind} (slow)" if one.is_slow else one.kind for one in plan.fast + plan.slow]
    detectors = ", ".join([*here, *(f"{one.dialect.kind} (asks {one.target.name})" for one in plan.remote)]) or "none"
    lines = [
        f"[bold green]{escape(source)} is sound.[/]  Nothing reaches a destination that is not cleared for it.",
        f"labels       {escape(repr(policy.labels))}",
        f"detectors    {escape(detectors)}",
        f"difficulty   {escape(f'{plan.scorer_kind}, threshold {policy.threshold:g}') if plan.scorer_kind else 'not judged'}",
        f"ledger       {escape(_ledger(plan))}",
        f"usage        {escape(_usage(plan))}",
        f"callers      {_count(len(plan.keys), 'key') if plan.keys else 'no key is asked for'}",
        *([f"prices       {escape(str(plan.prices))}, as of {plan.prices.as_of or 'an unknown day'}"] if plan.prices.source else []),
        f"tests        {escape(_tests(plan))}",
        f"metrics      {metrics}",
    ]
    return Group(*(Text.from_markup(line) for line in lines), "", table, "", rules(policy))


def _tests(plan: Plan) -> str:
    if not plan.tests:
        return "none; add some under `tests:`"
    kinds = [one.dialect.kind for one in plan.remote] + ([plan.scorer_kind] if plan.own_scorer is None and plan.scorer_kind else [])
    unasked = ", ".join(kinds)
    return f"{len(plan.tests)} of {len(plan.tests)} hold" + (f" (without {unasked}, which only a running gateway asks)" if unasked else "")


def _ledger(plan: Plan) -> str:
    if plan.ledger is None:
        leaves = any(target.zone == "external" for target in plan.policy.targets.values())
        return "none: what leaves is not recorded; add `ledger: {dir: ...}`" if leaves else "none; nothing is external"
    how = "on disk before a byte leaves" if plan.ledger.sync == "always" else "on disk within a second"
    return f"{plan.ledger.folder}, {how}, {'heads are signed' if plan.ledger.key else 'heads are not signed'}"


def _usage(plan: Plan) -> str:
    if plan.usage is None:
        return "not kept; `usage: {store: usage.db}` keeps what requests used and cost, for reports"
    return f"{named(plan.usage)}, for {plan.usage.keep_days} days"


def rules(policy: Policy) -> RenderableType:
    """The rules in words, in the order in which they are asked."""
    table = _table("", "route", "when", "goes to", "then")
    for number, rule in enumerate(policy.rules, 1):
        then = (_names(rule.fallback) or "503") + (" (redacted where it must be)" if rule.redacts else "")
        then += " (also when an answer is rejected)" if rule.cascade is not None else ""
        table.add_row(str(number), rule.name, _when(rule, number), _names(rule.to), then)
    return table


def proof(made: Proof) -> RenderableType:
    """Where each label can go, whatever fails."""
    redacts = any(row.redacted for row in made.labels)
    table = _table("label", "can reach", *(("only redacted",) if redacts else ()), "never reaches")
    for row in made.labels:
        redacted = (", ".join(row.redacted),) if redacts else ()
        table.add_row(row.label.name, ", ".join(row.targets) or Text("nothing: 503", "red"), *redacted, ", ".join(row.barred))
    leaks = [Text(f"LEAK: {leak}", "bold red") for leak in made.leaks]
    return Group(Text("Whatever a caller asks for, and whatever fails:", "bold"), table, *leaks)


def unasked(kinds: Sequence[str]) -> RenderableType:
    """That detectors behind the network were not asked by this command."""
    say = "not asked here: what it says may take the request elsewhere. A running gateway asks it: POST /admin/explain on its admin port."
    return Text.assemble((", ".join(kinds), "bold"), f" was {say}", style="yellow")


def explanation(seen: Explanation, signals: Signals, prompt: Prompt, path: Path, *, shows: bool) -> RenderableType:
    """Why a request goes where it goes. `path` is the one that it would take."""
    headline = Text.assemble(
        ("path ", "bold"), (path, f"bold {STYLES[path]}"), f"   label {seen.label}   route {seen.route}   endpoint {seen.endpoint}"
    )
    return Group(
        headline,
        "",
        *_sensitivity(seen, signals, prompt, shows=shows),
        *_difficulty(seen.difficulty),
        *_subject(signals.subject),
        Text("Rules", "bold"),
        *(line for rule in seen.rules for line in _rule(rule)),
        *([f"  the caller named the target {escape(seen.named)}"] if seen.named else []),
        Text("Where it goes", "bold"),
        *_chain(seen),
    )


def near_and_far(near: Sequence[Neighbour], changes: Sequence[Change]) -> RenderableType:
    """The known prompts that it is near to, and what would take it elsewhere."""
    lines: list[RenderableType] = []
    if near:
        lines += [Text("Near to", "bold"), *(Text(f"    {_near(one)}") for one in near)]
    lines.append(Text("What would change it", "bold"))
    for change in changes:
        target = f"to {change.target}" if change.target else "and nobody could serve it"
        lines.append(
            Text.assemble(f"  {change.say} → ", (change.path, STYLES[change.path]), f", {target}, by route {change.route}", overflow="fold")
        )
    if not changes:
        lines.append("  nothing that the gateway can see")
    return Group(*lines)


def _near(one: Neighbour) -> str:
    return f"{one.likeness:+.2f}  {one.name}: small models failed {one.failed:.0%} of {one.questions} such questions"


def _sensitivity(seen: Explanation, signals: Signals, prompt: Prompt, *, shows: bool) -> Iterator[RenderableType]:
    yield Text("Sensitivity", "bold")
    labels = {raised.name: raised.label.name for raised in seen.raised if raised.source == "finding"}
    if signals.findings:
        columns = ("category", "label", "detector", "turn", "part", "characters", "confidence")
        table = _table(*columns, *(("around it",) if shows else ()))
        for one in signals.findings:
            more = (escape(excerpt(prompt, signals, one)),) if shows else ()
            place = (str(one.turn), str(one.part), f"{one.start}-{one.end}", f"{one.confidence:.2f}")
            table.add_row(one.category, labels[one.category], one.detector, *place, *more)
        yield table
    else:
        yield "  nothing was found"
    for doubt in signals.doubts:
        yield f"  doubt: {doubt.kind} in turn {doubt.turn}, part {doubt.part} {escape(doubt.detector)}"
    for raised in seen.raised:
        if raised.source in ("floor", "preference"):
            yield f"  {raised.source} {escape(raised.name)} raises it to {raised.label}"
    yield f"  read: {seen.coverage:.0%}"


def _difficulty(seen: DifficultySeen | None) -> Iterator[RenderableType]:
    yield Text("Difficulty", "bold")
    if seen is None:
        yield "  not judged"
        return
    side = "above" if seen.margin > 0 else "below"
    forced = " (the caller asked for it by the model's name)" if seen.is_forced else ""
    yield f"  {seen.score:.2f}, {abs(seen.margin):.2f} {side} the threshold{forced}"
    if seen.scored is not None:
        yield f"  it was scored {seen.scored:.2f}"
    for hint, shift in seen.hints:
        yield f"    {shift:+.2f}  {hint}, in log-odds"
    if seen.stay is not None:
        yield f"    its conversation is with {escape(seen.stay.target)}; leaving throws away a prefix of about {seen.stay.prefix:,} tokens:"
        yield f"    the threshold counts {seen.stay.factor:.2f} times"
    for name, moved in seen.reasons[:8]:
        yield f"    {moved:+.2f}  {escape(name)}"


def _subject(subject: Subject) -> Iterator[RenderableType]:
    if subject is NOT_READ:  # no rule asks
        return
    yield Text("Subject", "bold")
    code = "unknown" if subject.code is None else "yes" if subject.code else "no"
    yield f"  topic {subject.topic or 'unknown'}, language {subject.language or 'unknown'}, code {code}"


def _rule(rule: RuleSeen) -> Iterator[RenderableType]:
    mark, style = ("→", "bold green") if rule.chosen else (("✓", "green") if rule.held else ("✗", "dim"))
    later = " (holds too, but an earlier rule decided)" if rule.held and not rule.chosen else ""
    yield Text(f"  {mark} {rule.name}{later}", style)
    for test in rule.tests:
        had = "unknown" if test.had is None else f"{test.had:.2f}" if isinstance(test.had, float) else str(test.had)
        yield Text(f"      {'✓' if test.held else '✗'} {test.condition}   (it has {had})", "green" if test.held else "dim")
    if not rule.tests:
        yield Text("      ✓ no condition", "green" if rule.chosen else "dim")


def _chain(seen: Explanation) -> Iterator[RenderableType]:
    for number, stop in enumerate(seen.chain, 1):
        only = ": only redacted, and only if nothing is found then" if stop.is_redacted else ""
        yield Text(f"  {number}. {stop.target}  ({stop.zone}, cleared for {stop.clearance}{only})", STYLES[stop.zone])
    if seen.cascade is not None:
        first, then = escape(seen.chain[0].target), escape(seen.chain[1].target)
        yield f"  {first} answers first, unseen. Where {_faults(seen.cascade.accept)}, {then} answers instead."
    if not seen.chain:
        say = (
            "403: the named model may not receive it" if seen.verdict == "deny" else "503: no destination that may receive it can serve it"
        )
        yield Text(f"  nowhere. The caller gets a {say}", "red")
    for stop in seen.barred:
        yield Text(f"  ✗ {stop.target}  ({stop.zone}, cleared for {stop.clearance} only: may not receive it)", "dim")


def _faults(accept: Accept) -> str:
    """What is wrong with an answer that does not pass."""
    tests = (
        ("it says nothing", accept.empty),
        ("it is cut at its length", accept.length_stop),
        ("it is not the JSON that was asked for", accept.schema),
        ("it declines", accept.refusals),
        (f"its mean log-probability is below {accept.min_mean_logprob:g}" if accept.min_mean_logprob is not None else "", True),
        ("it does not think itself right", accept.self_check is not None),
    )
    return one_of([say for say, is_on in tests if say and is_on])


def _when(rule: Rule, number: int) -> str:
    return " and ".join(map(str, rule.when)) if rule.when else "always" if number == 1 else "otherwise"


def _names(targets: Iterable[Target]) -> str:
    return ", ".join(target.name for target in targets)


def _price(tariff: Tariff | None, upstream: UpstreamPlan) -> str:
    if tariff is not None:
        return f"${tariff.prompt / 1e6:g} in, ${tariff.completion / 1e6:g} out per million tokens"  # pico-USD a token
    if upstream.reservation is not None:
        return upstream.reservation.terms
    return "unknown"


def _table(*columns: str, title: str | None = None) -> Table:
    return Table(
        *columns, title=title, title_justify="left", title_style="bold", header_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0)
    )


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
