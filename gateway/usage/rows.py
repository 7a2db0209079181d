"""The rows of the usage store, which are its tables: the columns are the fields, in their order. No text of a request, no key but its name.

Money is micro-USD, times are seconds, `at` is Unix time. None is unknown, never zero; an empty string is none.
"""

from typing import NamedTuple


class Used(NamedTuple):
    """One request, when it has ended.

    `model` is what the upstream calls the model. `cost` is all that was spent on the request, `beside` the part of it that its answer
    did not need: what failed, was rejected, was outrun or asked about an answer. Tokens are of the answer that the caller got.
    `gpu_s` are seconds of local GPUs allocated to it. `own_s` is the gateway's own time, `first` the target that was to be asked first.
    """

    at: float
    request_id: str
    endpoint: str
    tenant: str
    key: str
    label: str
    route: str
    path: str
    target: str
    model: str
    result: str
    status: int
    code: str
    is_stream: bool
    prompt: int | None
    completion: int | None
    cached: int | None
    cache_write: int | None
    reasoning: int | None
    is_estimate: bool
    cost: int | None
    beside: int | None
    gpu_s: float
    total_s: float
    first_byte_s: float | None
    own_s: float
    queue_s: float
    difficulty: float | None
    attempts: int
    first: str
    cascade: str
    hedge: str
    redaction: str


class Called(NamedTuple):
    """One attempt of a request that had several, or whose only one served nobody. `number` as in its attempt record."""

    at: float
    request_id: str
    number: int
    target: str
    replica: int
    ending: str
    failure: str
    is_hedge: bool
    prompt: int | None
    completion: int | None
    cost: int | None
    gpu_s: float
    total_s: float


class Leased(NamedTuple):
    """What one replica's GPUs cost since the row before, at most a minute, and who had that. `reserved` = `allocated` + `idle`.

    `wall_s` is how long it was reserved, `busy_s` of that for requests; `gpus` how many GPUs it has. `energy` is the power's part of the
    cost, None where power is not configured. Rows add up, also those of several workers: the first has the bill, so that `idle` of the
    others is below zero by what they allocated.
    """

    at: float
    target: str
    replica: int
    gpus: int
    wall_s: float
    busy_s: float
    reserved: int
    allocated: int
    idle: int
    energy: int | None


RATINGS = ("up", "down", "regenerate")


class Rated(NamedTuple):
    """What somebody thought of an answer: `rating` is up, down or regenerate; `score` 0 to 1, None where none was given."""

    at: float
    request_id: str
    path: str
    target: str
    rating: str
    score: float | None


Row = Used | Called | Leased | Rated
TABLES: dict[str, type[Row]] = {"used": Used, "called": Called, "leased": Leased, "rated": Rated}
"""The name of each kind's table."""
