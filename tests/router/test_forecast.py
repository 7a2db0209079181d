import random

import pytest

from router.forecast import PRIOR_S, Forecast


def fitted(fixed_s: float, per_token_s: float, sizes: list[int]) -> Forecast:
    forecast = Forecast()
    for moment, tokens in enumerate(sizes):
        forecast.began(tokens, fixed_s + per_token_s * tokens, float(moment))
    return forecast


def test_what_is_not_known_is_assumed() -> None:
    forecast = Forecast()
    assert (forecast.fixed_s, forecast.per_token_s, forecast.hold_s) == (0.0, PRIOR_S / 1000, 0.0)


@pytest.mark.parametrize(
    ("fixed_s", "per_token_s"),
    [
        pytest.param(0.05, 0.0001, id="as was assumed"),
        pytest.param(0.2, 0.0005, id="slower"),
        pytest.param(0.02, 0.01, id="a model on a processor"),
        pytest.param(0.1, 0.0, id="nothing for tokens"),
    ],
)
def test_both_parts_are_found_where_prompts_differ(fixed_s: float, per_token_s: float) -> None:
    dice = random.Random(1)
    forecast = fitted(fixed_s, per_token_s, [dice.randrange(100, 8000) for _ in range(100)])
    assert forecast.per_token_s == pytest.approx(per_token_s, rel=0.02, abs=2e-6)
    assert forecast.fixed_s == pytest.approx(fixed_s, abs=0.05 * fixed_s + 3000 * 0.01 * per_token_s + 0.01)
    assert forecast.measured_at == 99.0


def test_many_short_prompts_do_not_say_that_a_long_one_takes_an_hour() -> None:
    forecast = fitted(0.3, 0.0001, [10] * 100)
    assert forecast.fixed_s + 10_000 * forecast.per_token_s == pytest.approx(1.3, rel=0.01)


def test_an_engine_that_answers_long_prompts_sooner_takes_no_time_for_tokens() -> None:
    forecast = Forecast()
    for _ in range(50):
        forecast.began(100, 3.0, 0.0)
        forecast.began(8000, 0.1, 0.0)
    assert forecast.per_token_s == 0.0


def test_the_old_fades() -> None:
    forecast = fitted(5.0, 0.0001, [500, 1500] * 20)
    for _ in range(100):
        forecast.began(500, 0.1, 99.0)
        forecast.began(1500, 0.2, 99.0)
    assert forecast.fixed_s == pytest.approx(0.05, abs=0.01)


def test_how_long_a_slot_is_held() -> None:
    forecast = Forecast()
    forecast.held(4.0)
    assert forecast.hold_s == 4.0
    for _ in range(100):
        forecast.held(1.0)
    assert forecast.hold_s == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("seconds", [30.0, 600.0, 1e6])
def test_one_stream_that_took_absurdly_long_sends_nobody_away(seconds: float) -> None:
    cold, warm = Forecast(), fitted(0.1, 0.0001, [500] * 40)
    for forecast in (cold, warm):
        forecast.began(500, seconds, 99.0)
        assert forecast.first_token_s(500) < 2.0


def test_what_stays_slow_is_believed_soon() -> None:
    forecast = fitted(0.1, 0.0, [500] * 40)
    for _ in range(12):
        forecast.began(500, 30.0, 99.0)
    assert forecast.first_token_s(500) > 8.0


def test_one_attempt_that_held_its_slot_absurdly_long_turns_nobody_away() -> None:
    forecast = Forecast()
    for seconds in (1.0, 1.0, 3600.0):
        forecast.held(seconds)
    assert forecast.hold_s == pytest.approx(2.0)


def test_a_whole_answer_says_by_when_its_first_token_was_there() -> None:
    forecast = fitted(5.0, 0.0, [500] * 40)
    forecast.ended(500, 60.0, 99.0)
    before = forecast.first_token_s(500)
    assert forecast.measured_at == 39.0, "that says nothing"
    for moment in range(30):
        forecast.ended(500, 0.5, 100.0 + moment)
    assert before == pytest.approx(5.0, abs=0.1)
    assert forecast.first_token_s(500) < 1.6
    assert forecast.measured_at == 129.0
