"""The price map, without litellm being imported."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from gateway.config.prices import Prices, bundled, vendor_of

MAP = {
    "gpt-x": {"litellm_provider": "openai", "input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6},
    "openrouter/openai/gpt-x": {"litellm_provider": "openrouter", "input_cost_per_token": 3e-6, "output_cost_per_token": 4e-6},
    "eu.anthropic.c": {"litellm_provider": "bedrock_converse", "input_cost_per_token": 5e-6, "output_cost_per_token": 6e-6},
    "xai/grok": {"litellm_provider": "xai", "input_cost_per_token": 7e-6, "output_cost_per_token": 8e-6},
}


@pytest.fixture
def prices(tmp_path: Path) -> Prices:
    path = tmp_path / "map.json"
    path.write_bytes(msgspec.json.encode(MAP))
    return Prices(path)


@pytest.mark.parametrize(
    ("model", "vendor", "entry"),
    [
        pytest.param("gpt-x", "", "gpt-x", id="by its bare name"),
        pytest.param("openai/gpt-x", "", "gpt-x", id="with its vendor, listed without"),
        pytest.param("bedrock/eu.anthropic.c", "", "eu.anthropic.c", id="bedrock_converse is bedrock"),
        pytest.param("grok", "xai", "xai/grok", id="the vendor that the host stands for"),
        pytest.param("xai/grok", "xai", "xai/grok", id="the vendor is not put twice"),
        pytest.param("openai/gpt-x", "openrouter", "openrouter/openai/gpt-x", id="the same model is dearer elsewhere"),
        pytest.param("gpt-x", "groq", None, id="another vendor's price is no price"),
        pytest.param("anthropic/gpt-x", "", None, id="nor that of a vendor that does not have it"),
        pytest.param("nope", "", None, id="unknown"),
    ],
)
def test_a_model_is_looked_up(prices: Prices, model: str, vendor: str, entry: str | None) -> None:
    assert prices.has_map
    assert prices.lookup(model, vendor) == (None if entry is None else MAP[entry])


def test_without_a_map_nothing_has_a_price() -> None:
    prices = Prices(None)
    assert not prices.has_map
    assert prices.lookup("gpt-x") is None


@pytest.mark.parametrize(
    ("host", "vendor"),
    [
        pytest.param("api.x.ai", "xai", id="a vendor"),
        pytest.param("mine.openai.azure.com", "azure", id="a host below a vendor's"),
        pytest.param("notapi.x.ai.example.org", "", id="a host that only looks like it"),
        pytest.param("api.openai.com", "", id="OpenAI's models are listed without a vendor"),
    ],
)
def test_a_host_stands_for_a_vendor(host: str, vendor: str) -> None:
    assert vendor_of(host) == vendor


def test_the_bundled_map_is_found_without_importing_litellm() -> None:
    code = (
        "import sys; from gateway.config.prices import Prices, bundled; p = Prices(bundled()); e = p.lookup('gpt-5'); "
        "assert e is None or e['input_cost_per_token'] > 0; assert 'litellm' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=200)


def test_where_litellm_is_not_installed_there_is_no_map() -> None:
    code = "from gateway.config.prices import bundled; assert bundled() is None"
    subprocess.run([sys.executable, "-c", f"import sys; sys.modules['litellm'] = None\n{code}"], check=True, timeout=200)


@pytest.mark.skipif(bundled() is None, reason="litellm is not installed")
def test_the_bundled_map_prices_what_the_configurations_name() -> None:
    prices = Prices(bundled())
    for model, vendor in (
        ("gpt-5", ""),
        ("anthropic/claude-opus-4-6", ""),
        ("grok-4.5", "xai"),
        ("bedrock/eu.anthropic.claude-sonnet-4-5-20250929-v1:0", ""),
    ):
        entry = prices.lookup(model, vendor)
        assert entry is not None, model
        assert entry["input_cost_per_token"], model
