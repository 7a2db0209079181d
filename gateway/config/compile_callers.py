"""What callers have to do with: keys, the model names they may say, and the addresses they connect to."""

import hashlib
from collections.abc import Mapping

from gateway.config.addresses import is_loopback
from gateway.config.callers import CallerKey as KeySettings
from gateway.config.compile_remote import services
from gateway.config.compile_signals import label_of
from gateway.config.errors import Report, Where, hint
from gateway.config.models import Settings
from gateway.config.secrets import Secrets
from gateway.plan import CallerKey, Listen, Meaning
from router.facts import Preference
from router.labels import Labels
from router.names import TargetName

PREFERENCES: Mapping[str, Preference] = {
    "auto": "auto",
    "auto:local": "local",
    "auto:private": "private",
    "auto:best": "best",
    "auto:cheap": "cheap",
}
"""Model names that are no model's."""


def caller_keys(settings: Settings, labels: Labels, secrets: Secrets) -> dict[bytes, CallerKey]:
    """The keys by their digest."""
    keys: dict[bytes, CallerKey] = {}
    names: set[str] = set()
    for index, key in enumerate(settings.keys):
        where: Where = ("keys", index)
        if key.name in names:
            secrets.report.add((*where, "name"), f"another key is called {key.name!r} as well")
        names.add(key.name)
        floor = label_of(key.floor, labels, (*where, "floor"), secrets.report)
        digest = _digest(key, where, secrets)
        if digest in keys:
            secrets.report.add(where, f"this is the same key as {keys[digest].name!r}")
        if digest is not None:
            limits = None if key.quality is None else (key.quality.min, key.quality.max)
            keys[digest] = CallerKey(key.name, digest, key.tenant, floor, key.may_declassify, limits, key.may_ask_best, key.priority)
    return keys


def _digest(key: KeySettings, where: Where, secrets: Secrets) -> bytes | None:
    if key.value is None:
        return bytes.fromhex(key.sha256 or "")
    secret = secrets.read(key.value, (*where, "value"))
    return None if secret is None else hashlib.sha256(secret.reveal().encode()).digest()


def meanings(settings: Settings, report: Report) -> dict[str, Meaning]:
    """What each model name means: `auto` and its like, destinations, their aliases, `models`, and what upstreams call their models.

    The last give way to all others; of destinations with the same model the first is meant.
    """
    found = {name: Meaning(preference) for name, preference in PREFERENCES.items()}
    destinations = {name: one for name, one in settings.destinations.items() if name not in services(settings)}
    for name in destinations:
        _mean(found, name, Meaning("named", TargetName(name)), ("destinations", name), report)
    for name, destination in destinations.items():
        for index, alias in enumerate(destination.aliases):
            _mean(found, alias, Meaning("named", TargetName(name)), ("destinations", name, "aliases", index), report)
    known = dict(found)
    for name, meant in settings.models.items():
        if meant in known:
            _mean(found, name, known[meant], ("models", name), report)
        elif not report.is_lost("destinations", meant):
            report.add(("models", name), f"there is no destination or alias {meant!r}{hint(meant, known)}")
    for name, destination in destinations.items():
        found.setdefault(destination.model, Meaning("named", TargetName(name)))
    return found


def _mean(found: dict[str, Meaning], name: str, meaning: Meaning, where: Where, report: Report) -> None:
    if name == "auto" or name.startswith("auto:"):
        report.add(where, f"{name!r} cannot be given away: names that begin with `auto` are the gateway's own")
    elif found.setdefault(name, meaning) is not meaning:
        report.add(where, f"the name {name!r} already stands for {found[name].target or found[name].preference!r}")


def listen(settings: Settings, report: Report) -> Listen:
    """The addresses to bind."""
    server = settings.server
    is_open = not (is_loopback(server.host) or settings.keys or server.allow_anonymous)
    if is_open and not report.has_lost("keys", "server"):
        say = (
            f"anybody who reaches {server.host} could use the gateway: add keys, or bind to 127.0.0.1, or set server.allow_anonymous: true"
        )
        report.add(("server", "host"), say)
    if server.port and (server.host, server.port) == (server.admin_host, server.admin_port):
        report.add(("server", "admin_port"), "the API has this port already; metrics and admin need one of their own")
    return Listen(
        server.host, server.port, server.admin_host, server.admin_port, server.shutdown_grace_s, server.shutdown_delay_s, server.http
    )
