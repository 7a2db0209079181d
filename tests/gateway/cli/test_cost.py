"""The calculators as people call them: bills that were computed by hand, to the cent."""

import re
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner, Result

from gateway.cli.main import app

A_MONTH = ("--requests", "100000", "--per", "day", "--input", "1000", "--output", "500", "--days", "30")
FOUR = ("--count", "4", "--hour-usd", "2.50", "--utilisation", "70%", "--storage", "50", "--network", "0.10", "--engineering", "5000")
HAIKU, SONNET = "anthropic.claude-3-5-haiku-20241022-v1:0", "anthropic.claude-sonnet-4-20250514-v1:0"


def cost(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["cost", *arguments])


def read(*arguments: str) -> Any:
    said = cost(*arguments, "--json")
    assert said.exit_code == 0, said.output
    return msgspec.json.decode(said.stdout)


@pytest.mark.parametrize(
    ("model", "usd"),
    [
        pytest.param(("-m", "openai/gpt-4.1-mini"), "3600.00", id="GPT-4.1 mini"),
        pytest.param(("--prices", "0.4,1.6"), "3600.00", id="the same by its prices"),
        pytest.param(("-m", HAIKU), "8400.00", id="Claude Haiku 3.5"),
        pytest.param(("-m", "openai/gpt-4.1"), "18000.00", id="GPT-4.1"),
        pytest.param(("-m", SONNET), "31500.00", id="Claude Sonnet 4"),
    ],
)
def test_a_month_of_100_000_requests_a_day(model: tuple[str, str], usd: str) -> None:
    found = read("api", *A_MONTH, *model)
    assert found["requests_a_month"] == 3_000_000
    assert [one["usd"] for one in found["models"]] == [usd]
    assert f"${float(usd):,.2f}" in cost("api", *A_MONTH, *model).stdout


def test_several_models_stand_side_by_side_the_cheapest_first() -> None:
    found = read("api", *A_MONTH, "-m", SONNET, "-m", "openai/gpt-4.1", "--prices", "mine=0.4,1.6")["models"]
    assert [(one["model"], one["usd"]) for one in found] == [("mine", "3600.00"), ("openai/gpt-4.1", "18000.00"), (SONNET, "31500.00")]


@pytest.mark.parametrize(
    ("arguments", "usd"),
    [
        pytest.param(("--input", "60M", "--output", "40M", "-m", "openai/gpt-5"), "475.00", id="60 + 40 million on GPT-5"),
        pytest.param(("--input", "10M", "--output", "2M", "-m", "anthropic.claude-3-5-sonnet-20241022-v2:0"), "60.00", id="10 + 2 million"),
        pytest.param(("--input", "10M", "--output", "2M", "--cached", "50%", "--prices", "3,15,0.3"), "46.50", id="half of it cached"),
        pytest.param(("--input", "1k", "--requests", "2", "--per", "minute", "--prices", "1,0"), "86.40", id="by the minute"),
        pytest.param(("--input", "1k", "--requests", "2", "--per", "hour", "--days", "31", "--prices", "1,0"), "1.49", id="by the hour"),
    ],
)
def test_months_of_tokens(arguments: tuple[str, ...], usd: str) -> None:
    assert read("api", *arguments)["models"][0]["usd"] == usd


def test_batches_have_prices_of_their_own() -> None:
    assert read("api", *A_MONTH, "-m", "openai/gpt-4.1", "--tier", "batch")["models"][0]["usd"] == "9000.00"
    said = cost("api", *A_MONTH, "--prices", "1,2", "--tier", "batch")
    assert said.exit_code == 2
    assert "no prices for the tier 'batch'; it has none" in said.output


def test_long_contexts_have_prices_of_their_own_where_prompts_are_that_long() -> None:
    gemini, tokens = ("-m", "gemini/gemini-2.5-pro"), ("--input", "300k", "--output", "0")
    assert read("api", *tokens, "--requests", "10", *gemini)["models"][0]["usd"] == "7.50", "10 x 300,000 at 2.50"
    assert read("api", "--input", "3M", "--output", "0", *gemini)["models"][0]["usd"] == "3.75", "3 million, in prompts of any length"


def test_the_formula_is_shown_with_its_numbers() -> None:
    said = cost("api", "--input", "10M", "--output", "2M", "--cached", "50%", "--prices", "3,15,0.3").stdout
    assert "10,000,000 tokens in (50% of it cached) and 2,000,000 out" in said
    assert re.search(r"Prices of models by name: .*, as of \d{4}-\d\d-\d\d", said)
    assert "100,000 requests a day, 30 days, each 1,000 tokens in and 500 out" in cost("api", *A_MONTH, "--prices", "1,1").stdout


def test_four_gpus_with_all_that_belongs_to_them() -> None:
    found = read("gpu", "--gpu", "H100", *FOUR)
    assert found["usd"] == "10514.40"
    assert {line: one["usd"] for line, one in found["lines"].items()} == {
        "GPUs": "5110.00", "storage": "200.00", "network": "204.40", "energy": "0.00", "engineering": "5000.00"
    }  # fmt: skip
    assert found["assumed"] is None
    said = cost("gpu", "--gpu", "H100", *FOUR).stdout
    for words in ("$10,514.40", "4 x 730 h x 70% x $2.50", "$204.40", "Reserved ones are paid at 100%", "2,044 GPU hours"):
        assert words in said
    assert "Assumed" not in said


def test_a_typical_price_is_an_assumption_with_a_source() -> None:
    said = cost("gpu", "--gpu", "h100").stdout
    assert "Assumed: $2.95 for an hour of a H100 (median of" in said
    assert read("gpu", "--gpu", "h100")["assumed"]["hour_usd"] == "2.95"
    assert "utilisation" not in said.lower()


def test_energy_is_of_the_type_and_the_building() -> None:
    assert read("gpu", "--gpu", "H100", "--hour-usd", "0", "--kwh-usd", "0.3", "--pue", "1.5", "--hours", "100")["usd"] == "31.50"


def test_without_a_type_they_are_listed() -> None:
    said = cost("gpu").stdout
    assert "H100" in said
    assert "none with a source: give --hour-usd" in said
    assert read("gpu")["gpus"][0]["gpu"] == "H100"


def test_a_million_tokens_at_500_a_second_on_a_gpu_of_34_cents() -> None:
    said = cost("tokens", "--tokens-per-second", "500", "--hour-usd", "0.34").stdout
    for words in ("$0.19", "$0.34 / 3600 s x 2,000 s = $0.188889", "17/90 USD", "never idle"):
        assert words in said
    found = read("tokens", "--tokens-per-second", "500", "--gpu", "RTX4090")
    assert (found["usd"], found["micro_usd"], found["exact_usd"]) == ("0.19", 188_889, "17/90")
    assert found["assumed"]["gpu"] == "RTX4090"


def test_break_even_follows_from_both() -> None:
    found = read("break-even", "--gpu", "H100", *FOUR, "-m", "openai/gpt-4.1-mini", "--requests", "100000", "--tokens-per-second", "2000")
    one = found["models"][0]
    assert found["gpus"]["usd"] == "10514.40"
    assert one["requests_a_month"] == 8_762_000  # 10,514.40 / 0.0012
    assert one["tokens_a_month"] == 13_143_000_000
    assert one["ratio"] == pytest.approx(3_600 / 10_514.40)
    assert one["share_of_room"] == pytest.approx(13_143_000_000 / (2_044 * 3_600 * 2_000))


def test_break_even_volumes_of_the_four_models() -> None:
    models = ("-m", "openai/gpt-4.1-mini", "-m", HAIKU, "-m", "openai/gpt-4.1", "-m", SONNET)
    found = read("break-even", "--gpu", "H100", *FOUR, *models)["models"]
    assert [one["requests_a_month"] for one in found] == [
        8_762_000,
        3_755_143,
        1_752_400,
        1_001_372,
    ]  # 10,514.40 / 0.0012, 0.0028, 0.006, 0.0105


@pytest.mark.parametrize(
    ("more", "words"),
    [
        pytest.param((), ["292,067", "8,762,000", "13,143,000,000"], id="without a volume of one's own"),
        pytest.param(("--requests", "100000"), ["you are at", "34%"], id="with one"),
        pytest.param(("--tokens-per-second", "2000"), ["takes 89% of what the GPUs can do: they can"], id="what they can do"),
        pytest.param(("--tokens-per-second", "500"), ["takes 357%", "never pay against it"], id="what they cannot"),
        pytest.param(("--prices", "free=0,0"), ["never"], id="what is free"),
    ],
)
def test_break_even_is_said_in_requests_and_tokens(more: tuple[str, ...], words: list[str]) -> None:
    said = cost("break-even", "--gpu", "H100", *FOUR, "-m", "openai/gpt-4.1-mini", *more)
    assert said.exit_code == 0, said.output
    for each in words:
        assert each in said.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(("api", "--prices", "1,2"), "Give --input and --output", id="no tokens"),
        pytest.param(("api", "--input", "1"), "Give a model with --model", id="no model"),
        pytest.param(("api", "--input", "1", "-m", "openai/nope"), "no token prices for 'openai/nope'", id="a model that nobody prices"),
        pytest.param(
            ("api", "--input", "1", "-m", "anthropic/claude-3-5-haiku"), "there are anthropic.claude-3-5-haiku-", id="another name"
        ),
        pytest.param(("api", "--input", "1", "--prices", "1"), "write USD per million tokens in and out", id="one price"),
        pytest.param(("api", "--input", "1", "--prices", "1,2,3,4"), "write USD per million tokens in and out", id="four prices"),
        pytest.param(("api", "--input", "1", "--prices", "a,b"), "write USD per million tokens in and out", id="words for prices"),
        pytest.param(("api", "--input", "x", "--prices", "1,2"), "--input: 'x' is no number", id="no number"),
        pytest.param(("api", "--input", "1", "--cached", "2", "--prices", "1,2"), "--cached is a share", id="more cached than there is"),
        pytest.param(("api", "--input", "1", "--per", "week", "--prices", "1,2"), "--per is minute, hour, day, month", id="a week"),
        pytest.param(("api", "--input", "1", "--days", "0", "--prices", "1,2"), "--days is above 0", id="no days"),
        pytest.param(("gpu", "--gpu", "B200"), "No typical price is known for 'B200'", id="a type without a price"),
        pytest.param(("gpu", "--gpu", "H9000"), "No typical price is known for 'H9000'", id="a type that nobody knows"),
        pytest.param(("gpu", "--hour-usd", "1", "--kwh-usd", "1"), "--kwh-usd needs a --gpu", id="energy of nobody knows what"),
        pytest.param(("gpu", "--hour-usd", "1", "--utilisation", "70"), "--utilisation is a share", id="a share above all"),
        pytest.param(("tokens", "--hour-usd", "1", "--tokens-per-second", "0"), "is above 0", id="no tokens a second"),
    ],
)
def test_wrong_use_is_said(arguments: tuple[str, ...], words: str) -> None:
    said = cost(*arguments)
    assert said.exit_code == 2
    assert words in said.output
