"""What a gateway says of itself, before and after a reload that was taken and one that was refused."""

import platform
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from gateway.config.errors import ConfigError
from gateway.described import VERSION, Described
from gateway.live import Live
from gateway.price_list import PriceList
from tests.fakes.gateway import compiled, configuration

PLAN = compiled(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"))


def test_version_and_digest_are_said() -> None:
    seen = {(name, labels): value for name, labels, value in Described(lambda: PLAN, lambda: 5.0).samples()}
    assert seen["build_info", (VERSION, platform.python_version())] == 1.0
    assert seen["config_info", (PLAN.policy.digest,)] == 1.0
    assert seen["config_last_reload_timestamp_seconds", ()] == 5.0
    assert seen["config_last_reload_success", ()] == 1.0


@pytest.mark.parametrize(
    ("prices", "said"),
    [
        pytest.param(PriceList(), {}, id="none are used"),
        pytest.param(PriceList("1.2", None, "litellm"), {("prices_info", ("litellm 1.2", "unknown")): 1.0}, id="nobody knows how old"),
        pytest.param(
            PriceList("abc", date(2026, 11, 1), "file"),
            {("prices_info", ("file abc", "2026-11-01")): 1.0, ("prices_timestamp_seconds", ()): 1_793_491_200.0},
            id="of a day",
        ),
    ],
)
def test_prices_are_said_with_their_day(prices: PriceList, said: dict[tuple[str, tuple[str, ...]], float]) -> None:
    seen = Described(lambda: replace(PLAN, prices=prices)).samples()
    assert {(name, labels): value for name, labels, value in seen if name.startswith("prices")} == said


def test_a_refused_reload_is_said_until_one_is_taken() -> None:
    clock = iter((5.0, 9.0))
    described = Described(lambda: PLAN, lambda: next(clock))

    def said() -> tuple[float, float]:
        seen = {name: value for name, _, value in described.samples()}
        return seen["config_last_reload_success"], seen["config_last_reload_timestamp_seconds"]

    described.refused()
    assert said() == (0.0, 5.0), "what is served is as old as it was"
    described.reloaded()
    assert said() == (1.0, 9.0)


async def test_a_gateway_says_how_its_reload_went(tmp_path: Path) -> None:
    path = tmp_path / "tidegate.yaml"
    path.write_text("version: 1\nno: sense\n")
    live = Live(PLAN, path)
    assert b"tidegate_config_last_reload_success 1\n" in live.metrics.exposition()
    with pytest.raises(ConfigError):
        await live.reload()
    assert b"tidegate_config_last_reload_success 0\n" in live.metrics.exposition()
    await live.close()
