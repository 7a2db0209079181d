"""The egress ledger: where it is kept, and the key that signs it, which is tried at load."""

from gateway.config.models import Settings
from gateway.config.secrets import Secrets
from gateway.ledger.errors import Unanswerable
from gateway.plan import LedgerPlan


def ledger(settings: Settings, secrets: Secrets) -> LedgerPlan | None:
    """The plan of the ledger; None when none is kept."""
    asked = settings.ledger
    if asked is None:
        return None
    where = ("ledger", "sign_key")
    key = secrets.read(asked.sign_key, where, is_document=True) if asked.sign_key else None
    if key is not None and not secrets.are_optional:
        from gateway.ledger.signing import Signer  # cryptography

        try:
            Signer(key)
        except Unanswerable as error:
            secrets.report.add(where, str(error))
    return LedgerPlan(secrets.base_dir / asked.dir, asked.rotate_mb * 1_000_000, key, asked.sync, asked.all)
