"""What a first draft of a gateway looks like: a FastAPI route, `request.json()`, httpx, and back. It classifies nothing.

python -m benchmarks.rig.plain PORT UPSTREAM
"""

import sys
from collections.abc import AsyncIterator

import httpx
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse


def plain(port: int, base: str) -> None:
    """Serve until the process is ended."""
    app = FastAPI()
    client = httpx.AsyncClient(limits=httpx.Limits(max_connections=1024, max_keepalive_connections=1024), timeout=60, trust_env=False)

    @app.post("/v1/chat/completions")
    async def chat(request: Request) -> Response:
        body = await request.json()
        if not body.get("stream"):
            answer = await client.post(base + "/v1/chat/completions", json=body)
            return JSONResponse(answer.json(), answer.status_code)

        async def events() -> AsyncIterator[bytes]:
            async with client.stream("POST", base + "/v1/chat/completions", json=body) as answer:
                async for piece in answer.aiter_raw():
                    yield piece

        return StreamingResponse(events(), media_type="text/event-stream")

    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)


if __name__ == "__main__":
    plain(int(sys.argv[1]), sys.argv[2])
