"""What did not go as planned: how requests ended, who stood in for whom, which attempts failed and why, and what came of second tries."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from gateway.report.columns import Requests
from gateway.usage.rows import Called


@dataclass(frozen=True, slots=True)
class Trouble:
    """Counts of requests by how they ended and by error code; of those that another target answered than the first of the chain.

    `failures` are attempts by target and kind of failure. `hedges`, `cascades` and `redactions` say what came of them.
    """

    requests: int
    asked: int
    results: dict[str, int]
    codes: dict[str, int]
    fallbacks: dict[tuple[str, str], int]
    failures: dict[tuple[str, str], int]
    hedges: dict[str, int]
    cascades: dict[str, int]
    redactions: dict[str, int]

    @property
    def fell_back(self) -> int:
        """Requests that another target answered than the first of the chain."""
        return sum(self.fallbacks.values())


def trouble(requests: Requests, calls: Iterable[Called]) -> Trouble:
    """The counts."""
    codes, hedges = requests.code.counts(), requests.hedge.counts()
    cascades, redactions = requests.cascade.counts(), requests.redaction.counts()
    for counts in (codes, hedges, cascades, redactions):
        counts.pop("", None)  # there was none
    failures = Counter((one.target, one.failure) for one in calls if one.failure)
    return Trouble(
        len(requests),
        int(requests.was_asked.sum()),
        requests.result.counts(),
        codes,
        _fallbacks(requests),
        dict(failures.most_common()),
        hedges,
        cascades,
        redactions,
    )


def _fallbacks(requests: Requests) -> dict[tuple[str, str], int]:
    """From the target that was to be asked first to the one that answered."""
    found: Counter[tuple[str, str]] = Counter()
    for first in requests.first.names:
        if first:
            for target, many in requests.target.counts(requests.first.of(first)).items():
                if target not in ("", first):
                    found[first, target] += many
    return dict(found.most_common())
