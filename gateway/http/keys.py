"""Who calls: the virtual key of a request. Only digests of keys are kept and compared, in constant time."""

import hashlib
import hmac
from collections.abc import Mapping

from gateway.errors import Unauthorised, advice
from gateway.plan import CallerKey

ANONYMOUS = CallerKey("anonymous", b"", "anonymous")


def digest_of(presented: bytes) -> bytes:
    """What is kept of a key that was presented; nothing of an empty one."""
    return hashlib.sha256(presented).digest() if presented else b""


def identify(digest: bytes | None, keys: Mapping[bytes, CallerKey]) -> CallerKey:
    """Whose key has this digest. Raises `Unauthorised`; when there are no keys, everybody is anonymous."""
    if not keys:
        return ANONYMOUS
    if not digest:
        raise _unauthorised("missing_key", "Send your key as `Authorization: Bearer KEY`; the gateway's operator issues keys.")
    found = keys.get(digest)
    if found is None or not hmac.compare_digest(found.digest, digest):
        raise _unauthorised("unknown_key", "This key is not known here. Check it, or ask the gateway's operator for one.")
    return found


def _unauthorised(code: str, say: str) -> Unauthorised:
    return Unauthorised(code, say, headers=advice(code))
