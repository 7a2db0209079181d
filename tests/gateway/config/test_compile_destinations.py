"""Destinations: targets and how they are reached; what is refused about addresses, headers, options and prices."""

from ipaddress import ip_network
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.config.addresses import LOCAL_NETWORKS
from gateway.config.prices import Prices
from router.admission import Capacity
from router.cost import Tariff
from router.names import TargetName
from router.reservation import Reservation
from tests.gateway.config.examples import ENV, GONE, plan, said

QWEN, GPT = TargetName("qwen"), TargetName("gpt")
REMEDY = "give `cost: {input_per_mtok_usd: ..., output_per_mtok_usd: ...}`, or write `cost: unknown` to have it counted as unknown"
NO_MAP = f"the price is not known, because litellm's price map is not installed: pip install 'tidegate[closed]'; or {REMEDY}"
NOT_LISTED = f"litellm's price map has no token prices for this model; name its entry with `cost: {{price_key: ...}}`, {REMEDY}"
HTTPS = "an external destination must be reached by https, so that nobody in between reads along"
FOUR = "write the address as four decimal numbers"
LIKE = "; write it like http://host:8000/v1"


@pytest.fixture
def prices(tmp_path: Path) -> Prices:
    path = tmp_path / "map.json"
    entries = {
        "gpt-5": {"litellm_provider": "openai", "input_cost_per_token": 1.25e-6, "output_cost_per_token": 1e-5, "max_input_tokens": 272000},
        "xai/grok": {"litellm_provider": "xai", "input_cost_per_token": 2e-6, "output_cost_per_token": 4e-6, "max_input_tokens": "many"},
        "free": {"litellm_provider": "openai", "mode": "chat"},
    }
    path.write_bytes(msgspec.json.encode(entries))
    return Prices(path)


def test_a_target_is_what_the_file_says() -> None:
    made = plan({"destinations.gpt.clocks": {"total_s": 5}, "destinations.gpt.retries": 3, "destinations.gpt.window": 1000})
    qwen, gpt = made.policy.targets[QWEN], made.policy.targets[GPT]
    assert (qwen.zone, qwen.model, qwen.clearance.name, qwen.replicas, qwen.window, qwen.retries) == (
        "local",
        "qwen3-8b",
        "restricted",
        2,
        0,
        1,
    )
    assert (gpt.zone, gpt.region, gpt.clearance.name, gpt.replicas, gpt.window, gpt.retries) == ("external", "us", "internal", 1, 1000, 3)
    assert (gpt.clocks.total_s, gpt.clocks.connect_s) == (5, 3.0)
    assert gpt.tariff == Tariff(1_250_000, 10_000_000)


def test_an_upstream_is_what_the_file_says() -> None:
    made = plan({"destinations.gpt.url": "https://api.openai.com/v1/", "destinations.gpt.headers": {"api-key": {"env": "CALLER_KEY"}}})
    qwen, gpt = made.upstreams[QWEN], made.upstreams[GPT]
    assert qwen.urls == ("http://127.0.0.1:8000/v1", "http://127.0.0.1:8001/v1")
    assert (qwen.key, qwen.networks) == (None, LOCAL_NETWORKS)
    assert (gpt.urls, gpt.networks) == (("https://api.openai.com/v1",), ())
    assert gpt.key is not None
    assert gpt.key.reveal() == ENV["OPENAI_API_KEY"]
    assert [(name, value.reveal()) for name, value in gpt.headers] == [("api-key", ENV["CALLER_KEY"])]
    assert not any(secret in repr(made) for secret in ENV.values())


def test_hours_of_gpus_are_no_price_of_tokens() -> None:
    made = plan()
    assert made.policy.targets[QWEN].tariff is None
    assert made.upstreams[QWEN].reservation == Reservation.rented(2.49, 2)
    assert made.upstreams[GPT].reservation is None


def test_how_much_it_takes() -> None:
    assert plan().upstreams[QWEN].capacity is None
    assert plan({"destinations.qwen.admission": {}}).upstreams[QWEN].capacity == Capacity()
    more = {"slots": 16, "reserved_share": 0.5, "reserved_for": "internal", "queue": 9, "wait_s": 3.0, "spill": False}
    made = plan({"destinations.qwen.admission": more})
    internal = made.policy.labels["internal"]
    assert made.upstreams[QWEN].capacity == Capacity(16, 0.5, internal, 9, 3.0, None)


@pytest.mark.parametrize(
    ("edits", "sentence"),
    [
        pytest.param(
            {"destinations.gpt.admission": {}},
            "destinations.gpt.admission: only a local destination has room to keep; leave it out",
            id="an external one",
        ),
        pytest.param(
            {"destinations.qwen.admission": {"reserved_for": "persnal"}},
            "destinations.qwen.admission.reserved_for: there is no label 'persnal'; did you mean 'personal'?",
            id="a label that there is not",
        ),
    ],
)
def test_what_cannot_be_kept(edits: dict[str, Any], sentence: str) -> None:
    assert said(edits) == [sentence]


@pytest.mark.parametrize(
    ("edits", "tariff", "window"),
    [
        pytest.param({"destinations.gpt.cost": GONE}, Tariff(1_250_000, 10_000_000), 272_000, id="by the model's name"),
        pytest.param({"destinations.gpt.cost": {"price_key": "openai/gpt-5"}}, Tariff(1_250_000, 10_000_000), 272_000, id="by a key"),
        pytest.param(
            {"destinations.gpt.cost": GONE, "destinations.gpt.url": "https://api.x.ai/v1", "destinations.gpt.model": "grok"},
            Tariff(2_000_000, 4_000_000),
            0,
            id="by the host's vendor",
        ),
        pytest.param(
            {
                "destinations.gpt.cost": GONE,
                "destinations.gpt.url": GONE,
                "destinations.gpt.kind": "litellm",
                "destinations.gpt.model": "openai/gpt-5",
            },
            Tariff(1_250_000, 10_000_000),
            272_000,
            id="by litellm's name",
        ),
        pytest.param({"destinations.gpt.cost": "unknown", "baseline": GONE}, None, 272_000, id="unknown on purpose"),
        pytest.param(
            {
                "destinations.gpt.cost": {
                    "input_per_mtok_usd": 1,
                    "output_per_mtok_usd": 2,
                    "cached_per_mtok_usd": 0.1,
                    "cache_write_per_mtok_usd": 1.5,
                    "request_usd": 0.001,
                }
            },
            Tariff(1_000_000, 2_000_000, 100_000, 1_500_000, 1_000_000_000),
            272_000,
            id="as stated",
        ),
        pytest.param(
            {"destinations.gpt.cost": {"input_per_mtok_usd": 0, "output_per_mtok_usd": 0}}, Tariff(0, 0), 272_000, id="zero when stated"
        ),
    ],
)
def test_a_price_is_stated_or_looked_up(prices: Prices, edits: dict[str, Any], tariff: Tariff | None, window: int) -> None:
    target = plan(edits, prices=prices).policy.targets[GPT]
    assert (target.tariff, target.window) == (tariff, window)


def test_a_local_price_may_be_stated_but_is_never_looked_up(prices: Prices) -> None:
    stated = plan({"destinations.qwen.cost": {"input_per_mtok_usd": 0.1, "output_per_mtok_usd": 0.2}}, prices=prices)
    silent = plan({"destinations.qwen.cost": GONE, "destinations.qwen.model": "gpt-5"}, prices=prices)
    assert stated.policy.targets[QWEN].tariff == Tariff(100_000, 200_000)
    assert (silent.policy.targets[QWEN].tariff, silent.policy.targets[QWEN].window) == (None, 0)
    assert silent.upstreams[QWEN].reservation is None


@pytest.mark.parametrize(
    ("edits", "sentences"),
    [
        pytest.param(
            {"destinations.gpt.cost": GONE, "destinations.gpt.model": "nope"}, [f"destinations.gpt.cost: {NOT_LISTED}"], id="not in the map"
        ),
        pytest.param(
            {"destinations.gpt.cost": GONE, "destinations.gpt.model": "free"},
            [f"destinations.gpt.cost: {NOT_LISTED}"],
            id="in the map without a price",
        ),
        pytest.param(
            {"destinations.gpt.cost": {"price_key": "openai/nope"}},
            [f"destinations.gpt.cost: litellm's price map has no token prices for 'openai/nope'; {REMEDY}"],
            id="a key that the map does not have",
        ),
        pytest.param(
            {"destinations.gpt.cost": {"gpu_hour_usd": 1}, "baseline": GONE},
            ["destinations.gpt.cost: hours of GPUs are the price of a local destination; an external one has prices per token"],
            id="hours of GPUs in the cloud",
        ),
    ],
)
def test_an_unpriced_cloud_target_is_a_problem(prices: Prices, edits: dict[str, Any], sentences: list[str]) -> None:
    assert said(edits, prices=prices) == sentences


def test_without_a_price_map_the_sentence_says_how_to_get_one() -> None:
    assert said({"destinations.gpt.cost": GONE}) == [f"destinations.gpt.cost: {NO_MAP}"]


@pytest.mark.parametrize(
    ("zone", "url", "sentence"),
    [
        pytest.param("gpt", "https://api.example.com:8443/v1", "", id="external by https"),
        pytest.param("gpt", "http://api.example.com/v1", HTTPS, id="external by http"),
        pytest.param("gpt", "http://127.0.0.1:9/v1", "", id="a stand-in on this machine"),
        pytest.param("gpt", "http://[::1]:9/v1", "", id="a stand-in on this machine, IPv6"),
        pytest.param("gpt", "http://localhost:9/v1", "", id="a stand-in on localhost"),
        pytest.param("gpt", "http://127.0.0.1.example.com/v1", HTTPS, id="a host that begins like this machine"),
        pytest.param("gpt", "https://2130706433/v1", FOUR, id="an address in one number"),
        pytest.param(
            "gpt",
            "https://u:p@api.example.com/v1",
            f"the URL must not contain a user name or password: put the credential under `key`{LIKE}",
            id="a password",
        ),
        pytest.param("gpt", "https://api.example.com/v1?key=1", f"the URL must not have a query (`?...`){LIKE}", id="a query"),
        pytest.param("gpt", "https://api.example.com/v1#x", f"the URL must not have a fragment (`#...`){LIKE}", id="a fragment"),
        pytest.param("gpt", "api.example.com", f"the URL must begin with http:// or https://{LIKE}", id="no scheme"),
        pytest.param("gpt", "https://api.example.com:x/v1", "the URL cannot be parsed: write it like http://host:8000/v1", id="no port"),
        pytest.param("qwen", "http://vllm-0:8000/v1", "", id="a short name"),
        pytest.param("qwen", "http://vllm.ai.svc.cluster.local:8000/v1", "", id="a Kubernetes name"),
        pytest.param("qwen", "http://10.1.2.3:8000/v1", "", id="a private address"),
        pytest.param("qwen", "http://[fd00::1]:8000/v1", "", id="a private IPv6 address"),
        pytest.param("qwen", "https://gpu.example.com/v1", "", id="a public-looking name by https: its address is checked later"),
        pytest.param(
            "qwen",
            "http://gpu.example.com/v1",
            "'gpu.example.com' looks like a public host: use https, or name the networks that it is in under `networks`",
            id="a public-looking name by http",
        ),
        pytest.param(
            "qwen",
            "http://8.8.8.8/v1",
            "this address is outside the networks of a local destination; name its network under `networks`",
            id="a public address",
        ),
        pytest.param(
            "qwen",
            "http://169.254.169.254/v1",
            "this address is outside the networks of a local destination; name its network under `networks`",
            id="the cloud's metadata service",
        ),
        pytest.param("qwen", "http://0x7f000001/v1", FOUR, id="an address in hexadecimal"),
        pytest.param("qwen", "http://127.1/v1", FOUR, id="a short address"),
    ],
)
def test_an_address_must_suit_its_zone(zone: str, url: str, sentence: str) -> None:
    edits = {f"destinations.{zone}.urls": GONE, f"destinations.{zone}.url": url} if zone == "qwen" else {"destinations.gpt.url": url}
    assert said(edits) == ([f"destinations.{zone}.url: {sentence}"] if sentence else [])


def test_named_networks_replace_the_built_in_ones() -> None:
    edits = {
        "destinations.qwen.urls": ["http://gpu.example.com/v1", "http://192.0.2.7:8000/v1"],
        "destinations.qwen.networks": ["192.0.2.0/24", "fd00::/8"],
    }
    assert plan(edits).upstreams[QWEN].networks == (ip_network("192.0.2.0/24"), ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("edits", "sentences"),
    [
        pytest.param(
            {"destinations.qwen.networks": ["10.0.0.1/8"]},
            ["destinations.qwen.networks[0]: expected a network such as 10.0.0.0/8, with zeros after its prefix"],
            id="no network",
        ),
        pytest.param(
            {"destinations.qwen.networks": ["0.0.0.0/0"]},
            ["destinations.qwen.networks[0]: this network is the whole internet; name your own"],
            id="the whole internet",
        ),
        pytest.param(
            {"destinations.gpt.networks": ["10.0.0.0/8"]},
            ["destinations.gpt.networks: only a local destination is held inside networks"],
            id="networks of an external destination",
        ),
        pytest.param(
            {"destinations.qwen.url": "http://127.0.0.1/v1"}, ["destinations.qwen.urls: give either `url` or `urls`"], id="url and urls"
        ),
        pytest.param(
            {"destinations.qwen.urls": GONE},
            ["destinations.qwen: needs `url` or `urls`, for example http://127.0.0.1:8000/v1"],
            id="no address",
        ),
        pytest.param(
            {"destinations.qwen.urls": ["http://127.0.0.1/v1"] * 2},
            ["destinations.qwen.urls[1]: the same address stands here twice"],
            id="an address twice",
        ),
        pytest.param(
            {"destinations.gpt.continues": True},
            ["destinations.gpt.continues: only local engines are known to go on from the beginning of an answer; leave it out"],
            id="a cloud that continues",
        ),
        pytest.param(
            {"destinations.qwen.kind": "litellm", "destinations.qwen.urls": ["http://127.0.0.1/v1"]},
            ["destinations.qwen.kind: litellm looks up addresses by itself, so nothing holds it inside; use openai_compatible"],
            id="litellm inside",
        ),
        pytest.param(
            {
                "destinations.gpt.kind": "litellm",
                "destinations.gpt.url": GONE,
                "destinations.gpt.urls": ["https://a.example", "https://b.example"],
            },
            ["destinations.gpt.urls: litellm reaches one address; make a destination of each"],
            id="litellm with two addresses",
        ),
        pytest.param(
            {"destinations.gpt.headers": {"a b": {"env": "CALLER_KEY"}}},
            ["destinations.gpt.headers.a b: this is not the name of a header"],
            id="a bad header",
        ),
        pytest.param(
            {"destinations.gpt.headers": {"Host": {"env": "CALLER_KEY"}}},
            ["destinations.gpt.headers.Host: the gateway sets this header itself"],
            id="our header",
        ),
        pytest.param(
            {"destinations.gpt.headers": {"X-A": {"env": "CALLER_KEY"}, "x-a": {"env": "CALLER_KEY"}}},
            ["destinations.gpt.headers.x-a: this header stands here twice: capitals make no difference"],
            id="a header twice",
        ),
        pytest.param(
            {"destinations.gpt.headers": {"x-a": {"env": "NOPE"}}},
            ["destinations.gpt.headers.x-a: the environment variable NOPE is not set; set it, or write {file: PATH}"],
            id="a header without its variable",
        ),
        pytest.param(
            {"destinations.gpt.clearance": "secret"},
            ["destinations.gpt.clearance: there is no label 'secret'; there are: internal, personal, public, restricted"],
            id="an unknown label",
        ),
        pytest.param(
            {"destinations.gpt.options": {"api_version": "1"}},
            ["destinations.gpt.options: openai_compatible has no options"],
            id="options of no kind",
        ),
    ],
)
def test_what_is_refused_gets_one_sentence(edits: dict[str, Any], sentences: list[str]) -> None:
    assert said(edits) == sentences


def _litellm(options: dict[str, Any]) -> dict[str, Any]:
    return {"destinations.gpt.kind": "litellm", "destinations.gpt.url": GONE, "destinations.gpt.options": options}


def test_litellm_gets_its_options() -> None:
    upstream = plan(_litellm({"aws_region_name": "eu-central-1", "aws_secret_access_key": {"env": "CALLER_KEY"}})).upstreams[GPT]
    assert (upstream.kind, upstream.urls, upstream.options["aws_region_name"]) == ("litellm", (), "eu-central-1")
    assert ENV["CALLER_KEY"] not in repr(upstream)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        pytest.param(
            {"aws_region": "x"}, "aws_region: litellm gets no option of that name; did you mean 'aws_region_name'?", id="a misspelt option"
        ),
        pytest.param(
            {"api_base": "https://elsewhere.example"}, "api_base: litellm gets no option of that name", id="an address by the back door"
        ),
        pytest.param(
            {"aws_secret_access_key": "hidden"},
            "aws_secret_access_key: a secret is not written into the configuration; write {env: NAME} or {file: PATH}",
            id="a secret in plain text",
        ),
    ],
)
def test_an_option_that_litellm_must_not_get_is_refused(options: dict[str, Any], sentence: str) -> None:
    (problem,) = said(_litellm(options))
    assert problem.startswith(f"destinations.gpt.options.{sentence}")
