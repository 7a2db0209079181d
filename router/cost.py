"""Money, in integers: tariffs in pico-USD per token, costs in micro-USD. Unknown is None, never zero. The one formula of the house."""

import msgspec

from router.names import MicroUsd
from router.price_map import tariff_from_map as tariff_from_map  # noqa: PLC0414  # money is one module to those who spend it
from router.tariff import Amount as Amount  # noqa: PLC0414
from router.tariff import Tariff as Tariff  # noqa: PLC0414
from router.tariff import Tier as Tier  # noqa: PLC0414
from router.tariff import Tool as Tool  # noqa: PLC0414

_PICO_PER_MICRO = 1_000_000
_HALF = _PICO_PER_MICRO // 2


class Rare(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Counts that few answers have. `audio_in` and `image_in` are parts of the prompt, `audio_out` and `image_out` of the completion.

    `cached_audio` is part of `audio_in` and of what was cached, `cache_write_1h` of what was written to the cache. All are tokens but
    `images`, the images of the prompt, and `tools`, how often each kind of tool was called that the vendor runs.
    """

    audio_in: int = 0
    audio_out: int = 0
    cached_audio: int = 0
    image_in: int = 0
    image_out: int = 0
    cache_write_1h: int = 0
    images: int = 0
    tools: tuple[tuple[Tool, int], ...] = ()


class Usage(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Tokens as the target reported them. `cached` and `cache_write` are parts of `prompt`, `reasoning` is part of `completion`.

    `tier` is the service tier that served it, empty for the ordinary one. `rare` is None where there was none of that.
    """

    prompt: int = 0
    completion: int = 0
    cached: int = 0
    cache_write: int = 0
    reasoning: int = 0
    tier: Tier = ""
    rare: Rare | None = None


def cost(usage: Usage | None, tariff: Tariff | None) -> MicroUsd | None:
    """What the usage costs, rounded half up to a micro-USD; None when usage or price is unknown, or the fee of a tool that was called.

    Counts that contradict each other are read so that no token is free: more cached than prompt tokens are all charged as cached.
    A count that an answer does not give is none: its tokens are then charged with those they are part of, at the price of text. Only
    images with a price each, and calls of tools, are in no other count; they cost nothing where the answer does not count them.
    """
    if usage is None or tariff is None:
        return None
    if not tariff.is_flat:
        tariff = _fitting(usage, tariff)
    if usage.rare is not None or tariff.reasoning is not None:
        return _whole(usage, tariff)
    pico, fresh, completion = tariff.request, usage.prompt, usage.completion
    if usage.cached > 0:
        pico += usage.cached * (tariff.prompt if tariff.cached is None else tariff.cached)
        fresh -= usage.cached
    if usage.cache_write > 0:
        pico += usage.cache_write * (tariff.prompt if tariff.cache_write is None else tariff.cache_write)
        fresh -= usage.cache_write
    if fresh > 0:
        pico += fresh * tariff.prompt
    if completion > 0:
        pico += completion * tariff.completion
    return (pico + _HALF) // _PICO_PER_MICRO  # type: ignore[return-value]  # to say that it is one would take a third of all this


def _micro(pico: int) -> MicroUsd:
    return MicroUsd((pico + _HALF) // _PICO_PER_MICRO)


def _fitting(usage: Usage, tariff: Tariff) -> Tariff:
    """The prices of the tier that served it, and of a prompt of that length."""
    if usage.tier:
        tariff = dict(tariff.tiers).get(usage.tier, tariff)
    for tokens, far in reversed(tariff.above):
        if usage.prompt > tokens:
            return far
    return tariff


_NONE = Rare()


def _whole(usage: Usage, tariff: Tariff) -> MicroUsd | None:
    """The same with everything that can have a price. Parts of other kinds are charged as far as the tokens last that they are part of."""
    rare = usage.rare or _NONE
    pico, fees = tariff.request, dict(tariff.tools)
    for kind, calls in rare.tools:
        if kind not in fees:
            return None
        pico += fees[kind] * max(0, calls)
    pico += max(0, rare.images) * (tariff.image or 0)
    return _micro(pico + _of_prompt(usage, rare, tariff) + _of_completion(usage, rare, tariff))


def _of_prompt(usage: Usage, rare: Rare, tariff: Tariff) -> int:
    cached, written = max(0, usage.cached), max(0, usage.cache_write)
    cached_price = _or(tariff.cached, tariff.prompt)
    write_price = _or(tariff.cache_write, tariff.prompt)
    parts = (
        (rare.audio_in - max(0, rare.cached_audio), _or(tariff.audio_in, tariff.prompt)),
        (rare.image_in, _or(tariff.image_in, tariff.prompt)),
    )
    return (
        _shared(cached, ((rare.cached_audio, _or(tariff.cached_audio, cached_price)),), cached_price)
        + _shared(written, ((rare.cache_write_1h, _or(tariff.cache_write_1h, write_price)),), write_price)
        + _shared(usage.prompt - cached - written, parts, tariff.prompt)
    )


def _of_completion(usage: Usage, rare: Rare, tariff: Tariff) -> int:
    parts = (
        (usage.reasoning, _or(tariff.reasoning, tariff.completion)),
        (rare.audio_out, _or(tariff.audio_out, tariff.completion)),
        (rare.image_out, _or(tariff.image_out, tariff.completion)),
    )
    return _shared(usage.completion, parts, tariff.completion)


def _shared(tokens: int, parts: tuple[tuple[int, int], ...], price: int) -> int:
    """Pico-USD of tokens of which parts, as (tokens, price), have other prices, each as far as tokens are left."""
    left, sum_ = max(0, tokens), 0
    for count, other in parts:
        taken = min(max(0, count), left)
        sum_ += taken * other
        left -= taken
    return sum_ + left * price


def _or(price: int | None, other: int) -> int:
    return other if price is None else price
