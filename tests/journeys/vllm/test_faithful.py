"""The bytes on the wire between gateway and engine, seen by a tap: nothing is added, lost or rewritten but the model's name."""

import httpx
import pytest

from tests.journeys.vllm.conftest import Gateway
from tests.journeys.vllm.tap import Tap

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(120, func_only=True), pytest.mark.xdist_group("vllm")]

# Spaces, order, escapes, the spelling of numbers, fields that nobody knows: a decoder and encoder would change them all.
ODD = (
    rb'{ "temperature":0.0,"x_unknown" : {"b":1.50,"a":[null, 1e2]},'
    rb'"messages" :[{"role":"user","content":"caf\u00e9 \ud83d\ude80 \/ tide"}], "model":"tapped", "max_tokens": 6 , "top_k":1'
)
JSON = {"content-type": "application/json"}


def post(gateway: Gateway, body: bytes) -> httpx.Response:
    return httpx.post(f"{gateway.url}/chat/completions", content=body, headers=JSON, timeout=30)


def test_a_request_changes_but_for_its_model_and_an_answer_not_at_all(gateway: Gateway, tap: Tap) -> None:
    tap.forget()
    answer = post(gateway, ODD + b"}")
    assert answer.status_code == 200
    assert tap.request_body == (ODD + b"}").replace(b'"tapped"', b'"tiny"')
    assert tap.answer_body == answer.content
    assert answer.json()["usage"]["completion_tokens"] == 6


def test_a_stream_changes_not_at_all_when_usage_was_asked_for(gateway: Gateway, tap: Tap) -> None:
    tap.forget()
    asked = ODD + b', "stream": true, "stream_options": { "include_usage":true } }'
    answer = post(gateway, asked)
    assert tap.request_body == asked.replace(b'"tapped"', b'"tiny"')
    assert tap.answer_body == answer.content
    assert answer.content.endswith(b"data: [DONE]\n\n")


def test_usage_that_the_gateway_wanted_is_all_that_the_caller_does_not_see(gateway: Gateway, tap: Tap) -> None:
    tap.forget()
    answer = post(gateway, ODD + b', "stream": true}')
    assert b'"include_usage":true' in tap.request_body.replace(b" ", b"")
    theirs, ours = (stream.split(b"\n\n") for stream in (tap.answer_body, answer.content))
    assert [event for event in theirs if event not in ours] == [event for event in theirs if b'"usage"' in event]
    assert [event for event in theirs if event in ours] == ours


def test_a_refusal_of_the_request_keeps_the_engines_message(gateway: Gateway, tap: Tap) -> None:
    tap.forget()
    answer = post(gateway, b'{"model":"tapped","messages":[{"role":"user","content":"x"}],"temperature":-5}')
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].encode() in tap.answer_body.replace(b'\\"', b'"')


def test_the_engine_is_told_our_request_id_and_nothing_else_about_the_caller(gateway: Gateway, tap: Tap) -> None:
    tap.forget()
    own = {**JSON, "authorization": "Bearer callers-own", "cookie": "a=b", "x-forwarded-for": "192.0.2.1", "user-agent": "somebody"}
    answer = httpx.post(f"{gateway.url}/chat/completions", content=ODD + b"}", headers=own, timeout=30)
    head = bytes(tap.asked).partition(b"\r\n\r\n")[0].lower()
    assert b"x-request-id: " + answer.headers["x-request-id"].encode() in head
    assert not [name for name in (b"callers-own", b"cookie", b"forwarded", b"somebody") if name in head]
