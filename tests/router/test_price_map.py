import pytest

from router.price_map import tariff_from_map
from router.tariff import Tariff

CHAT = {"mode": "chat", "input_cost_per_token": 1.5e-07, "output_cost_per_token": 6e-07}


@pytest.mark.parametrize(
    ("entry", "tariff"),
    [
        pytest.param(CHAT, Tariff(150_000, 600_000), id="a chat model"),
        pytest.param(
            {**CHAT, "cache_read_input_token_cost": 7.5e-08, "cache_creation_input_token_cost": 1.875e-07},
            Tariff(150_000, 600_000, 75_000, 187_500),
            id="with cache prices",
        ),
        pytest.param({"mode": "embedding", "input_cost_per_token": 2e-08}, Tariff(20_000, 0), id="an embedding has no completion price"),
        pytest.param({"mode": "chat", "input_cost_per_token": 1e-06}, None, id="a chat model without a completion price is unknown"),
        pytest.param({"mode": "chat", "output_cost_per_token": 1e-06}, None, id="so is one without a prompt price"),
        pytest.param({"mode": "chat", "input_cost_per_second": 0.1}, None, id="and one that is priced by time"),
        pytest.param({**CHAT, "input_cost_per_token": 0.0, "output_cost_per_token": 0}, None, id="all zero means unknown, not free"),
        pytest.param({**CHAT, "input_cost_per_token": 0}, Tariff(0, 600_000), id="one zero price is a price"),
        pytest.param({**CHAT, "input_cost_per_token": "a lot"}, None, id="a price that is text"),
        pytest.param({**CHAT, "input_cost_per_token": True}, None, id="a price that is a truth value"),
        pytest.param({**CHAT, "output_cost_per_token": -1.0}, None, id="a price below zero"),
        pytest.param(
            {**CHAT, "input_cost_per_token": 0, "output_cost_per_token": 0, "input_cost_per_request": 0.005},
            Tariff(0, 0, request=5_000_000_000),
            id="a fee for a request is a price",
        ),
        pytest.param(
            {
                **CHAT,
                "cache_creation_input_token_cost_above_1hr": 1e-6,
                "output_cost_per_reasoning_token": 2e-6,
                "input_cost_per_audio_token": 3e-6,
                "output_cost_per_audio_token": 4e-6,
                "cache_read_input_audio_token_cost": 5e-7,
                "input_cost_per_image_token": 6e-6,
                "output_cost_per_image_token": 7e-6,
                "input_cost_per_image": 0.001,
            },
            Tariff(
                150_000,
                600_000,
                cache_write_1h=1_000_000,
                reasoning=2_000_000,
                audio_in=3_000_000,
                audio_out=4_000_000,
                cached_audio=500_000,
                image_in=6_000_000,
                image_out=7_000_000,
                image=1_000_000_000,
            ),
            id="every kind of token",
        ),
        pytest.param(
            {
                **CHAT,
                "search_context_cost_per_query": {"search_context_size_low": 0.005, "search_context_size_medium": 0.01},
                "google_maps_grounding_cost_per_query": 0.025,
                "file_search_cost_per_1k_calls": 2.5,
                "code_interpreter_cost_per_session": 0.0,
            },
            Tariff(150_000, 600_000, tools=(("file_search", 2_500_000_000), ("maps", 25_000_000_000), ("web_search", 10_000_000_000))),
            id="fees of tools: a medium search, and none of zero",
        ),
        pytest.param(
            {**CHAT, "input_cost_per_token_flex": 7e-8, "output_cost_per_token_flex": 3e-7, "cache_read_input_token_cost": 2e-8},
            Tariff(150_000, 600_000, 20_000, tiers=(("flex", Tariff(70_000, 300_000, 20_000)),)),
            id="a tier has the other prices from outside of it",
        ),
        pytest.param(
            {**CHAT, "input_cost_per_token_priority": 7e-8}, Tariff(150_000, 600_000), id="a tier without a price of what is said is none"
        ),
        pytest.param(
            {**CHAT, "provider_specific_entry": {"us": 1.1, "fast": 2}},
            Tariff(150_000, 600_000, tiers=(("fast", Tariff(300_000, 1_200_000)),)),
            id="a factor of a fast mode",
        ),
        pytest.param({**CHAT, "provider_specific_entry": {"fast": "very"}}, Tariff(150_000, 600_000), id="a factor that is none"),
        pytest.param({**CHAT, "provider_specific_entry": {"fast": -1}}, Tariff(150_000, 600_000), id="a factor below zero"),
        pytest.param(
            {**CHAT, "input_cost_per_token_above_200k_tokens": 3e-7, "input_cost_per_token_above_128k_tokens": 2e-7},
            Tariff(150_000, 600_000, above=((128_000, Tariff(200_000, 600_000)), (200_000, Tariff(300_000, 600_000)))),
            id="lengths, in order, with the other prices from outside",
        ),
        pytest.param(
            {
                **CHAT,
                "input_cost_per_token_above_200k_tokens": 3e-7,
                "output_cost_per_token_above_200k_tokens": 9e-7,
                "input_cost_per_token_batches": 7e-8,
                "output_cost_per_token_batches": 3e-7,
                "input_cost_per_token_above_200k_tokens_batches": 1.5e-7,
            },
            Tariff(
                150_000,
                600_000,
                tiers=(("batch", Tariff(70_000, 300_000, above=((200_000, Tariff(150_000, 900_000)),))),),
                above=((200_000, Tariff(300_000, 900_000)),),
            ),
            id="a tier above a length has its own prices, else the dearer",
        ),
        pytest.param({**CHAT, "input_cost_per_token_above_0k_tokens": 1e-3}, Tariff(150_000, 600_000), id="a length of nothing is none"),
        pytest.param(
            {
                "mode": "chat",
                "tiered_pricing": [
                    {"input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6, "range": [0, 32000.0]},
                    {"input_cost_per_token": 3e-6, "output_cost_per_token": 4e-6, "range": [32000.0, 64000.0]},
                ],
            },
            Tariff(1_000_000, 2_000_000, above=((32_000, Tariff(3_000_000, 4_000_000)),)),
            id="a list of lengths",
        ),
        pytest.param(
            {**CHAT, "tiered_pricing": ["?", {}, {"range": []}, {"range": ["a"]}, {"range": [0], "input_cost_per_token": 1.0}]},
            Tariff(150_000, 600_000),
            id="a list that is odd",
        ),
    ],
)
def test_tariff_from_the_price_map(entry: dict[str, object], tariff: Tariff | None) -> None:
    assert tariff_from_map(entry) == tariff
