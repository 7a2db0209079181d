"""Signed heads of the ledger, by Ed25519. Imported by those who sign or check, because the library takes its time.

A private key is PEM (`openssl genpkey -algorithm ed25519`), a public one too (`openssl pkey -pubout`).
"""

import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key, load_pem_public_key

from gateway.ledger.chain import Head
from gateway.ledger.errors import Unanswerable
from gateway.ledger.records import Root
from gateway.secret import Secret


class Signer:
    """Signs heads. Raises `Unanswerable`."""

    def __init__(self, pem: Secret) -> None:
        try:
            key = load_pem_private_key(pem.reveal().encode() + b"\n", None)
        except (ValueError, TypeError):
            key = None
        if not isinstance(key, Ed25519PrivateKey):
            raise Unanswerable("expected an Ed25519 private key in PEM form: openssl genpkey -algorithm ed25519 -out ledger.key")
        self._key = key
        self.fingerprint = fingerprint(key.public_key())

    def sign(self, day: str, head: Head) -> Root:
        """The signed statement that the chain was so on that day, `2026-11-22`, in UTC."""
        return Root(day, head.seq, head.hash, self.fingerprint, self._key.sign(_statement(day, head)).hex())


def public_key(pem: bytes) -> Ed25519PublicKey:
    """The key that signatures are checked with. Raises `Unanswerable`."""
    try:
        key = load_pem_public_key(pem)
    except ValueError:
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise Unanswerable("expected an Ed25519 public key in PEM form: openssl pkey -in ledger.key -pubout -out ledger.pub")
    return key


def fingerprint(key: Ed25519PublicKey) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of the key's 32 bytes."""
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def is_signed(root: Root, key: Ed25519PublicKey) -> bool:
    """Whether the root's signature is this key's."""
    try:
        key.verify(bytes.fromhex(root.signature), _statement(root.day, Head(root.number, root.head)))
    except (InvalidSignature, ValueError):
        return False
    return root.key == fingerprint(key)


def _statement(day: str, head: Head) -> bytes:
    return f"tidegate ledger root\n{day}\n{head}\n".encode()
