"""An engine that takes no more: public work goes on to the cloud, sensitive work is refused with a time to come back, and goes nowhere else."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import openai
import pytest

from tests.journeys.vllm.conftest import CONFIG, IN_FLIGHT, Cloud, Gateway, serving
from tests.journeys.vllm.engine import Engine, until
from tests.journeys.vllm.tap import Tap

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(120, func_only=True), pytest.mark.xdist_group("vllm")]

PUBLIC = "What is the capital of France?"
SENSITIVE = "Please charge my card 4111 1111 1111 1111"


@pytest.fixture(scope="module")
def own_gateway(vllm_server: Engine, tap: Tap, cloud: Cloud, logs: Path) -> Iterator[Gateway]:
    """Its breakers may open without anybody else noticing."""
    config = CONFIG.format(engine=vllm_server.url, tap=f"http://127.0.0.1:{tap.port}/v1", cloud=f"{cloud.root}/v1")
    with serving(config, logs / "own_gateway") as gateway:
        yield gateway


@contextmanager
def full(engine: Engine) -> Iterator[None]:
    """As many long requests as the engine admits, straight to it; they end when their callers leave."""
    body = {"model": "tiny", "messages": [{"role": "user", "content": "go on"}], "max_tokens": 3500, "ignore_eos": True, "stream": True}
    enough = threading.Event()

    def occupy() -> None:
        with httpx.stream("POST", f"{engine.url}/chat/completions", json=body, headers=engine.headers, timeout=60) as answer:
            for _ in answer.iter_bytes():
                if enough.is_set():
                    return

    callers = [threading.Thread(target=occupy, daemon=True) for _ in range(IN_FLIGHT)]
    for caller in callers:
        caller.start()
    try:
        until(lambda: engine.busy() == IN_FLIGHT, 20)
        yield
    finally:
        enough.set()
        # Those that wait for a place see no chunk before the others are gone.
        for caller in callers:
            caller.join(30)
        until(lambda: engine.busy() == 0, 5)


def test_public_work_goes_on_to_the_cloud(own_gateway: Gateway, vllm_server: Engine) -> None:
    with full(vllm_server), own_gateway.client() as client:
        raw = client.chat.completions.with_raw_response.create(model="auto", messages=[{"role": "user", "content": PUBLIC}])
    assert (raw.headers["x-tidegate-path"], raw.headers["x-tidegate-target"]) == ("cloud", "cloud")
    assert "stand-in" in (raw.parse().choices[0].message.content or "")


@pytest.mark.parametrize(
    "model", [pytest.param("auto", id="by the rules"), pytest.param("cloud", id="although the caller names the cloud")]
)
@pytest.mark.parametrize("is_stream", [pytest.param(False, id="whole"), pytest.param(True, id="streamed")])
def test_sensitive_work_is_refused_and_stays(own_gateway: Gateway, vllm_server: Engine, cloud: Cloud, model: str, is_stream: bool) -> None:
    before = cloud.received()
    with full(vllm_server), own_gateway.client() as client, pytest.raises(openai.APIStatusError) as refused:
        client.chat.completions.create(model=model, messages=[{"role": "user", "content": SENSITIVE}], stream=is_stream)
    assert refused.value.status_code == 503
    assert float(refused.value.response.headers["retry-after"]) > 0
    assert "4111" not in refused.value.response.text
    assert cloud.received() == before
    assert b"4111" not in before


def test_it_is_served_again_when_there_is_room(own_gateway: Gateway, vllm_server: Engine) -> None:
    def served() -> bool:
        body = {"model": "auto", "messages": [{"role": "user", "content": SENSITIVE}], "max_tokens": 4}
        answer = httpx.post(f"{own_gateway.url}/chat/completions", json=body, timeout=30)
        return answer.status_code == 200 and answer.headers["x-tidegate-path"] == "local"

    assert vllm_server.busy() == 0
    until(served, 60)  # a breaker may still be open
