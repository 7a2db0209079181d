"""The official client repeats a request by itself where that can help, and only there: `x-should-retry` and `retry-after` say where."""

import openai
import pytest

from tests.fakes.gateway import between
from tests.fakes.secrets import Canary
from tests.fakes.sockets import Sleep
from tests.fakes.upstream import Script, Upstream, chat, failing
from tests.journeys.sdk import sdk

AT_ONCE = "0.000001"
"""A deadline that is over before an attempt could be made, on whatever machine."""


@pytest.mark.parametrize(
    ("within_s", "attempts"),
    [pytest.param(AT_ONCE, 0, id="before any attempt"), pytest.param("0.3", 1, id="in the midst of one")],
)
async def test_who_waits_no_longer_does_not_ask_again(local: Upstream, cloud: Upstream, within_s: str, attempts: int) -> None:
    cloud.then((Sleep(60),))
    async with between(local, cloud) as gate, sdk(gate.url, retries=2) as client:
        with pytest.raises(openai.InternalServerError) as raised:
            await client.chat.completions.create(
                model="gpt", messages=[{"role": "user", "content": "a"}], extra_headers={"x-request-timeout": within_s}
            )
        assert (raised.value.status_code, raised.value.code) == (504, "deadline_exceeded")
        assert len((await gate.until_observed()).attempts) == len(cloud.bodies) == attempts


@pytest.mark.parametrize(
    "first",
    [pytest.param(failing(503, headers={"retry-after": "1"}), id="it says when"), pytest.param(failing(500), id="it does not")],
)
async def test_what_must_stay_is_asked_again_when_its_target_may_be_back(local: Upstream, cloud: Upstream, first: Script) -> None:
    local.then(first, chat("ok"))
    edits = {"destinations.qwen.retries": 0}
    async with between(local, cloud, edits) as gate, sdk(gate.url, retries=2) as client:
        answer = await client.chat.completions.create(model="auto", messages=[{"role": "user", "content": Canary().say}])
        assert answer.choices[0].message.content == "ok"
        await gate.until_observed(2)
        assert [one.code for one in gate.exchanges] == ["local_unavailable", ""]
        assert cloud.accepted == 0
