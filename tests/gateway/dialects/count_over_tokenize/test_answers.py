import msgspec
import pytest

from gateway.dialects.count_over_tokenize.answers import CountAnswers
from gateway.dialects.count_over_tokenize.request import translated
from gateway.errors import BadRequest


def test_a_request_to_count_is_one_to_split_a_chat() -> None:
    asked = {
        "model": "m",
        "system": "Be brief.",
        "messages": [{"role": "user", "content": "How tall is it?"}],
        "tools": [{"name": "f", "input_schema": {"type": "object"}}],
    }
    fields, lost = translated(asked)
    assert fields.keys() == {"model", "messages", "tools"}
    assert [message["role"] for message in msgspec.convert(fields["messages"], list[dict[str, object]])] == ["system", "user"]
    assert lost == ()
    with pytest.raises(BadRequest):
        translated({"model": "m", "messages": [{"role": "user", "content": 3}]})


def test_of_tokens_their_number_comes_back() -> None:
    answers = CountAnswers({}, "req_1")
    assert answers.whole(b'{"count":7,"max_model_len":8192,"tokens":[1,2]}') == b'{"input_tokens":7}'
    assert answers.events(b"data: {}\n\n") == b"data: {}\n\n"
    with pytest.raises(msgspec.DecodeError):
        answers.whole(b'{"tokens":[]}')
