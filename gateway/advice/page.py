"""Advice as a page in Markdown: what it comes to first, then each part with its figures, rules and assumptions."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from fractions import Fraction

from gateway.advice.action import Action
from gateway.advice.advise import Advice
from gateway.advice.amounts import count, money, percent
from gateway.advice.dimensions import BANDS, Assessment
from gateway.advice.phases import Migration, Phase
from gateway.advice.questions import QUESTIONS
from gateway.advice.traffic import Traffic
from gateway.advice.volume import Blended, Standing

_GO_ON = {
    "shadow": "there is a week of it. Answers are not compared: ask both models a sample with `auto:local` and `auto:best`, and give "
    "the outcomes to `tidegate tune`",
    "5%": "99.5% of what is bound for home is answered there, and fewer than 2% wait longer than a second",
    "25%": "the same, for three days, and `POST /v1/feedback` is no worse at home",
    "50%": "the same, with a busy day in it; night hours are known by now",
    "75%": "the same; replicas have room for a third more",
    "full": "",
}


_AGAINST = ("instead of", "the same work there, a month", "you are at", "break-even: requests a day")


def page(advice: Advice, name: str) -> str:
    """The whole page, of the configuration that is called `name`."""
    parts = [
        f"# Open or closed models: {name}",
        *_headline(advice),
        *([] if advice.traffic is None else [_period(advice.traffic)]),
        *_bullets(advice.missing),
        "## The assessment",
        *_assessment(advice.assessment),
        *_volume(advice),
        *_to_do(advice),
        *_migration(advice.migration),
    ]
    return "\n\n".join(parts) + "\n"


def _headline(advice: Advice) -> Iterator[str]:
    sums, bands = advice.assessment, advice.assessment.bands
    shown = str(sums.low) if sums.low == sums.high else f"{sums.low} to {sums.high}"
    names = "not decided yet" if len(bands) == len(BANDS) else " or ".join(f"*{band.name}*" for band in bands)
    means = bands[0].means if len(bands) == 1 else "What is not known decides; the table says what that is."
    yield f"**{shown} of 30 points: {names}.** {means}"
    stand = advice.standings[0] if advice.standings else None
    if stand is not None and stand.ratio is not None:
        what = "The GPUs pay for themselves" if stand.ratio >= 1 else "The GPUs cost more than the closed model would have for their work"
        model = f"`{stand.against[0].model}`, the cheapest closed model of the configuration"
        yield f"**You are at {percent(stand.ratio)} of break-even** against {model}. {what}."
    best = next((one for one in advice.actions if one.saves is not None and one.saves > 0), None)
    if best is not None and best.saves is not None:
        yield f"**First: {best.do[0].lower()}{best.do[1:]}.** It saves {_interval(best)} a month."


def _period(traffic: Traffic) -> str:
    first, last = (datetime.fromtimestamp(at, UTC) for at in (traffic.first, traffic.last))
    return (
        f"From {count(traffic.answered)} answered requests, {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC, {traffic.hours:,.0f} "
        f"hours. A month has 730: what was measured times {730 / traffic.hours:.2f}."
    )


def _assessment(sums: Assessment) -> Iterator[str]:
    yield "Each dimension has 1 point (for closed models) to 5 (for open ones of your own). A range is what is not known well enough."
    total = str(sums.low) if sums.low == sums.high else f"{sums.low}-{sums.high}"
    rows = [(one.name, one.shown, one.source, "; ".join(one.evidence)) for one in sums.dimensions]
    yield _table(("dimension", "points", "", "evidence"), [*rows, ("**sum**", f"**{total}**", "", "")])
    marks = [(f"{band.low}-{band.high}", f"**{band.name}**" if band in sums.bands else band.name, band.means) for band in BANDS]
    yield _table(("sum", "", "what it means"), marks)
    yield "What may not leave stays at home whatever the sum says: labels decide that, request by request."
    rules = [f"{one.name}: {one.rule}." for one in sums.dimensions if one.source == "measured"]
    if rules:
        yield "How points come of what is measured (an answer of yours counts first):"
        yield from _bullets(rules)
    unknown = [one.name for one in sums.dimensions if one.source == "unknown"]
    if unknown:
        yield "To fill the gaps, answer in a terminal, or give this file to --answers with numbers in it:"
        yield "```yaml\n" + "\n".join(_asked(name) for name in unknown) + "\n```"


def _asked(name: str) -> str:
    question = QUESTIONS[name]
    return "\n".join([f"{name}: # {question.ask}", *(f"  # {number}: {means}" for number, means in enumerate(question.answers, 1))])


def _volume(advice: Advice) -> Iterator[str]:
    yield "## Break-even by volume"
    if not advice.standings:
        yield "Not known without recorded traffic and a price of the GPUs. `tidegate cost break-even` calculates it for any volume."
    for stand in advice.standings:
        yield _standing(stand)
    if advice.blended is not None:
        yield _blended(advice.blended)


def _standing(stand: Standing) -> str:
    names = ", ".join(f"`{name}`" for name in stand.targets)
    origin = (
        "as it was recorded" if stand.origin == "leased" else "by the configured price, at every hour, where the store has no rows of GPUs"
    )
    idle = "" if stand.idle_usd is None else f", {money(stand.idle_usd)} of that while they waited"
    head = f"{names}: {money(stand.gpus_usd)} a month of GPUs ({origin}){idle}; {count(round(stand.requests_a_day))} requests a day."
    if not stand.against or not stand.work.requests:
        return head
    rows = [
        (
            f"`{one.model}`",
            money(one.value_usd),
            percent(one.ratio),
            "no number does" if one.requests_a_day is None else count(round(one.requests_a_day)),
        )
        for one in stand.against
    ]
    return "\n\n".join(
        (
            head,
            _table(("instead of", "the same work there, a month", "you are at", "break-even: requests a day"), rows),
            " ".join(_beside(stand)),
        )
    )


def _beside(stand: Standing) -> Iterator[str]:
    yield "Assumed: the closed model has as many tokens, and none of them from its cache."
    if stand.ratio is not None and stand.ratio < 1:
        more = money(stand.gpus_usd - stand.against[0].value_usd)
        yield f"The GPUs cost {more} a month more than that work would outside: so much it costs at this volume to keep it at home."
    if stand.sensitive:
        yield f"{percent(stand.sensitive)} of those requests may not leave: for them GPUs are needed whatever they cost."
    if stand.room is not None and stand.ratio:
        can = "which is enough for break-even" if stand.room * stand.ratio >= 1 else "which is not enough for break-even"
        yield f"By their busiest hour the GPUs could do {stand.room:.1f} times that work, {can}."
    if stand.work.uncounted:
        yield f"{count(stand.work.uncounted)} requests without known tokens are left out."


def _blended(cost: Blended) -> str:
    gpus = "GPUs whose price is not known" if cost.gpus_usd is None else f"{money(cost.gpus_usd)} for GPUs"
    each = "" if cost.million_usd is None else f": {money(cost.million_usd)} for a million tokens, all paths together"
    beside = f" {money(cost.beside_usd)} of that bought nothing that a caller got." if cost.beside_usd else ""
    unknown = f" {count(cost.unpriced)} requests outside have no known price, and are not in it." if cost.unpriced else ""
    return f"In the measured time: {money(cost.closed_usd)} for closed models and {gpus}{each}.{beside}{unknown}"


def _to_do(advice: Advice) -> Iterator[str]:
    yield "## What to do"
    if advice.traffic is None:
        yield "Not known without recorded traffic."
    elif not advice.actions:
        yield "Nothing that the recorded traffic carries: no quiet hours, no replica too many, no cheaper model that may have the same."
    for number, one in enumerate(advice.actions, 1):
        lines = [f"{number}. **{one.do}.** {one.figures[0].upper()}{one.figures[1:]}."]
        if one.saves is not None:
            lines.append(f"   Saves {_interval(one)} a month." if one.saves >= 0 else f"   Costs {money(-one.saves)} a month.")
        lines.append(f"   Assumed: {one.assumes}.")
        if one.patch:
            lines.append("\n   ```yaml\n" + "\n".join(f"   {line}" for line in one.patch.splitlines()) + "\n   ```")
        yield "\n".join(lines)
    yield from _together(advice)


def _together(advice: Advice) -> Iterator[str]:
    """Where all of it would lead, without giving all GPUs back."""
    good = [one for one in advice.actions if one.saves is not None and one.saves > 0]
    if len(good) > 1:
        yield "Savings do not add up: what is done first leaves less for the next."
    stand = advice.standings[0] if advice.standings else None
    if stand is None or stand.ratio is None:
        return
    off = max((one.gpus_usd for one in good if one.gpus_usd < stand.gpus_usd), default=Fraction(0))  # nights and replicas are the same GPUs
    home = sum((one.home_usd for one in good if one.home_usd > 0), Fraction(0))
    if off or home:
        after = (stand.against[0].value_usd + home) / (stand.gpus_usd - off)
        yield f"With what saves most of both you would be at about {percent(after)} of break-even, from {percent(stand.ratio)}."


def _interval(action: Action) -> str:
    saves = action.saves or Fraction(0)
    if action.low is None or action.high is None or action.low == action.high:
        return money(saves)
    return f"{money(saves)} ({money(max(Fraction(0), action.low))} to {money(action.high)})"


def _migration(moves: Migration | None) -> Iterator[str]:
    yield "## Migration in phases"
    if moves is None:
        yield "No route leads home and may go outside as well, so there is nothing to move by shares."
        return
    now = "routes that end in `-not-yet` hold back different shares" if moves.now is None else f"the configuration is at {moves.now}%"
    yield (
        f"What comes home in them: {', '.join(f'`{name}`' for name in moves.movable)}. Now {now}. A share is of conversations, always the "
        "same ones. Each patch replaces `routes:`; nothing is applied, `tidegate check` says whether it is sound."
    )
    rest = f"the rest at `{moves.model}`, a month" if moves.model else "the rest outside"
    yield _table(("phase", "at home", "requests at home a day", rest, "go on when"), map(_phase, moves.phases))
    yield "In `shadow` nothing is sent twice: what could come home still goes out, by routes of its own, and the store counts them."
    for one in moves.phases:
        if one.percent == 0 or (one.percent == 100 and moves.now != 100):
            yield f"`{one.name}`:\n\n```yaml\n{one.patch}\n```"
    shares = ", ".join(f"{100 - one.percent}% for {one.name}" for one in moves.phases if 0 < one.percent < 100)
    if moves.now == 100:
        yield "`full` is the configuration as it is."
    yield f"In between only `share` changes, from 100%: {shares}. `--json` has each in full."


def _phase(one: Phase) -> tuple[str, ...]:
    home = "" if one.home_a_day is None else count(round(one.home_a_day))
    return one.name, f"{one.percent}%", home, "" if one.closed_usd is None else money(one.closed_usd), _GO_ON[one.name]


def _bullets(lines: Iterable[str]) -> list[str]:
    text = "\n".join(f"- {line}" for line in lines)
    return [text] if text else []


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    titles = list(head)
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)
