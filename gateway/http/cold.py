"""The cold endpoints, through FastAPI: models and health on the API's port; metrics and admin on a port of their own.

Errors have OpenAI's shape and an `x-request-id` here too, also for unknown paths, wrong methods and defects.
"""

import asyncio
import secrets
import time
from collections.abc import Callable
from functools import partial

import msgspec
from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Route

from classifiers.classify import classify
from classifiers.prompt import Prompt
from classifiers.signals import Signals
from classifiers.subject import with_subject
from gateway.config.errors import ConfigError
from gateway.descent import Descent
from gateway.errors import BadRequest, Denied, NotFound, OurBug, Refusal, WrongMethod
from gateway.explained import explained, neighbours
from gateway.exposition import chosen
from gateway.http import body
from gateway.http.answers import Json
from gateway.http.azure import deployments
from gateway.http.batches import batches
from gateway.http.chat import facts_of
from gateway.http.feedback import feedback
from gateway.http.files import files
from gateway.http.hot import hot, shared
from gateway.http.models import models
from gateway.http.openapi import ABOUT, REFUSED, document
from gateway.http.paths import HOT
from gateway.http.pools import pools
from gateway.http.responses import responses
from gateway.http.server import Shared
from gateway.live import Live
from gateway.plan import Plan
from gateway.readiness import served
from gateway.runtime import Runtime
from gateway.talk import with_stay
from gateway.tally import encode
from gateway.wire.ask import Ask, decode
from gateway.wire.prompts import ask_of_any
from router.decide import decide, hangs_on_difficulty
from router.explain import explain
from router.facts import Facts
from router.values import replace

_ADMIN = (
    "GET /metrics, /admin/policy, /admin/lockdown, /admin/pools, /healthz, /readyz; "
    "POST /admin/route/explain, /admin/explain, /admin/reload, /admin/lockdown, /admin/drain"
)
_HERE = f"POST {', '.join(HOT)}, /v1/feedback, /v1/files, /v1/batches; GET /v1/models, /v1/files, /v1/batches, /healthz, /readyz"


class _Lock(msgspec.Struct, forbid_unknown_fields=True):
    on: bool


class Api(FastAPI):
    """FastAPI, with what our own protocol serves beside it: finding the routes of the hot endpoints would cost much of their time."""

    shared = Shared({})


def api(live: Live) -> Api:
    """The API: hot endpoints as raw ASGI applications, the others here. No pages of FastAPI's: they load scripts from elsewhere."""
    app = Api(title="Tidegate", description=ABOUT, redirect_slashes=False, docs_url=None, redoc_url=None, responses=REFUSED)
    app.openapi = partial(document, app)  # type: ignore[method-assign]  # as FastAPI says to
    app.shared = shared(live)
    app.router.routes.extend(Route(path.decode(), one, methods=["POST"]) for path, one in hot(live).items())
    app.router.routes.append(deployments(live))
    _shape_errors(app, live, _HERE)

    for add in (models, feedback, responses, batches, _health):
        add(app, live)
    files(app, live, app.shared.room)
    return app


def admin(live: Live) -> FastAPI:
    """Metrics and admin. Bound to an address of its own, which must not be reachable by callers."""
    guard = [Depends(_by_no_web_page)]
    app = FastAPI(title="Tidegate admin", redirect_slashes=False, docs_url=None, redoc_url=None, dependencies=guard)
    _shape_errors(app, live, _ADMIN)
    _health(app, live)

    @app.get("/metrics")
    async def metrics(request: Request) -> Response:  # on the loop: what is counted is not locked
        """Prometheus metrics, as text or as OpenMetrics."""
        form = chosen(request.headers.get("accept", ""))
        return Response(await live.metrics.scraped(form), headers={"content-type": form.content_type, "vary": "accept"})

    @app.get("/admin/tally", include_in_schema=False)
    async def tally() -> Response:
        """The same, for the process that adds up what several workers counted."""
        return Response(encode(live.metrics.tally()), media_type="application/msgpack")

    @app.get("/admin/policy")
    def policy() -> Response:
        """What is being served: labels, targets, routes."""
        return Json(_policy(live.runtime.plan))

    @app.post("/admin/reload")
    async def reload() -> Response:
        """Read the configuration again. A bad one is refused with all its problems, and the last good one stays."""
        try:
            await live.reload()
        except ConfigError as error:
            problems = "; ".join(f"{problem.path}: {problem.say}" if problem.path else problem.say for problem in error.problems)
            raise BadRequest("bad_configuration", f"What is served stays; correct the configuration: {problems}.") from None
        return Json({"reloaded": True, "digest": live.runtime.plan.policy.digest})

    _explain(app, live)
    _lockdown(app, live)
    pools(app, live)
    return app


def _by_no_web_page(request: Request) -> None:
    """A page in an operator's browser can send forms to any address that the browser reaches; it cannot leave out where it is from."""
    if request.method == "POST" and "origin" in request.headers:
        raise Denied("from_a_web_page", "Web pages may not do this. Use `tidegate`, or a client that sends no `Origin` header.")


def _explain(app: FastAPI, live: Live) -> None:
    @app.post("/admin/explain")
    async def plainly(request: Request) -> Response:
        """What would happen to the chat request in the body, and why. Nothing is sent but to detectors that would be asked."""
        plan = live.runtime.plan
        raw = await body.read(request.receive, plan.limits.body_bytes, plan.limits.receive_s)
        return Json(explain(plan.policy, *await _judged(live.runtime, decode(raw, "chat", plan.limits.depth))))

    @app.post("/admin/route/explain")
    async def wholly(request: Request) -> Response:
        """The same for any request, or `{"text": ...}`; with what moved the score, and what would change the decision."""
        runtime = live.runtime
        limits = runtime.plan.limits
        raw = await body.read(request.receive, limits.body_bytes, limits.receive_s)
        ask = ask_of_any(raw, limits.depth)
        facts, signals = await _judged(runtime, ask)
        near = await asyncio.to_thread(neighbours, runtime.plan.own_scorer, ask.prompt)
        return Json(explained(runtime.plan.policy, facts, signals, near, runtime.fleet, time.monotonic()))


def _said(plan: Plan, prompt: Prompt) -> Signals:
    return with_subject(classify(prompt, plan.fast + plan.slow, plan.scorer), prompt, plan.subjects)


async def _judged(runtime: Runtime, ask: Ask) -> tuple[Facts, Signals]:
    """What is known of a request that an operator asks about, with what it inherits and with every detector that would be asked."""
    plan = runtime.plan
    facts = replace(facts_of("explain", plan, ask), is_locked=runtime.lockdown.is_on)
    signals = await asyncio.to_thread(_said, plan, ask.prompt)
    inherited = Descent(runtime.lineage, ask, facts.tenant).inherited(plan.policy, doubts_history=plan.remembering.doubts_history)
    if inherited is not None:
        facts = replace(facts, inherited=inherited.label, lineage=inherited.source)
    facts = with_stay(runtime.conversations, plan.policy, ask.prompt.parts, facts)
    if runtime.late_scorer is not None and hangs_on_difficulty(facts, signals, plan.policy):
        signals = replace(signals, difficulty=await runtime.score(ask.prompt))
    if runtime.remote and decide(facts, signals, plan.policy).leaves:
        signals += await runtime.ask_remote(ask.prompt)
    return facts, signals


def _lockdown(app: FastAPI, live: Live) -> None:
    @app.get("/admin/lockdown")
    async def lockdown() -> Response:
        """Whether nothing goes outside now."""
        return Json({"lockdown": _on(live)})

    @app.post("/admin/lockdown")
    async def lock(request: Request) -> Response:
        """Turn the lockdown on or off: `{"on": true}`. `survives_restart`: whether it is noted in the file."""
        asked = await body.read(request.receive, 1_000, 10.0)
        try:
            on = msgspec.json.decode(asked, type=_Lock).on
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise BadRequest("bad_field", 'Send {"on": true} or {"on": false}.', param="on") from None
        return Json({"survives_restart": live.turn_lockdown(on=on, by="admin"), "lockdown": _on(live)})


def _health(app: FastAPI, live: Live) -> None:
    @app.get("/healthz")
    async def healthz() -> Response:  # on the loop: a thread would answer for a loop that does not
        """The process answers."""
        return Json({"status": "ok"})

    @app.get("/readyz")
    async def readyz(label: str = "") -> Response:
        """Whether requests should be sent here: not while shutting down, nor while all targets of some label are down.

        `label` asks about that label only. `degraded`: what does not work, while the rest is served.
        """
        runtime = live.runtime
        labels = {str(one): is_served for one, is_served in served(runtime, time.monotonic()).items()}
        if label and label not in runtime.plan.policy.labels:
            raise BadRequest("unknown_label", f"label must be one of {', '.join(map(str, runtime.plan.policy.labels))}.", param="label")
        is_able = labels.get(label, False) if label else all(labels.values())
        state = "draining" if live.is_draining else "ready" if is_able else "unable"
        ready = {
            "status": state,
            "lockdown": _on(live),
            "targets": list(runtime.plan.policy.targets),
            "degraded": [part for part, is_so in live.degraded.items() if is_so],
        }
        return Json(ready | {"labels": labels}, status_code=200 if state == "ready" else 503)


def _on(live: Live) -> str:
    return "on" if live.lockdown.is_on else "off"


def _policy(plan: Plan) -> dict[str, object]:
    policy = plan.policy
    return {
        "digest": policy.digest,
        "labels": [str(label) for label in policy.labels],
        "targets": [
            {
                "name": target.name,
                "zone": target.zone,
                "clearance": str(target.clearance),
                "model": target.model,
                "priced": target.tariff is not None,
            }
            for target in policy.targets.values()
        ],
        "routes": [
            {
                "name": rule.name,
                "to": [t.name for t in rule.to],
                "fallback": [t.name for t in rule.fallback],
                **({"redact": True} if rule.redacts else {}),
            }
            for rule in policy.rules
        ],
    }


def _shape_errors(app: FastAPI, live: Live, here: str) -> None:
    """Every error of this application in OpenAI's shape, with a request id, quoting nothing."""

    def shown(refusal: Refusal) -> Response:
        headers = {"x-request-id": "req_" + secrets.token_hex(12), **refusal.headers}
        return Response(refusal.body, refusal.status, headers, "application/json")

    def http(_request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        if status == 404:
            return shown(NotFound("not_found", f"There is no such endpoint. There are: {here}."))
        if status == 405:
            allowed = {name.lower(): value for name, value in (getattr(error, "headers", None) or {}).items()}
            return shown(WrongMethod("wrong_method", f"This endpoint has another method. There are: {here}.", headers=allowed))
        return shown(OurBug())

    def invalid(_request: Request, _error: Exception) -> Response:
        return shown(BadRequest("bad_request", "A parameter of the request is missing or has the wrong type."))

    def defect(_request: Request, error: Exception) -> Response:
        live.runtime.report("-", error)
        return shown(OurBug())

    net: dict[type[Exception], Callable[[Request, Exception], Response]] = {
        Refusal: lambda _request, error: shown(error) if isinstance(error, Refusal) else shown(OurBug()),
        HTTPException: http,
        body.CallerLeft: lambda _request, _error: Response(status_code=400),  # which nobody reads
        RequestValidationError: invalid,
        Exception: defect,
    }
    for kind, answer in net.items():
        app.add_exception_handler(kind, answer)
