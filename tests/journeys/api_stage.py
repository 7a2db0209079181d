"""What API.md is run against: a gateway in a process of its own, in front of stand-ins."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from gateway.standin.server import StandIn
from router.names import Endpoint
from tests.fakes.gateway import CLOCKS, process
from tests.fakes.server import listening

TALKS: tuple[Endpoint, ...] = ("chat", "completions", "embeddings")
OTHERS: tuple[Endpoint, ...] = ("rerank", "score", "tokenize", "images", "image_edits", "speech", "transcriptions", "translations")
MODELS = {"qwen": "qwen3-8b", "gpt": "gpt-5", "claude": "claude-opus-4-6"}
SERVES: dict[str, tuple[Endpoint, ...]] = {
    "qwen": (*TALKS, *OTHERS),
    "gpt": (*TALKS, "responses", "moderations"),
    "claude": ("messages", "count_tokens"),
}


def configuration(ports: dict[str, int], folder: Path) -> dict[str, Any]:
    """An engine of one's own, OpenAI and Anthropic, as the documents name them."""

    def destination(name: str) -> dict[str, Any]:
        zone = {"zone": "local", "clearance": "restricted"} if name == "qwen" else {"zone": "external", "clearance": "internal"}
        common = {"kind": "openai_compatible", "model": MODELS[name], "serves": list(SERVES[name]), "clocks": dict(CLOCKS), "retries": 0}
        cost = {"input_per_mtok_usd": 1.25, "output_per_mtok_usd": 10}
        return {**common, **zone, "url": f"http://127.0.0.1:{ports[name]}/v1", "cost": cost}

    return {
        "version": 1,
        "server": {"port": 0, "admin_port": 0, "shutdown_grace_s": 1},
        "destinations": {name: destination(name) for name in MODELS},
        "difficulty": {"scorer": "tests.fakes.length_scorer"},
        "routes": [
            {"name": "sensitive", "when": {"label": ">= personal"}, "to": ["qwen"]},
            {"name": "easy", "to": ["qwen"], "fallback": ["gpt", "claude"]},
        ],
        "store": {"folder": str(folder / "kept")},
    }


@asynccontextmanager
async def stage(folder: Path) -> AsyncIterator[str]:
    """Run it; gives its address, without `/v1`."""
    async with AsyncExitStack() as stack:
        ports = {name: await stack.enter_async_context(listening(StandIn(name, model))) for name, model in MODELS.items()}
        running = await stack.enter_async_context(process(configuration(ports, folder), folder))
        yield f"http://127.0.0.1:{running.port}"
