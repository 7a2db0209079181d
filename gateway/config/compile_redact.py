"""`redact:` of the configuration: what may be masked, and within which bounds."""

from collections.abc import Sequence

from gateway.config.compile_signals import Declares
from gateway.config.errors import hint
from gateway.config.models import Settings
from gateway.config.secrets import Secrets
from gateway.plan import Redacting

SAFE = frozenset({"address", "email", "iban", "ip_address", "mac_address", "name", "person", "phone", "username"})
"""Categories that may be masked unless the file says otherwise: what names, reaches or pays a person. Credentials, cards, identity numbers
and anything about health stay at home: what stands around them tells too much."""


def redacting(settings: Settings, made: Sequence[Declares], secrets: Secrets) -> Redacting:
    """How the redacted path masks. A category that no detector finds is a problem: the file would promise what does not happen."""
    given, report = settings.redact, secrets.report
    declared = frozenset[str]().union(*(detector.categories for detector in made))
    is_complete = len(made) == len(settings.sensitivity.detectors) and not report.is_lost("sensitivity", "detectors")
    for index, name in enumerate(given.categories or ()):
        if name not in declared and is_complete:
            report.add(("redact", "categories", index), f"no chosen detector finds {name!r}{hint(name, declared)}")
    return Redacting(
        categories=SAFE if given.categories is None else frozenset(given.categories),
        max_share=given.max_share,
        max_placeholders=given.max_placeholders,
        hint=given.hint,
        ttl_s=given.ttl_s,
        secret=None if given.secret is None else secrets.read(given.secret, ("redact", "secret")),
    )
