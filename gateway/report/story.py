"""A report in words: what a manager reads first. Sentences are made of figures; none of them says more than those do."""

from gateway.report.chapters import chapters
from gateway.report.document import Document, Tile
from gateway.report.figures import Figures
from gateway.report.numbers import count, dollars, plural, share, short
from gateway.report.savings import Savings

SURE = "in 19 of 20 such periods"


def document(found: Figures) -> Document:
    """The whole report."""
    return Document(
        "Tidegate report",
        found.period.name,
        tuple(headline(found)),
        tuple(_tiles(found)),
        tuple(chapters(found)) if found.money.whole.requests else (),
    )


def headline(found: Figures) -> list[str]:
    """What was spent, what it would have cost elsewhere and how sure that is, what stayed at home, what is not known."""
    whole = found.money.whole
    if not whole.requests:
        bill = sum(one.reserved for one in found.gpus)
        said = f" Your own GPUs cost {dollars(bill)} all the same." if bill else ""
        return [f"The usage store has no requests of {found.period.name}.{said}"]
    answered = sum(found.trouble.results.get(result, 0) for result in ("served", "broken", "abandoned"))
    were = "was" if answered == 1 else "were"
    spent = f"{plural(answered, 'request')} {were} answered, with {short(whole.tokens)} tokens, and {dollars(found.money.total)} spent"
    sentences = [f"{spent}{_of_which(found)}."]
    sentences += [_compared(one, one.saved) for one in found.savings if one.saved is not None][:1]
    sentences += [_home(found), *_unknown(found)]
    return sentences


def _of_which(found: Figures) -> str:
    gpus = sum(one.reserved for one in found.gpus)
    if not gpus:
        return ""
    idle = f", {dollars(found.money.idle)} of that while they waited" if found.money.idle > 0 else ""
    return f": {dollars(gpus)} for your own GPUs{idle}, {dollars(found.money.total - gpus)} for everything else"


def _compared(one: Savings, saved: int) -> str:
    where = "Had nothing left your own GPUs, that" if one.needed is not None else f"All of it at {one.model}"
    begun = f"{where} would have cost about {dollars(one.baseline)}"
    less = f"{dollars(abs(saved))} ({share(abs(one.share or 0))})"
    meant = f"so {less} {'were saved' if saved >= 0 else 'more were spent than that'}"
    return f"{begun}: {meant}{_interval(one)}."


def _interval(one: Savings) -> str:
    if one.low is None or one.high is None:
        return "; too little traffic to say how sure that is"
    if one.low >= 0 or one.high <= 0:
        ends = sorted((abs(one.low), abs(one.high)))
        return f", between {dollars(ends[0])} and {dollars(ends[1])} {SURE}"
    return f", between {dollars(-one.low)} lost and {dollars(one.high)} saved {SURE}: that may be chance"


def _home(found: Figures) -> str:
    lines = {one.name: one.requests for one in found.money.paths}
    reached = sum(many for path, many in lines.items() if path != "blocked")
    sensitive, begun = found.sensitivity, f"{share(lines.get('local', 0), reached)} of the requests were answered on your own GPUs"
    begun = begun if reached else "No request found a target that answered"
    if sensitive.astray:
        went = plural(sensitive.astray, "request")
        return f"{begun}. ATTENTION: {went} went to a destination that is not cleared for it; `tidegate audit query` says which."
    if not sensitive.requests:
        return f"{begun}; none of them was sensitive."
    kept = sensitive.requests - sensitive.by_path.get("redacted", 0)
    masked = f"; {count(sensitive.requests - kept)} went out with their values masked" if kept < sensitive.requests else ""
    return f"{begun}; of {plural(sensitive.requests, 'sensitive request')} none left as it was{masked}."


def _unknown(found: Figures) -> list[str]:
    many = found.money.whole.unknown
    if not many:
        return []
    part = share(many, found.trouble.asked)
    return [f"What {plural(many, 'request')} cost is not known ({part}); they are in neither side of a comparison."]


def _tiles(found: Figures) -> list[Tile]:
    whole = found.money.whole
    if not whole.requests:
        return []
    tiles = [Tile("Spent", dollars(found.money.total), f"{dollars(found.money.per_million)} per million tokens, idle GPUs included")]
    one = next((one for one in found.savings if one.saved is not None), None)
    if one is not None and one.saved is not None:
        ends = "" if one.low is None else f"; {dollars(one.low)} to {dollars(one.high)}"
        tiles.append(
            Tile(
                "Saved" if one.saved >= 0 else "Lost",
                dollars(abs(one.saved)),
                f"{share(abs(one.share or 0))} against {'your own GPUs' if one.needed is not None else one.model}{ends}",
                "good" if (one.low or one.saved) > 0 else "bad" if one.saved < 0 else "",
            )
        )
    local = next((line.requests for line in found.money.paths if line.name == "local"), 0)
    reached = sum(line.requests for line in found.money.paths if line.name != "blocked")
    tiles.append(Tile("Answered at home", share(local, reached), f"{count(local)} of {count(reached)} requests"))
    astray, sensitive = found.sensitivity.astray, found.sensitivity.requests
    tiles.append(
        Tile(
            "Sent where it may not go",
            count(astray),
            f"of {plural(sensitive, 'sensitive request')}; it has to be 0",
            "bad" if astray else "good",
        )
    )
    return tiles
