"""The configuration file as types: what may stand in it, and nothing else. `gateway.config.compile` gives it its meaning.

`schema` is the same as JSON Schema, for editors.
"""

import functools
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from pydantic import BeforeValidator, Field, model_validator
from pydantic.json_schema import GenerateJsonSchema
from typing_extensions import override

from gateway.config.baselines import AnyBaseline, Report
from gateway.config.callers import CallerKey
from gateway.config.cascade import Cascade
from gateway.config.destinations import A_LIST, Destination, ModelName, Name, Names, Seconds, SecretRef, Strict
from gateway.config.ledger import Ledger
from gateway.config.observers import Observers
from gateway.config.server import Limits, Server
from gateway.config.store import Store
from gateway.config.token_cost import PriceFile
from gateway.config.usage import Usage
from router.labels import DEFAULT


def _is_state(value: object) -> object:
    if isinstance(value, str) and value != "memory" and not value.startswith(("redis://", "rediss://")):
        raise ValueError("expected `memory`, or a URL that begins with redis:// or rediss://")
    return value if value == "memory" else _is_redis(value)


def _is_redis(value: object) -> object:
    if isinstance(value, str):
        if not value.startswith(("redis://", "rediss://")):
            raise ValueError("expected a URL that begins with redis:// or rediss://")
        if "@" in value:
            raise ValueError("a URL with a password is a secret; write {env: NAME} or {file: PATH}")
    return value


def _is_one_pair(value: object) -> object:
    if isinstance(value, dict) and len(value) != 1:
        raise ValueError("expected a kind, or one kind with its options: {names: {threshold: 0.6}}")
    return value


Condition: TypeAlias = str | int | float
Choice: TypeAlias = Annotated[str | tuple[str, ...], A_LIST]
Chosen: TypeAlias = Annotated[str | dict[str, dict[str, object]], BeforeValidator(_is_one_pair)]


class Memo(Strict):
    """What detectors said of a text is kept for when the text comes again, as in a resent history. Keyed hashes, never text."""

    entries: int = Field(default=20_000, ge=0, description="Texts and findings that are kept at most. 0: none.")
    ttl_s: Seconds = Field(default=3_600.0, description="How long, in seconds.")


class Lineage(Strict):
    """Labels stick to conversations, and to answers that are pasted elsewhere. Keyed hashes, never text."""

    entries: int = Field(default=200_000, ge=0, description="Hashes that are kept at most. 0: none, and labels do not stick.")
    ttl_s: Seconds = Field(default=86_400.0, description="How long after it was last seen, in seconds.")
    unknown_history: Literal["trust", "doubt"] = Field(
        default="trust", description="What an answer in a history is that this gateway did not give, or gave before it was restarted."
    )


class Canaries(Strict):
    """Made-up sensitive requests that are judged, and never sent, to see that they would stay."""

    every_s: float = Field(default=300.0, ge=0, description="Pause between two rounds, in seconds. 0: no canaries.")


class Sensitivity(Strict):
    """How sensitive content is recognised, and what follows."""

    detectors: Annotated[tuple[Chosen, ...], A_LIST] = Field(
        default=("patterns", "secrets"), description="Detectors in the order in which they are asked: a kind, or {kind: options}."
    )
    labels: dict[str, Name] = Field(
        default={}, description="Label of each category that detectors find. Absent categories keep the built-in label."
    )
    doubt: Name | None = Field(default=None, description="Label of what could not be read. Absent: the highest.")
    on_explicit_model: Literal["reroute", "redact", "deny"] = Field(
        default="reroute",
        description="When a caller names a model that is not cleared for the request: choose by the rules, send it redacted, or refuse.",
    )
    slow_deadline_s: Seconds = Field(default=0.5, description="How long slow detectors may take, in seconds. Later is a doubt.")
    memo: Memo = Field(default=Memo(), description="What is kept of texts that were looked at.")
    lineage: Lineage = Field(default=Lineage(), description="What is kept of texts that carried a label.")


class Vault(Strict):
    """Where the placeholders of conversations are kept, so that a value keeps its number. Values are encrypted wherever that is."""

    kind: Literal["memory", "redis"] = Field(
        default="memory", description="memory, or a Redis that replicas share. While that is away nothing goes out redacted."
    )
    url: Annotated[str | SecretRef, BeforeValidator(_is_redis)] | None = Field(
        default=None, description="URL of the Redis: redis://host:6379/0. With a password it is a secret."
    )


class Redact(Strict):
    """The redacted path, for routes that say `redact: true`: values become placeholders, and are restored in the answer."""

    categories: Annotated[tuple[str, ...], A_LIST] | None = Field(
        default=None,
        description="Categories that may become placeholders; any other finding keeps the request at home. "
        "Absent: people, contact, addresses, IBANs.",
    )
    max_share: float = Field(default=0.3, gt=0, le=1, description="Masking more of the last turn's characters keeps the request at home.")
    max_placeholders: int = Field(default=50, ge=1, le=1_000, description="Masking more values than this keeps the request at home.")
    hint: bool = Field(default=False, description="Add a note for the model: to repeat placeholders exactly as they are.")
    ttl_s: Seconds = Field(default=3_600.0, description="How long a conversation's placeholders stay the same, in seconds.")
    secret: SecretRef | None = Field(default=None, description="What kept values are encrypted with. Absent: a key of the process.")
    vault: Vault = Field(default=Vault(), description="Where placeholders are kept. In a Redis: under a `secret` that replicas share.")


class Sticky(Strict):
    """A conversation stays where it was served, unless the switch gains more than the cached prefix is worth. Keyed hashes, never text."""

    entries: int = Field(default=100_000, ge=0, description="Turns that are kept at most. 0: none, and conversations do not stick.")
    ttl_s: Seconds = Field(default=3_600.0, description="How long after it was last served, in seconds.")


class Difficulty(Strict):
    """How hard a request is judged to be."""

    scorer: str = Field(description="Kind of the scorer.")
    options: dict[str, object] = Field(default={}, description="Options of the scorer.")
    deadline_s: Seconds = Field(
        default=1.0, description="How long a scorer that takes more than a moment may take, in seconds: llm, onnx. Later is unknown."
    )
    threshold: float = Field(default=0.5, ge=0, le=1, description='What `difficulty: "> threshold"` in a rule compares with.')
    sticky: Sticky = Field(default=Sticky(), description="What is kept of conversations, so that they stay where they are.")


class When(Strict):
    """Conditions of a rule; all must hold. Absent ones do not matter."""

    label: str | None = Field(default=None, description='A label, or a comparison: ">= personal".')
    difficulty: Condition | None = Field(default=None, description='A comparison with the threshold or a number: "> threshold", ">= 0.6".')
    tokens: Condition | None = Field(default=None, description='A comparison of the prompt\'s estimated tokens: "> 8000".')
    turns: Condition | None = Field(default=None, description='A comparison of the number of messages: "> 4".')
    endpoint: Choice | None = Field(default=None, description="chat, completions or embeddings; or a list of them.")
    tenant: Choice | None = Field(default=None, description="A tenant, or a list of them.")
    tools: bool | None = Field(default=None, description="Whether the request has tools.")
    media: bool | None = Field(default=None, description="Whether the request has images, audio or files.")
    code: bool | None = Field(default=None, description="Whether the last ask has program text in it.")
    language: Choice | None = Field(default=None, description="Language of the last ask as in ISO 639-1, or a list of them: de.")
    topic: Choice | None = Field(default=None, description="What the last ask is about, or a list: of `topics`, or of the built-in ones.")
    has_schema: bool | None = Field(default=None, alias="schema", description="Whether the request asks for an answer of a JSON schema.")
    stream: bool | None = Field(default=None, description="Whether the answer is streamed.")
    share: str | float | None = Field(default=None, description="A share of the conversations, always the same ones: 5%.")


class Route(Strict):
    """A rule. The first whose conditions hold decides."""

    name: Name = Field(description="Name of the route, for headers, logs and metrics.")
    when: When = Field(default=When(), description="Conditions; absent: always.")
    to: Names = Field(description="Destinations in the order in which they are tried.", min_length=1)
    fallback: Names = Field(default=(), description="Destinations after those of `to`.")
    redact: bool = Field(default=False, description="Destinations that are not cleared for a request may have it redacted.")
    cascade: Cascade | None = Field(default=None, description="Judge the first destination's answers. Absent: they are final.")


class PolicyTest(Strict):
    """A prompt and what must come of it. A configuration whose tests fail does not load.

    Judged by the detectors and the scorer of this process; what would be asked over the network is not asked.
    """

    name: str = Field(default="", max_length=100, description="Stands in front of what is said about it.")
    say: str = Field(default="", description="What a caller writes.")
    messages: Annotated[tuple[dict[str, object], ...], A_LIST] = Field(default=(), description="Instead of `say`: a whole conversation.")
    model: ModelName = Field(default="auto", description="The model that the caller asks for.")
    path: Literal["local", "cloud", "redacted", "blocked"] | None = Field(default=None, description="The path that it must take.")
    label: Name | None = Field(default=None, description="The label that it must get.")
    route: Name | None = Field(default=None, description="The route that it must take.")
    target: Name | None = Field(default=None, description="The destination that must be tried first.")
    difficulty: str | None = Field(default=None, description='How hard it must be judged to be: "> threshold", "< 0.3".')

    @model_validator(mode="after")
    def _says_one_thing(self) -> "PolicyTest":
        if bool(self.say) == bool(self.messages):
            raise ValueError("give either `say` or `messages`")
        return self


class Settings(Strict):
    """A configuration of Tidegate."""

    version: Literal[1] = Field(description="Version of this format.")
    server: Server = Field(default=Server(), description="Where the gateway listens.")
    keys: Annotated[tuple[CallerKey, ...], A_LIST] = Field(default=(), description="Keys of callers. None: no key is asked for.")
    limits: Limits = Field(default=Limits(), description="Bounds on sizes and times.")
    labels: Annotated[tuple[Name, ...], A_LIST] = Field(
        default=DEFAULT, min_length=1, description="Labels of sensitivity, from the least to the most sensitive."
    )
    destinations: dict[Name, Destination] = Field(min_length=1, description="Where requests may go, by name.")
    sensitivity: Sensitivity = Field(default=Sensitivity(), description="How sensitive content is recognised.")
    redact: Redact = Field(default=Redact(), description="How requests are redacted, where a route or an explicit model may have them so.")
    difficulty: Difficulty | None = Field(default=None, description="How hard requests are judged to be. Absent: not judged.")
    topics: dict[Name, Annotated[tuple[str, ...], A_LIST, Field(min_length=1)]] = Field(
        default={},
        description="Topics for rules, in place of the built-in ones: a name, and a few phrases as callers would write them.",
    )
    models: dict[ModelName, ModelName] = Field(
        default={}, description="More model names for callers: a name and the destination or auto alias it means."
    )
    routes: Annotated[tuple[Route, ...], A_LIST] = Field(min_length=1, description="Rules; the first that applies decides.")
    tests: Annotated[tuple[PolicyTest, ...], A_LIST] = Field(default=(), description="Prompts that prove the configuration.")
    observers: Observers = Field(default=Observers(), description="What is told about requests.")
    baseline: Name | None = Field(default=None, description="The destination whose price answers: what if all had gone there?")
    baselines: dict[Name, AnyBaseline] = Field(default={}, description="What reports compare with, by name: more than `baseline`.")
    report: Report = Field(default=Report(), description="How reports reckon.")
    prices: PriceFile = Field(default=PriceFile(), description="Prices of tokens, besides those that come with litellm.")
    ledger: Ledger | None = Field(default=None, description="The record of everything that leaves. Absent: none is kept.")
    usage: Usage | None = Field(default=None, description="What requests used and cost, kept for reports. Absent: only metrics.")
    store: Store | None = Field(default=None, description="Files, batches and responses of callers. Absent: none are kept.")
    backstop: Literal["enforce", "warn", "off"] = Field(
        default="enforce",
        description="What the serving process does about a connection outside of its destinations: refuse, log only, or not look.",
    )
    state: Annotated[str | SecretRef, BeforeValidator(_is_state)] = Field(
        default="memory", description="memory, or the URL of a Redis that replicas share: redis://host:6379/0."
    )
    lockdown_file: str | None = Field(
        default=None, min_length=1, description="File that is there while a lockdown is on, so that it outlives a restart. Absent: none."
    )
    canaries: Canaries = Field(default=Canaries(), description="How often canaries are judged.")


class _Untitled(GenerateJsonSchema):
    """Without a title for every field, which would only repeat its name."""

    @override
    def field_title_should_be_set(self, schema: object) -> bool:
        return False


@functools.cache
def json_schema() -> dict[str, Any]:
    """The JSON Schema of the configuration."""
    return Settings.model_json_schema(schema_generator=_Untitled)


def schema() -> bytes:
    """The JSON Schema of the configuration as a file, with a final newline. The same bytes every time."""
    document = {"$schema": GenerateJsonSchema.schema_dialect} | json_schema() | {"title": "Tidegate configuration"}
    return msgspec.json.format(msgspec.json.encode(document, order="sorted"), indent=2) + b"\n"
