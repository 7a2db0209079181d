"""Who calls: the virtual key of a request. Only digests of keys are kept and compared, in constant time."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping

from gateway.errors import Unauthorised
from gateway.plan import CallerKey

ANONYMOUS = CallerKey("anonymous", b"", "anonymous")


def identify(headers: Iterable[tuple[bytes, bytes]], keys: Mapping[bytes, CallerKey]) -> CallerKey:
    """The caller's key, from `authorization: Bearer ...`, `api-key` or `x-api-key`. Raises `Unauthorised`; no keys: anonymous."""
    if not keys:
        return ANONYMOUS
    presented = _presented(headers)
    if not presented:
        raise Unauthorised("missing_key", "Send your key as `Authorization: Bearer KEY`; the gateway's operator issues keys.")
    digest = hashlib.sha256(presented).digest()
    found = keys.get(digest)
    if found is None or not hmac.compare_digest(found.digest, digest):
        raise Unauthorised("unknown_key", "This key is not known here. Check it, or ask the gateway's operator for one.")
    return found


def _presented(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    for name, value in headers:
        if name == b"authorization" and value[:7].lower() == b"bearer ":
            return value[7:].strip()
        if name in (b"api-key", b"x-api-key"):
            return value.strip()
    return b""
