import hashlib

import pytest

from gateway.errors import Unauthorised
from gateway.http.keys import ANONYMOUS, identify
from gateway.plan import CallerKey

DIGEST = hashlib.sha256(b"right").digest()
KEYS = {DIGEST: CallerKey("app", DIGEST, "apps")}


@pytest.mark.parametrize(
    "header",
    [(b"authorization", b"Bearer right"), (b"authorization", b"bearer  right "), (b"api-key", b"right"), (b"x-api-key", b" right")],
    ids=["bearer", "in small letters", "api-key", "x-api-key"],
)
def test_a_known_key_is_recognised(header: tuple[bytes, bytes]) -> None:
    assert identify([(b"host", b"a"), header], KEYS).name == "app"


@pytest.mark.parametrize(
    "headers,code",
    [
        pytest.param([], "missing_key", id="none"),
        pytest.param([(b"authorization", b"Basic right")], "missing_key", id="basic"),
        pytest.param([(b"authorization", b"Bearer ")], "missing_key", id="empty"),
        pytest.param([(b"authorization", b"Bearer wrong")], "unknown_key", id="wrong"),
        pytest.param([(b"authorization", b"Bearer wrong"), (b"api-key", b"right")], "unknown_key", id="the first one counts"),
    ],
)
def test_another_is_refused_without_being_quoted(headers: list[tuple[bytes, bytes]], code: str) -> None:
    with pytest.raises(Unauthorised) as raised:
        identify(headers, KEYS)
    assert raised.value.code == code
    assert "wrong" not in str(raised.value)


def test_without_keys_everybody_is_anonymous() -> None:
    assert identify([(b"authorization", b"Bearer any")], {}) is ANONYMOUS


def test_the_digest_does_not_print() -> None:
    assert DIGEST.hex() not in repr(KEYS[DIGEST])
    assert repr(DIGEST) not in repr(KEYS[DIGEST])
