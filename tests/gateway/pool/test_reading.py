import math
from dataclasses import replace

import pytest

from gateway.pool.reading import NAMES, Reading, read, served
from router.facts import Facts
from router.fleet import Fleet
from router.replica import Fit, Load
from tests.router.examples import QWEN

NEW = """
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="m"} 3.0
vllm:num_requests_running{engine="1",model_name="m"} 2.0
vllm:num_requests_waiting{engine="0",model_name="m"} 4.0
vllm:num_requests_waiting_by_reason{engine="0",model_name="m",reason="capacity"} 99.0
vllm:kv_cache_usage_perc{engine="0",model_name="m"} 0.25
vllm:kv_cache_usage_perc{engine="1",model_name="m"} 0.75
vllm:generation_tokens_total{engine="0",model_name="m"} 1.5e+06
vllm:prompt_tokens_total{engine="0",model_name="m"} 12.0
vllm:iteration_tokens_total_count{engine="0",model_name="m"} 7.0
vllm:iteration_tokens_total_sum{engine="0",model_name="m"} 70.0
"""
OLD = NEW.replace("vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc")
SGLANG = """
sglang:num_running_reqs{model_name="m"} 5
sglang:num_queue_reqs{model_name="m"} 4
sglang:token_usage{model_name="m"} 0.75
sglang:generation_tokens_total{model_name="m"} 1500000
"""
LORA = """
vllm:lora_requests_info{max_lora="4",running_lora_adapters="old",waiting_lora_adapters=""} 1.7e9
vllm:lora_requests_info{max_lora="4",running_lora_adapters="legal,medical",waiting_lora_adapters=""} 1.8e9
vllm:lora_requests_info{max_lora="4",running_lora_adapters="",waiting_lora_adapters="x"} 1.6e9
"""


@pytest.mark.parametrize("text", [pytest.param(NEW, id="vLLM"), pytest.param(OLD, id="older vLLM"), pytest.param(SGLANG, id="SGLang")])
def test_engines_are_read_under_any_of_their_names(text: str) -> None:
    reading = read(text)
    assert (reading.running, reading.waiting, reading.kv, reading.moved[0]) == (5, 4, 0.75, 1.5e6)
    assert reading.missing == frozenset()


def test_what_moves_while_a_long_prompt_is_read_counts_too() -> None:
    assert read(NEW).moved[1:3] == (12.0, 7.0)


TIMES = """
vllm:request_prefill_time_seconds_sum{engine="0",model_name="m"} 10.0
vllm:request_decode_time_seconds_sum{engine="0",model_name="m"} 100.0
vllm:prefix_cache_hits_total{engine="0",model_name="m"} 300000.0
vllm:prompt_tokens_total{engine="0",model_name="m"} 500000.0
vllm:generation_tokens_total{engine="0",model_name="m"} 10000.0
"""


def test_what_a_token_takes_to_read_is_from_the_engines_own_times() -> None:
    assert read(TIMES).alpha == pytest.approx((10 / 200_000) / (100 / 10_000)), "what was in its cache was not read"
    assert read(NEW).alpha is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("10.0", "1e999", id="reading took for ever"),
        pytest.param("500000.0", "1e999", id="tokens without end"),
        pytest.param("10000.0", "1e999", id="words without end"),
        pytest.param("100.0", "1e-320", id="writing took next to nothing"),
        pytest.param("300000.0", "1e999", id="a cache without end"),
    ],
)
def test_numbers_that_no_engine_has_do_no_harm(before: str, after: str) -> None:
    reading = read(TIMES.replace(f" {before}\n", f" {after}\n"))
    assert reading.alpha is None or 0 < reading.alpha < 10
    assert all(math.isfinite(one) for one in reading.moved)


@pytest.mark.parametrize("need", NAMES)
def test_a_series_that_is_not_there_is_missing_and_not_zero(need: str) -> None:
    text = "\n".join(line for line in NEW.splitlines() if not line.startswith(tuple(f"{name}{{" for name in NAMES[need])))
    assert read(text).missing == {need}


def test_what_is_no_exposition_is_all_missing() -> None:
    assert read("<html>404</html>") == Reading(moved=(0.0,) * 4)
    assert read("vllm:num_requests_running 1e-e\n").running == 0


@pytest.mark.parametrize("number", ["1e999", "-1e999", "-5", "1e308", "NaN", "+Inf", "-Inf", "1" * 400, "0x10", "--", "1e400e"])
def test_whatever_an_engine_says_of_itself_a_replica_is_chosen(number: str) -> None:
    names = [name for names in NAMES.values() for name in names]
    reading = read("".join(f'{name}{{engine="{engine}"}} {number}\n' for name in names for engine in (0, 1)))
    assert 0 <= reading.running <= 2_000_000_000 >= reading.waiting >= 0
    assert 0.0 <= reading.kv <= 1.0
    pool = replace(QWEN, replicas=2)
    fleet = Fleet([pool])
    for _ in range(2):
        fleet.report(QWEN.name, 0, Load(reading.running, reading.waiting, reading.kv))
    assert fleet.pick(pool, 0.0, facts=Facts("r", prompt_tokens=100)) == (0 if (reading.running, reading.kv) == (0, 0.0) else 1)


def test_more_lines_than_an_engine_has_are_not_read() -> None:
    assert read('vllm:num_requests_running{engine="0"} 1\n' * 100_000).running == 4096


def test_the_latest_word_on_adapters_counts() -> None:
    assert read(LORA).adapters == {"legal", "medical"}
    assert read('vllm:lora_requests_info{running_lora_adapters=""} 1\n').adapters == frozenset()


def test_models_their_windows_and_which_are_adapters() -> None:
    fit = served(b'{"data":[{"id":"m","max_model_len":4096,"parent":null},{"id":"lora","max_model_len":null,"parent":"m"},{"id":"n"}]}')
    assert fit == Fit((("m", 4096), ("lora", 0), ("n", 0)), frozenset({"lora"}))
    with pytest.raises(ValueError, match="data"):
        served(b"{}")
