"""What an engine's `/metrics` says, under the names that vLLM and SGLang have had for it. What is missing is said."""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

import msgspec

from gateway.pool.hits import Cached
from router.replica import Fit
from router.reservation import alpha_of

NAMES: Mapping[str, tuple[str, ...]] = {
    "running": ("vllm:num_requests_running", "sglang:num_running_reqs"),
    "waiting": ("vllm:num_requests_waiting", "sglang:num_queue_reqs"),
    "kv_use": ("vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc", "sglang:token_usage"),
    "tokens": ("vllm:generation_tokens_total", "sglang:generation_tokens_total"),
}
"""What is needed, and its series: the newest name first. vLLM renamed `gpu_cache_usage_perc` in 0.10."""
_MOVING = (
    "vllm:prompt_tokens_total",
    "vllm:iteration_tokens_total_count",
    "sglang:prompt_tokens_total",
)
"""What moves, too, while an engine works: a long prompt takes many steps before its first token."""
_CACHED: Mapping[str, tuple[str, ...]] = {
    "hits": ("vllm:prefix_cache_hits_total", "vllm:gpu_prefix_cache_hits_total", "sglang:cached_tokens_total"),
    "queries": ("vllm:prefix_cache_queries_total", "vllm:gpu_prefix_cache_queries_total", "sglang:prompt_tokens_total"),
}
"""What says how much of the prompts was in the cache. Nothing needs it; vLLM renamed both in 0.10."""
_TIMES = (
    "vllm:request_prefill_time_seconds_sum",
    "vllm:request_decode_time_seconds_sum",
    "vllm:prefix_cache_hits_total",
    "vllm:prompt_tokens_total",
    "vllm:generation_tokens_total",
)
"""How long requests were read and written since the engine started; tokens that needed no reading; tokens of both."""
_LORA = "vllm:lora_requests_info"
_NEEDED = [name for names in (*NAMES.values(), *_CACHED.values()) for name in names]
_ANY = "|".join(re.escape(name) for name in dict.fromkeys((*_NEEDED, *_MOVING, *_TIMES, _LORA)))
_LINE = re.compile(rf"^({_ANY})(?:\{{(?>(.*)\}}))? +([0-9.eE+-]+)", re.MULTILINE)
_MOST_LINES = 4096
"""Lines that are read. An engine has some dozens; reading holds up the event loop."""
_MOST_SAID = 1e18
"""What any number of an engine is at most: with what is beyond nothing can be reckoned."""
_MOST = 1e9
"""No number of requests is above that, nor below nothing: what an engine says may be wrong, and choosing goes on."""
_LABEL = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Reading:
    """One scrape. `missing` are the rows of `NAMES` that no series answers; those count as zero. `moved` changes while the engine works.

    `cached`: what the engine found in its prefix cache since it began; None when it does not say.
    `alpha` is what a token takes to read, in steps of writing; None: it does not say.
    """

    running: int = 0
    waiting: int = 0
    kv: float = 0.0
    adapters: frozenset[str] = frozenset()
    moved: tuple[float, ...] = ()
    missing: frozenset[str] = frozenset(NAMES)
    cached: Cached | None = None
    alpha: float | None = None


def read(text: str) -> Reading:
    """Read an exposition. Engines behind one address are added up; of their KV caches the fullest counts."""
    sums: dict[str, float] = defaultdict(float)
    fullest: dict[str, float] = defaultdict(float)
    adapters, latest = frozenset[str](), 0.0
    for name, labels, number in map(_fields, islice(_LINE.finditer(text), _MOST_LINES)):
        value = _number(number)
        sums[name] += value
        fullest[name] = max(fullest[name], value)
        if name == _LORA and value >= latest:  # the value is when it was so
            latest = value
            adapters = frozenset(filter(None, dict(_LABEL.findall(labels)).get("running_lora_adapters", "").split(",")))
    found = {need: next((name for name in names if name in sums), None) for need, names in NAMES.items()}
    have = {need: sums[name] for need, name in found.items() if name is not None}
    kv = found["kv_use"]
    read_s, write_s, cached, prompts, written = (sums.get(name, 0.0) for name in _TIMES)
    return Reading(
        running=int(min(have.get("running", 0.0), _MOST)),
        waiting=int(min(have.get("waiting", 0.0), _MOST)),
        kv=0.0 if kv is None else min(fullest[kv], 1.0),
        adapters=adapters,
        moved=(have.get("tokens", 0.0), *(sums[name] for name in _MOVING)),
        missing=frozenset(NAMES) - have.keys(),
        cached=_cached(sums),
        alpha=alpha_of(read_s, prompts - cached, write_s, written),
    )


def _cached(sums: Mapping[str, float]) -> Cached | None:
    hits, queries = (next((sums[name] for name in names if name in sums), None) for names in _CACHED.values())
    return None if hits is None or queries is None else Cached(hits, queries)


def _fields(line: re.Match[str]) -> tuple[str, str, str]:
    name, labels, number = line.groups(default="")
    return name, labels, number


def _number(text: str) -> float:
    try:
        return min(max(float(text), 0.0), _MOST_SAID)
    except ValueError:
        return 0.0


class _Model(msgspec.Struct):
    id: str
    max_model_len: int | None = None
    parent: str | None = None


class _Models(msgspec.Struct):
    data: list[_Model]


_models = msgspec.json.Decoder(_Models).decode


def served(body: bytes) -> Fit:
    """The models of a `/models` answer. Raises `ValueError`. A model with a parent is an adapter; a window that is not said is 0."""
    models = _models(body).data
    return Fit(tuple((one.id, one.max_model_len or 0) for one in models), frozenset(one.id for one in models if one.parent is not None))
