"""How requests are redacted, as the configuration has it."""

from dataclasses import dataclass, field

from gateway.secret import Secret


@dataclass(frozen=True, slots=True)
class Redacting:
    """How the redacted path masks. `categories` may become placeholders; any other finding above a clearance keeps the request at home.

    So does masking more than `max_share` of the last turn's characters, or more than `max_placeholders` values. `hint` adds a note about
    placeholders for the model. Numbers of values are kept for `ttl_s` seconds, encrypted with `secret`, or a key of the process; in the
    Redis at `vault_url`, or in memory if that is empty.
    """

    categories: frozenset[str] = frozenset()
    max_share: float = 0.3
    max_placeholders: int = 50
    hint: bool = False
    ttl_s: float = 3_600.0
    secret: Secret | None = None
    vault_url: str = field(default="", repr=False)  # it may hold a password

    @property
    def place(self) -> tuple[str, bytes]:
        """Where the vault is, and its key. A reload that leaves them as they are gives no new numbers to the values of a conversation."""
        return self.vault_url, self.secret.reveal().encode() if self.secret else b""
