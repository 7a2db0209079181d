"""The official client, as applications use it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import openai


@asynccontextmanager
async def sdk(base_url: str, key: str = "any", retries: int = 0) -> AsyncIterator[openai.AsyncOpenAI]:
    """A client of the gateway at `base_url`."""
    async with httpx.AsyncClient(trust_env=False, verify=False, timeout=10) as http:
        yield openai.AsyncOpenAI(base_url=base_url, api_key=key, max_retries=retries, http_client=http)
