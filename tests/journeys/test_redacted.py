"""The redacted path, on the wire: the cloud never sees a planted value, and the caller gets every value back."""

import json
import random
import string
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from gateway.plan import Plan
from gateway.secret import Secret
from tests.fakes.client import Reply, ask, get
from tests.fakes.gateway import between, compiled, configuration, gateway, total
from tests.fakes.secrets import Canary, email
from tests.fakes.upstream import DONE, USAGE, Upstream, answer, delta, failing, stream
from tests.fakes.valkey import valkey

_DICE = random.SystemRandom()
REDACTING: Mapping[str, Any] = {
    "routes": [{"name": "all", "to": ["gpt"], "fallback": ["qwen"], "redact": True}],
    "redact": {"max_share": 0.6},
}


def name() -> str:
    """A name that nobody has."""
    return " ".join("".join(_DICE.choices(string.ascii_lowercase, k=9)).title() for _ in range(2))


def says(text: str, **more: Any) -> bytes:
    message = {"role": "assistant", "content": text} | more
    return json.dumps({"id": "c", "model": "m", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}).encode()


def content(reply: Reply) -> str:
    text: str = reply.json["choices"][0]["message"]["content"]
    return text


def streamed(reply: Reply) -> str:
    chunks = [json.loads(one) for one in reply.events if one != b"[DONE]"]
    return "".join(choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"])


def assert_unseen(cloud: Upstream, *secrets: str) -> None:
    """The cloud got something, and none of these in any form."""
    assert cloud.bodies
    for secret in secrets:
        for form in (secret, json.dumps(secret)[1:-1], secret.lower(), secret.encode().hex()):
            assert form.lower().encode() not in bytes(cloud.received).lower()


def with_names(*names: str) -> dict[str, Any]:
    """A slow detector of these names, as `person`."""
    return {
        "sensitivity.detectors": ["patterns", {"tests.fakes.word_detector": {"is_slow": True, "words": list(names), "category": "person"}}]
    }


async def test_the_answer_of_the_cloud_has_the_values_and_the_cloud_has_not(local: Upstream, cloud: Upstream) -> None:
    address, person = email(), name()
    cloud.then(answer(200, says("Dear <PERSON_1>, I wrote to <EMAIL_1>.")))
    async with between(local, cloud, {**REDACTING, **with_names(person)}) as gate:
        reply = await gate.post(ask(f"Write a friendly note to {person} at {address} about the meeting on Monday, please."))
        assert (reply.status, content(reply)) == (200, f"Dear {person}, I wrote to {address}.")
        assert reply.headers["x-tidegate-path"] == "redacted"
        assert reply.headers["x-tidegate-label"] == "personal"
        assert "x-tidegate-unrestored" not in reply.headers
        assert_unseen(cloud, address, person, *person.split())
        assert "<PERSON_1> at <EMAIL_1> about" in cloud.fields[0]["messages"][0]["content"]
        exchange = await gate.until_observed()
        assert (exchange.path, exchange.redaction, exchange.placeholders, exchange.placeholders_unrestored) == ("redacted", "done", 2, 0)
        assert str(exchange.attempts[0].label) == "public"
        assert not local.bodies
        for text in (str(exchange), repr(exchange), gate.log.getvalue().decode()):
            assert address not in text
            assert person not in text
        metrics = await gate.metrics()
        assert total(metrics, "tidegate_requests_total", path="redacted", target="gpt") == 1
        assert total(metrics, "tidegate_egress_requests_total", label="public") == 1
        assert total(metrics, "tidegate_redactions_total", result="done") == 1


async def test_a_stream_is_restored_and_never_shows_half_a_placeholder(local: Upstream, cloud: Upstream) -> None:
    address, person = email(), name()
    pieces = ["Dear <PER", "SON", "_1", ">, wri", "te to <EM", "AIL_1> or EMAIL", "_1", " now.", " <PERSO"]
    opening = delta(role="assistant", content="")
    cloud.then(stream(opening, *(delta(one) for one in pieces), delta(finish="stop"), USAGE, DONE))
    async with between(local, cloud, {**REDACTING, **with_names(person)}) as gate:
        reply = await gate.post(ask(f"Write a friendly note to {person} at {address} about the meeting on Monday.", stream=True))
        assert reply.headers["x-tidegate-path"] == "redacted"
        assert streamed(reply) == f"Dear {person}, write to {address} or {address} now. <PERSO"
        assert reply.events[-1] == b"[DONE]"
        first = [json.loads(one)["choices"][0] for one in reply.events[:-1]]
        assert first[-1]["finish_reason"] == "stop"
        assert not [one for one in first if "PERSON" in json.dumps(one) or "EMAIL" in json.dumps(one)]
        assert_unseen(cloud, address, person)
        assert (await gate.until_observed()).finish == "stop"


async def test_tool_arguments_stay_json_in_answers_and_in_history(local: Upstream, cloud: Upstream) -> None:
    address, person = email(), 'Ada "Q" ' + name()
    call = {"id": "1", "type": "function", "function": {"name": "send", "arguments": json.dumps({"to": [person], "cc": address})}}
    messages = [
        {"role": "user", "content": "Send the usual note about the meeting on Monday to everybody who is on the list, would you?"},
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "1", "content": json.dumps({"sent": person, "at": 12.5})},
        {"role": "user", "content": f"Once more to {person}, and then write to the others who were there too, in a friendly tone please."},
    ]
    arguments = ['{"to": "<PER', "SON_1", '>", "cc": "\\u003cEMAIL_', '1\\u003e"}']
    deltas = [delta(tool_calls=[{"index": 0, "id": "2", "type": "function", "function": {"name": "send", "arguments": ""}}])]
    deltas += [delta(tool_calls=[{"index": 0, "function": {"arguments": one}}]) for one in arguments]
    whole = [{"id": "2", "type": "function", "function": {"name": "send", "arguments": "".join(arguments)}}]
    cloud.then(stream(*deltas, delta(finish="tool_calls"), DONE), answer(200, says("", tool_calls=whole)))
    async with between(local, cloud, {**REDACTING, **with_names(person)}) as gate:
        reply = await gate.post(ask(stream=True) | {"messages": messages})
        chunks = [json.loads(one)["choices"][0]["delta"] for one in reply.events[:-1]]
        said = "".join(part["function"].get("arguments", "") for chunk in chunks for part in chunk.get("tool_calls", ()))
        assert json.loads(said) == {"to": person, "cc": address}
        reply = await gate.post(ask() | {"messages": messages})
        assert json.loads(reply.json["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"]) == {"to": person, "cc": address}
        sent = cloud.fields[0]["messages"]
        assert json.loads(sent[1]["tool_calls"][0]["function"]["arguments"]) == {"to": ["<PERSON_1>"], "cc": "<EMAIL_1>"}
        assert json.loads(sent[2]["content"]) == {"sent": "<PERSON_1>", "at": 12.5}
        assert_unseen(cloud, address, person, person.replace('"', '\\\\"'))


async def test_a_placeholder_that_the_model_altered_or_made_up_is_seen(local: Upstream, cloud: Upstream) -> None:
    address = email()
    cloud.then(answer(200, says("<email_1>, <EMAIL_7>, <COURRIEL_1>")), stream(delta("EMAIL_7 <EMAIL_1>"), delta(finish="stop"), DONE))
    async with between(local, cloud, REDACTING) as gate:
        say = f"Write a friendly note to {address} about the meeting on Monday, please."
        reply = await gate.post(ask(say))
        assert content(reply) == f"{address}, <EMAIL_7>, <COURRIEL_1>"
        assert reply.headers["x-tidegate-unrestored"] == "2"
        assert (await gate.until_observed()).placeholders_unrestored == 2
        assert streamed(await gate.post(ask(say, stream=True))) == f"EMAIL_7 {address}"
        assert (await gate.until_observed(2)).placeholders_unrestored == 1
        assert total(await gate.metrics(), "tidegate_redaction_unrestored_total", target="gpt") == 3


@pytest.mark.parametrize(
    "edits,more,why",
    [
        pytest.param({}, {"content": "Charge {card} for the meeting of {email} on Monday."}, "category", id="a category that may not be"),
        pytest.param({}, {"content": "{email}"}, "useless", id="hardly anything but values"),
        pytest.param(
            {}, {"content": "How many letters are in {email}, and which of them come twice or more?"}, "useless", id="a task about it"
        ),
        pytest.param({}, {"image": True}, "doubt", id="an image"),
        pytest.param({}, {"logprobs": True}, "unsupported", id="log probabilities"),
        pytest.param({}, {"whatever": {"number": True}}, "residue", id="a value that is a number"),
        pytest.param(
            {"redact": {"max_placeholders": 1, "max_share": 0.9}},
            {"content": "Meet {email} and {other} in the big room at noon."},
            "useless",
            id="too many",
        ),
        pytest.param({"sensitivity.slow_deadline_s": 0.0001}, {}, "doubt", id="a slow detector that is late"),
    ],
)
async def test_what_cannot_be_redacted_stays_at_home(
    local: Upstream, cloud: Upstream, edits: Mapping[str, Any], more: dict[str, Any], why: str
) -> None:
    canary = Canary()
    say = more.pop("content", "Write a friendly note to {email} about the meeting on Monday.").format(
        card=canary.card, email=canary.email, other=email()
    )
    parts: list[dict[str, Any]] = [{"type": "text", "text": say}]
    if more.pop("image", False):
        parts.append({"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}})
    if "whatever" in more:
        more["whatever"]["number"] = int("49170" + "".join(_DICE.choices("123456789", k=7)))
        edits = {
            **edits,
            "redact": {"categories": ["email", "number"]},
            "sensitivity.detectors": [
                "patterns",
                {"tests.fakes.word_detector": {"words": [str(more["whatever"]["number"])], "category": "number"}},
            ],
        }
    else:
        edits = {**with_names("zebra"), **edits}
    async with between(local, cloud, {**REDACTING, **edits}) as gate:
        reply = await gate.post(ask() | {"messages": [{"role": "user", "content": parts}]} | more)
        assert (reply.status, reply.headers["x-tidegate-path"]) == (200, "local")
        assert local.fields[0]["messages"][0]["content"] == parts, "the engine at home gets what the caller sent"
        assert cloud.accepted == 0
        assert (await gate.until_observed()).redaction == why
        local.then(failing(503))
        reply = await gate.post(ask() | {"messages": [{"role": "user", "content": parts}]} | more)
        assert (reply.status, reply.error["code"]) == (503, "local_unavailable")
        assert cloud.accepted == 0


async def test_the_second_scan_refuses_what_slipped_through(local: Upstream, cloud: Upstream) -> None:
    """A detector that sees a name in only one of its two forms at first, and in the other once the first is gone."""
    detector = {"tests.fakes.word_detector": {"words": ["Brunhilda", "Brünhild"], "category": "person", "only_first": True}}
    async with between(local, cloud, {**REDACTING, "sensitivity.detectors": ["patterns", detector]}) as gate:
        reply = await gate.post(ask("Write to Brunhilda, whom some call Brünhild, that the meeting on Monday takes place at noon."))
        assert reply.headers["x-tidegate-path"] == "local"
        assert (await gate.until_observed()).redaction == "residue"
        assert cloud.accepted == 0


async def test_an_explicit_model_gets_it_redacted_or_the_engine_at_home_takes_over(local: Upstream, cloud: Upstream) -> None:
    address = email()
    cloud.then(answer(200, says("To <EMAIL_1>")))
    async with between(local, cloud, {"sensitivity.on_explicit_model": "redact", "redact": {"max_share": 0.6}}) as gate:
        say = f"Write a friendly note to {address} about the meeting on Monday, please."
        assert (await gate.post(ask(say))).headers["x-tidegate-path"] == "local", "the rules do not redact"
        reply = await gate.post(ask(say, "gpt"))
        assert (reply.headers["x-tidegate-path"], content(reply)) == ("redacted", f"To {address}")
        cloud.then(failing(500))
        reply = await gate.post(ask(say, "gpt"))
        assert (reply.status, reply.headers["x-tidegate-path"]) == (200, "local")
        assert local.fields[-1]["messages"][0]["content"] == say
        assert_unseen(cloud, address)


async def test_a_refusal_of_the_cloud_is_restored_too(local: Upstream, cloud: Upstream) -> None:
    address = email()
    cloud.then(failing(400, "no such address: <EMAIL_1>"))
    async with between(local, cloud, REDACTING) as gate:
        reply = await gate.post(ask(f"Write a friendly note to {address} about the meeting on Monday, please."))
        assert (reply.status, reply.json["error"]["message"]) == (400, f"no such address: {address}")
        assert_unseen(cloud, address)


async def test_a_conversation_keeps_its_placeholders_though_its_history_was_trimmed(local: Upstream, cloud: Upstream) -> None:
    first, second = email(), email()
    opening = {"role": "user", "content": "Let us write a few friendly notes to people about the meeting on Monday."}
    then = [{"role": "user", "content": f"One more note, in the same tone, to {address} about the meeting."} for address in (first, second)]
    async with between(local, cloud, REDACTING) as gate:
        await gate.post(ask() | {"messages": [opening, then[0]]})
        await gate.post(ask() | {"messages": [opening, then[1]]})
        await gate.post(ask() | {"messages": [opening, then[1], then[0]]})
        sent = [[message["content"] for message in fields["messages"][1:]] for fields in cloud.fields]
    assert ["<EMAIL_1>" in one for one in sent[0]] == [True]
    assert ["<EMAIL_2>" in one for one in sent[1]] == [True]
    assert ["<EMAIL_2>" in sent[2][0], "<EMAIL_1>" in sent[2][1]] == [True, True]
    assert_unseen(cloud, first, second)


async def test_what_the_caller_wrote_like_a_placeholder_stays_as_it_is(local: Upstream, cloud: Upstream) -> None:
    address = email()
    cloud.then(answer(200, says("<EMAIL_1>, EMAIL_2, <EMAIL_3>")))
    async with between(local, cloud, REDACTING) as gate:
        reply = await gate.post(ask(f"Fill <EMAIL_1> and EMAIL_2 in the template of the friendly note with {address} for me, please."))
        assert content(reply) == f"<EMAIL_1>, EMAIL_2, {address}"
        assert "x-tidegate-unrestored" not in reply.headers


@pytest.mark.parametrize("path,field", [("/v1/completions", "prompt"), ("/v1/embeddings", "input")])
async def test_completions_are_redacted_and_embeddings_are_not(local: Upstream, cloud: Upstream, path: str, field: str) -> None:
    address = email()
    body = json.dumps({"choices": [{"index": 0, "text": "To <EMAIL_1>", "finish_reason": "stop"}]}).encode()
    cloud.then(answer(200, body))
    local.then(answer(200, b'{"data": [{"embedding": [1]}]}'))
    async with between(local, cloud, {**REDACTING, "destinations.gpt.serves": ["chat", "completions", "embeddings"]}) as gate:
        reply = await gate.post({"model": "auto", field: f"A friendly note to {address} about the meeting on Monday:"}, path)
        assert reply.headers["x-tidegate-path"] == ("redacted" if field == "prompt" else "local")
        if field == "prompt":
            assert reply.json["choices"][0]["text"] == f"To {address}"
            assert_unseen(cloud, address)
        else:
            assert cloud.accepted == 0


async def test_a_local_engine_that_comes_first_gets_it_as_it_is(local: Upstream, cloud: Upstream) -> None:
    address = email()
    cloud.then(answer(200, says("To <EMAIL_1>")))
    edits = {**REDACTING, "routes": [{"name": "all", "to": ["qwen"], "fallback": ["gpt"], "redact": True}]}
    async with between(local, cloud, edits) as gate:
        say = f"Write a friendly note to {address} about the meeting on Monday, please."
        assert (await gate.post(ask(say))).headers["x-tidegate-path"] == "local"
        assert (await gate.until_observed()).redaction == "", "nothing was rewritten for nothing"
        local.then(failing(500))
        reply = await gate.post(ask(say))
        assert (reply.headers["x-tidegate-path"], content(reply)) == ("redacted", f"To {address}")
        assert_unseen(cloud, address)


LONG = "Here is the note, and I made it as friendly as I could: dear <EMAIL_1>, we all look forward to Monday."


async def test_a_conversation_goes_on_redacted_and_an_answer_from_home_keeps_it_there(local: Upstream, cloud: Upstream) -> None:
    address = email()
    first = {"role": "user", "content": f"Write a friendly note to {address} about the meeting on Monday, please."}
    more = {"role": "user", "content": "And now a shorter one, in the same tone, that they can read on the way."}
    cloud.then(answer(200, says(LONG)))
    async with between(local, cloud, REDACTING) as gate:
        said = {"role": "assistant", "content": content(await gate.post(ask() | {"messages": [first]}))}
        assert address in said["content"]
        reply = await gate.post(ask() | {"messages": [first, said, more]})
        assert reply.headers["x-tidegate-path"] == "redacted"
        assert (await gate.until_observed(2)).redaction == "done"
        cloud.then(failing(500))
        local.then(answer(200, says("At home we know that the person of whom we speak has been away for quite a while by now.")))
        reply = await gate.post(ask() | {"messages": [first]})
        assert reply.headers["x-tidegate-path"] == "local"
        cloud.then(answer(200, says(LONG)))
        reply = await gate.post(ask() | {"messages": [first, {"role": "assistant", "content": content(reply)}, more]})
        assert reply.headers["x-tidegate-path"] == "local", "what the engine at home made of the values nobody can mask"
        assert (await gate.until_observed(4)).redaction == "doubt"
        assert_unseen(cloud, address) if cloud.bodies else None


def sharing(plan: Plan, url: str) -> Plan:
    """The same with a vault that replicas share."""
    return replace(plan, redacting=replace(plan.redacting, vault_url=url, secret=Secret("shared " * 8)))


async def test_replicas_that_share_a_vault_give_a_value_the_same_number_and_without_it_nothing_leaves(
    local: Upstream, cloud: Upstream
) -> None:
    first, second = name(), name()
    with valkey() as server:
        url = server.connection_url + "?socket_timeout=20&socket_connect_timeout=20&timeout=20"  # this machine may be slow
        plan = sharing(compiled(configuration(local.url, cloud.url, {**REDACTING, **with_names(first, second)})), url)
        cloud.then(answer(200, says("To <PERSON_1> and <PERSON_2>.")))
        opening = {"role": "user", "content": "Good morning, and please be brief."}
        async with gateway(plan=plan) as one, gateway(plan=plan) as other:
            both = f"Tell {first} and {second} that the meeting on Monday takes place at noon."
            said = await one.post(ask() | {"messages": [opening, {"role": "user", "content": both}]})
            only = f"And tell {second} that there will be a meal after the meeting, if that is welcome."
            later = ask() | {"messages": [opening, {"role": "user", "content": only}]}
            assert (await other.post(later)).headers["x-tidegate-path"] == "redacted"
            assert content(said) == f"To {first} and {second}."
            assert "tell <PERSON_2> that" in cloud.fields[1]["messages"][1]["content"], "its number at the other replica"
            assert (await get(other.admin, "/readyz")).json["degraded"] == []
            before = len(cloud.bodies)
            server.stop()
            stays = await other.post(later)
            assert (stays.status, stays.headers["x-tidegate-path"]) == (200, "local")
            assert len(cloud.bodies) == before
            assert (await other.until_observed(2)).redaction == "vault"
            assert total(await other.metrics(), "tidegate_redactions_total", result="vault") == 1
            assert (await get(other.admin, "/readyz")).json["degraded"] == ["vault"]
        assert_unseen(cloud, first, second)
