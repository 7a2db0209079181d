import pytest

from gateway.errors import BadRequest
from gateway.http.azure import asking_for
from gateway.wire.ask import decode


@pytest.mark.parametrize(
    ("raw", "made"),
    [
        (b'{"messages": [1]}', b'{"model":"gpt","messages": [1]}'),
        (b'  {"n":1,"model":"other" }', b'  {"n":1,"model":"gpt" }'),
        (b"{}", b'{"model":"gpt"}'),
    ],
)
def test_the_deployment_is_the_model(raw: bytes, made: bytes) -> None:
    assert asking_for(raw, "gpt") == made


@pytest.mark.parametrize(("raw", "say"), [(b"[1]", "one JSON object"), (b"{", "not valid JSON")])
def test_what_is_no_object_is_refused(raw: bytes, say: str) -> None:
    with pytest.raises(BadRequest, match=say):
        asking_for(raw, "gpt")


def test_a_model_that_is_none_is_refused_for_that() -> None:
    with pytest.raises(BadRequest, match="Say which model"):
        decode(asking_for(b'{"model":3,"messages":[{}]}', "gpt"), "chat")
