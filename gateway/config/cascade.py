"""The part of the configuration that says how a route cascades, and its meaning."""

from pydantic import Field, model_validator

from gateway.config.destinations import Seconds, Strict
from router import cascade


class SelfCheck(Strict):
    """A second call to the local model, of one token, about its own answer."""

    min_probability: float = Field(default=0.5, ge=0, le=1, description="An answer that is right with less probability is rejected.")
    max_s: Seconds = Field(default=2.0, description="How long that may take, in seconds. Later says nothing.")


class Accept(Strict):
    """The tests that a local answer must pass."""

    min_mean_logprob: float | None = Field(
        default=None, ge=-20, le=0, description="Least mean log-probability of the answer's tokens. Absent: not asked for."
    )
    refusals: bool = Field(default=True, description="Reject short answers that decline to answer.")
    schema_: bool = Field(default=True, alias="schema", description="Reject what is not the JSON that the request asks for.")
    length_stop: bool = Field(default=True, description="Reject what was cut at its greatest length.")
    empty: bool = Field(default=True, description="Reject answers without anything in them.")
    self_check: SelfCheck | None = Field(default=None, description="Ask the local model about its answer. Absent: it is not asked.")

    @model_validator(mode="after")
    def _asks_something(self) -> "Accept":
        tests = (self.refusals, self.schema_, self.length_stop, self.empty, self.min_mean_logprob is not None, self.self_check is not None)
        if not any(tests):
            raise ValueError("every test is off, so nothing could be rejected; turn one on, or leave `cascade` out")
        return self


class Hold(Strict):
    """How long a stream is held back at most. Then what there is of it decides."""

    max_s: Seconds = Field(default=8.0, description="Seconds from the first token on.")
    max_tokens: int = Field(default=400, ge=1, le=8_000, description="Tokens.")


class Cascade(Strict):
    """The first destination, a local one, answers first; an answer that fails a test gives way to the next destination's, unseen."""

    accept: Accept = Field(default=Accept(), description="What an answer must pass.")
    hold: Hold = Field(default=Hold(), description="How long a stream is held back at most.")

    def compiled(self) -> cascade.Cascade:
        """What the router makes of it."""
        said = self.accept
        check = None if said.self_check is None else cascade.SelfCheck(said.self_check.min_probability, said.self_check.max_s)
        tests = cascade.Accept(said.min_mean_logprob, said.refusals, said.schema_, said.length_stop, said.empty, check)
        return cascade.Cascade(tests, cascade.Hold(self.hold.max_s, self.hold.max_tokens))
