"""Vendors and engines, a row each: where they are, how they want the key, what they serve, and in which words they differ from OpenAI.

A row says what a destination with `vendor:` need not say itself. A quirk stands here only if the vendor's documentation or an error that
somebody got says so; where is in a comment. What could not be left out without changing what an answer means (as `stop`) is no quirk:
who sends it there is told by the vendor.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from router.names import Ability, Endpoint, Zone
from router.quirks import Quirks

VendorName = Literal[
    "openai", "azure", "anthropic", "gemini", "xai", "mistral", "deepseek", "groq", "together", "fireworks", "openrouter", "perplexity",
    "cerebras", "vllm", "sglang", "tensorrt-llm", "tgi", "llama.cpp", "ollama", "lmstudio",
]  # fmt: skip
KeyHeader = Literal["authorization", "api-key", "x-api-key"]
"""The header that a key travels in: as a bearer token in the first, as it is in the others."""


_NONE = Quirks()


@dataclass(frozen=True, slots=True)
class Vendor:
    """A row.

    `url` is its API base, for engines that of one on this machine with its own settings; where it is the customer's own, it is empty and
    `like` shows one. `prefix` stands before its models in litellm's price map, `hosts` are those below which it is. `env` is what the
    variable with its key is usually called; empty: it needs none. `lists_models`: whether it has a list of models to be asked for.
    `of_models` are the quirks of models whose names match.
    """

    speaks: frozenset[Endpoint]
    url: str = ""
    like: str = ""
    zone: Zone = "external"
    prefix: str = ""
    hosts: tuple[str, ...] = ()
    env: str = ""
    key_header: KeyHeader = "authorization"
    headers: tuple[tuple[str, str], ...] = ()
    lists_models: bool = True
    lacks: frozenset[Ability] = frozenset()
    quirks: Quirks = _NONE
    of_models: tuple[tuple[re.Pattern[str], Quirks], ...] = ()


def _of(*endpoints: Endpoint) -> frozenset[Endpoint]:
    return frozenset(endpoints)


_AS_SYSTEM = (("developer", "system"),)
_SAMPLING = frozenset({"temperature", "top_p", "top_k"})
# Reasoning models refuse `max_tokens`, all others take the new name too: opencode#37964 (Azure as well), SuffolkLITLab/ALToolbox#302
_OPENAI = Quirks(called=(("max_tokens", "max_completion_tokens"),))
_OPENAI_MODELS = (
    # community.openai.com/t/1110750/7, and "does not support 0.9 with this model"; from gpt-5.1 on they are taken where nothing is
    # thought (vercel/ai#10932), and gpt-5-chat is no reasoning model
    (
        re.compile(r"(?:o[134]|gpt-5)(?!\.\d)(?!.*chat).*"),
        Quirks(_SAMPLING | {"presence_penalty", "frequency_penalty", "logprobs", "top_logprobs", "logit_bias"}),
    ),
)
_ANTHROPIC_MODELS = (
    # platform.claude.com/docs/en/about-claude/models/migration-guide: sampling parameters are removed; litellm#28113, oumi#2538
    (re.compile(r"claude-(?:opus-4-[78]|(?:opus|sonnet|haiku|fable|mythos)-5|mythos-preview).*"), Quirks(_SAMPLING)),
)
# Members beside its own are refused with 422 (platform-docs-public#7), those of turns as well (crush#1590, mistral-go#2). Its own are
# those of ChatCompletionRequest in mistralai/client-python. Usage is told unasked: anon-kode#53; `max_completion_tokens`: eca#231
_MISTRAL = Quirks(
    frozenset({"stream_options", "user", "logit_bias", "logprobs", "top_logprobs", "service_tier", "store"}),
    (("seed", "random_seed"), ("max_completion_tokens", "max_tokens")),
    _AS_SYSTEM,
    frozenset({"name", "reasoning_content"}),
)

VENDORS: Mapping[VendorName, Vendor] = {
    "openai": Vendor(
        _of(
            "chat", "responses", "embeddings", "moderations", "images", "image_edits", "speech", "transcriptions", "translations"
        ),
        "https://api.openai.com/v1",
        hosts=("api.openai.com",),
        env="OPENAI_API_KEY",
        quirks=_OPENAI,
        of_models=_OPENAI_MODELS,
    ),
    # learn.microsoft.com/azure/foundry/openai/api-version-lifecycle: no api-version below /openai/v1; models are named by deployment
    "azure": Vendor(
        _of("chat", "responses", "embeddings", "images"),
        like="https://RESOURCE.openai.azure.com/openai/v1",
        prefix="azure",
        hosts=("openai.azure.com",),
        env="AZURE_OPENAI_API_KEY",
        key_header="api-key",
        quirks=_OPENAI,
        of_models=_OPENAI_MODELS,
    ),
    "anthropic": Vendor(
        _of("messages", "count_tokens"),
        "https://api.anthropic.com/v1",
        prefix="anthropic",
        env="ANTHROPIC_API_KEY",
        key_header="x-api-key",
        headers=(("anthropic-version", "2023-06-01"),),
        of_models=_ANTHROPIC_MODELS,
    ),
    "gemini": Vendor(
        _of("chat", "embeddings", "images"),
        "https://generativelanguage.googleapis.com/v1beta/openai",
        prefix="gemini",
        hosts=("generativelanguage.googleapis.com",),
        env="GEMINI_API_KEY",
        quirks=Quirks(frozenset({"frequency_penalty", "seed"})),  # `Unknown name "seed": Cannot find field`: ChatterUI#227, page-assist#418
    ),
    "xai": Vendor(
        _of("chat", "responses", "images"),
        "https://api.x.ai/v1",
        prefix="xai",
        hosts=("api.x.ai",),
        env="XAI_API_KEY",
        # docs.x.ai/developers/model-capabilities/text/reasoning; models that do not reason refuse them too: NativeTavern#83
        quirks=Quirks(frozenset({"presence_penalty", "frequency_penalty"})),
    ),
    "mistral": Vendor(
        _of("chat", "embeddings", "moderations", "transcriptions"),
        "https://api.mistral.ai/v1",
        prefix="mistral",
        hosts=("api.mistral.ai",),
        env="MISTRAL_API_KEY",
        quirks=_MISTRAL,
    ),
    "deepseek": Vendor(
        _of("chat"),
        "https://api.deepseek.com/v1",
        prefix="deepseek",
        hosts=("api.deepseek.com",),
        env="DEEPSEEK_API_KEY",
        lacks=frozenset({"json_schema"}),  # api-docs.deepseek.com/api/create-chat-completion: text and json_object; llm-exe#662
        quirks=Quirks(roles=_AS_SYSTEM),  # "unknown variant `developer`": pi#1048, llmgateway#3462
    ),
    "groq": Vendor(
        _of("chat", "responses", "speech", "transcriptions", "translations"),
        "https://api.groq.com/openai/v1",
        prefix="groq",
        hosts=("api.groq.com",),
        env="GROQ_API_KEY",
        # console.groq.com/docs/openai: these are answered with 400
        quirks=Quirks(frozenset({"logprobs", "top_logprobs", "logit_bias"}), turns_without=frozenset({"name"})),
    ),
    "together": Vendor(
        _of("chat", "completions", "embeddings", "rerank", "images", "speech", "transcriptions", "translations"),
        "https://api.together.xyz/v1",
        prefix="together_ai",
        hosts=("api.together.xyz", "api.together.ai"),
        env="TOGETHER_API_KEY",
    ),
    "fireworks": Vendor(
        _of("chat", "completions", "embeddings", "messages"),  # docs.fireworks.ai/tools-sdks/anthropic-compatibility
        "https://api.fireworks.ai/inference/v1",
        prefix="fireworks_ai",
        hosts=("api.fireworks.ai",),
        env="FIREWORKS_API_KEY",
    ),
    "openrouter": Vendor(
        _of("chat", "completions", "responses", "messages", "embeddings"),
        "https://openrouter.ai/api/v1",
        prefix="openrouter",
        hosts=("openrouter.ai",),
        env="OPENROUTER_API_KEY",
    ),
    "perplexity": Vendor(
        _of("chat"),
        "https://api.perplexity.ai",
        prefix="perplexity",
        hosts=("api.perplexity.ai",),
        env="PERPLEXITY_API_KEY",
        lists_models=False,  # librechat.ai, on its endpoint
        lacks=frozenset({"tools"}),  # docs.pipecat.ai, docs.getbifrost.ai: it searches instead
    ),
    "cerebras": Vendor(
        _of("chat", "completions"),
        "https://api.cerebras.ai/v1",
        prefix="cerebras",
        hosts=("api.cerebras.ai",),
        env="CEREBRAS_API_KEY",
        # hexdocs.pm/req_llm/cerebras.html: these are answered with 400; inference-docs.cerebras.ai/resources/openai: no role `developer`
        quirks=Quirks(
            frozenset({"frequency_penalty", "presence_penalty", "logit_bias", "parallel_tool_calls", "service_tier"}), roles=_AS_SYSTEM
        ),
    ),
    "vllm": Vendor(
        _of(
            "chat", "completions", "responses", "messages", "count_tokens", "embeddings", "rerank", "score", "tokenize",
            "transcriptions", "translations",
        ),
        "http://127.0.0.1:8000/v1",
        zone="local",
    ),
    "sglang": Vendor(  # docs.sglang.io: basic_usage/anthropic_api, basic_usage/native_api
        _of("chat", "completions", "responses", "messages", "count_tokens", "embeddings", "rerank", "score", "tokenize"),
        "http://127.0.0.1:30000/v1",
        zone="local",
    ),
    "tensorrt-llm": Vendor(_of("chat", "completions", "responses"), "http://127.0.0.1:8000/v1", zone="local"),  # trtllm-serve
    "tgi": Vendor(_of("chat", "completions"), "http://127.0.0.1:3000/v1", zone="local"),
    "llama.cpp": Vendor(  # github.com/ggml-org/llama.cpp/pull/17570. Its port is the gateway's own default: one of them has to move
        _of("chat", "completions", "messages", "count_tokens", "embeddings", "rerank"), "http://127.0.0.1:8080/v1", zone="local"
    ),
    "ollama": Vendor(  # docs.ollama.com/api/openai-compatibility, docs.ollama.com/api/anthropic-compatibility
        _of("chat", "completions", "responses", "messages", "embeddings"), "http://127.0.0.1:11434/v1", zone="local"
    ),
    "lmstudio": Vendor(  # lmstudio.ai/docs/developer/anthropic-compat
        _of("chat", "completions", "responses", "messages", "embeddings"), "http://127.0.0.1:1234/v1", zone="local"
    ),
}  # fmt: skip


def prefix_at(host: str) -> str:
    """What stands before models at that host in litellm's price map: the same model has other prices elsewhere. Empty: nothing."""
    found = (row.prefix for row in VENDORS.values() for known in row.hosts if host == known or host.endswith(f".{known}"))
    return next(found, "")
