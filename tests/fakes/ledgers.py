"""Ledgers on disk for tests: written by the real book, with a clock that a test moves."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from gateway.ledger.book import Book
from gateway.ledger.records import Concluded, Intent, Started, Stopped
from gateway.secret import Secret

LABELS = ("public", "internal", "personal", "restricted")


@dataclass(slots=True)
class Clock:
    """Seconds since 1970; 2026-11-22 at noon to begin with."""

    now: float = 1_795_348_800.0

    def __call__(self) -> float:
        return self.now


def intent(number: int = 1, label: str = "public", **members: object) -> Intent:
    """An attempt of request `number`."""
    content: dict[str, object] = {
        "request": f"req_{number}",
        "attempt": 1,
        "tenant": "clinic",
        "key": "ward",
        "endpoint": "chat",
        "label": label,
        "coverage": 1.0,
        "findings": {},
        "doubts": {},
        "config": "c0ffee",
        "route": "hard",
        "verdict": "serve",
        "destination": "gpt",
        "replica": 0,
        "zone": "external",
        "region": "us",
        "bytes": 100,
        "digest": "00",
    }
    return Intent(**(content | members))  # type: ignore[arg-type]


def outcome(number: int = 1, ending: str = "Served") -> Concluded:
    """How it ended."""
    return Concluded(f"req_{number}", 1, "gpt", ending, "", 200, 0.5)  # type: ignore[arg-type]


def write(folder: Path, requests: int = 3, *, rotate_bytes: int = 1_000_000, clock: Clock | None = None) -> None:
    """A ledger of so many requests: a start, an intent and an outcome each, a stop. Each in a write of its own."""
    book = Book(folder, rotate_bytes, clock or Clock())
    book.append([Started("1", "c0ffee", LABELS, ("patterns",))], sync=False)
    for number in range(1, requests + 1):
        book.append([intent(number, LABELS[number % 4])], sync=False)
        book.append([outcome(number)], sync=False)
    book.append([Stopped()], sync=False)
    book.close()


def lines(folder: Path) -> list[bytes]:
    """Every line of every file."""
    return b"".join(path.read_bytes() for path in sorted(folder.glob("egress-*.jsonl"))).splitlines(keepends=True)


def pair() -> tuple[Secret, bytes]:
    """A private key for a configuration, and the PEM of its public one."""
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return Secret(pem), key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def python(source: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run this in a Python of its own."""
    command: Sequence[str] = [sys.executable, "-c", source, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=200, cwd=Path(__file__).parents[2])
