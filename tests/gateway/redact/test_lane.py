import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest

from classifiers.classify import classify
from classifiers.prompt import Prompt
from classifiers.signals import Doubt, Signals
from gateway.http.chat import facts_of
from gateway.plan import Plan
from gateway.redact.lane import Draft, Redacted, redact, redact_unsent, rewrite
from gateway.redact.values import Value
from gateway.redact.vault import Keeps, Vault
from gateway.wire.ask import Ask, decode
from tests.fakes.client import ask as body_of
from tests.fakes.gateway import compiled, configuration

SAY = "Tell Ada Quillby that the meeting on Monday takes place at noon, if she has not heard of it."


def plan(edits: Mapping[str, Any] | None = None) -> Plan:
    words = {"tests.fakes.word_detector": {"words": ["Ada Quillby", "PERSON"], "category": "person"}}
    content = {
        "sensitivity.detectors": ["patterns", words],
        "routes": [{"name": "all", "to": ["gpt"], "fallback": ["qwen"], "redact": True}],
    }
    return compiled(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1", content | dict(edits or {})))


def decoded(text: str = SAY, **more: object) -> Ask:
    return decode(msgspec.json.encode(body_of(text, **more)), "chat")  # type: ignore[arg-type]  # `model` is one of them


def signals(on: Plan, ask: Ask) -> Signals:
    return classify(ask.prompt, on.fast)


def limit_of(on: Plan) -> Any:
    return on.policy.targets["gpt"].clearance  # type: ignore[index]  # a name


@dataclass
class Says:
    """A judge whose detectors all say this, of a prompt in which there is no name."""

    plan: Plan
    says: Signals
    vault: Keeps = field(default_factory=Vault)

    async def scan(self, prompt: Prompt) -> Signals:
        assert all("Ada" not in part.text for part in prompt.parts)
        return self.says


def unsent(on: Plan, ask: Ask) -> Any:
    return redact_unsent(on, ask, facts_of("r", on, ask), signals(on, ask), limit_of(on))


def test_findings_within_our_own_placeholders_are_none() -> None:
    """The detector of this test takes `PERSON` for a person, as models of names sometimes do."""
    made = unsent(plan(), decoded())
    assert isinstance(made, Redacted)
    assert made.label.name == "public"
    assert "<PERSON_1>" in json.loads(made.ask.body)["messages"][0]["content"]
    assert "Ada" not in repr(made) + repr(made.ask)


@pytest.mark.parametrize(
    "more,why",
    [
        pytest.param({"logprobs": True}, "unsupported", id="log probabilities"),
        pytest.param({"modalities": ["text", "audio"]}, "unsupported", id="speech"),
        pytest.param({"whatever": {"Ada Quillby": 1, "ADA QUILLBY": 2}}, "unsupported", id="two keys would become one"),
        pytest.param({"whatever": '{"a":' * 700 + "1" + "}" * 700}, "unsupported", id="too deep inside of a string"),
        pytest.param({"model": "auto:private"}, "doubt", id="the caller asked for privacy"),
        pytest.param({"whatever": ["4111 1111 1111 " + "1111"]}, "category", id="a card"),
    ],
)
def test_why_there_is_none(more: dict[str, object], why: str) -> None:
    assert unsent(plan(), decoded(SAY, **more)) == why


def test_a_body_that_becomes_too_deep_or_odd_is_not_sent() -> None:
    on, ask = plan({"limits.depth": 8}), decoded(SAY, whatever=[[[[[[[["Ada Quillby"]]]]]]]])
    assert unsent(on, ask) == "unsupported"


async def test_the_scan_decides_and_nothing_else() -> None:
    on, ask = plan(), decoded()
    facts, found, limit = facts_of("r", on, ask), signals(on, ask), limit_of(on)

    for says, left in ((Signals(), None), (Signals(doubts=(Doubt("late"),)), "residue"), (Signals(coverage=0.5), "residue")):
        made = await redact(Says(on, says), ask, facts, found, limit)
        assert made == left or isinstance(made, Redacted)
        assert isinstance(made, Redacted) == (left is None)
    assert await redact(Says(on, Signals()), decoded(logprobs=True), facts, found, limit) == "unsupported"


def test_a_hint_is_added_where_it_is_asked_for() -> None:
    made = unsent(plan({"redact": {"hint": True}}), decoded())
    assert "exactly as they are" in json.loads(made.ask.body)["messages"][0]["content"]


async def test_the_vault_keeps_the_numbers() -> None:
    on, vault, ask = plan(), Vault(), decoded()
    facts = facts_of("r", on, ask)
    judge = Says(on, Signals(), vault)
    for _ in range(2):
        made = await redact(judge, ask, facts, signals(on, ask), limit_of(on))
        assert isinstance(made, Redacted)
        assert [placeholder.text for placeholder in made.answers.restorer._values] == ["<PERSON_1>"]
    draft = rewrite(on, (Value("PERSON", 7, "Ada Quillby"),), ask, facts, signals(on, ask), limit_of(on))
    assert isinstance(draft, Draft)
    assert [placeholder.text for placeholder in draft.values] == ["<PERSON_7>"]
    assert "Ada" not in repr(draft)
    assert len(vault) == 1


@pytest.mark.parametrize("form,is_json", [({"type": "json_object"}, True), ({"type": "text"}, False), ("odd", False)])
def test_an_answer_in_json_is_restored_as_such(form: object, is_json: bool) -> None:
    made = unsent(plan(), decoded(response_format=form))
    assert isinstance(made, Redacted)
    made.answers.restorer._values = {next(iter(made.answers.restorer._values)): 'a"b'}
    body = made.answers.whole(json.dumps({"choices": [{"message": {"content": "<PERSON_1>"}}]}).encode())
    assert json.loads(body)["choices"][0]["message"]["content"] == ('a\\"b' if is_json else 'a"b')
