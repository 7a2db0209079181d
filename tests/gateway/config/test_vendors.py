"""The table of vendors: every row can be reached, and says what it must."""

from typing import get_args

import pytest

from gateway.config.addresses import LOCAL_NETWORKS, external_objection, local_objection
from gateway.config.prices import Prices, bundled
from gateway.config.vendors import VENDORS, VendorName, prefix_at
from gateway.upstreams.origin import Origin


def test_every_name_has_its_row() -> None:
    assert set(VENDORS) == set(get_args(VendorName))


@pytest.mark.parametrize("name", VENDORS)
def test_a_row(name: VendorName) -> None:
    row = VENDORS[name]
    assert row.speaks
    assert bool(row.url) != bool(row.like), "an address, or what one looks like"
    assert not row.url.endswith("/")
    assert (row.zone == "external") == bool(row.env), "vendors want a key, engines none"
    origin = Origin.parse(row.url or row.like, LOCAL_NETWORKS if row.zone == "local" else ())
    assert not (local_objection(origin, has_networks=False) if row.zone == "local" else external_objection(origin))
    assert all(header == header.lower() for header, _ in row.headers)
    assert not row.quirks.without & {other for _, other in row.quirks.called}, "nothing is renamed to what is left out"


@pytest.mark.parametrize("name", [name for name, row in VENDORS.items() if row.prefix and name != "openrouter"])
def test_a_prefix_is_one_of_the_price_map(name: VendorName) -> None:
    """But for OpenRouter's, whose models some releases of litellm list and others do not."""
    path = bundled()
    if path is None:
        pytest.skip("litellm is not installed")
    row, names = VENDORS[name], Prices(path).names
    assert any(one.startswith(f"{row.prefix}/") for one in names) or Prices(path).lookup("claude-opus-4-6", row.prefix) is not None


@pytest.mark.parametrize(
    ("vendor", "model", "is_known"),
    [
        pytest.param("openai", "gpt-5", True, id="a reasoning model"),
        pytest.param("openai", "gpt-5-mini-2025-08-07", True, id="a dated one"),
        pytest.param("openai", "o3-mini", True, id="an older one"),
        pytest.param("azure", "gpt-5", True, id="at another vendor"),
        pytest.param("openai", "gpt-5-chat-latest", False, id="one that does not reason"),
        pytest.param("openai", "gpt-5.1", False, id="one that takes what the others refuse"),
        pytest.param("openai", "gpt-4o", False, id="an older one that does not reason"),
        pytest.param("anthropic", "claude-opus-4-7", True, id="Claude without sampling"),
        pytest.param("anthropic", "claude-sonnet-5-5", True, id="a later one"),
        pytest.param("anthropic", "claude-opus-4-6", False, id="Claude with sampling"),
        pytest.param("anthropic", "claude-haiku-4-5", False, id="another one"),
    ],
)
def test_models_with_quirks_of_their_own(vendor: VendorName, model: str, is_known: bool) -> None:
    found = [quirks for pattern, quirks in VENDORS[vendor].of_models if pattern.fullmatch(model)]
    assert [quirks.without >= {"temperature", "top_p"} for quirks in found] == [True] * is_known


@pytest.mark.parametrize(
    ("host", "prefix"),
    [
        pytest.param("api.x.ai", "xai", id="a vendor"),
        pytest.param("mine.openai.azure.com", "azure", id="a host below a vendor's"),
        pytest.param("notapi.x.ai.example.org", "", id="a host that only looks like it"),
        pytest.param("api.openai.com", "", id="OpenAI's models are listed without a vendor"),
    ],
)
def test_a_host_stands_for_a_vendor(host: str, prefix: str) -> None:
    assert prefix_at(host) == prefix
