"""What the journeys stand on: the engine as `tidegate engine` would start it, without the gateway."""

import subprocess

import httpx
import pytest

from gateway.engine import cpu_home
from tests.journeys.vllm.engine import Engine, installed

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(120, func_only=True), pytest.mark.xdist_group("vllm")]

HELLO = {"model": "tiny", "messages": [{"role": "user", "content": "hello captain"}], "max_tokens": 12, "temperature": 0}


def said(engine: Engine, **more: object) -> str:
    answer = httpx.post(f"{engine.url}/chat/completions", json={**HELLO, **more}, headers=engine.headers, timeout=30)
    content: str = answer.json()["choices"][0]["message"]["content"]
    return content


def test_the_tiny_model_says_the_same_every_time_and_its_adapter_says_something_else(vllm_server: Engine) -> None:
    assert said(vllm_server) == said(vllm_server) != said(vllm_server, model="tiny-lora")


def test_the_key_from_the_environment_is_asked_for(vllm_server: Engine) -> None:
    assert httpx.post(f"{vllm_server.url}/chat/completions", json=HELLO).status_code == 401


def test_the_engine_reports_what_the_gateway_reads(vllm_server: Engine) -> None:
    answer = httpx.post(
        f"{vllm_server.url}/chat/completions", json=HELLO, headers={**vllm_server.headers, "x-request-id": "a-request"}, timeout=30
    )
    assert answer.headers["x-request-id"] == "a-request"
    assert "cached_tokens" in answer.json()["usage"]["prompt_tokens_details"]
    assert httpx.get(f"{vllm_server.root}/load").json() == {"server_load": 0}
    assert "vllm:kv_cache_usage_perc" in httpx.get(f"{vllm_server.root}/metrics").text


def test_installing_again_takes_a_moment(vllm_server: Engine) -> None:
    stamp = cpu_home() / "venv/made_from"
    before = stamp.stat().st_mtime_ns
    installed()
    assert stamp.stat().st_mtime_ns == before


def test_its_key_is_in_no_process_list(vllm_server: Engine) -> None:
    listed = subprocess.run(["ps", "-ww", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert f"--port {vllm_server.root.rsplit(':', 1)[1]}" in listed
    assert vllm_server.key not in listed
