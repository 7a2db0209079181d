"""The usage store: where it is."""

from importlib.util import find_spec

from gateway.config.destinations import SecretRef
from gateway.config.models import Settings
from gateway.config.secrets import Secrets
from gateway.usage.address import POSTGRES, address
from gateway.usage.plan import UsagePlan


def usage(settings: Settings, secrets: Secrets) -> UsagePlan | None:
    """The plan of the store; None when none is kept, or, with a problem, when it cannot be."""
    asked = settings.usage
    if asked is None:
        return None
    url = asked.store if isinstance(asked.store, str) else _secret_url(asked.store, secrets)
    if not url.startswith(POSTGRES):
        path = secrets.base_dir / url
        folder = path.parent if asked.marks is None else secrets.base_dir / asked.marks
        return UsagePlan(str(path), asked.keep_days, str(folder / f"{path.name}-handed-")) if url else None
    if find_spec("psycopg") is None:
        secrets.report.add(("usage", "store"), "a PostgreSQL needs the psycopg library: pip install 'tidegate[postgres]'")
    return UsagePlan(url, asked.keep_days, "" if asked.marks is None else str(secrets.base_dir / asked.marks / "usage-handed-"))


def _secret_url(ref: SecretRef, secrets: Secrets) -> str:
    secret = secrets.read(ref, ("usage", "store"))
    if secret is None:
        return ""
    try:
        address(secret.reveal())
    except ValueError as error:
        if secrets.are_optional:
            return "postgresql://not-set/usage"
        secrets.report.add(("usage", "store"), f"{error}")
    return secret.reveal()
