"""What vendors call usage, and what was billed wrongly where it was misread."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.wire.counts import MOST_TOKENS, UsageOnWire
from gateway.wire.sse import Stream
from gateway.wire.usage import told
from router.cost import Rare, Tariff, Usage, cost

SONNET = Tariff.per_million(3, 15, 0.3, 3.75)
Members = dict[str, object]


def read(usage: object, **beside: object) -> Usage | None:
    """The usage of a whole answer."""
    return told(msgspec.json.encode({"choices": [{}], "usage": usage, **beside}), "chat").usage


@pytest.mark.parametrize(
    ("members", "usage"),
    [
        pytest.param({"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}, Usage(5, 2), id="OpenAI, vLLM"),
        pytest.param(
            {
                "prompt_tokens": 100,
                "completion_tokens": 50,
                "total_tokens": 150,
                "prompt_tokens_details": {"cached_tokens": 64, "audio_tokens": 20, "cached_tokens_details": {"audio_tokens": 10}},
                "completion_tokens_details": {"reasoning_tokens": 30, "audio_tokens": 5, "accepted_prediction_tokens": 7},
            },
            Usage(100, 50, 64, reasoning=30, rare=Rare(audio_in=20, audio_out=5, cached_audio=10)),
            id="OpenAI, with thoughts and audio: all are parts",
        ),
        pytest.param(
            {"prompt_tokens": 100, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 90}},
            Usage(100, 1, cache_write=90),
            id="OpenAI, writing a cache",
        ),
        pytest.param(
            {
                "prompt_tokens": 12_307,
                "completion_tokens": 550,
                "total_tokens": 12_857,
                "prompt_tokens_details": {"cached_tokens": 0, "cache_creation_tokens": 12_304, "text_tokens": 3},
                "cache_creation_input_tokens": 12_304,
                "cache_read_input_tokens": 0,
            },
            Usage(12_307, 550, cache_write=12_304),
            id="Anthropic by litellm: what was written is in the prompt, and told twice",
        ),
        pytest.param(
            {
                "prompt_tokens": 100,
                "completion_tokens": 9,
                "total_tokens": 109,
                "cache_creation_input_tokens": 80,
                "cache_read_input_tokens": 10,
                "prompt_tokens_details": {
                    "cached_tokens": 10,
                    "cache_creation_tokens": 80,
                    "cache_creation_token_details": {"ephemeral_5m_input_tokens": 20, "ephemeral_1h_input_tokens": 60},
                },
                "server_tool_use": {"web_search_requests": 2},
                "service_tier": "priority",
            },
            Usage(100, 9, 10, 80, tier="priority", rare=Rare(cache_write_1h=60, tools=(("web_search", 2),))),
            id="Anthropic by litellm: some for an hour, searches, and the tier inside",
        ),
        pytest.param(
            {
                "input_tokens": 3,
                "output_tokens": 550,
                "cache_creation_input_tokens": 12_304,
                "cache_read_input_tokens": 0,
                "cache_creation": {"ephemeral_5m_input_tokens": 12_304, "ephemeral_1h_input_tokens": 0},
                "service_tier": "standard",
            },
            Usage(12_307, 550, cache_write=12_304),
            id="Anthropic's own words: the prompt is without what was written",
        ),
        pytest.param(
            {"input_tokens": 50, "output_tokens": 5, "cache_read_input_tokens": 20, "output_tokens_details": {"thinking_tokens": 3}},
            Usage(70, 5, 20, reasoning=3),
            id="Anthropic's own words: and without what was read, though it would fit in",
        ),
        pytest.param(
            {"input_tokens": 50, "output_tokens": 5, "cache_creation": {"ephemeral_1h_input_tokens": 20}, "cache_read_input_tokens": 1},
            Usage(71, 5, 1, 20, rare=Rare(cache_write_1h=20)),
            id="Anthropic's own words: only the split tells what was written",
        ),
        pytest.param(
            {"input_tokens": 50, "output_tokens": 5, "total_tokens": 55, "input_tokens_details": {"cached_tokens": 20}},
            Usage(50, 5, 20),
            id="OpenAI's other words: the cached are in the input",
        ),
        pytest.param(
            {"prompt_tokens": 5, "completion_tokens": 3, "cache_read_input_tokens": 3_000, "cache_creation_input_tokens": 0},
            Usage(3_005, 3, 3_000),
            id="a prompt that cannot hold what was cached does not",
        ),
        pytest.param(
            {"prompt_tokens": 50, "completion_tokens": 3, "total_tokens": 73, "prompt_tokens_details": {"cached_tokens": 20}},
            Usage(70, 3, 20),
            id="a prompt without what was cached, by the sum",
        ),
        pytest.param(
            {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8, "prompt_tokens_details": {"cached_tokens": 20}},
            Usage(5, 3, 5),
            id="more cached than the sum has: the sum holds",
        ),
        pytest.param(
            {"prompt_tokens": 100, "completion_tokens": 2, "prompt_cache_hit_tokens": 64, "prompt_cache_miss_tokens": 36},
            Usage(100, 2, 64),
            id="DeepSeek",
        ),
        pytest.param(
            {
                "prompt_tokens": 100,
                "completion_tokens": 2,
                "prompt_cache_hit_tokens": 64,
                "prompt_tokens_details": {"cached_tokens": 64},
            },
            Usage(100, 2, 64),
            id="DeepSeek, told twice",
        ),
        pytest.param({"prompt_tokens": 100, "completion_tokens": 2, "cached_tokens": 64}, Usage(100, 2, 64), id="Moonshot"),
        pytest.param(
            {"prompt_tokens": 20, "completion_tokens": 151, "total_tokens": 553},
            Usage(20, 533, reasoning=382),
            id="Google: thoughts are in the sum alone",
        ),
        pytest.param(
            {"prompt_tokens": 20, "completion_tokens": 151, "total_tokens": 553, "prompt_tokens_details": {"cached_tokens": 10}},
            Usage(20, 533, 10, reasoning=382),
            id="Google: and some of the prompt was cached",
        ),
        pytest.param(
            {"prompt_tokens": 20, "completion_tokens": 10, "total_tokens": 130, "completion_tokens_details": {"reasoning_tokens": 100}},
            Usage(20, 110, reasoning=100),
            id="xAI: thoughts are told, and not in the completion",
        ),
        pytest.param(
            {"prompt_tokens": 20, "completion_tokens": 110, "total_tokens": 130, "completion_tokens_details": {"reasoning_tokens": 100}},
            Usage(20, 110, reasoning=100),
            id="others: thoughts are in the completion, and billed once",
        ),
        pytest.param(
            {"prompt_tokens": 20, "completion_tokens": 10, "completion_tokens_details": {"reasoning_tokens": 100}},
            Usage(20, 110, reasoning=100),
            id="thoughts that the completion cannot hold",
        ),
        pytest.param(
            {"prompt_tokens": 20, "completion_tokens": 10, "total_tokens": 30, "completion_tokens_details": {"reasoning_tokens": 100}},
            Usage(20, 10, reasoning=10),
            id="more thoughts than the sum has: the sum holds",
        ),
        pytest.param(
            {"prompt_tokens": 20, "completion_tokens": 110, "total_tokens": 150, "completion_tokens_details": {"reasoning_tokens": 100}},
            Usage(20, 110, reasoning=100),
            id="a sum that is neither with the thoughts nor without them is not believed",
        ),
        pytest.param(
            {"prompt_tokens": 20, "completion_tokens": 10, "total_tokens": 1_000_031},
            Usage(20, 10),
            id="nor is one that is far from its parts",
        ),
        pytest.param(
            {"prompt_tokens": 5, "completion_tokens": 2, "service_tier": "flex"}, Usage(5, 2, tier="flex"), id="a tier inside the usage"
        ),
        pytest.param(
            {
                "prompt_tokens": 300,
                "completion_tokens": 20,
                "prompt_tokens_details": {"image_tokens": 258, "image_count": 1, "google_maps_grounding_requests": 1},
                "completion_tokens_details": {"image_tokens": 15},
            },
            Usage(300, 20, rare=Rare(image_in=258, image_out=15, images=1, tools=(("maps", 1),))),
            id="Gemini by litellm: images, and a look at a map",
        ),
        pytest.param(
            {
                "prompt_tokens": 9,
                "completion_tokens": 2,
                "server_side_tool_usage_details": {"web_search_calls": 2, "x_search_calls": 1, "mcp_calls": 4, "code_interpreter_calls": 0},
            },
            Usage(9, 2, rare=Rare(tools=(("web_search", 2), ("x_search", 1)))),
            id="xAI's tools",
        ),
        pytest.param(
            {"prompt_tokens": 9, "completion_tokens": 2, "num_search_queries": 3},
            Usage(9, 2, rare=Rare(tools=(("web_search", 3),))),
            id="Perplexity's searches",
        ),
        pytest.param({"prompt_tokens": 9, "completion_tokens": 2, "speed": "fast"}, Usage(9, 2, tier="fast"), id="Anthropic's fast mode"),
        pytest.param(
            {"prompt_tokens": 9, "completion_tokens": 2, "num_search_queries": 1_001, "prompt_tokens_details": {"image_count": 1_001}},
            Usage(9, 2),
            id="more searches and images than there can be",
        ),
        pytest.param({"prompt_tokens": 9, "total_tokens": 11}, Usage(9, 2), id="the sum tells what was said"),
        pytest.param({"completion_tokens": 2, "total_tokens": 11}, Usage(9, 2), id="the sum tells what was asked"),
        pytest.param({"prompt_tokens": 9.0, "completion_tokens": 2.0}, Usage(9, 2), id="whole numbers with a point"),
        pytest.param(
            {"prompt_tokens": 9, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": -4}},
            Usage(9, 2),
            id="a part below zero",
        ),
        pytest.param(
            {"prompt_tokens": 9, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": True}},
            Usage(9, 2),
            id="a part that is true",
        ),
        pytest.param({}, None, id="nothing"),
        pytest.param({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}, None, id="zeros are unknown, no answer has them"),
        pytest.param({"prompt_tokens": 5}, None, id="what was said is not told"),
        pytest.param({"completion_tokens": 5}, None, id="what was asked is not told"),
        pytest.param({"prompt_tokens": None, "completion_tokens": None}, None, id="null"),
        pytest.param({"prompt_tokens": -5, "completion_tokens": 5, "total_tokens": 9}, None, id="below zero"),
        pytest.param({"prompt_tokens": 5, "completion_tokens": -1, "total_tokens": 9}, None, id="an answer below zero"),
        pytest.param({"prompt_tokens": 9.5, "completion_tokens": 2}, None, id="half a token"),
        pytest.param({"prompt_tokens": "9", "completion_tokens": 2}, None, id="text"),
        pytest.param({"prompt_tokens": True, "completion_tokens": 2}, None, id="a truth value"),
        pytest.param({"prompt_tokens": MOST_TOKENS + 1, "completion_tokens": 2}, None, id="more than there can be"),
        pytest.param({"prompt_tokens": 5, "completion_tokens": 2, "prompt_tokens_details": []}, None, id="parts that are no object"),
    ],
)
def test_words_of_vendors(members: Members, usage: Usage | None) -> None:
    assert read(members) == usage


@pytest.mark.parametrize("tier", ["default", "standard", "auto", "on_demand", "novel", "", None, 5, {"a": 1}, ["flex"]])
def test_any_other_tier_is_the_ordinary_one(tier: object) -> None:
    assert read({"prompt_tokens": 5, "completion_tokens": 2}, service_tier=tier) == Usage(5, 2)
    assert read({"prompt_tokens": 5, "completion_tokens": 2, "service_tier": tier}) == Usage(5, 2)


@pytest.mark.parametrize(("said", "tier"), [("flex", "flex"), ("priority", "priority"), ("fast", "priority"), ("batch", "batch")])
def test_tiers_with_prices_of_their_own(said: str, tier: str) -> None:
    for usage in (
        read({"prompt_tokens": 5, "completion_tokens": 2}, service_tier=said),
        read({"prompt_tokens": 5, "completion_tokens": 2, "prompt_tokens_details": {"cache_write_tokens": 1}}, service_tier=said),
    ):
        assert usage is not None
        assert usage.tier == tier


def streamed(*chunks: Members) -> Stream:
    """A stream of these chunks, fed one by one."""
    stream = Stream()
    for chunk in chunks:
        stream.feed(b"data: " + msgspec.json.encode(chunk) + b"\n\n")
    stream.feed(b"data: [DONE]\n\n")
    stream.close()
    return stream


def says(text: str, **members: object) -> Members:
    """A chunk with some text."""
    return {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}], **members}


END: Members = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
CACHED: Members = {
    "prompt_tokens": 16_111,
    "completion_tokens": 2,
    "total_tokens": 16_113,
    "prompt_tokens_details": {"cached_tokens": 15_872},
}


@pytest.mark.parametrize(
    ("chunks", "usage"),
    [
        pytest.param([says("a"), END, {"choices": [], "usage": CACHED}], Usage(16_111, 2, 15_872), id="beside no choices, as it should be"),
        pytest.param([says("a"), {**END, "usage": CACHED}], Usage(16_111, 2, 15_872), id="with the last choice"),
        pytest.param(
            [says("a"), END, {"choices": [{"index": 0, "delta": {}}], "usage": CACHED}],
            Usage(16_111, 2, 15_872),
            id="with a choice behind it",
        ),
        pytest.param(
            [
                says("a", usage={"prompt_tokens": 9, "completion_tokens": 1}),
                says("b", usage={"prompt_tokens": 9, "completion_tokens": 2}),
                END,
            ],
            Usage(9, 2),
            id="in each chunk, of all so far: the last, not the sum",
        ),
        pytest.param(
            [says("a", usage=None), END, {"choices": [], "usage": CACHED}, {"choices": [], "usage": None}],
            Usage(16_111, 2, 15_872),
            id="null in the others",
        ),
        pytest.param(
            [
                says("a"),
                {**END, "usage": CACHED},
                {"choices": [], "usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}},
            ],
            Usage(16_111, 2, 15_872),
            id="zeros behind what was counted",
        ),
        pytest.param(
            [says("a"), {**END, "usage": CACHED}, {"choices": [], "usage": "?"}], Usage(16_111, 2, 15_872), id="another form behind it"
        ),
        pytest.param(
            [says("a", service_tier="flex"), END, {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 1}}],
            Usage(9, 1, tier="flex"),
            id="the tier in the first chunk alone",
        ),
        pytest.param(
            [
                says("a", service_tier="auto"),
                END,
                {"choices": [], "service_tier": "priority", "usage": {"prompt_tokens": 9, "completion_tokens": 1}},
            ],
            Usage(9, 1, tier="priority"),
            id="the tier that served, not the one that was asked for",
        ),
        pytest.param([says("a"), END], None, id="none at all"),
        pytest.param([says("a"), END, {"choices": [], "usage": {"prompt_tokens": None}}], None, id="none that can be read"),
    ],
)
def test_usage_in_streams(chunks: list[Members], usage: Usage | None) -> None:
    stream = streamed(*chunks)
    assert stream.usage == usage
    assert stream.is_whole


def test_an_end_with_odd_usage_is_an_end() -> None:
    stream = Stream()
    stream.feed(b'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n')
    stream.feed(b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":[1]}\n\n')
    assert stream.is_whole
    assert stream.finish == "stop"
    assert stream.usage is None


@pytest.mark.parametrize(
    ("members", "micro_usd"),
    [
        pytest.param(
            {"input_tokens": 3, "cache_creation_input_tokens": 12_304, "cache_read_input_tokens": 0, "output_tokens": 550},
            54_399,  # 3 x 3.00 + 12,304 x 3.75 + 550 x 15.00: what was written is billed once, not as input too
            id="a cache that is written, in Anthropic's words",
        ),
        pytest.param(
            {"prompt_tokens": 12_307, "cache_creation_input_tokens": 12_304, "cache_read_input_tokens": 0, "completion_tokens": 550},
            54_399,
            id="the same by litellm",
        ),
        pytest.param(
            {"prompt_tokens": 2_000, "completion_tokens": 0, "cache_read_input_tokens": 500, "cache_creation_input_tokens": 300},
            3_600 + 150 + 1_125,
            id="read and written, both in the prompt",
        ),
        pytest.param(
            {"prompt_tokens": 1_000, "completion_tokens": 100, "prompt_tokens_details": {"cached_tokens": 600}},
            1_200 + 180 + 1_500,
            id="cached is billed once",
        ),
    ],
)
def test_bills_that_were_wrong_elsewhere(members: Members, micro_usd: int) -> None:
    assert cost(read(members), SONNET) == micro_usd
    assert cost(streamed(says("a"), {**END, "usage": members}).usage, SONNET) == micro_usd


def test_an_embedding_says_nothing() -> None:
    body = b'{"data":[{"embedding":[1]}],"usage":{"prompt_tokens":8,"total_tokens":8}}'
    assert told(body, "embeddings").usage == Usage(8, 0)


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(10**30), 10**30),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.sampled_from([0, 1, 2, 5, 7, 1e300, [], {}, [1], {"a": 1}]),
)
NAMES = st.sampled_from(UsageOnWire.__struct_fields__)
PARTS = st.dictionaries(
    st.sampled_from(["cached_tokens", "audio_tokens", "image_tokens", "cache_write_tokens", "reasoning_tokens", "web_search_requests"]),
    ODD,
    max_size=4,
)
USAGES = ODD | st.dictionaries(NAMES, ODD | PARTS, max_size=8)


@given(USAGES, ODD)
def test_whatever_is_told_as_usage_breaks_nothing_and_costs_no_nonsense(usage: object, tier: object) -> None:
    body = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": usage, "service_tier": tier}
    seen = [told(msgspec.json.encode(body), "chat").usage, streamed(says("a"), body).usage]
    assert streamed(says("a"), body).is_whole
    for one in seen:
        price = cost(one, SONNET)
        assert price is None or 0 <= price <= 4 * MOST_TOKENS * 15
        if one is not None:
            assert 0 <= one.cached + one.cache_write <= one.prompt
            assert 0 <= one.reasoning <= one.completion
            assert one.prompt + one.completion > 0


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50), st.none() | st.integers(0, 150), st.sampled_from([None, "flex", 3]))
def test_the_short_way_is_the_long_one(prompt: int, completion: int, cached: int, total: int | None, tier: object) -> None:
    members: Members = {"prompt_tokens": prompt, "completion_tokens": completion, "prompt_tokens_details": {"cached_tokens": cached}}
    short = msgspec.convert({**members, "total_tokens": total}, UsageOnWire)
    long = msgspec.convert({**members, "total_tokens": total, "speed": "slow"}, UsageOnWire)  # takes the long way, and says nothing
    assert short.usage(tier) == long.usage(tier)
