"""`ledger:` of the configuration, as types."""

from typing import Literal

from pydantic import Field

from gateway.config.destinations import SecretRef, Strict


class Ledger(Strict):
    """The record of everything that leaves: hash-chained files without text. An attempt that cannot be recorded is not made."""

    dir: str = Field(min_length=1, description="Folder of the ledger, on a disk that stays; relative to the configuration's folder.")
    rotate_mb: int = Field(default=64, ge=1, le=10_000, description="A new file begins at this size, in megabytes, and every day.")
    sign_key: SecretRef | None = Field(
        default=None, description="Ed25519 private key in PEM form that signs the chain's head every day. Absent: heads are not signed."
    )
    sync: Literal["always", "interval"] = Field(
        default="always",
        description="always: the disk has the record before a byte leaves. interval: within a second; a power cut may lose records.",
    )
    all: bool = Field(default=False, description="Record attempts at local destinations too. They are made even if that fails.")
