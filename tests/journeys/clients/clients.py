"""The clients that are tried against the gateway, as a table: which program speaks, by which API, and what it is to show.

A row is one client at one API. Its script runs in the client's own environment and tells of each case in a line (`python/cases.py`).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gateway.standin.words import WORDS, says, vector

HERE = Path(__file__).parent
Api = Literal["chat", "responses", "messages"]
Way = Literal["", "-native", "-cloud"]
"""Who serves an API: an engine at home by chat alone, a cloud by any of them, a cloud by Anthropic's alone. Models' names end so."""
Kind = Literal["python", "node"]
"""How the environment is made and the script is run: environments.KINDS."""
WAYS: Mapping[Api, tuple[Way, ...]] = {"chat": ("", "-cloud"), "responses": ("", "-native", "-cloud"), "messages": ("", "-native")}

WHOLE = says("[stand-in for words]", len(WORDS))
CASES: Mapping[str, str] = {  # patterns
    "plain": re.escape(WHOLE),
    "stream": re.escape(WHOLE),
    "tools": r"weather Oslo \[stand-in for tools\] No model has read this\.",
    "structured": r"0 (\[stand-in for words\]|stand-in)$",
    "refused": r"\[stand-in for wrong\] was told to fail",
    "key": "This key is not known",
    "retried": re.escape(says("[stand-in for busy]", len(WORDS))),
    "cut": "The upstream broke off",
    "at_once": re.escape(f"20 {WHOLE}"),
    "embeddings": re.escape(f"8 {vector('a text', 8)[0]}"),
    "task": r"The tide turns at 4:20\. \[stand-in for task\] No model has read this\.",
}
"""What the script says of a case matches this: what the stand-in is known to say, not what the script believes."""
SHAPED: Mapping[str, str] = {
    "stream": r"0 \[stand-in for words\]$",
    "retried": r"0 \[stand-in for busy\]$",
    "at_once": r"20 0 \[stand-in for words\]$",
}
"""The same of a client whose every answer has a schema."""
MEANING: Mapping[str, str] = {
    "plain": "a whole answer and its usage",
    "stream": "the same in a stream",
    "tools": "a tool is called with its arguments, and its result is sent back",
    "structured": "an answer after a schema",
    "refused": "the engine's 400 is an error of the client's, with its sentence",
    "key": "so is the gateway's 401",
    "retried": "a 503 with `retry-after` is asked again, and served",
    "cut": "a stream that breaks off is an error, never an end",
    "at_once": "twenty requests at once",
    "embeddings": "embeddings",
    "task": "an agent is told to read a file by the shell, does so, and sends what it read",
}
SDK = ("plain", "stream", "tools", "structured", "refused", "key", "retried", "cut", "at_once")
EVALUATED = ("plain", "structured", "refused", "key", "retried", "at_once")
AGENT = ("task", "plain", "stream", "refused", "key", "retried")
"""No `cut`: but for Codex, agents ask again for minutes, or in another way, when a stream breaks off."""


@dataclass(frozen=True, slots=True)
class Client:
    """One row. `lock` names the environment, `package` the one in it whose version counts."""

    name: str
    api: Api
    kind: Kind
    script: str
    lock: str
    package: str
    cases: tuple[str, ...]
    is_quick: bool = False
    """Whether `make test` runs it too: its environment is there in seconds."""
    is_shaped: bool = False
    """Whether all its answers have a schema."""

    def expects(self, case: str) -> str:
        """The pattern of what its script says of a case."""
        return (({**CASES, **SHAPED}) if self.is_shaped else CASES)[case]

    @property
    def version(self) -> str:
        """As the lock has it."""
        return pinned(self.lock_file, self.package)

    @property
    def lock_file(self) -> Path:
        """Where its environment is written down."""
        if self.kind == "node":
            return HERE / "node/locks" / self.lock / "package-lock.json"
        return HERE / "locks" / f"{self.lock}.lock"

    @property
    def ways(self) -> tuple[Way, ...]:
        """How it is served."""
        return WAYS[self.api]

    def shows(self, way: Way) -> tuple[str, ...]:
        """The cases that there are when it is served so: Anthropic has no embeddings."""
        return tuple(case for case in self.cases if way != "-cloud" or case != "embeddings")


def pinned(lock: Path, package: str) -> str:
    """The version of a package, as that lock has it."""
    if lock.suffix == ".json":
        return str(json.loads(lock.read_text())["packages"][f"node_modules/{package}"]["version"])
    found = re.search(rf"^{re.escape(package)}==(\S+)", lock.read_text(), re.MULTILINE)
    assert found is not None, f"{package} is not in {lock.name}"
    return found[1]


NODE = (
    Client("openai-node 7", "chat", "node", "openai_chat.mjs", "sdks", "openai", (*SDK, "embeddings")),
    Client("openai-node 7", "responses", "node", "openai_responses.mjs", "sdks", "openai", SDK),
    Client("openai-node 6", "chat", "node", "openai_chat.mjs", "openai-6", "openai", (*SDK, "embeddings")),
    Client("openai-node 6", "responses", "node", "openai_responses.mjs", "openai-6", "openai", SDK),
    Client("anthropic-node", "messages", "node", "anthropic_messages.mjs", "sdks", "@anthropic-ai/sdk", SDK),
    Client("ai 7, @ai-sdk/openai", "chat", "node", "ai_openai.mjs", "sdks", "ai", (*SDK, "embeddings")),
    Client("ai 7, @ai-sdk/openai", "responses", "node", "ai_openai.mjs", "sdks", "ai", SDK),
    Client("ai 7, @ai-sdk/openai-compatible", "chat", "node", "ai_compatible.mjs", "sdks", "ai", (*SDK, "embeddings")),
    Client("ai 7, @ai-sdk/anthropic", "messages", "node", "ai_anthropic.mjs", "sdks", "ai", SDK),
    Client("ai 6, @ai-sdk/openai", "chat", "node", "ai_openai.mjs", "ai-6", "ai", (*SDK, "embeddings")),
    Client("ai 6, @ai-sdk/openai", "responses", "node", "ai_openai.mjs", "ai-6", "ai", SDK),
    Client("ai 6, @ai-sdk/openai-compatible", "chat", "node", "ai_compatible.mjs", "ai-6", "ai", (*SDK, "embeddings")),
    Client("ai 6, @ai-sdk/anthropic", "messages", "node", "ai_anthropic.mjs", "ai-6", "ai", SDK),
    Client("promptfoo", "chat", "node", "promptfoo.mjs", "promptfoo", "promptfoo", EVALUATED),
    Client("promptfoo", "responses", "node", "promptfoo.mjs", "promptfoo", "promptfoo", EVALUATED),
    Client("promptfoo", "messages", "node", "promptfoo.mjs", "promptfoo", "promptfoo", (*EVALUATED, "stream", "cut")),
    Client("Codex", "responses", "node", "codex.mjs", "codex", "@openai/codex", (*AGENT, "structured", "cut")),
    Client("Claude Code", "messages", "node", "claude_code.mjs", "claude-code", "@anthropic-ai/claude-code", (*AGENT, "structured")),
    Client("opencode", "chat", "node", "opencode.mjs", "opencode", "opencode-linux-x64", AGENT),
    Client("opencode", "responses", "node", "opencode.mjs", "opencode", "opencode-linux-x64", AGENT),
    Client("opencode", "messages", "node", "opencode.mjs", "opencode", "opencode-linux-x64", AGENT),
    Client("Continue", "chat", "node", "continue.mjs", "continue", "@continuedev/cli", AGENT),
    Client("Continue", "messages", "node", "continue.mjs", "continue", "@continuedev/cli", AGENT),
)
CLIENTS = (
    *NODE,
    Client("openai 3", "chat", "python", "openai_chat.py", "sdks", "openai", (*SDK, "embeddings"), is_quick=True),
    Client("openai 3", "responses", "python", "openai_responses.py", "sdks", "openai", SDK, is_quick=True),
    Client("openai 2", "chat", "python", "openai_chat.py", "openai-2", "openai", (*SDK, "embeddings"), is_quick=True),
    Client("openai 2", "responses", "python", "openai_responses.py", "openai-2", "openai", SDK),
    Client("openai 1", "chat", "python", "openai_chat.py", "openai-1", "openai", (*SDK, "embeddings"), is_quick=True),
    Client("openai 1", "responses", "python", "openai_responses.py", "openai-1", "openai", SDK),
    Client("anthropic", "messages", "python", "anthropic_messages.py", "sdks", "anthropic", SDK, is_quick=True),
    Client("langchain-openai", "chat", "python", "langchain.py", "frameworks", "langchain-openai", (*SDK, "embeddings")),
    Client("langchain-openai", "responses", "python", "langchain.py", "frameworks", "langchain-openai", SDK),
    Client("langchain-anthropic", "messages", "python", "langchain.py", "frameworks", "langchain-anthropic", SDK),
    Client("pydantic-ai", "chat", "python", "pydantic_ai_agents.py", "frameworks", "pydantic-ai-slim", SDK),
    Client("pydantic-ai", "responses", "python", "pydantic_ai_agents.py", "frameworks", "pydantic-ai-slim", SDK),
    Client("pydantic-ai", "messages", "python", "pydantic_ai_agents.py", "frameworks", "pydantic-ai-slim", SDK),
    Client("openai-agents", "chat", "python", "openai_agents.py", "frameworks", "openai-agents", SDK),
    Client("openai-agents", "responses", "python", "openai_agents.py", "frameworks", "openai-agents", SDK),
    Client("litellm", "chat", "python", "litellm_client.py", "frameworks-openai-2", "litellm", (*SDK, "embeddings")),
    Client(
        "litellm",
        "messages",
        "python",
        "litellm_client.py",
        "frameworks-openai-2",
        "litellm",
        tuple(one for one in SDK if one != "retried"),  # it asks again at once, whatever `retry-after` says
    ),
    Client("llama-index", "chat", "python", "llama_index_chat.py", "frameworks-openai-2", "llama-index-llms-openai-like", SDK),
    Client(
        "instructor",
        "chat",
        "python",
        "instructor_chat.py",
        "frameworks-openai-2",
        "instructor",
        ("structured", "refused", "key", *SHAPED),
        is_shaped=True,
    ),
    Client("llm", "chat", "python", "llm_command.py", "llm", "llm", SDK),
    Client("llm", "responses", "python", "llm_command.py", "llm", "llm", SDK),
    Client("aider", "chat", "python", "aider_command.py", "aider", "aider-chat", ("plain", "stream", "refused", "key", "retried", "cut")),
    Client(
        "lm-evaluation-harness",
        "chat",
        "python",
        "lm_eval_command.py",
        "lm-eval",
        "lm-eval",
        ("plain", "refused", "key", "retried", "at_once"),
    ),
)
