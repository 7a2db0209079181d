from typing import Any, get_args

import pytest

from gateway.errors import BadRequest
from gateway.wire.carriers import turns_of
from router.names import Endpoint

GOOD: dict[Endpoint, list[dict[str, Any]]] = {
    "chat": [{"messages": [{"role": "user"}]}],
    "messages": [{"messages": [{"role": "user"}]}],
    "count_tokens": [{"messages": [{"role": "user"}]}],
    "completions": [{"prompt": "a"}, {"prompt": [1, 2]}],
    "embeddings": [{"input": "a"}, {"input": ["a"]}],
    "responses": [{"input": "a"}, {"input": [{"role": "user"}]}],
    "rerank": [{"query": "a", "documents": ["b"]}],
    "score": [{"text_1": "a", "text_2": ["b"]}, {"queries": "a", "documents": ["b"]}, {"data_1": "a", "data_2": "b"}],
    "moderations": [{"input": "a"}],
    "tokenize": [{"prompt": "a"}, {"messages": [{"role": "user"}]}],
    "images": [{"prompt": "a"}],
    "image_edits": [{"image": "a"}],
    "speech": [{"input": "a"}],
    "transcriptions": [{"file": "a"}],
    "translations": [{"file": "a"}],
}


@pytest.mark.parametrize("endpoint", get_args(Endpoint))
def test_each_endpoint_says_what_it_must_carry(endpoint: Endpoint) -> None:
    for fields in GOOD[endpoint]:
        assert turns_of(fields, endpoint) == 1
    nothing: list[Any] = ["", None, 3]
    wrong: list[dict[str, object]] = [{}, *(dict.fromkeys(GOOD[endpoint][0], value) for value in nothing)]
    for fields in wrong:
        with pytest.raises(BadRequest) as refused:
            turns_of(fields, endpoint)
        assert refused.value.param in GOOD[endpoint][0]


@pytest.mark.parametrize("name", ["previous_response_id", "conversation", "prompt", "background"])
def test_what_is_kept_elsewhere_is_refused_whoever_asks(name: str) -> None:
    with pytest.raises(BadRequest) as refused:
        turns_of({"input": "a", name: "x"}, "responses")
    assert (refused.value.code, refused.value.param) == ("not_carried", name)


@pytest.mark.parametrize(
    "item",
    [
        {"type": "item_reference", "id": "msg_1"},
        {"id": "msg_1"},
        {"type": None, "id": "rs_1"},
        {"type": "image_generation_call", "id": "ig_1"},
        {"type": "image_generation_call", "id": "ig_1", "result": None},
    ],
    ids=str,
)
def test_an_item_that_is_kept_elsewhere_is_refused_however_it_is_named(item: dict[str, object]) -> None:
    with pytest.raises(BadRequest) as refused:
        turns_of({"input": [{"role": "user", "content": "a"}, item]}, "responses")
    assert (refused.value.code, refused.value.param) == ("not_carried", "input")


def test_turns_are_counted_where_there_are_some() -> None:
    assert turns_of({"messages": [{}, {}, {}]}, "messages") == 3
    assert turns_of({"input": [{"role": "user"}, {"type": "image_generation_call", "result": "aGk="}]}, "responses") == 2
    assert turns_of({"prompt": ["a", "b"]}, "completions") == 1


@pytest.mark.parametrize("messages", ["hi", [], ["hi"], [{}, "hi"], {}])
def test_a_conversation_is_a_list_of_objects(messages: object) -> None:
    with pytest.raises(BadRequest, match="list of at least one message object"):
        turns_of({"messages": messages}, "chat")
