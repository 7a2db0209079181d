import dataclasses

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router.cost import Rare, Tariff, Usage, cost, tariff_from_map
from router.tariff import OF_TOKENS

COUNT = st.integers(0, 10_000_000)
PRICE = st.integers(0, 10**9)
MAYBE = st.none() | PRICE
PLAIN = st.builds(Tariff, PRICE, PRICE, MAYBE, MAYBE, PRICE, *[MAYBE] * 8, st.just((("maps", 7),)))
RARE = st.builds(Rare, *[COUNT] * 7, st.sampled_from([(), (("maps", 3),)]))
USAGE = st.builds(Usage, COUNT, COUNT, COUNT, COUNT, COUNT, st.sampled_from(["", "flex"]), st.none() | RARE)


@st.composite
def _tariffs(draw: st.DrawFn) -> Tariff:
    """Tariffs of which no length is cheaper than a shorter one."""
    plain, flex = draw(PLAIN), draw(PLAIN)
    near, far = sorted(draw(st.tuples(COUNT, COUNT).filter(lambda both: 0 < both[0] != both[1] > 0)))
    return dataclasses.replace(
        plain,
        tiers=(("flex", dataclasses.replace(flex, above=((near, flex.times(3)),))),),
        above=((near, plain.times(2)), (far, plain.times("2.5"))),
    )


TARIFF = PLAIN | _tariffs()


@pytest.mark.parametrize(
    ("usage", "tariff", "micro_usd"),
    [
        pytest.param(Usage(1_000_000, 0), Tariff.per_million(0.15), 150_000, id="0.15 USD for a million tokens is 0.15 USD"),
        pytest.param(Usage(1000, 500), Tariff.per_million(3, 15), 3_000 + 7_500, id="completion tokens have their own price"),
        pytest.param(
            Usage(1000, 0, cached=400), Tariff.per_million(10, 0, cached=1), 6_000 + 400, id="cached tokens are part of the prompt"
        ),
        pytest.param(
            Usage(1000, 0, cached=400), Tariff.per_million(10), 10_000, id="cached tokens without a price of their own cost the same"
        ),
        pytest.param(
            Usage(1000, 0, cache_write=100), Tariff.per_million(10, 0, cache_write=12.5), 9_000 + 1_250, id="writing a cache is dearer"
        ),
        pytest.param(Usage(1000, 0, cache_write=100), Tariff.per_million(10), 10_000, id="or not"),
        pytest.param(Usage(0, 500, reasoning=400), Tariff.per_million(0, 2), 1_000, id="reasoning tokens are part of the completion"),
        pytest.param(Usage(), Tariff.per_million(1, 1, request="0.005"), 5_000, id="a fee per request"),
        pytest.param(
            Usage(100, 0, cached=300), Tariff.per_million(10, 0, cached=1), 300, id="more cached than prompt tokens are all charged"
        ),
        pytest.param(Usage(-5, -5, -5, -5), Tariff.per_million(10, 10), 0, id="a target that counts below zero earns nothing"),
        pytest.param(Usage(1), Tariff.per_million(0.5), 1, id="half a micro-USD is rounded up"),
        pytest.param(Usage(1), Tariff.per_million(0.49), 0, id="less than half is rounded down"),
        pytest.param(
            Usage(0, 500, reasoning=400),
            Tariff(0, 2_000_000, reasoning=3_000_000),
            400 * 3 + 100 * 2,
            id="which are billed once, at their own price if they have one",
        ),
        pytest.param(Usage(0, 100, reasoning=400), Tariff(0, 1, reasoning=1_000_000), 100, id="and never more than the completion"),
        pytest.param(
            Usage(1000, 500, rare=Rare(audio_in=300, audio_out=200)),
            Tariff(1_000_000, 2_000_000, audio_in=10_000_000, audio_out=20_000_000),
            700 + 300 * 10 + 300 * 2 + 200 * 20,
            id="audio is part of both",
        ),
        pytest.param(
            Usage(1000, 500),
            Tariff(1_000_000, 2_000_000, audio_in=9, audio_out=9),
            2_000,
            id="audio that is not counted costs what text does",
        ),
        pytest.param(
            Usage(1000, cached=600, rare=Rare(audio_in=500, cached_audio=200)),
            Tariff(10_000_000, 0, cached=1_000_000, audio_in=100_000_000, cached_audio=20_000_000),
            400 * 1 + 200 * 20 + 300 * 100 + 100 * 10,
            id="some of what was cached was audio",
        ),
        pytest.param(
            Usage(1000, cached=600, rare=Rare(audio_in=500)),
            Tariff(10_000_000, 0, cached=1_000_000, audio_in=100_000_000),
            600 * 1 + 400 * 100,
            id="audio beyond what was not cached must have been cached",
        ),
        pytest.param(
            Usage(100, 100, rare=Rare(image_in=60, image_out=70, images=2)),
            Tariff(1_000_000, 2_000_000, image_in=3_000_000, image_out=4_000_000, image=5_000_000),
            40 + 180 + 60 + 280 + 10,
            id="tokens of images, and images by the piece",
        ),
        pytest.param(Usage(100, rare=Rare(images=2)), Tariff(1_000_000, 0), 100, id="images without a price are in the tokens"),
        pytest.param(
            Usage(100, cache_write=90, rare=Rare(cache_write_1h=60)),
            Tariff(1_000_000, 0, cache_write=2_000_000, cache_write_1h=4_000_000),
            10 + 30 * 2 + 60 * 4,
            id="what is kept for an hour is dearer",
        ),
        pytest.param(
            Usage(1000, rare=Rare(tools=(("web_search", 3),))),
            Tariff(1_000_000, 0, tools=(("web_search", 10_000_000_000),)),
            1_000 + 30_000,
            id="three searches at a cent each",
        ),
        pytest.param(
            Usage(1000, rare=Rare(tools=(("maps", 1),))),
            Tariff(1_000_000, 0, tools=(("web_search", 1),)),
            None,
            id="a call whose fee is not known makes the cost unknown",
        ),
        pytest.param(
            Usage(-5, -5, -5, -5, -5, rare=Rare(-5, -5, -5, -5, -5, -5, -5, (("maps", -5),))),
            Tariff(1, 1, tools=(("maps", 1),)),
            0,
            id="nor with what is rare",
        ),
        pytest.param(Usage(100, tier="flex"), Tariff(1_000_000, 0, tiers=(("flex", Tariff(500_000, 0)),)), 50, id="flex at half the price"),
        pytest.param(
            Usage(100, tier="priority"),
            Tariff(1_000_000, 0, tiers=(("flex", Tariff(500_000, 0)),)),
            100,
            id="a tier without prices has the others",
        ),
        pytest.param(Usage(100), Tariff(1_000_000, 0, tiers=(("flex", Tariff(500_000, 0)),)), 100, id="the ordinary tier"),
        pytest.param(Usage(200), Tariff(1_000_000, 0, above=((200, Tariff(2_000_000, 0)),)), 200, id="as long as the length"),
        pytest.param(
            Usage(201, 10, cached=100),
            Tariff(1_000_000, 0, above=((200, Tariff(2_000_000, 3_000_000, 500_000)), (300, Tariff(9, 9)))),
            101 * 2 + 50 + 30,
            id="a longer prompt is dearer from its first token on, and so is its answer",
        ),
        pytest.param(
            Usage(301),
            Tariff(9, 9, above=((200, Tariff(1, 1)), (300, Tariff(2_000_000, 0)))),
            602,
            id="the longest of the lengths that it has",
        ),
        pytest.param(
            Usage(301, tier="flex"),
            Tariff(1, 0, tiers=(("flex", Tariff(1_000_000, 0, above=((300, Tariff(4_000_000, 0)),))),), above=((10, Tariff(9, 9)),)),
            301 * 4,
            id="a tier has its own lengths",
        ),
        pytest.param(None, Tariff.per_million(1), None, id="unknown usage costs an unknown amount"),
        pytest.param(Usage(1000), None, None, id="an unknown tariff too"),
    ],
)
def test_cost(usage: Usage | None, tariff: Tariff | None, micro_usd: int | None) -> None:
    assert cost(usage, tariff) == micro_usd


MILLION = 1_000_000
A_DAY, DAYS = 100_000, 30


@pytest.mark.parametrize(
    ("usage", "times", "tariff", "usd"),
    [
        pytest.param(Usage(1_000, 500), A_DAY * DAYS, Tariff.per_million(0.4, 1.6), 3_600, id="GPT-4.1 mini, 100,000 requests a day"),
        pytest.param(Usage(1_000, 500), A_DAY * DAYS, Tariff.per_million(0.8, 4), 8_400, id="Claude Haiku 3.5, 100,000 requests a day"),
        pytest.param(Usage(1_000, 500), A_DAY * DAYS, Tariff.per_million(2, 8), 18_000, id="GPT-4.1, 100,000 requests a day"),
        pytest.param(Usage(1_000, 500), A_DAY * DAYS, Tariff.per_million(3, 15), 31_500, id="Claude Sonnet 4, 100,000 requests a day"),
        pytest.param(Usage(60 * MILLION, 40 * MILLION), 1, Tariff.per_million(1.25, 10), 475, id="GPT-5, 60 M and 40 M tokens"),
        pytest.param(Usage(10 * MILLION, 2 * MILLION), 1, Tariff.per_million(3, 15), 60, id="Claude 3.5 Sonnet, 10 M and 2 M tokens"),
    ],
)
def test_bills_to_the_cent(usage: Usage, times: int, tariff: Tariff, usd: int) -> None:
    one = cost(usage, tariff)
    assert one is not None
    assert one * times == usd * MILLION


@settings(deadline=None, derandomize=True, max_examples=100)
@given(USAGE, TARIFF)
def test_a_cost_is_never_negative(usage: Usage, tariff: Tariff) -> None:
    price = cost(usage, tariff)
    assert price is not None
    assert price >= 0


@settings(deadline=None, derandomize=True, max_examples=100)
@given(USAGE, st.lists(COUNT, min_size=2, max_size=2), TARIFF)
def test_more_tokens_never_cost_less(usage: Usage, more: list[int], tariff: Tariff) -> None:
    less = cost(usage, tariff)
    dearer = cost(msgspec.structs.replace(usage, prompt=usage.prompt + more[0], completion=usage.completion + more[1]), tariff)
    assert less is not None
    assert dearer is not None
    assert less <= dearer


@settings(deadline=None, derandomize=True, max_examples=100)
@given(COUNT, COUNT, st.builds(Tariff, PRICE, PRICE))
def test_costs_add_up_within_rounding(prompt: int, completion: int, tariff: Tariff) -> None:
    whole, first, second = (cost(usage, tariff) for usage in (Usage(prompt, completion), Usage(prompt), Usage(0, completion)))
    assert whole is not None
    assert first is not None
    assert second is not None
    assert abs(whole - first - second) <= 1


@settings(deadline=None, derandomize=True, max_examples=100)
@given(USAGE, TARIFF)
def test_no_token_is_free_unless_its_price_is_zero(usage: Usage, tariff: Tariff) -> None:
    cheapest = min(price for one in _every(tariff) for name in OF_TOKENS if (price := getattr(one, name)) is not None)
    price = cost(usage, tariff)
    assert price is not None
    assert price >= ((usage.prompt + usage.completion) * cheapest) // 1_000_000


def _every(tariff: Tariff) -> list[Tariff]:
    """The tariff with all that are in it."""
    inner = [one for _, one in (*tariff.tiers, *tariff.above)]
    return [tariff, *(each for one in inner for each in _every(one))]


@settings(deadline=None, derandomize=True, max_examples=100)
@given(COUNT, COUNT, COUNT, PLAIN)
def test_what_was_cached_and_what_was_not_add_up(fresh: int, cached: int, said: int, tariff: Tariff) -> None:
    tariff = dataclasses.replace(tariff, request=0)
    whole = cost(Usage(fresh + cached, said, cached), tariff)
    parts = (cost(Usage(fresh), tariff), cost(Usage(cached, cached=cached), tariff), cost(Usage(0, said), tariff))
    assert whole is not None
    assert abs(whole - sum(part for part in parts if part is not None)) <= len(parts)


@settings(deadline=None, derandomize=True, max_examples=100)
@given(COUNT, COUNT, COUNT, COUNT, PLAIN)
def test_the_short_way_is_the_long_one(prompt: int, completion: int, cached: int, written: int, tariff: Tariff) -> None:
    usage, tariff = Usage(prompt, completion, cached, written), dataclasses.replace(tariff, reasoning=None)
    assert cost(usage, tariff) == cost(msgspec.structs.replace(usage, rare=Rare()), tariff)


def test_the_map_is_read_where_money_is() -> None:
    assert tariff_from_map({"input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6}) == Tariff.per_million(1, 2)
