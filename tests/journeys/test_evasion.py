"""A red team's requests through the whole gateway: what is sensitive stays however it is written and wherever it stands; the rest may leave.

Every case asks for the cloud by name. Values are fresh in every run; a case that fails is named, its text is not.
"""

import asyncio
from collections.abc import Sequence

from tests.fakes.client import Reply
from tests.fakes.evasions import Case, benign, sensitive
from tests.fakes.gateway import Gateway, between
from tests.fakes.secrets import forms
from tests.fakes.upstream import Upstream

MOST_KEPT = 5
"""Of a hundred harmless requests, how many may stay home."""

STAYED = ("local", "blocked")
AT_ONCE = 8
EDITS = {"destinations.gpt.serves": ["chat", "completions", "embeddings"]}


async def _ask_all(gate: Gateway, cases: Sequence[Case]) -> list[Reply]:
    turnstile = asyncio.Semaphore(AT_ONCE)

    async def one(case: Case) -> Reply:
        async with turnstile:
            return await gate.post(case.body, case.path)

    return await asyncio.gather(*map(one, cases))


def _path(reply: Reply) -> str:
    return reply.headers.get("x-tidegate-path", "none")


async def test_nothing_sensitive_leaves_in_any_form_from_any_place(local: Upstream, cloud: Upstream) -> None:
    cases = list(sensitive())
    assert len(cases) >= 150
    async with between(local, cloud, EDITS) as gate:
        replies = await _ask_all(gate, cases)
        assert [case.name for case, reply in zip(cases, replies, strict=True) if _path(reply) not in STAYED] == []
    assert cloud.accepted == 0
    sent = bytes(cloud.received).lower()
    assert [case.name for case in cases for value in case.holds for form in forms(value.encode()) if form.lower() in sent] == []


async def test_what_only_looks_sensitive_may_leave(local: Upstream, cloud: Upstream) -> None:
    cases = list(benign())
    assert len(cases) >= 100
    async with between(local, cloud, EDITS) as gate:
        replies = await _ask_all(gate, cases)
    kept = [case.name for case, reply in zip(cases, replies, strict=True) if _path(reply) in STAYED]
    assert len(kept) <= MOST_KEPT * len(cases) / 100, kept
    assert len(cloud.bodies) == len(cases) - len(kept)
