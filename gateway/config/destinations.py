"""The part of the configuration that says where requests may go: destinations, their prices, their secrets and their clocks."""

import re
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, ConfigDict, Discriminator, Field, Tag, model_validator
from pydantic.config import JsonDict

from gateway.config.capabilities import Can, Differences
from gateway.config.strict import A_LIST as A_LIST  # noqa: PLC0414  # the parts of the configuration take these from here
from gateway.config.strict import Strict as Strict  # noqa: PLC0414
from gateway.config.strict import Usd as Usd  # noqa: PLC0414
from gateway.config.token_cost import TokenCost as TokenCost  # noqa: PLC0414
from gateway.config.vendors import VENDORS, KeyHeader, VendorName
from router.names import Endpoint

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_ENV = re.compile(r"[A-Z_][A-Z0-9_]{0,127}")
_MODEL = re.compile(r"[!-~]{1,200}")


def _is_name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError("a name has letters, digits, `.`, `_` and `-`, 64 at most, and begins with a letter or digit")
    return text


def _is_model(text: str) -> str:
    if not _MODEL.fullmatch(text):
        raise ValueError("a model name has visible ASCII characters without spaces, 200 at most")
    return text


def _is_env(text: str) -> str:
    # Not repeated in the message: people put the secret itself here.
    if not _ENV.fullmatch(text):
        raise ValueError("expected the name of an environment variable: capitals, digits and `_`")
    return text


Name: TypeAlias = Annotated[str, AfterValidator(_is_name), Field(json_schema_extra={"pattern": f"^{_NAME.pattern}$"})]
ModelName: TypeAlias = Annotated[str, AfterValidator(_is_model), Field(json_schema_extra={"pattern": f"^{_MODEL.pattern}$"})]
Seconds: TypeAlias = Annotated[float, Field(gt=0, le=86_400)]


class SecretRef(Strict):
    """Where a secret is read from: an environment variable or a file. Secrets themselves do not stand in the configuration."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["env"]}, {"required": ["file"]}]})

    env: Annotated[str, AfterValidator(_is_env)] | None = Field(default=None, description="Environment variable that holds the secret.")
    file: Annotated[str, Field(min_length=1)] | None = Field(
        default=None, description="File that holds the secret; relative to the configuration's folder."
    )

    @model_validator(mode="before")
    @classmethod
    def _is_no_plain_text(cls, value: object) -> object:
        if isinstance(value, str | int | float):
            raise ValueError("a secret is not written into the configuration; write {env: NAME} or {file: PATH}")  # noqa: TRY004  # pydantic lets a TypeError through
        return value

    @model_validator(mode="after")
    def _names_one_place(self) -> "SecretRef":
        if (self.env is None) == (self.file is None):
            raise ValueError("give either `env` or `file`")
        return self


class GpuCost(Strict):
    """What one's own machine costs, by wall time: rented by the hour, or bought. Requests are costed by what they take of it."""

    gpu_hour_usd: Usd | None = Field(default=None, description="Price of one GPU for one hour, in USD.")
    capex_usd: Annotated[float, Field(ge=0, le=1e9)] | None = Field(
        default=None, description="Price of the machines of one replica, in USD. It is spread over `life_years`."
    )
    life_years: float | None = Field(default=None, gt=0, le=50, description="How long they are used, in years of 8,760 hours.")
    gpus: int = Field(default=1, ge=1, le=4096, description="GPUs of one replica.")
    power_kw: float | None = Field(default=None, gt=0, le=10_000, description="What the machines of one replica draw at work, in kW.")
    pue: float = Field(default=1.0, ge=1, le=5, description="What the room draws for each kW of its machines: power usage effectiveness.")
    kwh_usd: Usd | None = Field(default=None, description="Price of electricity in USD per kWh.")
    available: str | None = Field(
        default=None, description="Hours in which the replicas are there and cost something, each day: 07:00-22:00. Absent: always."
    )
    timezone: str = Field(default="UTC", description="Time zone of `available`, for example Europe/Vienna.")

    @model_validator(mode="after")
    def _adds_up(self) -> "GpuCost":
        if (self.gpu_hour_usd is None) == (self.capex_usd is None):
            raise ValueError("give either `gpu_hour_usd`, or `capex_usd` and `life_years`")
        if (self.capex_usd is None) != (self.life_years is None):
            raise ValueError("`capex_usd` and `life_years` go together")
        if self.capex_usd is None and self.power_kw is not None:
            raise ValueError("power is in the price of a rented GPU; leave out `power_kw`, or give `capex_usd` and `life_years`")
        if (self.power_kw is None) != (self.kwh_usd is None) or (self.power_kw is None and self.pue != 1.0):
            raise ValueError("`power_kw` and `kwh_usd` go together, and `pue` with them")
        if self.available is None and "timezone" in self.model_fields_set:
            raise ValueError("`timezone` is that of `available`; give both")
        return self


class PriceKey(Strict):
    """Prices of another entry of litellm's price map."""

    price_key: ModelName = Field(description="Name in litellm's price map, for example openai/gpt-5.")


_OF_GPUS = frozenset(GpuCost.model_fields)


def _kind_of_cost(value: object) -> str:
    if not isinstance(value, dict):
        return "word"
    return "gpu" if _OF_GPUS & value.keys() else "map" if "price_key" in value else "tokens"


Cost: TypeAlias = Annotated[
    Annotated[GpuCost, Tag("gpu")]
    | Annotated[TokenCost, Tag("tokens")]
    | Annotated[PriceKey, Tag("map")]
    | Annotated[Literal["unknown"], Tag("word")],
    Discriminator(_kind_of_cost),
]


class Clocks(Strict):
    """How long the destination may take, in seconds. What is absent has the built-in value."""

    connect_s: Seconds | None = Field(default=None, description="To connect. Built-in: 3.")
    headers_s: Seconds | None = Field(default=None, description="To the answer's headers. Built-in: 60.")
    first_token_s: Seconds | None = Field(default=None, description="To the first bytes of the answer. Built-in: 60.")
    between_chunks_s: Seconds | None = Field(default=None, description="Between two chunks of a stream. Built-in: 30.")
    total_s: Seconds | None = Field(default=None, description="For the whole answer. Built-in: 600.")


class Hedge(Strict):
    """When a second attempt is begun beside one that is slow. It goes to another replica, or to the next destination of the same path."""

    after_s: Seconds = Field(
        description="Seconds that a stream, or an embedding, may take to its first token before a second attempt is begun."
    )
    budget: float = Field(
        default=0.05, gt=0, le=0.5, description="The part of the requests for which that is done at most. Both attempts may cost something."
    )


class Admission(Strict):
    """How much a local destination takes at a time. The rest waits, or goes on to the next destination of its chain."""

    slots: int | None = Field(
        default=None,
        ge=1,
        le=100_000,
        description="Requests that a replica takes at a time. Absent: as many as it does not refuse with 429, 503 or 529.",
    )
    reserved_share: float = Field(
        default=0.2, ge=0, lt=1, description="Part of the slots, and of the places to wait, that is kept for sensitive requests."
    )
    reserved_for: Name | None = Field(
        default=None, description="Label from which on they are sensitive. Absent: the first that no external destination is cleared for."
    )
    queue: int = Field(default=256, ge=0, le=10_000, description="Requests that may wait. More are refused at once.")
    wait_s: Seconds = Field(
        default=10.0, description="How long a request is waited for from its arrival on, in seconds. Then it is refused."
    )
    spill: bool = Field(default=True, description="Whether who has another destination goes there before it waits for long.")
    spill_above_s: Seconds = Field(
        default=2.0, description="How long the first token may take here by the forecast, in seconds, before it is asked for elsewhere."
    )


Names: TypeAlias = Annotated[tuple[Name, ...], A_LIST]
EndpointName: TypeAlias = Endpoint
Option: TypeAlias = str | int | float | bool | SecretRef


class Pool(Strict):
    """How the replicas of a local destination are found and watched."""

    discover: Literal["list", "dns", "file"] = Field(
        default="list",
        description="list: those of `urls`. dns: every address of the host of `url`, such as a headless service. "
        "file: the API bases in `file`, one a line.",
    )
    file: str | None = Field(
        default=None, min_length=1, description="File with API bases, one a line; relative to the configuration's folder. Watched."
    )
    refresh_s: Seconds = Field(default=5.0, description="How often the name server or the file is asked, in seconds.")
    metrics: bool = Field(default=True, description="Read each replica's /metrics: queue, use of the KV cache, progress.")
    every_s: Seconds = Field(default=1.0, description="How often the replicas are looked at, in seconds.")
    stall_s: Seconds = Field(
        default=10.0, description="A replica that has requests and makes no progress for so many seconds gets no more of them."
    )


def _needs_no_kind(schema: JsonDict) -> None:
    """Either it says what it is, or who its vendor is."""
    schema["required"] = ["clearance"]
    schema["anyOf"] = [{"required": ["vendor"]}, {"required": ["kind", "zone"]}]


class Destination(Strict):
    """A model at an upstream, or a service that detectors ask, and how sensitive the content is that it may receive."""

    model_config = ConfigDict(json_schema_extra=_needs_no_kind)

    vendor: VendorName | None = Field(
        default=None,
        description="Who serves the model: fills in `kind`, `zone`, `url`, `serves`, the key's header and what is known of its dialect. "
        "All of them may be stated nevertheless.",
    )
    kind: Literal["openai_compatible", "litellm", "presidio"] = Field(
        description="openai_compatible: any server or vendor that speaks OpenAI's API. litellm: vendors that do not. "
        "presidio: Presidio's analyzer, which the detector presidio_rest asks and which answers no request. A `vendor` says it as well."
    )
    zone: Literal["local", "external"] = Field(
        description="local: inside your own network. external: everything else. A `vendor` says it as well."
    )
    clearance: Name = Field(description="The highest label that this destination may receive.")
    model: ModelName = Field(
        default="",
        description="What the upstream calls the model; for litellm with the vendor: anthropic/claude-opus-4-6. Not for presidio.",
    )
    region: Name | None = Field(default=None, description="Where the destination is, for example us or eu. For the audit trail.")
    url: str | None = Field(default=None, description="API base, for example http://127.0.0.1:8000/v1.")
    urls: Annotated[tuple[str, ...], A_LIST, Field(min_length=1)] | None = Field(
        default=None, description="API bases of several replicas of the same model."
    )
    key: SecretRef | None = Field(default=None, description="The API key.")
    key_header: KeyHeader | None = Field(
        default=None, description="The header that the key travels in. Absent: the vendor's, else authorization, as a bearer token."
    )
    headers: dict[str, SecretRef] = Field(default={}, description="More headers for every request, for example api-key: {env: AZURE_KEY}.")
    cost: Cost | None = Field(
        default=None,
        description="Prices. Absent: from litellm's price map by the model's name. unknown: counted as unknown.",
    )
    serves: Annotated[tuple[EndpointName, ...], A_LIST, Field(min_length=1)] | None = Field(
        default=None,
        description="Endpoints that it has itself; chat serves messages and responses too. Absent: the vendor's, for such a model; "
        "without a vendor chat and completions.",
    )
    window: int | None = Field(
        default=None, ge=1, description="Context window in tokens. Absent: from the price map if it is external and known there."
    )
    can: Can | None = Field(default=None, description="What the model can do. A request only goes where nothing that it needs is lacking.")
    quirks: Differences | None = Field(default=None, description="How its dialect differs from OpenAI's. Absent: as its vendor's does.")
    aliases: Annotated[tuple[ModelName, ...], A_LIST] = Field(default=(), description="More model names by which callers may ask for it.")
    clocks: Clocks = Field(default=Clocks(), description="How long it may take.")
    admission: Admission | None = Field(default=None, description="How much it takes at a time. Absent: nobody waits. Local ones only.")
    retries: int = Field(default=1, ge=0, le=10, description="How often a failed attempt is repeated here before the next target is tried.")
    patience_s: float = Field(
        default=2.0,
        ge=0,
        le=60,
        description="Seconds that a request which nobody else may serve waits for this destination to come back after it failed.",
    )
    health_checks: bool = Field(
        default=True, description="Whether a failed destination is asked for its list of models once a second, to see when it is back."
    )
    continues: bool = Field(
        default=False,
        description="Local engines that take `continue_final_message`, as vLLM does: a plain text that breaks off in a stream is continued "
        "here, once. Not while a ledger keeps local attempts.",
    )
    hedge: Hedge | None = Field(default=None, description="Absent: no second attempt is begun while the first may still answer.")
    networks: Annotated[tuple[str, ...], A_LIST, Field(min_length=1)] | None = Field(
        default=None,
        description="Networks that a local destination's address must lie in, as 10.0.0.0/8. "
        "Absent: loopback, the private networks of RFC 1918 and RFC 4193, and 100.64.0.0/10.",
    )
    pool: Pool | None = Field(
        default=None, description="Local only: how replicas are found and watched. Absent: those of `urls`, watched if there are several."
    )
    options: dict[str, Option] = Field(
        default={}, description="litellm only: what the vendor needs, for example aws_region_name or vertex_project."
    )

    @model_validator(mode="before")
    @classmethod
    def _has_a_vendor(cls, value: object) -> object:
        """Whose vendor is not known is still not missing what a vendor would fill in."""
        if not isinstance(value, dict) or "vendor" not in value:
            return value
        vendor = value["vendor"]
        row = VENDORS.get(vendor) if isinstance(vendor, str) else None  # type: ignore[call-overload]  # any text may stand there
        filled = {"kind": "openai_compatible", "zone": row.zone if row else "external"}
        has_place = row is None or not row.url or not {"url", "urls", "pool"}.isdisjoint(value)
        return {**filled, **({} if has_place or row is None else {"url": row.url}), **value}
