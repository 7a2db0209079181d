"""aider, one question at a time."""

from cases import API_KEY, BASE_URL, BUSY, CUT, WORDS, WRONG, command, run

QUIET = "--no-git --yes-always --no-check-update --no-show-release-notes --no-show-model-warnings --no-auto-commits --no-pretty --no-fancy-input --analytics-disable --no-detect-urls --map-tokens 0"
ANSWERS = ("--chat-mode", "ask", "--message", "Say something.")


def aider(name: str, *words: str, key: str = API_KEY) -> str:
    said = command(
        "aider",
        "--model",
        f"openai/{name}",
        *QUIET.split(),
        *words,
        *ANSWERS,
        env={"OPENAI_API_BASE": BASE_URL, "OPENAI_API_KEY": key, "LITELLM_LOCAL_MODEL_COST_MAP": "True"},
    )
    return " ".join(said.split())  # it breaks lines as wide as a terminal


def plain() -> str:
    return aider(WORDS, "--no-stream")


def stream() -> str:
    return aider(WORDS, "--stream")


def refused() -> str:
    return aider(WRONG)


def key() -> str:
    return aider(WORDS, key="not-a-key")


def retried() -> str:
    return aider(BUSY)


def cut() -> str:
    return aider(CUT, "--stream")


run(globals())
