"""`redact:` of the configuration: what may be masked, and within which bounds."""

from collections.abc import Sequence
from importlib.util import find_spec

from gateway.config.compile_signals import Declares
from gateway.config.errors import hint
from gateway.config.models import Redact, Settings
from gateway.config.secrets import Secrets
from gateway.redact.plan import Redacting
from gateway.secret import Secret

SAFE = frozenset({"address", "email", "iban", "ip_address", "mac_address", "name", "organisation", "person", "phone", "place", "username"})
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
    secret = None if given.secret is None else secrets.read(given.secret, ("redact", "secret"))
    return Redacting(
        categories=SAFE if given.categories is None else frozenset(given.categories),
        max_share=given.max_share,
        max_placeholders=given.max_placeholders,
        hint=given.hint,
        ttl_s=given.ttl_s,
        secret=secret,
        vault_url=_vault_url(given, secret, secrets),
    )


_LEAST_SECRET = 32


def _vault_url(given: Redact, secret: Secret | None, secrets: Secrets) -> str:
    """The URL of the vault that replicas share; empty for one in memory."""
    report, where = secrets.report, ("redact", "vault")
    if given.vault.kind == "memory":
        if given.vault.url is not None:
            report.add((*where, "url"), "a vault in memory has no URL; add `kind: redis`, or take the URL out")
        return ""
    if given.vault.url is None:
        if not report.is_lost(*where):
            report.add(where, "a vault in Redis needs its URL; add `url: redis://host:6379/0`")
        return ""
    if given.secret is None:
        say = "what a Redis holds must be encrypted with a key that every replica has; add `secret: {env: NAME}` beside `vault`"
        report.add(where, say)
    elif secret is not None and len(secret.reveal()) < _LEAST_SECRET and not secrets.are_optional:
        report.add(
            ("redact", "secret"), f"a key of fewer than {_LEAST_SECRET} characters can be guessed; make one with `openssl rand -hex 32`"
        )
    if find_spec("redis") is None:
        report.add(where, "a vault in Redis needs the redis library: pip install 'tidegate[redis]'")
    return secrets.redis_url(given.vault.url, (*where, "url"))
