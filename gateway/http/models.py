"""`GET /v1/models`: the names that may be asked for, and what is known of the models behind them."""

from fastapi import FastAPI, Request, Response

from gateway.errors import NotFound
from gateway.http.answers import Json
from gateway.http.headers import Headers
from gateway.http.paths import HOT
from gateway.live import Live
from gateway.plan import Plan
from router.decision import Target


def models(app: FastAPI, live: Live) -> None:
    """Add the endpoints."""

    @app.get("/v1/models")
    def every(request: Request) -> Response:
        """Every name that may be asked for."""
        plan = live.runtime.plan
        Headers(request.scope["headers"]).caller(plan.keys)
        return Json({"object": "list", "data": [shown(name, plan) for name in plan.meanings]})

    @app.get("/v1/models/{name:path}")
    def model(name: str, request: Request) -> Response:
        """One name."""
        plan = live.runtime.plan
        Headers(request.scope["headers"]).caller(plan.keys)
        if name not in plan.meanings:
            raise NotFound("model_not_found", "There is no such model here. GET /v1/models lists the names.", param="model")
        return Json(shown(name, plan))


def shown(name: str, plan: Plan) -> dict[str, object]:
    """OpenAI's object; of a name that means one target with more, which their clients pass over."""
    means = plan.meanings[name].target
    plain = {"id": name, "object": "model", "created": 0, "owned_by": means or "tidegate"}
    return plain if means is None else plain | _known(plan.policy.targets[means])


def _known(target: Target) -> dict[str, object]:
    """Its endpoints, by translation or not; its window in tokens (`context_length`, as OpenRouter calls it); what it is known to lack."""
    window = {"context_length": target.window} if target.window else {}
    return {**window, "endpoints": [path for path, endpoint in HOT.items() if target.serves(endpoint)], "lacks": sorted(target.lacks)}
