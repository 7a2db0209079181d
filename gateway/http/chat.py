"""The hot endpoints, `/v1/chat/completions`, `/v1/completions` and `/v1/embeddings`, as one raw ASGI application.

It turns HTTP into an `Ask` and `Facts`, hands them to `conduct`, and sees to it that every request ends in exactly one exchange.
"""

import re
import secrets
import time
from collections.abc import Callable

from gateway.conduct import Arrival, conduct, invalid
from gateway.errors import BadRequest, NotFound, OurBug, Refusal
from gateway.http import body, keys
from gateway.http.downstream import AsgiDownstream, Receive, Scope, Send
from gateway.plan import CallerKey, Plan
from gateway.runtime import Runtime
from gateway.wire.ask import Ask, decode
from router.facts import Facts
from router.labels import Label
from router.names import Endpoint

_OURS_TO_KEEP = re.compile(rb"[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}")
"""A caller's request id is kept when it is a UUID. Anything freer could carry text into logs."""


def request_id_of(headers: list[tuple[bytes, bytes]]) -> str:
    """The caller's `x-request-id` when it is a UUID, else a new one."""
    for name, value in headers:
        if name == b"x-request-id" and _OURS_TO_KEEP.fullmatch(value):
            return value.decode()
    return "req_" + secrets.token_hex(12)


class Hot:
    """One hot endpoint. `runtime` is asked for at every request, so that a reload swaps one reference."""

    def __init__(self, endpoint: Endpoint, runtime: Callable[[], Runtime]) -> None:
        self._endpoint: Endpoint = endpoint
        self._runtime = runtime

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        arrival = Arrival(request_id_of(scope["headers"]), self._endpoint, time.monotonic())
        runtime = self._runtime()
        out = AsgiDownstream(send, arrival.request_id)
        try:
            await self._serve(runtime, arrival, scope, receive, out)
        except body.CallerLeft:
            runtime.observe(invalid(arrival, 499, "caller_left"))
        except Refusal as refusal:
            runtime.observe(invalid(arrival, refusal.status, refusal.code))
            await out.refuse(refusal)
        except Exception as error:  # noqa: BLE001  # the last net: the caller gets a sentence, the log a class name, nobody the text
            runtime.report(arrival.request_id, error)
            runtime.observe(invalid(arrival, OurBug.status, "internal_error"))
            await out.refuse(OurBug())

    async def _serve(self, runtime: Runtime, arrival: Arrival, scope: Scope, receive: Receive, out: AsgiDownstream) -> None:
        plan = runtime.plan
        headers = scope["headers"]
        caller = arrival.caller = keys.identify(headers, plan.keys)
        body.check_framing(headers, plan.limits.body_bytes)
        raw = await body.read(receive, plan.limits.body_bytes, plan.limits.receive_s)
        arrival.received(len(raw))
        ask = decode(raw, self._endpoint, plan.limits.depth)
        facts = facts_of(arrival.request_id, plan, ask, caller, _floor(headers, plan, caller))
        arrival.decoded()
        out.watch(scope, receive)
        try:
            await conduct(runtime, ask, facts, arrival, out)
        finally:
            out.unwatch()


def facts_of(request_id: str, plan: Plan, ask: Ask, caller: CallerKey = keys.ANONYMOUS, floor: Label | None = None) -> Facts:
    """What the router may know of a request. Raises `NotFound` for a model name that means nothing here."""
    meaning = plan.meanings.get(ask.model)
    if meaning is None:
        raise NotFound(
            "model_not_found", "There is no such model here. GET /v1/models lists the names; `auto` lets the gateway choose.", param="model"
        )
    return Facts(
        request_id=request_id,
        endpoint=ask.endpoint,
        is_stream=ask.is_stream,
        preference=meaning.preference,
        named=meaning.target,
        floor=floor,
        tenant=caller.tenant,
        key=caller.name,
        body_bytes=len(ask.body),
        prompt_tokens=ask.prompt.characters // 4,
        turns=len(messages) if isinstance(messages := ask.fields.get("messages"), list) else 1,
        needs=ask.needs,
    )


def _floor(headers: list[tuple[bytes, bytes]], plan: Plan, caller: CallerKey) -> Label | None:
    """The least label of the request: what the key demands, raised by an `x-tidegate-label` header. A header can only raise."""
    floor, labels = caller.floor, plan.policy.labels
    for name, value in headers:
        if name == b"x-tidegate-label":
            asked = value.decode("latin-1")
            if asked not in labels:
                raise BadRequest(
                    "unknown_label", f"x-tidegate-label must be one of {', '.join(map(str, labels))}.", param="x-tidegate-label"
                )
            floor = labels[asked] if floor is None else max(labels[asked], floor)
    return floor
