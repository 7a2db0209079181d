import numpy as np
import pytest

from gateway.report.declared import Declared, Length
from gateway.report.lengths import draws, from_pairs, length, pairs
from gateway.usage.rows import Called
from router.cost import Tariff
from router.names import TargetName
from tests.fakes.usage import called

LOCAL = frozenset({"qwen"})
GPT = Declared("all_gpt", "gpt-5", Tariff(1, 1), TargetName("gpt"))
HOME = Declared("at_home", "your own GPUs")


def cascade(number: int, own: int | None = 100, other: int = 120) -> list[Called]:
    name = f"r{number}"
    return [
        called(request_id=name, target="qwen", ending="Rejected", failure="", completion=own),
        called(request_id=name, target="gpt", ending="Served", failure="", completion=other),
    ]


@pytest.mark.parametrize(
    ("calls", "found"),
    [
        pytest.param(cascade(1), [(120, 100)], id="rejected at home, served in the cloud"),
        pytest.param(cascade(1)[:1], [], id="one answer is no pair"),
        pytest.param(cascade(1, own=None), [], id="an unknown length is no pair"),
        pytest.param(cascade(1, own=0), [], id="nor is an empty answer"),
        pytest.param([cascade(1)[0], called(request_id="r1", target="gpt", ending="Outrun", completion=3)], [], id="half an answer"),
        pytest.param([cascade(1)[0], cascade(2)[1]], [], id="of two requests"),
    ],
)
def test_pairs_are_two_whole_answers_to_one_request(calls: list[Called], found: list[tuple[int, int]]) -> None:
    assert pairs(calls, lambda target: target == "gpt") == found


def test_what_is_declared_holds() -> None:
    stated = Length(1.15, 1.05, 1.3, "as the configuration states it")
    declared = Declared("x", "gpt-5", Tariff(1, 1), TargetName("gpt"), stated)
    assert length(declared, [one for number in range(300) for one in cascade(number)], LOCAL, 200) is stated


def test_enough_pairs_are_measured_from_either_side() -> None:
    calls = [one for number in range(200) for one in cascade(number, 100, 150)]
    there, back = length(GPT, calls, LOCAL, 200), length(HOME, calls, LOCAL, 200)
    assert there.ratio == 1.5
    assert back.ratio == pytest.approx(1 / 1.5)
    assert (there.low, there.high) == (1.5, 1.5)
    assert "measured on 200 requests" in there.origin


def test_too_few_pairs_or_a_model_that_is_nowhere_leave_lengths_as_they_were() -> None:
    calls = [one for number in range(199) for one in cascade(number)]
    assert length(GPT, calls, LOCAL, 200) == Length()
    assert length(Declared("cheap", "openai/x", Tariff(1, 1)), calls * 3, LOCAL, 200) == Length()
    assert "assumed" in Length().origin


def test_the_interval_of_a_measured_length_has_the_truth_in_it() -> None:
    dice, hits = np.random.default_rng(5), 0
    for trial in range(60):
        own = dice.lognormal(5, 0.8, 400)
        other = own * 1.2 * dice.lognormal(-0.08, 0.4, 400)  # its mean is 1
        found = from_pairs([(int(a) + 1, int(b) + 1) for a, b in zip(other, own, strict=True)], trial)
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= 1.2 <= found.high
    assert hits >= 52


def test_the_same_seed_gives_the_same_interval() -> None:
    found = [(100 + number % 17, 90 + number % 11) for number in range(300)]
    assert from_pairs(found, 3) == from_pairs(found, 3)
    assert from_pairs(found, 3) != from_pairs(found, 4)


def test_draws_have_one_in_forty_on_either_side() -> None:
    drawn = draws(Length(1.15, 1.05, 1.3), 100_000, np.random.default_rng(1))
    assert np.percentile(drawn, [2.5, 50, 97.5]) == pytest.approx([1.05, 1.15, 1.3], abs=0.005)
    assert draws(Length(1.2), 3, np.random.default_rng(1)).tolist() == [1.2, 1.2, 1.2]
