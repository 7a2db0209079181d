"""What stands in the ledger: names from the configuration, numbers, hashes, and words of closed sets. Never text of a request or an answer.

A law test walks these types. Each record becomes one line; `kind` says which one it is.
"""

from typing import Literal

import msgspec

from classifiers.signals import DoubtKind
from gateway.exchange import Ending
from router.names import Endpoint, Zone


class Record(msgspec.Struct, frozen=True, tag_field="kind", gc=False):
    """One line's content."""


class Intent(Record, frozen=True, tag="intent", gc=False):
    """An attempt that is about to be made: written before the first byte goes, and the attempt is not made if it cannot be.

    `findings` counts spans by category, `doubts` by kind; `coverage` is the share of the prompt that was read, 0 to 1. `config` is the
    digest of the configuration. `bytes` is the size of the body and `digest` its keyed hash (`Digests`). `label` is that of these bytes;
    `judged` the request's, where they were redacted and carry less.
    """

    request: str
    attempt: int
    tenant: str
    key: str
    endpoint: Endpoint
    label: str
    coverage: float
    findings: dict[str, int]
    doubts: dict[DoubtKind, int]
    config: str
    route: str
    verdict: str
    destination: str
    replica: int
    zone: Zone
    region: str
    bytes: int
    digest: str
    judged: str = ""


class Concluded(Record, frozen=True, tag="outcome", gc=False):
    """How an attempt ended. `failure` is a kind of the failure table or empty, `status` the target's or 0, `total_s` in seconds."""

    request: str
    attempt: int
    destination: str
    ending: Ending
    failure: str
    status: int
    total_s: float


class Started(Record, frozen=True, tag="start", gc=False):
    """The gateway began to serve. `labels` are in their order; `detectors` are the kinds that look at requests."""

    version: str
    config: str
    labels: tuple[str, ...]
    detectors: tuple[str, ...]


class Stopped(Record, frozen=True, tag="stop", gc=False):
    """The gateway ended in an orderly way. A `start` without a `stop` before it says that the one before ended otherwise."""


class Reloaded(Record, frozen=True, tag="reload", gc=False):
    """Another configuration is served from now on."""

    before: str
    config: str
    labels: tuple[str, ...]
    detectors: tuple[str, ...]


class Lockdown(Record, frozen=True, tag="lockdown", gc=False):
    """Everything stays local from now on, or no longer. `by` says how it was asked for."""

    state: Literal["on", "off"]
    by: Literal["signal", "admin", "canary"]


class Declassified(Record, frozen=True, tag="declassify", gc=False):
    """Somebody with the right to do so lowered the label of a request."""

    request: str
    tenant: str
    key: str
    before: str
    label: str


class Recovered(Record, frozen=True, tag="recovered", gc=False):
    """The process ended while it wrote: so many bytes before this line are no whole lines. Their SHA-256 keeps them as they are."""

    torn_bytes: int
    torn_sha256: str


class Restored(Record, frozen=True, tag="restored", gc=False):
    """The ledger can be written again. Meanwhile `refused` attempts were not made; `lost` outcomes could not be kept."""

    seconds: float
    refused: int
    lost: int


class Root(Record, frozen=True, tag="root", gc=False):
    """A signature over the chain up to and with line `number`, whose hash is `head`. `key` is the fingerprint of the public key."""

    day: str
    number: int
    head: str
    key: str
    signature: str


Event = Started | Stopped | Reloaded | Lockdown | Declassified
AnyRecord = Intent | Concluded | Started | Stopped | Reloaded | Lockdown | Declassified | Recovered | Restored | Root
KINDS = ("intent", "outcome", "start", "stop", "reload", "lockdown", "declassify", "recovered", "restored", "root")
