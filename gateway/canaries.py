"""Canaries: made-up sensitive requests, judged by the code and the plan that judge everybody's, and never sent.

Each holds one fresh value of a category, in one place and form, and asks for what would take it outside: the best model, or a closed one by
name. It is `leaked` when a target that is not cleared for the category's label would get it unredacted, `failed` when it could not
be judged.
"""

import asyncio
import base64
import logging
import random
import string
import time
import urllib.parse
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Literal, NamedTuple, get_args

import msgspec
from typing_extensions import override

from gateway.arrival import Arrival
from gateway.http.chat import facts_of
from gateway.judging import Judging
from gateway.plan import Plan
from gateway.runtime import Runtime
from gateway.wire.ask import decode
from router.labels import Label

Result = Literal["kept", "leaked", "failed"]
RESULTS: tuple[Result, ...] = get_args(Result)

_log = logging.getLogger("tidegate")
_FIRST = ("Sarah", "Michael", "Jennifer", "David", "Emily", "Robert", "Laura", "Thomas")
_LAST = ("Johnson", "Miller", "Williams", "Anderson", "Thompson", "Roberts", "Campbell", "Peterson")
_LETTERS = string.ascii_letters + string.digits


class Canary(NamedTuple):
    """A made-up request. `form` says where and how the value stands in it."""

    category: str
    form: str
    body: bytes

    @override
    def __repr__(self) -> str:
        return f"<Canary {self.category}, {self.form}>"


def _card(dice: random.Random) -> str:
    digits = [4, *(dice.randrange(10) for _ in range(14))]
    total = sum(digit if place % 2 else sum(divmod(2 * digit, 10)) for place, digit in enumerate(digits))
    number = "".join(map(str, [*digits, -total % 10]))
    return " ".join(number[place : place + 4] for place in range(0, 16, 4))


def _iban(dice: random.Random) -> str:
    account = f"{dice.randrange(10**7, 10**8)}{dice.randrange(10**9, 10**10)}"
    return f"DE{98 - int(account + '131400') % 97:02}{account}"


def _ssn(dice: random.Random) -> str:
    return f"{dice.randrange(200, 600)}-{dice.randrange(10, 99)}-{dice.randrange(1000, 9999)}"


def _email(dice: random.Random) -> str:
    return "".join(dice.choices(string.ascii_lowercase, k=10)) + "@" + "".join(dice.choices(string.ascii_lowercase, k=9)) + ".org"


def _key(dice: random.Random) -> str:
    return "ghp_" + "".join(dice.choices(_LETTERS, k=36))


def _name(dice: random.Random) -> str:
    return f"{dice.choice(_FIRST)} {dice.choice(_LAST)}"


VALUES: Mapping[str, tuple[str, Callable[[random.Random], str]]] = {
    "card": ("Please charge the card {} for the invoice.", _card),
    "iban": ("Transfer the deposit to the account {} today.", _iban),
    "us_ssn": ("The applicant's social security number is {} as far as we know.", _ssn),
    "email": ("Write to {} that the order has shipped.", _email),
    "credential": ("The deployment uses the token {} since Monday.", _key),
    "person": ("Please tell {} that the doctor has called about the blood test.", _name),
}
"""What is planted: by category, a sentence and a value for it."""

Form = Callable[[str], dict[str, object]]


def _says(text: str) -> dict[str, object]:
    return {"messages": [{"role": "user", "content": text}]}


def _history(text: str) -> dict[str, object]:
    return {"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": "Done."}, {"role": "user", "content": "Why?"}]}


def _result(text: str) -> dict[str, object]:
    call = {"id": "call_1", "type": "function", "function": {"name": "look_up", "arguments": "{}"}}
    asked = [{"role": "user", "content": "Look it up."}, {"role": "assistant", "content": None, "tool_calls": [call]}]
    return {"messages": [*asked, {"role": "tool", "tool_call_id": "call_1", "content": text}]}


def _arguments(text: str) -> dict[str, object]:
    written = msgspec.json.encode({"note": text}).decode()
    call = {"id": "call_1", "type": "function", "function": {"name": "store", "arguments": written}}
    return {"messages": [{"role": "assistant", "content": None, "tool_calls": [call]}, {"role": "user", "content": "Go on."}]}


PLAIN: Mapping[str, Form] = {
    "said": _says,
    "in a part": lambda text: {"messages": [{"role": "user", "content": [{"type": "text", "text": text}]}]},
    "said before": _history,
    "a tool's result": _result,
}
"""Places where every category is looked for."""
CODED: Mapping[str, Form] = {
    "a call's arguments": _arguments,
    "metadata": lambda text: _says("Go on.") | {"metadata": {"note": text}},
    "a schema": lambda text: (
        _says("Go on.") | {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"description": text}}}}
    ),
    "full-width": lambda text: _says(text.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)})),
    "zero-width": lambda text: _says("\u200b".join(text)),
    "percent": lambda text: _says(urllib.parse.quote(text)),
    "base64": lambda text: _says(f"Decode this: {base64.b64encode(text.encode()).decode()}"),
}
"""Places and forms in which values with a pattern are looked for as well."""


def canaries(plan: Plan, dice: random.Random) -> Iterator[Canary]:
    """A round: every category that the plan looks for and keeps from somewhere, in every form that is meant for it."""
    external = [name for name, target in plan.policy.targets.items() if target.zone == "external"]
    for category, (sentence, value) in VALUES.items():
        if plan.policy.categories.get(category, plan.policy.labels.lowest) == plan.policy.labels.lowest:
            continue
        for form, build in (PLAIN if category == "person" else {**PLAIN, **CODED}).items():
            fields = {"model": dice.choice(["auto:best", *external]), **build(sentence.format(value(dice)))}
            yield Canary(category, form, msgspec.json.encode(fields))


async def judged(runtime: Runtime, canary: Canary) -> Result:
    """What would become of it."""
    plan = runtime.plan
    try:
        ask = decode(canary.body, "chat", plan.limits.depth)
        judging = Judging(runtime, ask, facts_of("canary", plan, ask), Arrival("canary", "chat", time.monotonic()), runtime.undecided)
        judging.judge()
        if judging.decision.leaves and plan.slow:
            await judging.judge_slowly()
    except Exception as error:  # noqa: BLE001  # whatever it is: nobody can say that it would have stayed
        runtime.report("canary", error)
        return "failed"
    wanted: Label = plan.policy.categories[canary.category]
    decision = judging.decision
    redacts = decision.redacts is not None and decision.label >= wanted
    as_it_is = [target for target in decision.chain if not (redacts and decision.is_redacted(target))]
    return "leaked" if any(target.clearance < wanted for target in as_it_is) else "kept"


async def sing(
    runtime: Runtime, count: Callable[[Result], None] = lambda _: None, dice: random.Random | None = None
) -> Counter[tuple[str, Result]]:
    """Judge a round of canaries; how many came to what, by category. What did not stay is an error in the log, by its category."""
    tally: Counter[tuple[str, Result]] = Counter()
    for canary in canaries(runtime.plan, dice or random.SystemRandom()):
        result = await judged(runtime, canary)
        tally[canary.category, result] += 1
        count(result)
        if result != "kept":
            _log.error("canary %s", result, extra={"category": canary.category})
        await asyncio.sleep(0)  # others are waiting
    return tally
