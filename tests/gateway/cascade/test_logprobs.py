import json
from typing import Any

import pytest

from gateway.cascade.logprobs import body_without, events_without, is_ours, with_logprobs
from gateway.wire.ask import Ask, decode
from router.names import Endpoint

CHAT = {"model": "auto", "messages": [{"role": "user", "content": "a"}]}
PROMPT = {"model": "auto", "prompt": "a"}


def asked(fields: dict[str, Any], endpoint: Endpoint = "chat") -> Ask:
    return decode(json.dumps(fields).encode(), endpoint)


@pytest.mark.parametrize(
    ("ask", "ours"),
    [
        pytest.param(asked(CHAT), True, id="a chat without"),
        pytest.param(asked(CHAT | {"logprobs": False}), True, id="a chat that wants none"),
        pytest.param(asked(CHAT | {"logprobs": None}), True, id="a chat that says nothing of them"),
        pytest.param(asked(CHAT | {"logprobs": True}), False, id="a chat that wants them"),
        pytest.param(asked(CHAT | {"top_logprobs": 2}), False, id="a chat that is refused by the engine, and has to be"),
        pytest.param(asked(PROMPT, "completions"), True, id="a completion without"),
        pytest.param(asked(PROMPT | {"logprobs": 0}, "completions"), False, id="a completion that wants them"),
        pytest.param(asked(PROMPT | {"echo": True}, "completions"), False, id="a completion that wants its prompt back"),
        pytest.param(asked({"model": "auto", "input": "a"}, "embeddings"), False, id="an embedding"),
    ],
)
def test_they_are_ours_when_nobody_else_wants_them(ask: Ask, ours: bool) -> None:
    assert is_ours(ask) is ours


@pytest.mark.parametrize(
    ("body", "endpoint", "made"),
    [
        pytest.param(
            b'{ "model":"a",\n "messages": [{"role":"user","content":"}"}] } ',
            "chat",
            b'{ "model":"a",\n "messages": [{"role":"user","content":"}"}] ,"logprobs":true} ',
            id="at the end",
        ),
        pytest.param(
            b'{"logprobs" : false , "model":"a","messages":[{"role":"user"}]}',
            "chat",
            b'{"logprobs" : true , "model":"a","messages":[{"role":"user"}]}',
            id="in its place",
        ),
        pytest.param(b'{"model":"a","prompt":"b"}', "completions", b'{"model":"a","prompt":"b","logprobs":1}', id="a completion's"),
    ],
)
def test_a_request_that_asks_for_them_changes_nowhere_else(body: bytes, endpoint: Endpoint, made: bytes) -> None:
    assert with_logprobs(body, decode(body, endpoint)) == made


TOLD = b'{"content":[{"token":"\\"}],{","logprob":-0.1,"bytes":[1,2],"top_logprobs":[]}],"refusal":null}'


@pytest.mark.parametrize(
    ("body", "left"),
    [
        pytest.param(
            b'{"choices":[{"index":0,"logprobs":%b,"finish_reason":"stop"}],"x":1}' % TOLD,
            b'{"choices":[{"index":0,"logprobs":null,"finish_reason":"stop"}],"x":1}',
            id="compact",
        ),
        pytest.param(
            b'{ "choices" : [ {"logprobs" : %b }, {"logprobs":\n%b\n} ] }' % (TOLD, TOLD),
            b'{ "choices" : [ {"logprobs" : null }, {"logprobs":\nnull\n} ] }',
            id="in any spelling, of any choice",
        ),
        pytest.param(b'{"choices":[{"logprobs":null,"message":{}}]}', b'{"choices":[{"logprobs":null,"message":{}}]}', id="none"),
        pytest.param(
            b'{"logprobs":[1],"choices":[{"message":{"logprobs":[2]}}],"other":[{"logprobs":[3]}]}',
            b'{"logprobs":[1],"choices":[{"message":{"logprobs":[2]}}],"other":[{"logprobs":[3]}]}',
            id="elsewhere they are somebody else's",
        ),
        pytest.param(
            b'{"choices":[{"message":{"content":"\\"choices\\":[{\\"logprobs\\":[1]}]"}}]}',
            b'{"choices":[{"message":{"content":"\\"choices\\":[{\\"logprobs\\":[1]}]"}}]}',
            id="a text about them",
        ),
        pytest.param(b"no json, but logprobs", b"no json, but logprobs", id="no JSON"),
    ],
)
def test_they_are_taken_out_of_an_answer(body: bytes, left: bytes) -> None:
    assert body_without(body) == left


def event(choice: bytes, more: bytes = b"") -> bytes:
    return b'data: {"choices":[%b]%b}\n\n' % (choice, more)


SAID, QUIET = b'{"delta":{"content":"a"},"logprobs":%b,"finish_reason":null}', b'{"delta":{},"logprobs":%b,"finish_reason":null}'


@pytest.mark.parametrize(
    ("block", "left"),
    [
        pytest.param(event(SAID % TOLD) * 2 + b"data: [DONE]\n\n", event(SAID % b"null") * 2 + b"data: [DONE]\n\n", id="of every event"),
        pytest.param(b": hello\n\n" + event(SAID % TOLD), b": hello\n\n" + event(SAID % b"null"), id="beside a comment"),
        pytest.param(event(SAID % TOLD).replace(b"\n", b"\r\n"), event(SAID % b"null").replace(b"\n", b"\r\n"), id="with other line ends"),
        pytest.param(event(QUIET % TOLD), b"", id="an event that is there because of them is not there"),
        pytest.param(event(QUIET % TOLD) + event(SAID % TOLD), event(SAID % b"null"), id="nor before another"),
        pytest.param(event(QUIET % b"null"), event(QUIET % b"null"), id="one that is there anyway is"),
        pytest.param(
            event(QUIET.replace(b":null}", b':"stop"}') % TOLD), event(b'{"delta":{},"logprobs":null,"finish_reason":"stop"}'), id="its end"
        ),
        pytest.param(event(QUIET % TOLD, b',"usage":{}'), event(QUIET % b"null", b',"usage":{}'), id="one with usage"),
        pytest.param(
            event(QUIET % TOLD + b"," + SAID % TOLD), event(QUIET % b"null" + b"," + SAID % b"null"), id="one with another choice"
        ),
        pytest.param(b'data: {"delta":{}} "logprobs" \n\n', b'data: {"delta":{}} "logprobs" \n\n', id="one that cannot be read"),
        pytest.param(b'data: {"delta":{},"logprobs":1}\n\n', b'data: {"delta":{},"logprobs":1}\n\n', id="one without choices"),
    ],
)
def test_they_are_taken_out_of_a_stream(block: bytes, left: bytes) -> None:
    assert events_without(block) == left
    assert events_without(left) == left, "and there is nothing more to take out"
