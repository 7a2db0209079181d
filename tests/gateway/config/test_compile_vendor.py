"""Destinations that name their vendor: what is filled in, what may be stated otherwise, what is objected to."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.config.destinations import Destination
from gateway.config.errors import one_of
from gateway.config.prices import Prices
from gateway.config.vendors import VENDORS
from gateway.plan import Plan
from router.decision import Target
from router.names import Ability, Endpoint, TargetName
from router.quirks import Quirks, Thinks
from tests.gateway.config.examples import ENV, GONE, plan, said

NAME = TargetName("gpt")
AT = "destinations.gpt"
KEY = {"env": "OPENAI_API_KEY"}
NAMES = one_of([f"'{name}'" for name in VENDORS])
PRICE = {"input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6}
MAP: Mapping[str, Mapping[str, object]] = {
    "groq/llama": PRICE | {"mode": "chat", "max_input_tokens": 1000, "supports_vision": False, "supports_function_calling": True},
    "claude-x": PRICE | {"litellm_provider": "anthropic", "mode": "chat", "supports_sampling_params": False, "supports_reasoning": True},
    "gpt-5": PRICE | {"litellm_provider": "openai", "mode": "chat", "supported_endpoints": ["/v1/chat/completions", "/v1/batch"]},
    "gpt-pro": PRICE | {"litellm_provider": "openai", "mode": "responses", "supported_endpoints": "odd"},
    "embed": PRICE | {"litellm_provider": "openai", "mode": "embedding"},
    "film": PRICE | {"litellm_provider": "openai", "mode": "video_generation"},
    "gpt-4o": PRICE | {"litellm_provider": "openai", "mode": "chat", "supports_reasoning": False},
    "deepseek/chat": PRICE | {"mode": "chat", "supports_response_schema": True},
}


@pytest.fixture
def prices(tmp_path: Path) -> Prices:
    path = tmp_path / "map.json"
    path.write_bytes(msgspec.json.encode(MAP))
    return Prices(path)


def at(vendor: str, model: str, **more: object) -> dict[str, Any]:
    """Edits that make the cloud a destination of this vendor."""
    return {AT: {"vendor": vendor, "model": model, "clearance": "internal", "key": KEY, **more}, "baseline": GONE}


def target(made: Plan) -> Target:
    return made.policy.targets[NAME]


def headers(made: Plan) -> dict[str, str]:
    known = made.upstreams[NAME].known_by
    assert len(known) == len(dict(known)), "none is sent twice"
    return {name: value.reveal() for name, value in known}


def test_a_vendor_fills_in_the_rest(prices: Prices) -> None:
    made = plan(at("groq", "llama"), prices=prices)
    upstream = made.upstreams[NAME]
    assert (upstream.kind, upstream.urls, upstream.is_checked) == ("openai_compatible", ("https://api.groq.com/openai/v1",), True)
    assert headers(made) == {"authorization": f"Bearer {ENV['OPENAI_API_KEY']}"}
    one = target(made)
    assert (one.zone, one.window) == ("external", 1000)
    assert one.speaks == {"chat", "responses"}
    assert one.lacks == {"vision"}
    assert one.tariff is not None
    assert one.tariff.prompt == 1_000_000
    assert one.quirks == Quirks(
        frozenset({"logprobs", "top_logprobs", "logit_bias"}), turns_without=frozenset({"name", "reasoning_content"})
    )


def test_an_engine_that_cannot_think_gets_the_callers_words() -> None:
    made = plan({"destinations.qwen": {"vendor": "vllm", "model": "q", "clearance": "restricted", "can": {"reasoning": False}}})
    assert made.policy.targets[TargetName("qwen")].quirks is None


def test_an_engine_is_local_and_wants_no_key() -> None:
    made = plan({AT: {"vendor": "ollama", "model": "qwen3", "clearance": "restricted"}, "baseline": GONE})
    assert (target(made).zone, made.upstreams[NAME].urls, headers(made)) == ("local", ("http://127.0.0.1:11434/v1",), {})
    assert target(made).speaks == {"chat", "completions", "responses", "messages"}
    assert target(made).quirks is None


def test_a_pool_has_addresses_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "replicas").write_text("http://10.0.0.1:8000/v1\n")
    pool = {"discover": "file", "file": "replicas"}
    made = plan({"destinations.qwen": {"vendor": "vllm", "model": "q", "clearance": "restricted", "pool": pool}}, base_dir=tmp_path)
    assert made.upstreams[TargetName("qwen")].urls == ("http://10.0.0.1:8000/v1",)


def test_anthropic_is_asked_in_its_own_api(prices: Prices) -> None:
    made = plan(at("anthropic", "claude-x"), prices=prices)
    assert headers(made) == {"x-api-key": ENV["OPENAI_API_KEY"], "anthropic-version": "2023-06-01"}
    assert target(made).speaks == {"messages", "count_tokens"}
    assert target(made).quirks == Quirks(frozenset({"temperature", "top_p", "top_k"}), thinks="by_budget")


@pytest.mark.parametrize(
    ("says", "thinks"),
    [
        pytest.param({}, "either", id="nothing"),
        pytest.param({"supports_reasoning": True}, "by_budget", id="an older one"),
        pytest.param({"supports_adaptive_thinking": True, "supports_legacy_thinking": True}, "either", id="one between them"),
        pytest.param({"supports_adaptive_thinking": True}, "by_effort", id="a newer one"),
        pytest.param({"supports_adaptive_thinking": True, "thinking_always_on": True}, "always", id="the newest"),
    ],
)
def test_the_map_says_how_anthropics_models_are_told_to_think(tmp_path: Path, says: dict[str, bool], thinks: Thinks) -> None:
    path = tmp_path / "map.json"
    path.write_bytes(msgspec.json.encode({"claude": PRICE | {"litellm_provider": "anthropic", "mode": "chat", **says}}))
    quirks = target(plan(at("anthropic", "claude"), prices=Prices(path))).quirks
    assert (Quirks() if quirks is None else quirks).thinks == thinks


def test_azure_has_a_place_of_its_own() -> None:
    url = "https://mine.openai.azure.com/openai/v1"
    made = plan(at("azure", "our-gpt", url=url, cost="unknown"))
    assert (made.upstreams[NAME].urls, headers(made)) == ((url,), {"api-key": ENV["OPENAI_API_KEY"]})


def test_what_is_stated_counts_more(prices: Prices) -> None:
    stated = {
        "url": "https://llm.example.com/v1", "region": "eu", "serves": ["embeddings"], "key_header": "api-key", "can": {"vision": True, "tools": False},
        "quirks": {"without": ["seed"], "called": {"a": "b"}, "roles": {"c": "d"}, "messages_without": ["e"], "thinks": "always"}, "window": 5,
        "headers": {"Anthropic-Version": {"env": "CALLER_KEY"}},
    }  # fmt: skip
    made = plan(at("anthropic", "claude-x", **stated), prices=prices)
    one = target(made)
    assert (one.region, one.window) == ("eu", 5)
    assert one.speaks == {"embeddings"}
    assert one.lacks == {"tools"}
    assert one.quirks == Quirks(frozenset({"seed"}), (("a", "b"),), (("c", "d"),), frozenset({"e"}), "always")
    assert headers(made) == {"api-key": ENV["OPENAI_API_KEY"], "anthropic-version": ENV["CALLER_KEY"]}
    assert made.upstreams[NAME].urls == ("https://llm.example.com/v1",)


@pytest.mark.parametrize(
    ("vendor", "model", "speaks"),
    [
        pytest.param("openai", "gpt-5", {"chat"}, id="endpoints that the map names"),
        pytest.param("openai", "gpt-pro", {"responses"}, id="Responses alone"),
        pytest.param("openai", "embed", {"embeddings"}, id="an embedding"),
        pytest.param("openai", "gpt-4o", {"chat", "responses"}, id="a chat model"),
        pytest.param("openai", "film", {"chat", "responses"}, id="one that the gateway has no endpoint for"),
    ],
)
def test_a_model_serves_what_it_is_for(prices: Prices, vendor: str, model: str, speaks: set[Endpoint]) -> None:
    assert target(plan(at(vendor, model), prices=prices)).speaks == speaks


@pytest.mark.parametrize(
    ("vendor", "model", "can", "lacks"),
    [
        pytest.param("groq", "llama", {}, {"vision"}, id="the map denies it"),
        pytest.param("groq", "llama", {"vision": True, "audio": False}, {"audio"}, id="the operator counts more"),
        pytest.param("deepseek", "chat", {}, {"json_schema"}, id="the vendor's row counts more than the map"),
        pytest.param("deepseek", "chat", {"json_schema": True}, set(), id="and less than the operator"),
        pytest.param("openai", "embed", {}, set(), id="what nobody says may be tried"),
    ],
)
def test_what_it_lacks(prices: Prices, vendor: str, model: str, can: dict[str, bool], lacks: set[Ability]) -> None:
    assert target(plan(at(vendor, model, can=can), prices=prices)).lacks == lacks


def test_who_cannot_think_is_not_told_how_much(prices: Prices) -> None:
    thoughts = {"reasoning_effort", "reasoning", "thinking"}
    by_map, stated = (plan(at("openai", "gpt-4o", can=can), prices=prices) for can in ({}, {"reasoning": True}))
    assert target(by_map).quirks == Quirks(frozenset(thoughts), (("max_tokens", "max_completion_tokens"),))
    assert target(stated).quirks == Quirks(called=(("max_tokens", "max_completion_tokens"),))


def test_models_have_quirks_besides_their_vendors(prices: Prices) -> None:
    quirks = target(plan(at("openai", "gpt-5"), prices=prices)).quirks
    assert quirks is not None
    assert quirks.without >= {"temperature", "logprobs"}
    assert dict(quirks.called) == {"max_tokens": "max_completion_tokens"}


def test_a_deployment_is_known_by_the_entry_that_prices_it(prices: Prices) -> None:
    url = "https://mine.openai.azure.com/openai/v1"
    quirks = target(plan(at("azure", "our-gpt", url=url, cost={"price_key": "openai/gpt-5"}), prices=prices)).quirks
    assert quirks is not None
    assert "temperature" in quirks.without


def test_without_a_vendor_all_is_as_it_was(prices: Prices) -> None:
    one = target(plan({f"{AT}.model": "gpt-4o"}, prices=prices))
    assert one.speaks == {"chat", "completions"}
    assert one.lacks == set()
    assert one.quirks is None


def test_no_list_of_models_is_asked_for_where_there_is_none() -> None:
    assert not plan(at("perplexity", "sonar", cost="unknown")).upstreams[NAME].is_checked


@pytest.mark.parametrize(
    ("edits", "sentences"),
    [
        pytest.param(at("grok", "llama"), [f"{AT}.vendor: expected {NAMES}; did you mean 'groq'?"], id="misspelt"),
        pytest.param(at("azure", "m", cost="unknown"), [f"{AT}: needs `url`, which is your own at this vendor: https://RESOURCE.openai.azure.com/openai/v1"], id="no place"),
        pytest.param(
            {AT: {"vendor": "groq", "model": "m", "clearance": "internal", "cost": "unknown"}, "baseline": GONE},
            [f"{AT}.key: is missing: this vendor wants a key, for example key: {{env: GROQ_API_KEY}}"],
            id="no key",
        ),
        pytest.param(
            at("groq", "m", kind="litellm", cost="unknown"),
            [f"{AT}.vendor: vendors are asked in OpenAI's or Anthropic's API; leave out `kind`, or `vendor`"],
            id="another kind",
        ),
        pytest.param({AT: {"model": "m", "clearance": "internal"}, "baseline": GONE}, [f"{AT}.{name}: is missing: {Destination.model_fields[name].description}" for name in ("kind", "zone")], id="neither a vendor nor a kind"),
        pytest.param(
            {AT: {"vendor": "vllm", "model": "m", "clearance": "internal", "url": "https://8.8.8.8/v1"}, "baseline": GONE},
            [f"{AT}.url: this address is outside the networks of a local destination; name its network under `networks`"],
            id="an engine elsewhere",
        ),
        pytest.param(
            {"destinations.qwen.quirks": {"without": ["seed"]}},
            ["destinations.qwen.quirks: a local destination gets what the caller sent, in the caller's words; leave it out"],
            id="quirks of one that gets the caller's bytes",
        ),
        pytest.param(
            {f"{AT}.kind": "litellm", f"{AT}.key_header": "api-key"},
            [f"{AT}.key_header: litellm knows how each vendor wants its key; leave it out"],
            id="a header that litellm chooses",
        ),
        pytest.param({AT: {"vendor": ["groq"], "model": "m", "clearance": "internal"}, "baseline": GONE}, [f"{AT}.vendor: expected {NAMES}, got a list"], id="a vendor that is no text"),
    ],
)  # fmt: skip
def test_objections(edits: dict[str, Any], sentences: list[str]) -> None:
    assert said(edits) == sentences
