"""One prompt through the official `openai` client, and what came back."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx
import msgspec

from gateway.demo.prompts import Shown
from gateway.demo.stage import Unstaged
from router.attempt import Usage


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer. `first_s` is the time to the first token of a stream, to the whole answer otherwise. `say` is the message of a refusal."""

    status: int
    path: str = ""
    target: str = ""
    label: str = ""
    first_s: float = 0.0
    usage: Usage | None = None
    say: str = ""


class Client:
    """The official client, pointed at the gateway: that base URL is all that an application changes."""

    def __init__(self, url: str, admin_url: str, most_tokens: int) -> None:
        try:
            import openai
        except ImportError:
            raise Unstaged("it needs the official client: pip install 'tidegate[demo]'") from None
        self.url, self.admin_url = url, admin_url
        self._most_tokens = most_tokens
        # No retries of its own, so that each row is one request; no proxies from the environment, because everything is on loopback.
        quiet = httpx.AsyncClient(trust_env=False, timeout=180.0)
        self._openai = openai.AsyncOpenAI(base_url=url, api_key="the-demo-asks-for-none", max_retries=0, http_client=quiet)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._openai.close()

    async def warm_up(self) -> None:
        """Connect, and have the client import what it imports at its first call, so that the first row's time is the gateway's."""
        await self._openai.models.list()

    def body_of(self, shown: Shown) -> bytes:
        """The body that the client sends."""
        return msgspec.json.encode(shown.request(self._most_tokens))

    async def ask(self, shown: Shown) -> Heard:
        """Send the prompt and read the answer to its end."""
        import openai

        began = time.monotonic()
        try:
            raw = await self._openai.chat.completions.with_raw_response.create(**shown.request(self._most_tokens))
            answer = raw.parse()
            first_s, used = (await _drain(answer, began)) if shown.is_stream else (time.monotonic() - began, answer.usage)
        except openai.APIStatusError as error:
            return _heard(error.status_code, error.response.headers, time.monotonic() - began, None, _message(error.body))
        except openai.APIError as error:
            return Heard(0, say=f"{type(error).__name__}")
        usage = Usage(used.prompt_tokens, used.completion_tokens) if used else None
        return _heard(200, raw.headers, first_s, usage, "")


async def _drain(stream: Any, began: float) -> tuple[float, Any]:
    first_s, usage = None, None
    async for event in stream:
        first_s = first_s or time.monotonic() - began
        usage = event.usage or usage
    return first_s or 0.0, usage


def _heard(status: int, headers: Mapping[str, str], first_s: float, usage: Usage | None, say: str) -> Heard:
    of = {name: headers.get(f"x-tidegate-{name}", "") for name in ("path", "target", "label")}
    return Heard(status, of["path"], of["target"], of["label"], first_s, usage, say)


def _message(body: object) -> str:
    """The sentence in an error body, which the client may have unwrapped already."""
    inner = body.get("error", body) if isinstance(body, dict) else {}
    return str(inner.get("message", "")) if isinstance(inner, dict) else ""
