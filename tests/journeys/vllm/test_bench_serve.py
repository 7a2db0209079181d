"""`vllm bench serve`, the load generator that comes with vLLM, against the gateway."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.journeys.vllm.conftest import Gateway
from tests.journeys.vllm.engine import installed, model_folder

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(240, func_only=True), pytest.mark.xdist_group("vllm")]
OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "OPENAI_API_KEY": "unused", "VLLM_NO_USAGE_STATS": "1"}


def test_it_counts_every_answer_and_every_token(gateway: Gateway, tmp_path: Path) -> None:
    words = [
        "bench",
        "serve",
        "--backend",
        "openai-chat",
        "--base-url",
        gateway.url.removesuffix("/v1"),
        "--endpoint",
        "/v1/chat/completions",
    ]
    load = [
        "--dataset-name",
        "random",
        "--random-input-len",
        "16",
        "--random-output-len",
        "8",
        "--num-prompts",
        "6",
        "--max-concurrency",
        "3",
    ]
    model = ["--model", "tiny", "--tokenizer", str(model_folder("tiny")), "--ignore-eos", "--extra-body", '{"temperature": 0}']
    kept = ["--save-result", "--result-filename", str(tmp_path / "result.json"), "--disable-tqdm"]
    done = subprocess.run(
        [installed(), *words, *model, *load, *kept], check=False, env={**os.environ, **OFFLINE}, capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, done.stderr[-2000:]
    result = json.loads((tmp_path / "result.json").read_text())
    assert (result["completed"], result.get("failed", 0)) == (6, 0)
    assert result["total_output_tokens"] == 6 * 8
    assert result["mean_ttft_ms"] > 0
