import hashlib

import pytest

from gateway.errors import Unauthorised
from gateway.http.keys import ANONYMOUS, digest_of, identify
from gateway.plan import CallerKey

DIGEST = hashlib.sha256(b"right").digest()
KEYS = {DIGEST: CallerKey("app", DIGEST, "apps")}


def test_a_known_key_is_recognised() -> None:
    assert identify(digest_of(b"right"), KEYS).name == "app"


@pytest.mark.parametrize("presented,code", [(None, "missing_key"), (b"", "missing_key"), (b"wrong", "unknown_key")])
def test_another_is_refused_without_being_quoted(presented: bytes | None, code: str) -> None:
    with pytest.raises(Unauthorised) as raised:
        identify(None if presented is None else digest_of(presented), KEYS)
    assert raised.value.code == code
    assert raised.value.headers == {"x-should-retry": "false"}, "agents repeat a 401 for minutes otherwise"
    assert "wrong" not in str(raised.value)


def test_without_keys_everybody_is_anonymous() -> None:
    assert identify(digest_of(b"any"), {}) is ANONYMOUS


def test_the_digest_does_not_print() -> None:
    assert DIGEST.hex() not in repr(KEYS[DIGEST])
    assert repr(DIGEST) not in repr(KEYS[DIGEST])
