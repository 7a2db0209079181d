"""The part of the configuration about where the gateway listens, and what is too much."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from gateway.config.destinations import Seconds, Strict

Port: TypeAlias = Annotated[int, Field(ge=0, le=65_535)]


class Server(Strict):
    """Addresses and ports of the gateway."""

    host: str = Field(default="127.0.0.1", min_length=1, description="Address to bind. All but loopback needs `keys` or `allow_anonymous`.")
    port: Port = Field(default=8080, description="Port of the API; 0 takes a free one.")
    admin_host: str = Field(default="127.0.0.1", min_length=1, description="Address to bind for metrics and admin.")
    admin_port: Port = Field(default=9090, description="Port for metrics and admin; 0 takes a free one.")
    http: Literal["own", "uvicorn"] = Field(
        default="own",
        description="Who speaks HTTP with callers of the API: the gateway's own protocol, or uvicorn's, which costs more and bounds less: "
        "`limits.connections`, `limits.held_bytes`, and how large and how slow heads may be, hold with `own` only.",
    )
    shutdown_grace_s: Seconds = Field(default=30.0, description="How long running answers may finish after SIGTERM, in seconds.")
    shutdown_delay_s: float = Field(
        default=0.0,
        ge=0,
        le=600,
        description="How long after SIGTERM requests are still accepted while /readyz says no, in seconds: until balancers have noticed.",
    )
    allow_anonymous: bool = Field(default=False, description="Serve callers without a key on an address that is not loopback.")


class Limits(Strict):
    """Bounds on what callers may send and upstreams may answer."""

    body_bytes: int = Field(default=10_000_000, ge=1_000, description="Largest request body.")
    answer_bytes: int = Field(default=64_000_000, ge=1_000, description="Largest answer of an upstream.")
    event_bytes: int = Field(default=8_000_000, ge=1_000, description="Largest event of a stream.")
    depth: int = Field(default=64, ge=8, le=500, description="Deepest nesting of a request body.")
    receive_s: Seconds = Field(default=60.0, description="How long a caller may take to send its body, in seconds.")
    connections: int = Field(default=4_096, ge=1, description="Connections of callers at the same time. More get 503.")
    held_bytes: int = Field(
        default=512_000_000, ge=1_000, description="Bytes of request bodies that are held at the same time, of all requests. More get 503."
    )
