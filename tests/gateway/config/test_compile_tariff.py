"""Prices per token: what a destination states, and the file of prices."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.config.prices import Prices
from gateway.price_list import PriceList
from router.cost import Tariff
from router.names import TargetName
from tests.gateway.config.examples import GONE, plan, said

GPT = TargetName("gpt")
BASE: dict[str, Any] = {"input_per_mtok_usd": 2, "output_per_mtok_usd": 8}


@pytest.mark.parametrize(
    ("cost", "tariff"),
    [
        pytest.param(BASE, Tariff(2_000_000, 8_000_000), id="two prices"),
        pytest.param(
            BASE
            | {
                "cached_per_mtok_usd": 0.5,
                "cache_write_per_mtok_usd": 2.5,
                "cache_write_1h_per_mtok_usd": 4,
                "reasoning_per_mtok_usd": 9,
                "audio_input_per_mtok_usd": 32,
                "audio_output_per_mtok_usd": 64,
                "cached_audio_per_mtok_usd": 0.4,
                "image_input_per_mtok_usd": 5,
                "image_output_per_mtok_usd": 30,
                "image_usd": 0.001,
                "request_usd": 0.005,
                "tools": {"web_search": 0.01, "code_interpreter": 0},
            },
            Tariff(
                2_000_000,
                8_000_000,
                500_000,
                2_500_000,
                5_000_000_000,
                9_000_000,
                4_000_000,
                32_000_000,
                64_000_000,
                400_000,
                5_000_000,
                30_000_000,
                1_000_000_000,
                (("web_search", 10_000_000_000), ("code_interpreter", 0)),
            ),
            id="every kind of price",
        ),
        pytest.param(
            BASE | {"request_usd": 1, "tiers": {"flex": 0.5, "priority": {"input_per_mtok_usd": 4, "output_per_mtok_usd": 16}}},
            Tariff(
                2_000_000,
                8_000_000,
                request=10**12,
                tiers=(
                    ("flex", Tariff(1_000_000, 4_000_000, request=10**12)),
                    ("priority", Tariff(4_000_000, 16_000_000, request=10**12)),
                ),
            ),
            id="tiers by a factor, and by prices",
        ),
        pytest.param(
            BASE
            | {
                "cached_per_mtok_usd": 1,
                "above": [
                    {"tokens": 272_000, "input_per_mtok_usd": 6, "output_per_mtok_usd": 9},
                    {"tokens": 128_000, "input_per_mtok_usd": 4, "output_per_mtok_usd": 8, "cached_per_mtok_usd": 2},
                ],
                "tiers": {
                    "batch": 0.5,
                    "flex": {
                        "input_per_mtok_usd": 1,
                        "output_per_mtok_usd": 3,
                        "above": [{"tokens": 100, "input_per_mtok_usd": 2, "output_per_mtok_usd": 3}],
                    },
                },
            },
            Tariff(
                2_000_000,
                8_000_000,
                1_000_000,
                tiers=(
                    (
                        "batch",
                        Tariff(
                            1_000_000,
                            4_000_000,
                            500_000,
                            above=((128_000, Tariff(2_000_000, 4_000_000, 1_000_000)), (272_000, Tariff(3_000_000, 4_500_000, 500_000))),
                        ),
                    ),
                    ("flex", Tariff(1_000_000, 3_000_000, 1_000_000, above=((100, Tariff(2_000_000, 3_000_000, 1_000_000)),))),
                ),
                above=((128_000, Tariff(4_000_000, 8_000_000, 2_000_000)), (272_000, Tariff(6_000_000, 9_000_000, 1_000_000))),
            ),
            id="long prompts, in any order, outside of tiers and in them",
        ),
    ],
)
def test_a_stated_tariff(cost: dict[str, Any], tariff: Tariff) -> None:
    assert plan({"destinations.gpt.cost": cost}).policy.targets[GPT].tariff == tariff


STEP = {"tokens": 10, "input_per_mtok_usd": 1, "output_per_mtok_usd": 1}


@pytest.mark.parametrize(
    ("cost", "sentences"),
    [
        pytest.param(
            {"above": [STEP, STEP]}, ["destinations.gpt.cost.above[1].tokens: this length stands here twice"], id="twice a length"
        ),
        pytest.param(
            {"tiers": {"flex": BASE | {"above": [STEP, STEP]}}},
            ["destinations.gpt.cost.tiers.flex.above[1].tokens: this length stands here twice"],
            id="twice in a tier",
        ),
        pytest.param(
            {"tiers": {"flex": -1, "batch": 101}},
            [
                "destinations.gpt.cost.tiers.batch: a factor is 0 to 100: 0.5 is half the price",
                "destinations.gpt.cost.tiers.flex: a factor is 0 to 100: 0.5 is half the price",
            ],
            id="factors that are none",
        ),
    ],
)
def test_what_is_no_tariff(cost: dict[str, Any], sentences: list[str]) -> None:
    assert said({"destinations.gpt.cost": BASE | cost}) == sentences


@pytest.mark.parametrize(
    "cost",
    [
        pytest.param({"tiers": {"slow": 0.5}}, id="an unknown tier"),
        pytest.param({"tiers": {"": 0.5}}, id="the ordinary tier, whose prices stand outside"),
        pytest.param({"tiers": {"flex": "half"}}, id="a factor that is text"),
        pytest.param({"tiers": {"flex": {"input_per_mtok_usd": 1}}}, id="half a tier"),
        pytest.param({"tools": {"hammer": 1}}, id="an unknown tool"),
        pytest.param({"above": [{"tokens": 0, "input_per_mtok_usd": 1, "output_per_mtok_usd": 1}]}, id="a length of nothing"),
        pytest.param({"reasoning_per_mtok_usd": -1}, id="a price below zero"),
    ],
)
def test_what_is_refused(cost: dict[str, Any]) -> None:
    sentences = said({"destinations.gpt.cost": BASE | cost})
    assert sentences
    assert all(sentence.startswith("destinations.gpt.cost.") for sentence in sentences)


LISTED = {"gpt-5": {"litellm_provider": "openai", "input_cost_per_token": 9e-6, "output_cost_per_token": 1e-5}}


def _written(folder: Path) -> str:
    (folder / "mine.yaml").write_text(yaml.safe_dump(LISTED))
    return "mine.yaml"


@pytest.mark.parametrize("day", [date(2026, 11, 1), "2026-11-01"], ids=["as YAML has it", "in quotes"])
def test_prices_of_a_file_come_first_and_are_dated(tmp_path: Path, day: object) -> None:
    made = plan({"destinations.gpt.cost": GONE, "prices": {"file": _written(tmp_path), "as_of": day}}, base_dir=tmp_path)
    assert made.policy.targets[GPT].tariff == Tariff(9_000_000, 10_000_000)
    assert (made.prices.source, made.prices.as_of) == ("file", date(2026, 11, 1))


def test_a_day_alone_is_that_of_the_bundled_prices(tmp_path: Path) -> None:
    path = tmp_path / "map.json"
    path.write_text('{"gpt-5": {"input_cost_per_token": 1e-6, "output_cost_per_token": 1e-5}}')
    known = Prices(path, PriceList("9", None, "litellm"))
    assert plan({"destinations.gpt.cost": GONE}, prices=known).prices == PriceList("9", None, "litellm")
    made = plan({"destinations.gpt.cost": GONE, "prices": {"as_of": date(2026, 11, 1)}}, prices=known)
    assert made.prices == PriceList("9", date(2026, 11, 1), "litellm")


def test_who_states_all_prices_needs_no_list() -> None:
    assert plan().prices == PriceList()


@pytest.mark.parametrize(
    ("prices", "text", "sentence"),
    [
        pytest.param({"file": "none.yaml"}, "", "prices.file: the file none.yaml cannot be read: No such file or directory", id="no file"),
        pytest.param({"file": "mine.yaml"}, "[1]", "prices.file: expected a mapping of models, each with its prices", id="no map"),
        pytest.param({"as_of": "yesterday"}, "", "prices.as_of: expected a date: 2026-11-01", id="no day"),
        pytest.param({"files": "x"}, "", "prices.files: unknown key; did you mean 'file'?", id="a slip"),
    ],
)
def test_prices_that_cannot_be_read(tmp_path: Path, prices: dict[str, Any], text: str, sentence: str) -> None:
    (tmp_path / "mine.yaml").write_text(text)
    (only,) = said({"prices": prices}, base_dir=tmp_path)
    assert only.startswith(sentence)
