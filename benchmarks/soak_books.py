"""The books of a soak, closed: what callers saw, what the gateway logged and counted, and what the upstream wrote, compared one by one."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from benchmarks.callers import Became, Seen
from benchmarks.load_stage import Samples, total
from benchmarks.paced import Book

Exchange = Mapping[str, Any]
RESULTS: Mapping[Became, frozenset[str]] = {
    "whole": frozenset({"served"}),
    "broken": frozenset({"broken"}),
    "refused": frozenset({"refused", "failed", "denied", "invalid"}),
    "left": frozenset({"abandoned", "served", "broken", "failed", "refused", "invalid"}),  # what was under way when the caller had left
    "lost": frozenset(),
    "silence": frozenset(),
}
"""What an exchange may be whose caller saw that."""
_MOST_SHOWN = 5


def unmatched(
    seen: Sequence[Seen], exchanges: Sequence[Exchange], answers: Sequence[Book], metrics: Samples, notices_s: float = 2.0
) -> list[str]:
    """What does not add up, a sentence each; empty when every request is accounted for exactly once and every token is.

    When a caller leaves, the upstream must have noticed within `notices_s` seconds.
    """
    by_id = Counter(str(one["request_id"]) for one in exchanges)
    known = {str(one["request_id"]): one for one in exchanges}
    written: defaultdict[int, list[Book]] = defaultdict(list)
    for answer in answers:
        written[answer.number].append(answer)
    found = [
        *_each(seen, "requests without exactly one exchange", lambda one: by_id[one.ask.request_id] != 1),
        *_each(seen, "callers who saw something else than was logged", lambda one: _differs(one, known.get(one.ask.request_id))),
        *_each(seen, "whole answers whose tokens differ", lambda one: _miscounts(one, known, written[one.ask.number])),
        *_each(seen, "generations that went on without a caller", lambda one: _goes_on(one, written[one.ask.number], notices_s)),
        *_each(seen, "requests asked upstream other than logged", lambda one: _misses(one, known, written[one.ask.number])),
    ]
    strangers = by_id.keys() - {one.ask.request_id for one in seen}
    if strangers:
        found.append(f"exchanges that nobody asked for: {len(strangers)}")
    if running := [answer for answer in answers if answer.ended == "running"]:
        found.append(f"answers that the upstream still writes: {len(running)}")
    return found + _counted(exchanges, metrics)


def _each(seen: Iterable[Seen], say: str, is_wrong: Callable[[Seen], bool]) -> list[str]:
    wrong = [one for one in seen if is_wrong(one)]
    shown = "; ".join(
        f"{one.ask.number}: {one.became} {one.status} {one.code} {one.tokens} of {one.ask.tokens}" for one in wrong[:_MOST_SHOWN]
    )
    return [f"{say}: {len(wrong)} ({shown})"] if wrong else []


def _differs(one: Seen, exchange: Exchange | None) -> bool:
    if exchange is None:
        return True
    code = str(exchange.get("code", ""))
    return exchange["result"] not in RESULTS[one.became] or (one.became == "refused" and code != one.code)


def _miscounts(one: Seen, known: Mapping[str, Exchange], answers: Sequence[Book]) -> bool:
    """Whether caller, gateway and upstream do not all say the same of an answer that came to its end."""
    if one.became != "whole":
        return False
    usage = known.get(one.ask.request_id, {}).get("usage") or {}
    wholes = [answer.tokens for answer in answers if answer.ended == "whole"]
    return wholes != [one.ask.tokens] or one.tokens != one.ask.tokens or usage.get("completion", 0) != one.ask.tokens


def _goes_on(one: Seen, answers: Sequence[Book], notices_s: float) -> bool:
    """Whether the upstream wrote on for nobody."""
    return any(answer.at_s > one.left_at_s + notices_s for answer in answers)


def _misses(one: Seen, known: Mapping[str, Exchange], answers: Sequence[Book]) -> bool:
    """Whether the upstream was asked by more attempts than are logged, or by fewer that it could have seen, or elsewhere."""
    attempts = Counter(str(attempt["target"]) for attempt in known.get(one.ask.request_id, {}).get("attempts", ()))
    asked = Counter(answer.target for answer in answers)
    return bool(asked - attempts) or (one.became == "whole" and not asked)


def _counted(exchanges: Sequence[Exchange], metrics: Samples) -> list[str]:
    """Whether the metrics are the sum of the log."""
    found = []
    for result, many in Counter(str(one["result"]) for one in exchanges).items():
        if (said := total(metrics, "tidegate_requests_total", result=result)) != many:
            found.append(f"requests_total says {said:.0f} {result}, the log {many}")
    for kind in ("prompt", "completion"):
        logged = sum((one.get("usage") or {}).get(kind, 0) for one in exchanges)
        if (said := total(metrics, "tidegate_tokens_total", kind=kind)) != logged:
            found.append(f"tokens_total says {said:.0f} {kind} tokens, the log {logged}")
    return found
