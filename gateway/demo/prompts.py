"""The prompts of the demo: telling ones, with what is planted in them and where each must go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

# Made up at run time, so that no scanner of this file takes it for a leaked one.
_KEY = "AKIA" + "7Q2LNM5XW3PZRT6V"
_CARD, _OTHER_CARD, _IBAN, _SSN = "4111 1111 1111 1111", "5555 5555 5555 4444", "DE89 3704 0044 0532 0130 00", "078-05-1120"
_EMAIL = "anna.keller@example.org"

_PROOF = (
    "Prove rigorously that there are infinitely many primes congruent to 3 modulo 4, then explain step by step why the same argument "
    "fails for 1 modulo 4 and derive a proof that works there."
)
_REFACTOR = (
    "Refactor this service across several files: move the retry logic out of client.py and jobs.py into one module, keep the public API "
    "backwards compatible, analyse the concurrency bugs that the change could introduce, and write the migration plan with tests.\n"
    "```python\nclass Client:\n    async def call(self, job):\n        for attempt in range(self.retries):\n            try:\n"
    "                return await self.pool.run(job)\n            except Timeout:\n                await asyncio.sleep(2 ** attempt)\n```"
)
_DESIGN = (
    "Design a lock-free multi-producer queue in C++ and prove that it is linearizable. Analyse the memory orderings step by step, compare "
    "the trade-offs with a mutex-based design, and derive the worst-case complexity."
)
_WEATHER: Mapping[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One prompt. `planted` are the values that may not leave; `goes` is the path that it must take while everything is up."""

    title: str
    text: str = field(repr=False)
    goes: Literal["local", "cloud"]
    planted: tuple[str, ...] = field(default=(), repr=False)
    model: str = "auto"
    is_stream: bool = False
    more: Mapping[str, Any] = field(default_factory=dict)

    def request(self, most_tokens: int) -> dict[str, Any]:
        """The arguments for the client."""
        messages = [{"role": "user", "content": self.text}]
        stream = {"stream": True, "stream_options": {"include_usage": True}} if self.is_stream else {}
        return {"model": self.model, "messages": messages, "max_completion_tokens": most_tokens, **stream, **self.more}


def prompts(cloud_model: str) -> Sequence[Shown]:
    """All of them; one asks for the cloud's model by name."""
    tool = {"tools": [_WEATHER], "tool_choice": {"type": "function", "function": {"name": "get_weather"}}}
    clinic = f"Summarise for the chart: patient Maria Santos, born 12 March 1984 (DOB 03/12/1984), SSN {_SSN}, chest pain since Tuesday."
    return (
        Shown("greeting", "Hi there! How are you today?", "local"),
        Shown("simple question", "What is the capital of France?", "local"),
        Shown("clinic note", clinic, "local", ("Maria Santos", _SSN, "03/12/1984")),
        Shown("refund", f"Write a short e-mail: we have refunded 89 EUR to the card {_CARD}.", "local", (_CARD,)),
        Shown("key in code", f'Why does this fail? client = connect(aws_access_key_id="{_KEY}")', "local", (_KEY,)),
        Shown("bank account", f"Fill in the SEPA form for IBAN {_IBAN}, amount 120.50 EUR.", "local", (_IBAN,)),
        Shown("hard proof", _PROOF, "cloud"),
        Shown("refactoring", _REFACTOR, "cloud"),
        Shown("hard, with an e-mail address", f"{_PROOF} Send the result to {_EMAIL}.", "local", (_EMAIL,)),
        Shown(f"asks for {cloud_model}", f"Is {_OTHER_CARD} a valid card number?", "local", (_OTHER_CARD,), model=cloud_model),
        Shown("hard, streamed", _DESIGN, "cloud", is_stream=True),
        Shown("sensitive, streamed", f"Say politely that the card {_CARD} was declined.", "local", (_CARD,), is_stream=True),
        Shown("tool call", "What is the weather like in Lisbon?", "local", more=tool),
    )


def traces(planted: str) -> tuple[bytes, ...]:
    """How a planted value could look in bytes: as it is, and without its separators."""
    bare = "".join(character for character in planted if character not in " -/")
    return tuple({planted.encode(), bare.encode()})
