"""`usage` of an answer, as vendors write it: OpenAI, vLLM, Anthropic, Google, DeepSeek, xAI and litellm differ in more than names.

What an answer has of it is another's word: a count that is no whole number from 0 to `MOST_TOKENS` is not believed. Without what was asked
or said nothing is known; any other count that is not believed is taken as not told, so that its tokens are billed as what they are part of.
"""

from typing import cast

import msgspec

from router.cost import Rare, Tier, Tool, Usage

MOST_TOKENS = 20_000_000
"""No answer has more: the longest windows have ten million, the largest lists of embeddings seventeen. A count beyond it, or below zero, is
a defect of the target that must not reach counters and bills."""
_MOST_CALLS = 1_000
"""No answer calls a tool, or has images, so often."""
_MOST_LEFT_OUT = 1_000_000
"""No answer thinks so long. A sum of all tokens that is further from its parts is not believed."""
_TIERS: dict[object, Tier] = {
    "flex": "flex",
    "priority": "priority",
    "fast": "priority",
    "batch": "batch",
    "balanced": "balanced",
    "ultrafast": "ultrafast",
}
"""Service tiers that may have prices of their own. Any other is the ordinary one: default, standard, on_demand, auto, ..."""
_CALLS: dict[Tool, str] = {
    "web_search": "web_search_calls",
    "x_search": "x_search_calls",
    "code_interpreter": "code_interpreter_calls",
    "file_search": "file_search_calls",
}
"""Kinds of tools that xAI counts; it bills others by their tokens."""


class _Written(msgspec.Struct):
    ephemeral_5m_input_tokens: object = None
    ephemeral_1h_input_tokens: object = None


class _Cached(msgspec.Struct):
    audio_tokens: object = None


class _InPrompt(msgspec.Struct):
    cached_tokens: object = None
    audio_tokens: object = None
    image_tokens: object = None
    image_count: object = None
    cache_write_tokens: object = None
    cache_creation_tokens: object = None
    cache_creation_token_details: _Written | None = None
    cached_tokens_details: _Cached | None = None
    web_search_requests: object = None
    google_maps_grounding_requests: object = None

    def is_plain(self) -> bool:
        """Whether it tells of nothing but cached tokens, and of those what can be believed."""
        return (self.cached_tokens is None or type(self.cached_tokens) is int) and not (
            self.audio_tokens
            or self.image_tokens
            or self.image_count
            or self.cache_write_tokens
            or self.cache_creation_tokens
            or self.cache_creation_token_details
            or self.cached_tokens_details
            or self.web_search_requests
            or self.google_maps_grounding_requests
        )


class _InCompletion(msgspec.Struct):
    reasoning_tokens: object = None
    thinking_tokens: object = None
    audio_tokens: object = None
    image_tokens: object = None


class _Searched(msgspec.Struct):
    web_search_requests: object = None


class UsageOnWire(msgspec.Struct):
    """`usage` as it is written. Members that no vendor we know of writes otherwise are typed; counts may be anything."""

    prompt_tokens: object = None
    completion_tokens: object = None
    total_tokens: object = None
    prompt_tokens_details: _InPrompt | None = None
    completion_tokens_details: _InCompletion | None = None
    cache_creation_input_tokens: object = None
    cache_read_input_tokens: object = None
    cache_creation: _Written | None = None
    prompt_cache_hit_tokens: object = None
    cached_tokens: object = None
    reasoning_tokens: object = None
    input_tokens: object = None
    output_tokens: object = None
    input_tokens_details: _InPrompt | None = None
    output_tokens_details: _InCompletion | None = None
    service_tier: object = None
    speed: object = None
    server_tool_use: _Searched | None = None
    server_side_tool_usage_details: dict[str, object] | None = None
    num_search_queries: object = None

    def usage(self, tier: object = None, *, is_embedding: bool = False) -> Usage | None:
        """The same in our words; None where what was asked or what was said is not counted, or both are zero. `tier` stood beside it.

        Parts that are larger than their whole stand beside it, unless the sum of all tokens says that they do not. What the sum has beyond
        prompt and completion was cached, as where a vendor leaves that out of the prompt, or thought, as Google and xAI leave that out of
        the completion, and bill it as such.
        """
        prompt, completion, total = self.prompt_tokens, self.completion_tokens, self.total_tokens
        if (
            type(prompt) is int
            and type(completion) is int
            and (total is None or total == prompt + completion)
            and 0 < prompt <= MOST_TOKENS
            and 0 <= completion <= MOST_TOKENS
            and self._is_plain()
        ):
            inner = self.prompt_tokens_details
            cached = 0 if inner is None or inner.cached_tokens is None else cast(int, inner.cached_tokens)
            if 0 <= cached <= prompt:
                return Usage(prompt, completion, cached, 0, 0, _TIERS.get(tier, "") if isinstance(tier, str) else "")
        return _read(self, tier, is_embedding=is_embedding)

    def _is_plain(self) -> bool:
        """Whether it tells of nothing but a prompt, a completion, and what of the prompt was cached: as nearly all do."""
        inner, outer = self.prompt_tokens_details, self.completion_tokens_details
        return (
            (inner is None or inner.is_plain())
            and (outer is None or not (outer.reasoning_tokens or outer.audio_tokens or outer.image_tokens))
            and not (
                self.cache_creation_input_tokens
                or self.cache_read_input_tokens
                or self.cache_creation
                or self.prompt_cache_hit_tokens
                or self.cached_tokens
                or self.reasoning_tokens
                or self.service_tier
                or self.speed
                or self.server_tool_use
                or self.server_side_tool_usage_details
                or self.num_search_queries
            )
        )


_IN, _OUT, _NO_WRITTEN = _InPrompt(), _InCompletion(), _Written()


def _read(told: UsageOnWire, tier: object, *, is_embedding: bool) -> Usage | None:
    """Usage of any form."""
    inner = told.prompt_tokens_details or told.input_tokens_details or _IN
    outer = told.completion_tokens_details or told.output_tokens_details or _OUT
    cached = _first(inner.cached_tokens, told.cache_read_input_tokens, told.prompt_cache_hit_tokens, told.cached_tokens)
    split = told.cache_creation or inner.cache_creation_token_details or _NO_WRITTEN
    of_hour = _first(split.ephemeral_1h_input_tokens)
    written = _first(told.cache_creation_input_tokens, inner.cache_write_tokens, inner.cache_creation_tokens)
    written = written or of_hour + _first(split.ephemeral_5m_input_tokens)
    prompt, completion = _wholes(told, is_embedding=is_embedding)
    if prompt is None or completion is None or prompt + completion == 0:
        return None
    total = _count(told.total_tokens)
    if _is_beside(told, cached + written, prompt, None if total is None else total - completion):
        prompt += cached + written
    cached = min(cached, prompt)
    reasoning = _first(outer.reasoning_tokens, outer.thinking_tokens, told.reasoning_tokens)
    left_out = _left_out(reasoning, completion, None if total is None else total - prompt)
    completion += left_out
    return Usage(
        prompt=prompt,
        completion=completion,
        cached=cached,
        cache_write=min(written, prompt - cached),
        reasoning=min(max(reasoning, left_out), completion),
        tier=_tier(told, tier),
        rare=_rare(told, inner, outer, min(of_hour, written)),
    )


def _wholes(told: UsageOnWire, *, is_embedding: bool) -> tuple[int | None, int | None]:
    """What was asked and what was said, as far as that can be known: what is not told is what the sum has beside the other."""
    prompt = _count(told.input_tokens if told.prompt_tokens is None else told.prompt_tokens)
    completion = _count(told.output_tokens if told.completion_tokens is None else told.completion_tokens)
    total = _count(told.total_tokens)
    if prompt is None and completion is not None and total is not None and told.prompt_tokens is told.input_tokens is None:
        prompt = max(0, total - completion)
    if completion is None and told.completion_tokens is told.output_tokens is None:
        completion = 0 if is_embedding else None if total is None or prompt is None else max(0, total - prompt)
    return prompt, completion


def _is_beside(told: UsageOnWire, kept: int, prompt: int, beside_completion: int | None) -> bool:
    """Whether what was read from a cache, or written to it, is not in the prompt: in Anthropic's own words it never is."""
    if told.prompt_tokens is None and told.input_tokens_details is None and kept:
        return told.cache_read_input_tokens is not None or told.cache_creation_input_tokens is not None
    if beside_completion is None:
        return kept > prompt
    return beside_completion == prompt + kept or (kept > prompt and beside_completion > prompt + kept)


def _left_out(reasoning: int, completion: int, beside_prompt: int | None) -> int:
    """Thoughts that are not in the completion: those that cannot be, and those that only the sum of all tokens has."""
    if beside_prompt is None:
        return reasoning if reasoning > completion else 0
    rest = beside_prompt - completion
    return rest if 0 < rest <= _MOST_LEFT_OUT and reasoning in (0, rest) else 0


def _tier(told: UsageOnWire, tier: object) -> Tier:
    if told.speed == "fast":
        return "fast"
    said = told.service_tier or tier
    return _TIERS.get(said, "") if isinstance(said, str) else ""


def _rare(told: UsageOnWire, inner: _InPrompt, outer: _InCompletion, of_hour: int) -> Rare | None:
    searched = told.server_tool_use.web_search_requests if told.server_tool_use else None
    calls: dict[Tool, int] = {"web_search": _few(searched, inner.web_search_requests, told.num_search_queries)}
    calls["maps"] = _few(inner.google_maps_grounding_requests)
    at_vendor = told.server_side_tool_usage_details or {}
    for kind, name in _CALLS.items():
        calls[kind] = calls.get(kind, 0) or _few(at_vendor.get(name))
    rare = Rare(
        audio_in=_first(inner.audio_tokens),
        audio_out=_first(outer.audio_tokens),
        cached_audio=_first(inner.cached_tokens_details.audio_tokens) if inner.cached_tokens_details else 0,
        image_in=_first(inner.image_tokens),
        image_out=_first(outer.image_tokens),
        cache_write_1h=of_hour,
        images=_few(inner.image_count),
        tools=tuple((kind, count) for kind, count in calls.items() if count),
    )
    return None if rare == _NOTHING else rare


_NOTHING = Rare()


def _first(*counts: object) -> int:
    """The first count that is one and not zero; else 0."""
    return next((found for count in counts if (found := _count(count))), 0)


def _few(*counts: object) -> int:
    """The same of calls and images."""
    return found if (found := _first(*counts)) <= _MOST_CALLS else 0


def _count(value: object) -> int | None:
    """A whole number of tokens that can be believed."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if type(value) is int and 0 <= value <= MOST_TOKENS else None
