from collections.abc import Iterable

import pytest

from gateway.advice.dimensions import BANDS, SCALES, Assessment, Dimension, assess, wilson
from gateway.advice.questions import DIMENSIONS, Answer
from gateway.advice.traffic import counted
from gateway.usage.rows import Rated, Used
from tests.fakes.usage import called, rated, used
from tests.fakes.week import house, requests

PLAN, _ = house()


def seen(rows: Iterable[Used], opinions: Iterable[Rated] = (), pays: float | None = None) -> dict[str, Dimension]:
    return {one.name: one for one in assess(counted(PLAN, rows, (), opinions), {}, 0.5, pays).dimensions}


def test_bands_cover_every_sum_once() -> None:
    assert [total for band in BANDS for total in range(band.low, band.high + 1)] == list(range(6, 31))


@pytest.mark.parametrize("name", SCALES)
def test_scales_rise(name: str) -> None:
    scale = SCALES[name]
    assert list(scale.bounds) == sorted(set(scale.bounds))
    assert scale.dimension in DIMENSIONS
    assert [scale.score(bound) for bound in scale.bounds] == [2, 3, 4, 5]
    assert [scale.score(bound - 1e-9) for bound in scale.bounds] == [1, 2, 3, 4]


def test_without_anything_nothing_is_made_up() -> None:
    found = assess(None, {}, 0.5, None)
    assert (found.low, found.high, found.bands) == (6, 30, BANDS)
    assert {(one.shown, one.source) for one in found.dimensions} == {("1-5", "unknown")}


def test_all_answers_are_a_sum_and_a_band() -> None:
    found = assess(None, {name: Answer(3) for name in DIMENSIONS}, 0.5, None)
    assert (found.low, found.high, [band.name for band in found.bands]) == (18, 18, ["hybrid, leaning closed"])


@pytest.mark.parametrize(
    ("low", "high", "names"),
    [
        pytest.param(6, 12, ["closed"], id="one"),
        pytest.param(12, 13, ["closed", "hybrid, leaning closed"], id="over a border"),
        pytest.param(25, 30, ["open"], id="the last"),
    ],
)
def test_a_range_may_touch_several_bands(low: int, high: int, names: list[str]) -> None:
    rest = tuple(Dimension(name, 1, 1, "answered", (), "") for name in DIMENSIONS[1:])
    assert [band.name for band in Assessment((Dimension("x", low - 5, high - 5, "measured", (), ""), *rest)).bands] == names


def test_a_week_is_measured_but_for_what_nobody_can_measure() -> None:
    found = seen(requests(), pays=0.5)
    assert {name: one.shown for name, one in found.items()} == {
        "capability": "3", "privacy": "1", "cost": "2", "operations": "4-5", "customisation": "1-5", "latency": "5"
    }  # fmt: skip
    assert found["customisation"].source == "unknown"
    assert "58% of the requests that may leave" in found["capability"].evidence[0]
    assert "600 ms outside" in found["latency"].evidence[0]


def test_attempts_that_failed_weigh_even_where_others_took_over() -> None:
    found = counted(PLAN, [used() for _ in range(1_000)], (), (), [called(ending="Failed") for _ in range(50)])
    operations = assess(found, {}, 0.5, None).dimensions[3]
    assert operations.shown == "2"
    assert "95% of the attempts at home did not fail (1,000 of 1,050" in operations.evidence[1]


def test_few_rows_are_a_wide_range() -> None:
    assert seen([used(label="restricted"), used()])["privacy"].shown == "3-5"


def test_an_answer_counts_first_and_what_is_measured_is_shown() -> None:
    found = assess(counted(PLAN, requests()), {"privacy": Answer(5, "a contract")}, 0.5, None)
    privacy = found.dimensions[1]
    assert (privacy.low, privacy.high, privacy.source) == (5, 5, "answered")
    assert "a contract" in privacy.evidence[0]
    assert "measured beside it: 0% of the requests may not leave" in privacy.evidence[1]


def test_the_lowest_measure_counts() -> None:
    rows = [
        *(used(cascade="accepted", difficulty=0.1) for _ in range(600)),
        *(used(cascade="escalated", difficulty=0.1) for _ in range(400)),
    ]
    capability = seen(rows)["capability"]
    assert capability.shown == "2", "all are easy, but only 60 % were accepted"
    assert capability.rule.endswith("the lowest of them counts")


@pytest.mark.parametrize(
    ("home", "outside", "shown"),
    [
        pytest.param((900, 100), (900, 100), "3-5", id="as good, by two points and a half"),
        pytest.param((700, 300), (900, 100), "1", id="clearly worse"),
        pytest.param((10, 5), (900, 100), "1-5", id="too few opinions"),
    ],
)
def test_opinions_are_compared(home: tuple[int, int], outside: tuple[int, int], shown: str) -> None:
    opinions = [
        rated(path=path, rating=rating, score=None)
        for path, numbers in (("local", home), ("cloud", outside))
        for rating, number in zip(("up", "down"), numbers, strict=True)
        for _ in range(number)
    ]
    assert seen([used(difficulty=None)], opinions)["capability"].shown == shown


def test_first_tokens_are_compared_within_a_class_of_prompts() -> None:
    rows = [
        *(used(is_stream=True, prompt=100, first_byte_s=0.2) for _ in range(30)),
        *(used(is_stream=True, prompt=8_000, first_byte_s=2.0, path="cloud", target="gpt") for _ in range(30)),
    ]
    assert seen(rows)["latency"].source == "unknown", "long prompts outside say nothing about short ones at home"
    rows += [used(is_stream=True, prompt=100, first_byte_s=0.1, path="cloud", target="gpt") for _ in range(30)]
    assert seen(rows)["latency"].shown == "2"
    assert seen([row._replace(first_byte_s=0.0 if row.path == "local" else 0.1) for row in rows])["latency"].shown == "5"


@pytest.mark.parametrize(
    ("some", "of", "low", "high"), [(0, 10, 0, 0.278), (5, 10, 0.237, 0.763), (10, 10, 0.722, 1), (500, 1_000, 0.469, 0.531)]
)
def test_wilson(some: int, of: int, low: float, high: float) -> None:
    assert wilson(some, of) == pytest.approx((low, high), abs=5e-4)
