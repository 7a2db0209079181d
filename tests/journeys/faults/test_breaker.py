"""Which faults open a breaker, and after how many: caller after caller meets the same one at the first target."""

import pytest

from router.breaker import TRIP
from tests.fakes.upstream import Upstream
from tests.journeys.faults import playing
from tests.journeys.faults.faults import BY_NAME
from tests.journeys.faults.playing import CALLERS, Scene

OPENS = {
    "reset before the headers": TRIP,
    "closed inside the body": TRIP,
    "silence before the headers": TRIP,
    "silence inside the body": TRIP,
    "null": TRIP,
    "garbage instead of HTTP": TRIP,
    "301": TRIP,
    "401": TRIP,
    "404": TRIP,
    "500": TRIP,
    "503": TRIP,
    "429 that names no time": TRIP,
    "429 with much patience in seconds": 1,
    "503 with much patience": 1,
    "400": CALLERS,
    "413": CALLERS,
    "too long, as vLLM says it": CALLERS,
    "too long where the next window is larger": CALLERS,
    "filtered, as OpenAI says it": CALLERS,
    "an account without credit under 400": CALLERS,
    "a model that is unknown under 400": CALLERS,
    "a quota that is used up": CALLERS,
}
"""How many of the callers reach the target. What its message says opens nothing: it may be an echo of the request."""


@pytest.mark.parametrize("say", OPENS)
async def test_how_many_callers_reach_a_target_that_fails(local: Upstream, cloud: Upstream, say: str) -> None:
    await playing.again_and_again(Scene(BY_NAME[say], "whole", local, cloud), OPENS[say])
