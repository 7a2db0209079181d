"""The endpoints that carry content, from `/v1/chat/completions` on (`gateway.http.hot`).

A `Hot` turns HTTP into an `Ask` and `Facts`, hands them to `conduct`, and sees to it that every request ends in exactly one exchange.
Our own server protocol calls `serve`; under any other server a `Hot` is a raw ASGI application.
"""

import time
from collections.abc import Callable
from functools import partial

from starlette.types import Receive, Scope, Send

from gateway.arrival import Arrival, invalid
from gateway.beside import LARGE
from gateway.conduct import conduct
from gateway.errors import BadRequest, Denied, NotFound, OurBug, Refusal
from gateway.http import keys
from gateway.http.body import CallerLeft
from gateway.http.downstream import AsgiDownstream, HttpDownstream
from gateway.http.headers import Headers
from gateway.http.ids import new_id
from gateway.lots import lot_of
from gateway.plan import CallerKey, Plan
from gateway.runtime import Runtime
from gateway.tracing import begun
from gateway.wire.ask import Ask, decode, decode_form
from gateway.wire.forms import FORMED
from gateway.wire.hints import HINTED, hints_of
from router.facts import Facts, Hint, Preference
from router.labels import Label, Labels
from router.names import Endpoint
from router.values import replace


class Hot:
    """One endpoint. `runtime` is asked for at every request, so that a reload swaps one reference."""

    resumes = False
    """Whether a body may go on from what is kept."""

    def __init__(self, endpoint: Endpoint, runtime: Callable[[], Runtime]) -> None:
        self._endpoint: Endpoint = endpoint
        self._runtime = runtime

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request of an ASGI server."""
        headers = Headers(scope["headers"])
        await self.serve(headers, AsgiDownstream(receive, send, headers.request_id or new_id()))

    async def serve(self, headers: Headers, out: HttpDownstream) -> None:
        """Serve one request."""
        arrival = Arrival(out.request_id, self._endpoint, time.monotonic())
        out.endpoint = self._endpoint
        runtime = self._runtime()
        otel = runtime.plan.observing.otel
        if otel is not None or headers.parents:
            arrival.trace = begun(headers.parents, headers.states, otel)
        try:
            await self._serve(runtime, arrival, headers, out)
        except CallerLeft:
            runtime.observe(invalid(arrival, 499, "caller_left"))
        except Refusal as refusal:
            runtime.observe(invalid(arrival, refusal.status, refusal.code))
            await out.refuse(refusal)
        except Exception as error:  # noqa: BLE001  # the last net: the caller gets a sentence, the log a class name, nobody the text
            runtime.report(arrival.request_id, error)
            runtime.observe(invalid(arrival, OurBug.status, "internal_error"))
            await out.refuse(OurBug())

    async def _serve(self, runtime: Runtime, arrival: Arrival, headers: Headers, out: HttpDownstream) -> None:
        plan = runtime.plan
        caller = arrival.caller = headers.caller(plan.keys)
        headers.check_framing(plan.limits.body_bytes)
        raw = out.read_nowait(plan.limits.body_bytes)
        if raw is None:
            raw = await out.read(plan.limits.body_bytes, plan.limits.receive_s)
        received = time.monotonic()
        arrival.body_bytes, arrival.receive_s = len(raw), received - arrival.started
        earlier: Label | None = None
        if self.resumes:
            raw, earlier = await self._resumed(raw, arrival, plan)
        reading = self._reading(raw, headers, plan.limits.depth)
        ask = reading() if len(raw) < LARGE else await runtime.beside.run(reading)
        if headers.betas:
            arrival.betas = headers.beta_line
            ask = replace(ask, prompt=ask.prompt.with_field(arrival.betas.decode()))
        facts = facts_of(arrival.request_id, plan, ask, caller, _highest(earlier, demanded(headers, plan, caller)))
        if headers.ceilings:
            facts = replace(facts, ceiling=_ceiling(headers.ceilings, plan, caller))
        if headers.timeouts:
            facts = replace(facts, due=arrival.started + headers.timeout_s)
        arrival.decode_s = time.monotonic() - received
        out.watch()
        try:
            await conduct(runtime, ask, facts, arrival, out)
        finally:
            out.unwatch()

    async def _resumed(self, raw: bytes, arrival: Arrival, plan: Plan) -> tuple[bytes, Label | None]:  # noqa: ARG002  # what overrides it asks for that
        """The body with what it goes on from, and the label of that; None where it goes on from nothing."""
        return raw, None

    def _reading(self, raw: bytes, headers: Headers, deepest: int) -> Callable[[], Ask]:
        """What makes a request of the body."""
        if self._endpoint in FORMED:
            return partial(decode_form, raw, headers.form, self._endpoint, deepest)
        return partial(decode, raw, self._endpoint, deepest)


def facts_of(request_id: str, plan: Plan, ask: Ask, caller: CallerKey = keys.ANONYMOUS, floor: Label | None = None) -> Facts:
    """What the router may know of a request. Raises `NotFound` for a model name that means nothing here, `Denied`, `BadRequest`."""
    meaning = plan.meanings.get(ask.model)
    if meaning is None:
        raise NotFound(
            "model_not_found", "There is no such model here. GET /v1/models lists the names; `auto` lets the gateway choose.", param="model"
        )
    if meaning.preference == "best" and not caller.may_ask_best:
        say = "This key may not ask for `auto:best`. Ask for `auto`, or ask the gateway's operator for a key with `may_ask_best`."
        raise Denied("may_not_ask_best", say, param="model")
    facts = Facts(
        request_id,
        ask.endpoint,
        ask.is_stream,
        meaning.preference,
        meaning.target,
        floor,
        caller.tenant,
        caller.name,
        len(ask.body),
        ask.prompt.characters // 4,
        ask.answer_tokens,
        ask.turns,
        ask.needs,
    )
    if plan.policy.draws_lots:
        facts = replace(facts, lot=lot_of(ask.prompt, request_id))
    if caller.quality is None and (ask.is_bare or HINTED.isdisjoint(ask.fields)):
        return facts
    return replace(facts, hints=_hints(plan, ask, caller, meaning.preference))


def _hints(plan: Plan, ask: Ask, caller: CallerKey, preference: Preference) -> tuple[Hint, ...]:
    """The caller's wishes, where they count: nowhere else is looked at what they are. Raises `BadRequest`."""
    return hints_of(ask.fields, caller.quality) if preference == "auto" and plan.weighs_difficulty else ()


def _highest(one: Label | None, other: Label | None) -> Label | None:
    return other if one is None else one if other is None else max(one, other)


def demanded(headers: Headers, plan: Plan, caller: CallerKey) -> Label | None:
    """The least label of the request: what the key demands, raised by `x-tidegate-label` headers. A header can only raise."""
    floor = caller.floor
    for value in headers.labels:
        label = _label(value, plan.policy.labels, "x-tidegate-label")
        floor = label if floor is None else max(label, floor)
    return floor


def _ceiling(asked: tuple[bytes, ...], plan: Plan, caller: CallerKey) -> Label:
    """The label to which `x-tidegate-declassify` lowers the request. Only a key with the right to do so may say that. Raises `Denied`."""
    labels = plan.policy.labels
    ceiling = max(_label(value, labels, "x-tidegate-declassify") for value in asked)
    if not caller.may_declassify:
        say = "This key may not declassify. Leave x-tidegate-declassify out, or ask the gateway's operator for a key with `may_declassify`."
        raise Denied("may_not_declassify", say, param="x-tidegate-declassify")
    return ceiling


def _label(value: bytes, labels: Labels, header: str) -> Label:
    name = value.decode("latin-1")
    if name not in labels:
        raise BadRequest("unknown_label", f"{header} must be one of {', '.join(map(str, labels))}.", param=header)
    return labels[name]
