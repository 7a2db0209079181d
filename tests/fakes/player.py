"""An engine or a vendor on a real socket that does what prompts ask of it, by name: `@qwen:fail` has the one called qwen answer 500.

Acts: `fail` 500; `limit` 429; `cut` ends in the midst of a stream; `slow` is slow for the first who asks; `long` takes its time; `unsure`
gives low log-probabilities; `mute` says no usage. It shows metrics under vLLM's names and counts what it got and said, for who checks others.
"""

import asyncio
import contextlib
import json
import re
import zlib
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.sockets import accepting
from tests.fakes.upstream import DONE, END, HEAD, chunk, event

ACT = re.compile(r"@(\w+):(\w+)")
WORDS = "It is so because the parts fit one another and nobody has to push them into their places any more .".split()
SLOW_S, LONG_S = 1.0, 0.8
SERIES = """# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{{model_name="m"}} {running}
# TYPE vllm:num_requests_waiting gauge
vllm:num_requests_waiting{{model_name="m"}} {waiting}
# TYPE vllm:kv_cache_usage_perc gauge
vllm:kv_cache_usage_perc{{model_name="m"}} {kv}
# TYPE vllm:prompt_tokens counter
vllm:prompt_tokens_total{{model_name="m"}} {prompt}
# TYPE vllm:generation_tokens counter
vllm:generation_tokens_total{{model_name="m"}} {completion}
# TYPE vllm:prefix_cache_queries counter
vllm:prefix_cache_queries_total{{model_name="m"}} {queries}
# TYPE vllm:prefix_cache_hits counter
vllm:prefix_cache_hits_total{{model_name="m"}} {hits}
# TYPE vllm:request_prefill_time_seconds summary
vllm:request_prefill_time_seconds_sum{{model_name="m"}} {read_s}
vllm:request_prefill_time_seconds_count{{model_name="m"}} {arrived}
# TYPE vllm:request_decode_time_seconds summary
vllm:request_decode_time_seconds_sum{{model_name="m"}} {written_s}
vllm:request_decode_time_seconds_count{{model_name="m"}} {arrived}
"""


@dataclass(slots=True)
class Player:
    """`name` is what acts call it. `pace_s` is what a token takes. `arrived` counts requests by endpoint, `said` tokens of whole answers."""

    name: str
    pace_s: float = 0.01
    port: int = 0
    arrived: Counter[str] = field(default_factory=Counter)
    received: int = 0
    said: Counter[str] = field(default_factory=Counter)
    running: int = 0
    hits: int = 0
    queries: int = 0
    read_s: float = 0.0
    written_s: float = 0.0
    known: set[str] = field(default_factory=set)
    slowed: set[str] = field(default_factory=set)

    @property
    def url(self) -> str:
        """The API base."""
        return f"http://127.0.0.1:{self.port}/v1"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        with contextlib.suppress(OSError, EOFError, RuntimeError):
            try:
                while True:
                    head = (await reader.readuntil(b"\r\n\r\n")).decode()
                    method, path, _ = head.split(" ", 2)
                    if method == "GET":
                        writer.write(self._look(path))
                        continue
                    [length] = re.findall(r"(?i)content-length: *(\d+)", head)
                    body = await reader.readexactly(int(length))
                    self.arrived[path.rpartition("/")[2]] += 1
                    self.received += len(body)
                    await self._answer(path, json.loads(body), writer)
            finally:
                writer.transport.abort()

    def _look(self, path: str) -> bytes:
        known = {"/health": "", "/v1/models": json.dumps({"object": "list", "data": [{"id": "m", "max_model_len": 32_000}]})}
        if path == "/metrics":
            known["/metrics"] = SERIES.format(
                running=min(self.running, 4),
                waiting=max(0, self.running - 4),
                kv=min(1.0, self.running / 8),
                prompt=self.said["prompt"],
                completion=self.said["completion"],
                queries=self.queries,
                hits=self.hits,
                read_s=self.read_s,
                written_s=self.written_s,
                arrived=self.arrived.total(),
            )
        return _whole(200 if path in known else 404, known.get(path, ""), "text/plain; version=0.0.4")

    async def _answer(self, path: str, asked: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        text = json.dumps(asked.get("messages", asked.get("input", "")), ensure_ascii=False)
        acts = {act for name, act in ACT.findall(text) if name == self.name}
        prompt = len(text) // 4
        if "fail" in acts or "limit" in acts:
            error = {"error": {"message": "no", "type": "t", "param": None, "code": None}}
            writer.write(_whole(429 if "limit" in acts else 500, json.dumps(error)))
            return
        if path.endswith("embeddings"):
            usage = {"prompt_tokens": prompt, "total_tokens": prompt}
            self.said["prompt"] += prompt
            data = [{"object": "embedding", "index": 0, "embedding": [0.5, 0.25]}]
            writer.write(_whole(200, json.dumps({"object": "list", "model": "m", "data": data, "usage": usage})))
            return
        self.running += 1
        try:
            await self._talk(asked, text, acts, writer)
        finally:
            self.running -= 1

    async def _talk(self, asked: dict[str, Any], text: str, acts: set[str], writer: asyncio.StreamWriter) -> None:
        prompt, cached = len(text) // 4, self._cached(text)
        await asyncio.sleep(self._first_s(text, acts) + (prompt - cached) * self.pace_s / 20)
        self.read_s += (prompt - cached) * self.pace_s / 20
        words = [*WORDS[: 3 + len(text) % (len(WORDS) - 3)], *_own_words(text)]
        usage = {
            "prompt_tokens": prompt,
            "completion_tokens": len(words),
            "total_tokens": prompt + len(words),
            "prompt_tokens_details": {"cached_tokens": cached},
        }
        logprob = -2.5 if "unsure" in acts else -0.05
        says = (
            {"logprobs": {"content": [{"token": "so", "logprob": logprob, "bytes": None, "top_logprobs": []}]}}
            if asked.get("logprobs")
            else {}
        )
        if asked.get("stream"):
            writer.write(HEAD)
            for place, word in enumerate(words):
                await asyncio.sleep(self.pace_s)
                if "cut" in acts and place == 2:
                    raise EOFError
                writer.write(chunk(event(_piece({"delta": {"content": word + " "}, "finish_reason": None, **says}))))
                await writer.drain()
            last = event(_piece({"delta": {}, "finish_reason": "stop"}))
            writer.write(chunk(last + (b"" if "mute" in acts else event(_piece() | {"usage": usage})) + DONE) + END)
        else:
            await asyncio.sleep(self.pace_s * len(words))
            choice = {"index": 0, "message": {"role": "assistant", "content": " ".join(words)}, "finish_reason": "stop", **says}
            told = {} if "mute" in acts else {"usage": usage}
            writer.write(
                _whole(200, json.dumps({"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], **told}))
            )
        await writer.drain()
        self.written_s += self.pace_s * len(words)
        if "mute" not in acts:
            self.said.update(prompt=prompt, completion=len(words), cached=cached)

    def _cached(self, text: str) -> int:
        """Tokens of the beginning, if it came here before."""
        beginning = text[:240]
        found = len(beginning) // 4 if beginning in self.known else 0
        self.known.add(beginning)
        self.queries += len(text) // 4
        self.hits += found
        return found

    def _first_s(self, text: str, acts: set[str]) -> float:
        if "slow" in acts and text not in self.slowed:
            self.slowed.add(text)
            return SLOW_S
        return LONG_S if "long" in acts else self.pace_s


def _own_words(text: str) -> list[str]:
    """Some that no other prompt is answered with."""
    number = zlib.crc32(text.encode())
    return [WORDS[number >> shift & 15] for shift in range(0, 28, 4)]


def _piece(choice: dict[str, object] | None = None) -> dict[str, object]:
    choices = [] if choice is None else [{"index": 0, **choice}]
    return {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": choices}


def _whole(status: int, body: str, kind: str = "application/json") -> bytes:
    return f"HTTP/1.1 {status} So\r\ncontent-type: {kind}\r\ncontent-length: {len(body.encode())}\r\n\r\n{body}".encode()


@asynccontextmanager
async def players(*names: str, pace_s: float = 0.01) -> AsyncIterator[list[Player]]:
    """Run one for each name."""
    made = [Player(name, pace_s) for name in names]
    async with AsyncExitStack() as stack:
        for one in made:
            one.port = await stack.enter_async_context(accepting(one.serve))
        yield made
