"""Keyed hashes of bodies, so that who reads the ledger cannot try out what was said, and who has the body and the key can find its line."""

import hmac
import os
import secrets
from pathlib import Path

DIGEST_KEY = "digest.key"


class Digests:
    """Keyed hashes of bodies. The key is made once and kept beside the ledger, readable by its owner only; leave it out of copies.

    Who has key and body can find the body's line; who has the ledger alone cannot try out bodies.
    """

    def __init__(self, folder: Path) -> None:
        """Read the key, or make it. Raises OSError."""
        path = folder / DIGEST_KEY
        try:
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            self._key = bytes.fromhex(path.read_text())
        else:
            self._key = secrets.token_bytes(32)
            with os.fdopen(file, "w") as new:
                new.write(self._key.hex())

    def of(self, sha256: str) -> str:
        """The keyed hash of a body whose SHA-256 is this, in hexadecimal digits."""
        return hmac.digest(self._key, sha256.encode(), "sha256").hex()
