"""An engine on a real socket: chats, whole and streamed, with metrics and models under vLLM's names. It can stall and refuse its metrics."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.fakes.sockets import accepting
from tests.fakes.upstream import DONE, END, HEAD, chunk, delta

SERIES = """
# HELP vllm:num_requests_running Number of requests in model execution batches.
vllm:num_requests_running{{engine="0",model_name="served"}} {running}.0
vllm:num_requests_waiting{{engine="0",model_name="served"}} {waiting}.0
{kv}{{engine="0",model_name="served"}} 0.25
vllm:prompt_tokens_total{{engine="0",model_name="served"}} {tokens}.0
vllm:generation_tokens_total{{engine="0",model_name="served"}} {tokens}.0
vllm:prefix_cache_queries_total{{engine="0",model_name="served"}} {looked_up}.0
vllm:prefix_cache_hits_total{{engine="0",model_name="served"}} {found}.0
"""


@dataclass(slots=True)
class Engine:
    """`is_stalled`: takes requests and makes no token of them. `says_metrics`: else 404. `prompts` are the bodies of all chats."""

    kv: str = "vllm:kv_cache_usage_perc"
    window: int = 32_000
    is_stalled: bool = False
    says_metrics: bool = True
    running: int = 0
    waiting: int = 0
    tokens: int = 0
    looked_up: int = 0
    found: int = 0
    port: int = 0
    prompts: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    going: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        """The API base."""
        return f"http://127.0.0.1:{self.port}/v1"

    def stall(self, *, on: bool) -> None:
        """Stop making tokens, or go on."""
        self.is_stalled = on
        (self.going.clear if on else self.going.set)()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        with contextlib.suppress(OSError, EOFError):
            try:
                while True:
                    head = await reader.readuntil(b"\r\n\r\n")
                    method, path, _ = head.decode().split(" ", 2)
                    if method == "GET":
                        self.asked.append(path)
                        writer.write(self._said(path))
                        continue
                    length = next(
                        int(line.split(":")[1]) for line in head.decode().lower().splitlines() if line.startswith("content-length")
                    )
                    await self._chat(json.loads(await reader.readexactly(length)), reader, writer)
            finally:
                writer.transport.abort()

    def _said(self, path: str) -> bytes:
        models = json.dumps({"object": "list", "data": [{"id": "qwen3-8b", "max_model_len": self.window}, {"id": "other"}]})
        known = {"/health": "", "/v1/models": models}
        if self.says_metrics:
            known["/metrics"] = SERIES.format(
                running=self.running, waiting=self.waiting, tokens=self.tokens, kv=self.kv, looked_up=self.looked_up, found=self.found
            )
        body = known.get(path, "")
        return f"HTTP/1.1 {200 if path in known else 404} So\r\ncontent-length: {len(body)}\r\n\r\n{body}".encode()

    async def _chat(self, asked: dict[str, object], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.prompts.append(json.dumps(asked["messages"]))
        self.running += 1
        try:
            if asked.get("stream"):
                writer.write(HEAD)
            if self.is_stalled:
                gone, going = asyncio.ensure_future(reader.read(1)), asyncio.ensure_future(self.going.wait())
                await asyncio.wait((gone, going), return_when=asyncio.FIRST_COMPLETED)
                going.cancel()
                if gone.done():
                    raise EOFError
                gone.cancel()
            self.tokens += 2
            if asked.get("stream"):
                writer.write(b"".join(map(chunk, (delta("o"), delta("k", finish="stop"), DONE))) + END)
                return
            choice = {"index": 0, "message": {"role": "assistant", "content": "ok"}, "finish_reason": "stop"}
            usage = {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}
            body = json.dumps({"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage})
            writer.write(f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n{body}".encode())
        finally:
            self.running -= 1


@asynccontextmanager
async def engine(host: str = "127.0.0.1", port: int = 0, **members: object) -> AsyncIterator[Engine]:
    """Run an engine."""
    made = Engine(**members)  # type: ignore[arg-type]  # members by name
    async with accepting(made.serve, host, port) as made.port:
        yield made
