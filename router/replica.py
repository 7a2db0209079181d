"""One replica, as far as it is known: its breaker, its load, what it was sent; and what a request would wait for there.

The cost of a replica is a forecast of the time to the first token, in tokens of prefill: what is queued there, what of the prompt it has
not in its cache, and what else it runs. It is compared with others of the same pool only, so no rate need be known.
"""

from dataclasses import dataclass, field
from typing import Literal, get_args
from zlib import crc32

from router.attempt import Attempt
from router.breaker import Breaker
from router.facts import Facts
from router.prefixes import Prefixes
from router.values import value

Out = Literal["drained", "stalled", "gone"]
"""Why a replica gets no requests although its breaker would let them through: an operator said so; it has requests and makes no tokens;
it is not in the list, the name server's answer or the file any more."""
OUTS: tuple[Out, ...] = get_args(Out)

SLOW_START_S = 30.0
"""So long a replica that is new or came back is a worse choice than it looks: its cache is empty and its first requests compile."""
LEAST_WARMTH = 0.1
DECODE_TOKENS = 16.0
"""What one running request costs those that come, in tokens of prefill: a step of the batch has so many tokens more to read."""
QUEUED = 0.5
"""What a request that an engine has waiting counts of the one that comes: when that is there some of it is done."""
LEAST_TOKENS = 16
LEAST_SHARE = 0.2
"""A smaller part of a prompt that is cached counts for nothing, or all requests with the same instructions would go to one replica."""
FULL_KV = 0.9
"""Above this use of its KV cache an engine begins to put requests off and to throw away what it has computed."""
ADAPTER_TOKENS = 512.0
"""What it costs to load a LoRA adapter where it is not loaded."""


@value(frozen=True, slots=True)
class Load:
    """What an engine said of itself. `kv` is the used share of its KV cache; `own` how many of the requests were ours at that moment.

    `adapters` are the LoRA adapters that it has in use.
    """

    running: int = 0
    waiting: int = 0
    kv: float = 0.0
    adapters: frozenset[str] = frozenset()
    own: int = 0


@value(frozen=True, slots=True)
class Fit:
    """What an engine said that it serves: models, and their windows in tokens (0: it did not say). `adapters`: which of them are LoRA's."""

    windows: tuple[tuple[str, int], ...] = ()
    adapters: frozenset[str] = frozenset()

    def takes(self, model: str, tokens: int) -> bool:
        """Whether it has this model, with room for so many tokens. An engine that names no model takes any."""
        return not self.windows or any(name == model and (window == 0 or tokens <= window) for name, window in self.windows)


@dataclass(slots=True, eq=False)
class Replica:
    """One engine. Mutable; a reload that leaves target, address and model as they were hands it on."""

    address: str = ""
    breaker: Breaker = field(default_factory=Breaker)
    prefixes: Prefixes = field(default_factory=Prefixes)
    outs: set[Out] = field(default_factory=set)
    since: float = float("-inf")
    """When it was new or came back, on the caller's monotonic clock."""
    load: Load | None = None
    queued: int = 0
    """How many requests waited there when it was last asked."""
    fit: Fit = field(default_factory=Fit)
    answers: int = 0
    """Attempts that had a first byte, and those whose whole answer came."""
    asked: dict[int, tuple[int, bool]] = field(default_factory=dict)
    """Attempts without a byte of an answer, by identity: tokens that the engine has to read, and whether a stream is awaited."""
    pending: int = 0
    """The tokens of `asked`, together."""

    def is_ready(self, now: float) -> bool:
        """Whether it may be asked now."""
        return not self.outs and self.breaker.is_ready(now)

    def begin(self, attempt: Attempt, facts: Facts, now: float) -> None:
        """An attempt starts, in a pool."""
        if self.breaker.probe is attempt:
            self.since = now
            self.prefixes.clear()  # it may have been started anew
        tokens = round(_tokens(facts) * (1.0 - self.share(facts)))
        self.asked[id(attempt)] = (tokens, facts.is_stream)
        self.pending += tokens
        self.prefixes.add(facts.blocks)

    def answered(self, attempt: Attempt, *, is_answer: bool = True) -> None:
        """The first bytes came, or the attempt has ended: it waits for nothing any more."""
        self.answers += is_answer
        tokens, _ = self.asked.pop(id(attempt), (0, False))
        self.pending -= tokens

    @property
    def awaits_streams_only(self) -> bool:
        """Whether all that is under way are streams without a byte: then it is strange that nothing comes."""
        return 0 < len(self.asked) == self.breaker.in_flight and all(is_stream for _, is_stream in self.asked.values())

    def share(self, facts: Facts) -> float:
        """How much of a prompt is in its cache, where that is enough to count."""
        known = self.prefixes.share(facts.blocks)
        return known if known >= LEAST_SHARE else 0.0

    @property
    def crowd(self) -> int:
        """Requests that it has, ours and those of others."""
        load = self.load
        return self.breaker.in_flight + (0 if load is None else max(load.running + load.waiting - load.own, 0))

    def warmth(self, now: float) -> float:
        """1 for a replica that is not new; a new one begins at a tenth."""
        return min(1.0, max(LEAST_WARMTH, (now - self.since) / SLOW_START_S))

    def cost(self, model: str, facts: Facts | None, now: float) -> float:
        """What a request would wait for here, in tokens of prefill."""
        tokens = LEAST_TOKENS if facts is None else _tokens(facts)
        wait = self.pending + tokens * (1.0 if facts is None else 1.0 - self.share(facts))
        wait += self.crowd * DECODE_TOKENS
        load = self.load
        if load is not None:
            strangers = self.crowd - self.breaker.in_flight
            wait += QUEUED * min(load.waiting, strangers) * tokens
            if model in self.fit.adapters and model not in load.adapters:
                wait += ADAPTER_TOKENS
            if load.kv > FULL_KV:
                wait += tokens * (load.kv - FULL_KV) / (1.0 - FULL_KV)
        return wait / self.warmth(now)

    def rank(self, facts: Facts | None) -> int:
        """Where a prompt goes that all replicas would serve alike: every gateway ranks them alike, so that a cache is filled once."""
        blocks = () if facts is None else facts.blocks
        if not blocks:
            return 0
        near = blocks[(1 << len(blocks).bit_length() - 1) >> 1]  # early enough to be of what prompts share, the same for lengths alike
        return crc32(self.address.encode(), near)


def _tokens(facts: Facts) -> int:
    return max(facts.prompt_tokens, LEAST_TOKENS)
