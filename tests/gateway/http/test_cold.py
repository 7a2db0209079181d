"""The cold endpoints, in full, stand in tests/journeys/test_surface.py; here is what a journey cannot bring about."""

import httpx
from fastapi import FastAPI, HTTPException

from gateway.http.cold import admin, api
from gateway.live import Live
from tests.fakes.gateway import compiled, configuration

PLAN = compiled(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"))


async def answered(app: FastAPI, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway", trust_env=False) as client:
        return await client.get(path)


async def test_defects_odd_statuses_and_bad_parameters_have_openai_s_shape() -> None:
    for make in (api, admin):
        app = make(Live(PLAN))

        @app.get("/defect")
        def defect() -> None:
            raise RuntimeError("text")

        @app.get("/odd")
        def odd() -> None:
            raise HTTPException(418, "text")

        @app.get("/typed")
        def typed(number: int) -> int:
            return number

        for path, status, code in (
            ("/defect", 500, "internal_error"),
            ("/odd", 500, "internal_error"),
            ("/typed?number=text", 400, "bad_request"),
        ):
            response = await answered(app, path)
            error = response.json()["error"]
            assert (response.status_code, error["code"], error.keys()) == (status, code, {"message", "type", "param", "code"})
            assert response.headers["x-request-id"].startswith("req_")
            assert "text" not in response.text


async def test_there_are_no_pages_that_load_scripts_from_elsewhere() -> None:
    for make in (api, admin):
        for path in ("/docs", "/redoc"):
            assert (await answered(make(Live(PLAN)), path)).status_code == 404
