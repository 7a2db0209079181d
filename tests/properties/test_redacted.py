"""Promise one on the redacted path: what goes to a target holds no value of a category above its clearance.

Bodies with planted values are drawn at random: said once or often, in any place, in any form, some of which no masking reaches. Each is
conducted to its end, and the bytes that an upstream was given are searched; what comes back must hold every value again.
"""

import base64
import json
import random
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import msgspec
from typing_extensions import override

from gateway.plan import Plan
from gateway.upstreams.upstream import Call, Downstream
from router.attempt import Attempt, Failed, Outcome, Served
from router.clearance import ClearedBody
from router.failures import FAILURES
from tests.fakes.gateway import compiled, configuration
from tests.fakes.scripted import Scripted, stage

REQUESTS = 1_500
LABELS = {"person": "personal", "account": "restricted", "place": "internal"}
WORDS = {"person": ["Ada Quillby", "Zoë Örtel", "Quillby", "Bo"], "account": ["ACC-4711-X", "900100200300"], "place": ["Nordhafen"]}
RANK = {"public": 0, "internal": 1, "personal": 2, "restricted": 3}


@cache
def plan(clearance: str, is_narrow: bool, hint: bool) -> Plan:
    """A cloud that is cleared for that much, and a rule that redacts for it. `is_narrow`: accounts may not be masked."""
    detectors: list[dict[str, Any]] = [
        {"tests.fakes.word_detector": {"words": words, "category": category}} for category, words in WORDS.items()
    ]
    detectors.append({"tests.fakes.word_detector": {"words": ["Late Bloomer", "Blóómer"], "category": "person", "only_first": True}})
    edits: Mapping[str, Any] = {
        "sensitivity.detectors": detectors,
        "sensitivity.labels": LABELS,
        "destinations.gpt.clearance": clearance,
        "routes": [{"name": "all", "to": ["gpt"], "fallback": ["qwen"], "redact": True}],
        "redact": {"categories": ["person", "place", *([] if is_narrow else ["account"])], "max_share": 0.9, "hint": hint},
    }
    return compiled(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1", edits))


class Echo(Scripted):
    """Answers with the very body that it was given, or fails. `bodies` is what came."""

    def __init__(self, fails: bool = False) -> None:
        super().__init__()
        self.fails = fails
        self.bodies: list[bytes] = []

    @override
    async def relay(self, attempt: Attempt, payload: ClearedBody, call: Call, out: Downstream) -> Outcome:
        body = payload.for_target(attempt.target.name)
        self.bodies.append(body)
        if self.fails:
            return Failed(FAILURES["OVERLOADED"], 429, 9.0)
        await out.answer(200, b"application/json", msgspec.json.encode({"choices": [{"message": json.loads(body)["messages"]}]}), None)
        return Served()


def text(dice: random.Random, values: list[str]) -> str:
    """A sentence that says these values, in forms that masking reaches and in some that it does not."""
    said = ["Let", "us", "see", "what", "comes", "of", "it"]
    for value in values:
        forms: list[Callable[[str], str]] = [
            str,
            str,
            str,
            str,
            str.upper,
            lambda one: f"({one})",
            lambda one: f"{one}'s",
            lambda one: json.dumps({"n": one}),
        ]
        form = dice.choice(forms)
        said.insert(dice.randrange(len(said)), form(value))
    if dice.random() < 0.1:
        said.append(dice.choice(["Late Bloomer and Blóómer", "<PERSON_1>", "PERSON_2", "xQuillbyx"]))
    return " ".join(said)


def body(dice: random.Random) -> dict[str, object]:
    """A request with values somewhere in it."""
    values = [dice.choice(words) for words in dice.sample(list(WORDS.values()), dice.randint(0, 3))]
    messages: list[dict[str, object]] = [{"role": "user", "content": text(dice, values if dice.random() < 0.8 else [])}]
    more: dict[str, object] = {}
    if dice.random() < 0.3:
        call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": json.dumps({"to": text(dice, values)})}}
        messages += [
            {"role": "assistant", "tool_calls": [call]},
            {"role": "user", "content": "And then, what else is there to be said of it?"},
        ]
    if values and dice.random() < 0.3:
        value = dice.choice(values)
        more = dice.choice([{"metadata": {value: "x"}}, {"user": value}, {"whatever": {"er": {"value": value}}}, {"stop": [value]}])
    if dice.random() < 0.1:
        more["number"] = 900100200300
    if dice.random() < 0.05:
        messages.append({"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://x.org/a.png"}}]})
    return {"model": dice.choice(["auto", "auto", "gpt", "auto:local", "auto:private"]), "messages": messages, **more}


def barred(clearance: str) -> list[str]:
    """The values that a target of that clearance may not get."""
    return [word for category, words in WORDS.items() if RANK[LABELS[category]] > RANK[clearance] for word in words]


def holds(sent: str, value: str) -> bool:
    """Whether a body holds a value, as a detector of words would see it: raw, or in JSON that is a string."""
    return any(form in sent for form in (value, json.dumps(value)[1:-1], json.dumps(json.dumps(value)[1:-1])[1:-1]))


async def test_no_target_gets_a_value_above_its_clearance_and_the_caller_gets_all_back() -> None:
    dice, seen = random.Random(7), Counter[str]()
    for _ in range(REQUESTS):
        clearance, asked = dice.choice(["public", "internal", "personal"]), body(dice)
        cloud, local = Echo(fails=dice.random() < 0.1), Echo()
        hint = dice.random() < 0.3
        on = stage(plan(clearance, dice.random() < 0.3, hint), {"qwen": local, "gpt": cloud})
        exchange = await on.conduct(asked)
        seen[exchange.path] += 1
        seen[exchange.redaction] += 1
        for sent in cloud.bodies:
            found = [value for value in barred(clearance) if holds(sent.decode(), value)]
            assert not found, (sent, found, exchange.redaction)
            assert b"Bl\xc3\xb3\xc3\xb3mer" not in sent or clearance == "personal"
        assert exchange.result == "served" or (cloud.fails and asked["model"] == "gpt")
        if exchange.path == "redacted":
            back = msgspec.json.decode(on.caller.body)["choices"][0]["message"]
            said = [message.get("content") for message in asked["messages"]]  # type: ignore[attr-defined]  # a list of messages
            assert folded([message.get("content") for message in back])[-len(said) :] == folded(said)
            assert exchange.placeholders
            assert exchange.placeholders_unrestored == 0 or hint, cloud.bodies
    assert min(seen[path] for path in ("local", "cloud", "redacted")) > 100, seen
    assert min(seen[why] for why in ("done", "category", "doubt", "residue")) > 20, seen


def folded(said: list[Any]) -> list[Any]:
    """Texts without regard to case: a value is restored as it was first written. JSON in them without regard to spaces."""
    return ["".join(str(one).split()).casefold() for one in said]


def test_the_search_finds_a_value_in_every_form() -> None:
    for value in ("Zoë Örtel", "ACC-4711-X"):
        assert holds(json.dumps({"a": value}), value)
        assert holds(json.dumps({"a": json.dumps({"b": value})}), value)
        assert not holds(base64.b64encode(value.encode()).decode(), value)
