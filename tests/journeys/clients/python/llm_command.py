"""Simon Willison's `llm`: a file beside its keys (`llm keys set tidegate`) names the gateway's models."""

import json
from pathlib import Path

from cases import API_KEY, BASE_URL, BUSY, CUT, WORDS, WRONG, command, raised, run

HOME = Path("llm")
MODEL = "- {{model_id: {name}, model_name: {name}, api_base: {url}, api_key_name: tidegate, supports_schema: true}}\n"
MODELS = "".join(MODEL.format(name=name, url=BASE_URL) for name in (BUSY, CUT, WORDS, WRONG))


def llm(*words: str, key: str = API_KEY) -> str:
    HOME.mkdir(exist_ok=True)
    (HOME / "extra-openai-models.yaml").write_text(MODELS)
    (HOME / "keys.json").write_text(json.dumps({"tidegate": key}))
    return command("llm", *words, env={"LLM_USER_PATH": str(HOME)}).strip()


def plain() -> str:
    return llm("-m", WORDS, "--no-stream", "Say something.")


def stream() -> str:
    return llm("-m", WORDS, "Say something.")


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


run(globals())
