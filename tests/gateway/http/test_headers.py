import uuid
from collections.abc import Sequence

import pytest

from gateway.errors import BadRequest, Refusal, TooLarge
from gateway.http.headers import Headers
from gateway.http.keys import digest_of


def test_a_uuid_of_the_caller_s_is_kept_as_request_id() -> None:
    given = str(uuid.uuid4())
    for text in (given, given.replace("-", ""), given.upper()):
        assert Headers([(b"host", b"a"), (b"x-request-id", text.encode())]).request_id == text


@pytest.mark.parametrize("text", [b"", b"mine", b"my name is somebody", b"0" * 31, b"0" * 33, b"a\nb"])
def test_anything_freer_is_replaced(text: bytes) -> None:
    assert Headers([(b"x-request-id", text)]).request_id == ""


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param([], id="none"),
        pytest.param([(b"content-length", b"10")], id="a length"),
        pytest.param([(b"transfer-encoding", b"chunked")], id="chunks"),
        pytest.param([(b"content-encoding", b"Identity")], id="no encoding by name"),
    ],
)
def test_clear_framing_passes(headers: Sequence[tuple[bytes, bytes]]) -> None:
    Headers(headers).check_framing(10)


@pytest.mark.parametrize(
    "headers,kind,code",
    [
        pytest.param([(b"content-length", b"11")], TooLarge, "body_too_large", id="too large"),
        pytest.param([(b"content-length", b"1"), (b"content-length", b"1")], BadRequest, "ambiguous_length", id="two lengths"),
        pytest.param([(b"content-length", b"1"), (b"transfer-encoding", b"chunked")], BadRequest, "ambiguous_length", id="both"),
        pytest.param([(b"content-encoding", b"gzip")], BadRequest, "encoded_body", id="compressed"),
    ],
)
def test_unclear_framing_is_refused_and_the_connection_closed(
    headers: Sequence[tuple[bytes, bytes]], kind: type[Refusal], code: str
) -> None:
    with pytest.raises(kind) as raised:
        Headers(headers).check_framing(10)
    assert raised.value.code == code
    assert raised.value.headers == {"connection": "close"}


@pytest.mark.parametrize(
    "headers,key",
    [
        pytest.param([(b"authorization", b"Bearer right")], b"right", id="bearer"),
        pytest.param([(b"authorization", b"bearer  right ")], b"right", id="in small letters"),
        pytest.param([(b"api-key", b"right")], b"right", id="api-key"),
        pytest.param([(b"x-api-key", b" right")], b"right", id="x-api-key"),
        pytest.param([(b"authorization", b"Bearer right"), (b"api-key", b"other")], b"right", id="the first one counts"),
        pytest.param([(b"authorization", b"Bearer "), (b"api-key", b"other")], b"", id="even an empty one"),
        pytest.param([(b"authorization", b"Basic right")], None, id="basic"),
        pytest.param([(b"host", b"a")], None, id="none"),
    ],
)
def test_the_key_that_was_presented(headers: Sequence[tuple[bytes, bytes]], key: bytes | None) -> None:
    assert Headers(headers).key == (key if key is None else digest_of(key))


def test_every_label_that_was_asked_for_is_kept() -> None:
    assert Headers([(b"x-tidegate-label", b"public"), (b"x-tidegate-label", b"personal")]).labels == (b"public", b"personal")


@pytest.mark.parametrize(
    "values,seconds",
    [
        pytest.param([b"30"], 30.0, id="seconds"),
        pytest.param([b"2.5"], 2.5, id="parts of them"),
        pytest.param([b"30", b"4", b"9"], 4.0, id="the least counts"),
    ],
)
def test_a_timeout(values: Sequence[bytes], seconds: float) -> None:
    assert Headers([(b"x-request-timeout", value) for value in values]).timeout_s == seconds


@pytest.mark.parametrize("value", [b"", b"0", b"0.0", b"-1", b"soon", b"1e3", b"nan", b"inf", b"1234567", b"\xb2", b"10s"])
def test_what_is_no_timeout_is_refused(value: bytes) -> None:
    with pytest.raises(BadRequest, match="number of seconds"):
        _ = Headers([(b"x-request-timeout", b"5"), (b"x-request-timeout", value)]).timeout_s
