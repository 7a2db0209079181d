import json
from pathlib import Path
from typing import Any

import pytest

from gateway.config.compile import compile_text
from gateway.config.errors import ConfigError
from gateway.config.prices import Prices
from gateway.report.declared import Declared, Length, Reporting
from router.cost import Tariff
from router.names import TargetName
from tests.fakes.gateway import configuration

GPU = {"destinations.qwen.cost": {"gpu_hour_usd": 2.5}}
GPT = Tariff.per_million(1, 10)


@pytest.fixture
def prices(tmp_path: Path) -> Prices:
    path = tmp_path / "map.json"
    mini = {"litellm_provider": "openai", "input_cost_per_token": 4e-7, "output_cost_per_token": 1.6e-6}
    path.write_text(json.dumps({"gpt-4.1-mini": mini, "free": {"input_cost_per_token": 0.0, "output_cost_per_token": 0.0}}))
    return Prices(path)


def compiled(prices: Prices, edits: dict[str, Any] | None = None, **more: object) -> Reporting:
    content = configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1", edits or {})
    return compile_text(json.dumps(content | more), {}, prices=prices).reporting


def said(prices: Prices, edits: dict[str, Any] | None = None, **more: object) -> str:
    with pytest.raises(ConfigError) as found:
        compiled(prices, edits, **more)
    return str(found.value)


def test_each_kind_of_baseline_is_understood(prices: Prices) -> None:
    found = compiled(
        prices,
        GPU,
        baseline=None,
        baselines={
            "all_gpt": {"target": "gpt", "length": {"ratio": 1.15, "low": 1.05, "high": 1.3}},
            "cheap": {"price_key": "openai/gpt-4.1-mini"},
            "at_home": "all_local",
            "short": {"all_local": True, "length": {"ratio": 0.9}},
        },
        report={"gateway_month_usd": 120, "least_pairs": 50},
    )
    stated = "as the configuration states it"
    assert found.baselines == (
        Declared("all_gpt", "gpt-5", GPT, TargetName("gpt"), Length(1.15, 1.05, 1.3, stated)),
        Declared("cheap", "openai/gpt-4.1-mini", Tariff.per_million("0.4", "1.6")),
        Declared("at_home", "your own GPUs"),
        Declared("short", "your own GPUs", length=Length(0.9, origin=stated)),
    )
    assert [one.is_at_home for one in found.baselines] == [False, False, True, True]
    assert (found.gateway_month_usd, found.least_pairs) == (120, 50)


def test_the_baseline_of_the_metric_comes_first_and_once(prices: Prices) -> None:
    assert compiled(prices, baseline="gpt").baselines == (Declared("all_gpt", "gpt-5", GPT, TargetName("gpt")),)
    both = compiled(prices, baseline="gpt", baselines={"cheap": {"price_key": "openai/gpt-4.1-mini"}})
    assert [one.name for one in both.baselines] == ["all_gpt", "cheap"]
    assert [one.name for one in compiled(prices, baseline="gpt", baselines={"x": {"target": "gpt"}}).baselines] == ["x"]


def test_without_any_there_is_none(prices: Prices) -> None:
    assert compiled(prices, baseline=None) == Reporting()


@pytest.mark.parametrize(
    ("baseline", "say"),
    [
        ({"target": "gtp"}, "baselines.x.target: there is no destination 'gtp'; did you mean 'gpt'?"),
        (
            {"target": "qwen"},
            "baselines.x.target: the prices per token of 'qwen' are not known; give it a `cost`, or compare with `all_local`",
        ),
        ({"price_key": "openai/gpt-9"}, "baselines.x.price_key: litellm's price map has no token prices for 'openai/gpt-9'"),
        ({"price_key": "free"}, "has no token prices for 'free'"),
        ("all_local", "baselines.x: no destination says what its GPUs cost; give a local one `cost: {gpu_hour_usd: ...}`"),
        ({}, "give one of `target`, `price_key` and `all_local`"),
        ({"target": "gpt", "all_local": True}, "give one of `target`, `price_key` and `all_local`"),
        ("everything", "all_local"),
        ({"target": "gpt", "length": {"ratio": 1.1, "low": 1.2, "high": 1.3}}, "`ratio` is between `low` and `high`"),
        ({"target": "gpt", "length": {"ratio": 1.1, "low": 1.0}}, "give both `low` and `high`, or neither"),
        ({"target": "gpt", "length": {"ratio": 0}}, "length.ratio"),
        ({"targets": "gpt"}, "targets"),
    ],
)
def test_what_cannot_be_compared_is_said(prices: Prices, baseline: object, say: str) -> None:
    assert say in said(prices, baselines={"x": baseline}).replace(" (line 1)", "")


def test_without_a_price_map_it_is_said_how_to_get_one() -> None:
    assert "pip install 'tidegate[closed]'" in said(Prices(None), baselines={"x": {"price_key": "openai/gpt-4.1-mini"}})


def test_a_destination_that_is_wrong_itself_is_said_once(prices: Prices) -> None:
    found = said(prices, {"destinations.gpt.cost": None}, baselines={"x": {"target": "gpt"}})
    assert "destinations.gpt.cost" in found
    assert "baselines.x" not in found
