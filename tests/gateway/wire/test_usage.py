import pytest

from gateway.wire.usage import NoAnswer, told
from router.attempt import Usage


@pytest.mark.parametrize(
    ("body", "usage"),
    [
        pytest.param(b'{"choices":[{}],"usage":{"prompt_tokens":5,"completion_tokens":2}}', Usage(5, 2), id="plain"),
        pytest.param(
            b'{"choices":[{}],"usage":{"prompt_tokens":5,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":4},'
            b'"completion_tokens_details":{"reasoning_tokens":1}}}',
            Usage(5, 2, cached=4, reasoning=1),
            id="details",
        ),
        pytest.param(
            b'{"choices":[{}],"usage":{"prompt_tokens":5,"completion_tokens":2,"prompt_tokens_details":null}}',
            Usage(5, 2),
            id="null details",
        ),
        pytest.param(
            b'{"choices":[{}],"service_tier":"flex","usage":{"prompt_tokens":5,"completion_tokens":2}}',
            Usage(5, 2, tier="flex"),
            id="the tier that served it, which stands beside the usage",
        ),
        pytest.param(b'{"choices":[{}]}', None, id="none"),
        pytest.param(b'{"choices":[{}],"usage":null}', None, id="null"),
        pytest.param(b'{"choices":[{}],"usage":"many"}', None, id="a usage that is no object"),
    ],
)
def test_usage(body: bytes, usage: Usage | None) -> None:
    assert told(body, "chat").usage == usage


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"<html>bad gateway</html>", id="html"),
        pytest.param(b"null", id="null"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b'{"choices":[]}', id="no choices"),
        pytest.param(b'{"choices":{}}', id="choices that are no list"),
        pytest.param(b'{"error":{"message":"x"}}', id="an error under a success status"),
        pytest.param(b'{"choices":[{}]', id="cut off"),
        pytest.param(b'{"choices":"\xff"}', id="not UTF-8"),
    ],
)
def test_what_is_no_answer(body: bytes) -> None:
    with pytest.raises(NoAnswer):
        told(body, "chat")


def test_embeddings_carry_data() -> None:
    assert told(b'{"data":[{"embedding":[1]}],"usage":{"prompt_tokens":2}}', "embeddings").usage == Usage(2, 0)
    with pytest.raises(NoAnswer):
        told(b'{"choices":[{}]}', "embeddings")


@pytest.mark.parametrize(("reason", "finish"), [("stop", "stop"), ("tool_calls", "tool_calls"), ("novel", "_other")])
def test_finish_reasons_are_a_closed_set(reason: str, finish: str) -> None:
    assert told(b'{"model":"m","choices":[{"finish_reason":"%b"}]}' % reason.encode(), "chat").finish == finish


def test_no_finish_reason_is_empty() -> None:
    assert told(b'{"choices":[{"finish_reason":null}]}', "chat").finish == ""


@pytest.mark.parametrize(("tokens", "read"), [(-50, 0), (10**400, 1_000_000_000)], ids=["fewer than none", "more than there can be"])
def test_senseless_counts_do_not_reach_bills(tokens: int, read: int) -> None:
    body = b'{"choices":[{}],"usage":{"prompt_tokens":%d,"completion_tokens":0}}' % tokens
    assert told(body, "chat").usage in (Usage(read, 0), None)
