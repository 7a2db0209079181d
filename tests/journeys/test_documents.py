"""Documents of all trades through the whole gateway: what is sensitive in them stays wherever it stands; what only looks so may leave."""

import asyncio
from collections.abc import Sequence

from tests.fakes.documents import documents, look_alikes, named
from tests.fakes.evasions import Case
from tests.fakes.gateway import Gateway, between
from tests.fakes.upstream import Upstream

FEWEST, MOST_LEFT, MOST_KEPT = 290, 10, 7
"""Cases that must stay; of a hundred notes with names, which a model judges, how many may leave; and of a hundred harmless ones how many may: three of ours are code with `test@example.com`, which counts."""

EDITS = {"sensitivity.detectors": ["patterns", "secrets", "names"]}
AT_ONCE = 8


async def _paths(gate: Gateway, cases: Sequence[Case]) -> list[str]:
    turnstile = asyncio.Semaphore(AT_ONCE)

    async def one(case: Case) -> str:
        async with turnstile:
            return (await gate.post(case.body, case.path)).headers.get("x-tidegate-path", "none")

    return await asyncio.gather(*map(one, cases))


async def test_documents_of_all_trades_stay_wherever_they_stand(local: Upstream, cloud: Upstream) -> None:
    cases = list(documents())
    assert len(cases) >= FEWEST
    async with between(local, cloud, EDITS) as gate:
        paths = await _paths(gate, cases)
    assert [case.name for case, path in zip(cases, paths, strict=True) if path not in {"local", "blocked"}] == []
    assert cloud.accepted == 0


async def test_people_who_are_named_stay_nearly_always(local: Upstream, cloud: Upstream) -> None:
    cases = [case for _ in range(3) for case in named()]
    async with between(local, cloud, EDITS) as gate:
        paths = await _paths(gate, cases)
    left = [case.name for case, path in zip(cases, paths, strict=True) if path not in {"local", "blocked"}]
    assert len(left) <= MOST_LEFT * len(cases) / 100, left


async def test_what_only_looks_like_them_may_leave(local: Upstream, cloud: Upstream) -> None:
    cases = list(look_alikes())
    assert len(cases) >= 100
    async with between(local, cloud, EDITS) as gate:
        paths = await _paths(gate, cases)
    kept = [case.name for case, path in zip(cases, paths, strict=True) if path in {"local", "blocked"}]
    assert len(kept) <= MOST_KEPT * len(cases) / 100, kept
    assert len(cloud.bodies) == len(cases) - len(kept)
