"""Destinations, costs and secrets as the file has them."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from gateway.config.destinations import Cost, GpuCost, PriceKey, SecretRef, TokenCost
from tests.gateway.config.examples import GONE, said

PLAIN = "a secret is not written into the configuration; write {env: NAME} or {file: PATH}"


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        pytest.param({"gpu_hour_usd": 2}, GpuCost, id="hours of a GPU"),
        pytest.param({"input_per_mtok_usd": 0, "output_per_mtok_usd": 0}, TokenCost, id="prices of tokens, zero being the operator's word"),
        pytest.param({"price_key": "openai/gpt-5"}, PriceKey, id="an entry of the map"),
        pytest.param("unknown", str, id="unknown"),
    ],
)
def test_a_cost_is_known_by_its_keys(value: object, kind: type) -> None:
    assert isinstance(TypeAdapter[Any](Cost).validate_python(value), kind)


def test_a_secret_reference_does_not_show_what_was_wrong_with_it() -> None:
    with pytest.raises(ValidationError) as refused:
        SecretRef.model_validate("hidden-" + "x" * 8)
    assert "hidden-" not in str(refused.value)


@pytest.mark.parametrize(
    ("edits", "sentences"),
    [
        pytest.param({"destinations.gpt.key": "hidden"}, [f"destinations.gpt.key: {PLAIN}"], id="a key in plain text"),
        pytest.param({"destinations.gpt.key": 123456}, [f"destinations.gpt.key: {PLAIN}"], id="a key of digits"),
        pytest.param(
            {"destinations.gpt.headers": {"api-key": "hidden"}}, [f"destinations.gpt.headers.api-key: {PLAIN}"], id="a header in plain text"
        ),
        pytest.param({"keys[0].value": "hidden"}, [f"keys[0].value: {PLAIN}"], id="a caller's key in plain text"),
        pytest.param(
            {"destinations.gpt.key": {"env": "sk-hidden"}},
            ["destinations.gpt.key.env: expected the name of an environment variable: capitals, digits and `_`"],
            id="the key itself for the variable's name",
        ),
        pytest.param({"destinations.gpt.key": {}}, ["destinations.gpt.key: give either `env` or `file`"], id="no source"),
        pytest.param(
            {"destinations.gpt.key": {"env": "A", "file": "b"}}, ["destinations.gpt.key: give either `env` or `file`"], id="two sources"
        ),
        pytest.param({"destinations.gpt.key": ["A"]}, ["destinations.gpt.key: expected a mapping, got a list"], id="a list for a secret"),
        pytest.param({"destinations.gpt.cost": "free"}, ["destinations.gpt.cost: expected 'unknown'"], id="another word for a cost"),
        pytest.param(
            {"destinations.qwen.cost": {"gpus": 1}},
            ["destinations.qwen.cost: give either `gpu_hour_usd`, or `capex_usd` and `life_years`"],
            id="GPUs without a price",
        ),
        pytest.param(
            {"destinations.qwen.cost": {"gpu_hour_usd": 1, "capex_usd": 1, "life_years": 1}},
            ["destinations.qwen.cost: give either `gpu_hour_usd`, or `capex_usd` and `life_years`"],
            id="rented and bought",
        ),
        pytest.param(
            {"destinations.qwen.cost": {"capex_usd": 30_000}},
            ["destinations.qwen.cost: `capex_usd` and `life_years` go together"],
            id="bought for ever",
        ),
        pytest.param(
            {"destinations.qwen.cost": {"gpu_hour_usd": 1, "power_kw": 1.2, "kwh_usd": 0.3}},
            ["destinations.qwen.cost: power is in the price of a rented GPU; leave out `power_kw`, or give `capex_usd` and `life_years`"],
            id="power of a rented GPU",
        ),
        pytest.param(
            {"destinations.qwen.cost": {"capex_usd": 30_000, "life_years": 4, "pue": 1.4}},
            ["destinations.qwen.cost: `power_kw` and `kwh_usd` go together, and `pue` with them"],
            id="a room without power",
        ),
        pytest.param(
            {"destinations.qwen.cost": {"gpu_hour_usd": 1, "timezone": "Europe/Vienna"}},
            ["destinations.qwen.cost: `timezone` is that of `available`; give both"],
            id="a time zone of nothing",
        ),
        pytest.param(
            {"destinations.gpt.cost": {"input_per_mtok_usd": -1, "output_per_mtok_usd": 1}},
            ["destinations.gpt.cost.input_per_mtok_usd: must be at least 0"],
            id="a negative price",
        ),
        pytest.param(
            {"destinations.gpt.cost": {"input_per_mtok_usd": 1, "output_per_mtok_usd": 1, "cached_mtok_usd": 1}},
            ["destinations.gpt.cost.cached_mtok_usd: unknown key; did you mean 'cached_per_mtok_usd'?"],
            id="an unknown price",
        ),
        pytest.param(
            {"destinations.gpt.zone": "extern"},
            ["destinations.gpt.zone: expected 'local' or 'external'; did you mean 'external'?"],
            id="a misspelt zone",
        ),
        pytest.param(
            {"destinations.gpt.clearance": GONE},
            ["destinations.gpt.clearance: is missing: The highest label that this destination may receive."],
            id="no clearance",
        ),
        pytest.param(
            {"destinations.gpt.serves": ["chat", "pictures"]},
            [
                (
                    "destinations.gpt.serves[1]: expected 'chat', 'completions', 'embeddings', 'responses', 'messages', 'count_tokens', 'rerank', "
                    "'score', 'moderations', 'tokenize', 'images', 'image_edits', 'speech', 'transcriptions' or 'translations'"
                )
            ],
            id="an unknown endpoint",
        ),
        pytest.param({"destinations.gpt.retries": -1}, ["destinations.gpt.retries: must be at least 0"], id="negative retries"),
        pytest.param(
            {"destinations.gpt.clocks": {"total_s": "1"}},
            ["destinations.gpt.clocks.total_s: expected a number, got a text"],
            id="a clock in quotes",
        ),
        pytest.param(
            {"destinations.gpt.options": {"aws_region_name": [1]}},
            ["destinations.gpt.options.aws_region_name: expected a text, a number, true or false or a mapping, got a list"],
            id="a list for an option",
        ),
    ],
)
def test_what_is_refused_gets_one_sentence(edits: dict[str, Any], sentences: list[str]) -> None:
    assert said(edits) == sentences
