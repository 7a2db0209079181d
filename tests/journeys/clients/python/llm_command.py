"""Simon Willison's `llm`: a file beside its keys (`llm keys set tidegate`) names the gateway's models. Its library, where many ask at once."""

import asyncio
import json
import os
from pathlib import Path

from cases import API, API_KEY, AT_ONCE, BASE_URL, BUSY, CUT, TOOLS, WORDS, WRONG, all_alike, command, raised, run

HOME = Path("llm")
MODELS = [
    {
        "model_id": name,
        "model_name": name,
        "api_base": BASE_URL,
        "api_key_name": "tidegate",
        "supports_schema": True,
        "supports_tools": True,
        "responses": API == "responses",
    }
    for name in (BUSY, CUT, TOOLS, WORDS, WRONG)
]
WEATHER = "def weather(city: str) -> str:\n    open('asked', 'w').write(city)\n    return 'It rains.'"


def settings(key: str) -> dict[str, str]:
    HOME.mkdir(exist_ok=True)
    (HOME / "extra-openai-models.yaml").write_text(json.dumps(MODELS))
    (HOME / "keys.json").write_text(json.dumps({"tidegate": key}))
    return {"LLM_USER_PATH": str(HOME)}


def llm(*words: str, key: str = API_KEY) -> str:
    return command("llm", *words, env=settings(key)).strip()


def plain() -> str:
    return llm("-m", WORDS, "--no-stream", "Say something.")


def stream() -> str:
    return llm("-m", WORDS, "Say something.")


def tools() -> str:
    said = llm("-m", TOOLS, "--functions", WEATHER, "Say something.")
    return f"weather {Path('asked').read_text()} {said}"


def structured() -> str:
    answer = json.loads(llm("-m", WORDS, "--no-stream", "--schema", "score int, text", "Say something."))
    return f"{answer['score']} {answer['text']}"


def refused() -> str:
    return raised(AssertionError, lambda: llm("-m", WRONG, "Say something."))


def key() -> str:
    return raised(AssertionError, lambda: llm("-m", WORDS, "Say something.", key="not-a-key"))


def retried() -> str:
    return llm("-m", BUSY, "Say something.")


def cut() -> str:
    return raised(AssertionError, lambda: llm("-m", CUT, "Say something."))


async def at_once() -> str:
    os.environ.update(settings(API_KEY))
    import llm as library  # it reads its folder as it is imported

    model = library.get_async_model(WORDS)
    answers = [model.prompt("Say something.", stream=False) for _ in range(AT_ONCE)]
    return all_alike(list(await asyncio.gather(*(answer.text() for answer in answers))))


run(globals())
