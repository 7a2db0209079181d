"""The price map, without litellm being imported."""

import importlib.metadata
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import msgspec
import pytest

from gateway.config.prices import RELEASED, BadPrices, Prices, bundled, bundled_list, stale
from gateway.price_list import PriceList
from router.cost import Usage, cost, tariff_from_map

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


MILLION = 1_000_000
A_MONTH = 100_000 * 30


@pytest.mark.skipif(bundled() is None, reason="litellm is not installed")
@pytest.mark.parametrize(
    ("names", "usage", "times", "usd"),
    [
        pytest.param(["gpt-4.1-mini"], Usage(1_000, 500), A_MONTH, 3_600, id="GPT-4.1 mini"),
        pytest.param(
            ["claude-3-5-haiku-20241022", "anthropic.claude-3-5-haiku-20241022-v1:0"], Usage(1_000, 500), A_MONTH, 8_400, id="Haiku 3.5"
        ),
        pytest.param(["gpt-4.1"], Usage(1_000, 500), A_MONTH, 18_000, id="GPT-4.1"),
        pytest.param(
            ["claude-sonnet-4-20250514", "anthropic.claude-sonnet-4-20250514-v1:0"], Usage(1_000, 500), A_MONTH, 31_500, id="Sonnet 4"
        ),
        pytest.param(["gpt-5"], Usage(60 * MILLION, 40 * MILLION), 1, 475, id="GPT-5"),
        pytest.param(
            ["claude-3-5-sonnet-20241022", "anthropic.claude-3-5-sonnet-20241022-v2:0"],
            Usage(10 * MILLION, 2 * MILLION),
            1,
            60,
            id="Claude 3.5 Sonnet",
        ),
    ],
)
def test_bills_to_the_cent_from_the_bundled_map(names: list[str], usage: Usage, times: int, usd: int) -> None:
    prices = Prices(bundled())
    entry = next((entry for name in names if (entry := prices.entry(name)) is not None), None)
    if entry is None:
        pytest.skip(f"the map has none of {', '.join(names)} any more")
    one = cost(usage, tariff_from_map(entry))
    assert one is not None
    assert one * times == usd * MILLION


def _file(folder: Path, text: str, name: str = "mine.yaml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_an_own_file_comes_first(prices: Prices, tmp_path: Path) -> None:
    own = _file(tmp_path, "gpt-x: {litellm_provider: openai, input_cost_per_token: 9.0e-6, output_cost_per_token: 1.0e-6}\nnew: {}\n")
    both = prices.after(Prices.stated(own, date(2026, 11, 1)))
    entry = both.lookup("openai/gpt-x")
    assert entry is not None
    assert entry["input_cost_per_token"] == 9e-6
    assert both.lookup("grok", "xai") == MAP["xai/grok"]
    assert both.lookup("nope") is None
    assert both.names == tuple(sorted({*MAP, "new"}))
    assert both.has_map


def test_numbers_with_an_exponent_are_numbers_in_yaml_too(tmp_path: Path) -> None:
    own = _file(tmp_path, "m: {input_cost_per_token: 1e-6, output_cost_per_token: 2.5E-06, note: 1e-6x, tiered_pricing: [{a: 1e2}]}")
    entry = {"input_cost_per_token": 1e-6, "output_cost_per_token": 2.5e-6, "note": "1e-6x", "tiered_pricing": [{"a": 100.0}]}
    assert Prices.stated(own, None).entry("m") == entry


def test_the_list_in_use_is_the_older_of_those_that_had_something(tmp_path: Path) -> None:
    path = _file(tmp_path, '{"a": {"input_cost_per_token": 1}}', "a.json")
    old = Prices(path, PriceList("1", date(2026, 1, 1), "litellm"))
    both = old.after(Prices.stated(_file(tmp_path, '{"b": {"input_cost_per_token": 1}}', "b.json"), date(2026, 2, 1)))
    assert both.used == PriceList()
    both.lookup("nothing")
    assert both.used == PriceList()
    both.lookup("b")
    assert (both.used.source, both.used.as_of) == ("file", date(2026, 2, 1))
    assert re.fullmatch("[0-9a-f]{12}", both.used.version)
    both.lookup("a")
    assert both.used == PriceList("1", date(2026, 1, 1), "litellm")


def test_a_list_of_an_unknown_day_is_the_oldest(tmp_path: Path) -> None:
    path = _file(tmp_path, '{"a": {"input_cost_per_token": 1}}', "a.json")
    unknown = PriceList("1", None, "litellm")
    both = Prices(path, unknown).after(Prices.stated(_file(tmp_path, '{"b": {}}', "b.json"), date(2026, 2, 1)))
    assert [both.lookup(name) is not None for name in ("b", "a")] == [True, True]
    assert both.used == unknown


@pytest.mark.parametrize(
    ("text", "name", "say"),
    [
        pytest.param("[1]", "m.json", "expected a mapping of models", id="no mapping"),
        pytest.param("{", "m.json", "expected a mapping of models", id="no JSON"),
        pytest.param("", "m.json", "expected a mapping of models", id="nothing"),
        pytest.param("a: [", "m.yaml", "this is not YAML", id="no YAML"),
        pytest.param("", "m.yaml", "expected a mapping of models", id="nothing in YAML"),
        pytest.param("1: {}", "m.yaml", None, id="a number for a name"),
        pytest.param("a: 2026-01-01", "m.yml", "expected the prices of 'a' as a mapping", id="a date"),
        pytest.param('{"a": 5}', "m.json", "expected the prices of 'a' as a mapping", id="a number for prices"),
    ],
)
def test_a_file_that_is_no_price_map(tmp_path: Path, text: str, name: str, say: str | None) -> None:
    path = _file(tmp_path, text, name)
    if say is None:
        assert Prices.stated(path, None).names == ("1",)
        return
    with pytest.raises(BadPrices, match=re.escape(say)):
        Prices.stated(path, None)


def test_the_day_of_the_locked_release_is_known() -> None:
    lock = (Path(__file__).parents[3] / "requirements.lock").read_text()
    locked = re.search(r"^litellm==([\d.]+)", lock, re.MULTILINE)
    assert locked is not None
    assert locked[1] in RELEASED


@pytest.mark.skipif(bundled() is None, reason="litellm is not installed")
def test_what_is_known_of_the_bundled_map() -> None:
    version = importlib.metadata.version("litellm")
    assert bundled_list() == PriceList(version, RELEASED.get(version), "litellm")
    assert str(bundled_list()) == f"litellm {version}"
    assert Prices.installed().dated(date(2026, 11, 2)).known == PriceList(version, date(2026, 11, 2), "litellm")


TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("known", "say"),
    [
        pytest.param(PriceList(), "", id="nobody was asked for a price"),
        pytest.param(PriceList("1", date(2026, 8, 24), "litellm"), "", id="90 days"),
        pytest.param(PriceList("1", date(2026, 8, 23), "litellm"), "the prices of litellm 1 are 91 days old: update litellm", id="91 days"),
        pytest.param(PriceList("1", None, "litellm"), "nobody knows how old the prices of litellm 1 are", id="no day is known"),
        pytest.param(
            PriceList("1", date(2026, 11, 23), "file"), "the prices of file 1 are said to be of a day that has not come", id="tomorrow"
        ),
    ],
)
def test_old_prices_are_warned_of(known: PriceList, say: str) -> None:
    assert stale(known, TODAY).startswith(say)
    assert bool(stale(known, TODAY)) is bool(say)
