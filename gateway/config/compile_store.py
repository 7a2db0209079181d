"""The store of files, batches and responses: where it is, and what it takes."""

from gateway.config.models import Settings
from gateway.config.secrets import Secrets
from gateway.kept.plan import BatchPlan, StorePlan


def store(settings: Settings, secrets: Secrets) -> StorePlan | None:
    """The plan of the store; None when nothing is kept."""
    asked = settings.store
    if asked is None:
        return None
    return StorePlan(
        secrets.base_dir / asked.folder, asked.keep_s, asked.most_bytes, asked.total_bytes, BatchPlan(**asked.batch.model_dump())
    )
