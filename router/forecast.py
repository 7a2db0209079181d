"""How long until the first token, forecast from how long it took before. Without a clock: `now` comes as an argument.

A first token takes a fixed time and a time for every prompt token that the engine has yet to read, its own and those of others before it.
Both are fitted to streams as they begin: least squares in which old ones fade, with a weak pull towards `PRIOR_S` so that a hundred short
prompts do not say that a long one takes an hour.
"""

from dataclasses import dataclass

FADE = 0.95
"""What one more stream leaves of the weight of all before it: the last twenty or so count."""
PRIOR_S = 0.1
"""Seconds for a thousand prompt tokens where nothing is known: 10,000 tokens a second, a mid-sized model on one GPU."""
_PULL = 0.01
"""How strong the pull is, in squared thousands of tokens: it gives way when prompts differ by some hundred tokens."""
_FADE_HOLD = 0.9
SURPRISE, SURPRISE_S = 10.0, 1.0
"""No time counts for more than so many times what was forecast, and a second: one stream that waited for an engine to start would
else send everybody away for minutes, who would have shown that it is well. What stays slow is believed after a few."""


@dataclass(slots=True)
class Forecast:
    """What was measured of one target: sums over streams of tokens (in thousands) and seconds, and how long an attempt holds its slot.

    `hold_s` is 0 as long as none has ended; `measured_at` is when the last stream began, on the monotonic clock.
    """

    weight: float = 0.0
    tokens: float = 0.0
    seconds: float = 0.0
    squares: float = 0.0
    products: float = 0.0
    hold_s: float = 0.0
    measured_at: float = 0.0

    def began(self, tokens: int, seconds: float, now: float) -> None:
        """A stream gave its first token after so many seconds. `tokens` were to be read when it was asked for, its own among them."""
        thousands, seconds = tokens / 1000, min(seconds, SURPRISE * self.first_token_s(tokens) + SURPRISE_S)
        self.weight = FADE * self.weight + 1.0
        self.tokens = FADE * self.tokens + thousands
        self.seconds = FADE * self.seconds + seconds
        self.squares = FADE * self.squares + thousands * thousands
        self.products = FADE * self.products + thousands * seconds
        self.measured_at = now

    def ended(self, tokens: int, seconds: float, now: float) -> None:
        """A whole answer came after so many seconds: nobody knows when its prompt was read, but not later than that."""
        if seconds < self.first_token_s(tokens):
            self.began(tokens, seconds, now)

    def held(self, seconds: float) -> None:
        """An attempt has left its slot after so many seconds."""
        if self.hold_s:
            seconds = _FADE_HOLD * self.hold_s + (1 - _FADE_HOLD) * min(seconds, SURPRISE * self.hold_s + SURPRISE_S)
        self.hold_s = seconds

    def first_token_s(self, tokens: int) -> float:
        """Seconds until the first token, when so many are to be read before it."""
        return self.fixed_s + self.per_token_s * tokens

    @property
    def per_token_s(self) -> float:
        """Seconds for every prompt token."""
        if not self.weight:
            return PRIOR_S / 1000
        mean, mean_s = self.tokens / self.weight, self.seconds / self.weight
        spread, together = self.squares / self.weight - mean * mean, self.products / self.weight - mean * mean_s
        return max(0.0, (together + _PULL * PRIOR_S) / (max(0.0, spread) + _PULL)) / 1000

    @property
    def fixed_s(self) -> float:
        """Seconds that every first token takes, whatever the prompt."""
        return max(0.0, (self.seconds - 1000 * self.per_token_s * self.tokens) / self.weight) if self.weight else 0.0
