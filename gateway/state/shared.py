"""What gateways share through Redis or Valkey. The one file that imports redis.

`Shared`: breaker openings, so that a target which one found dead is not asked by the others. In the background, once a second; names of
targets, replicas and seconds, never anything of a request. Without Redis each gateway goes by what it sees (`is_degraded`).
`Drawers`: values under keys, for whoever encrypts them first.
"""

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import Iterator, Mapping

import msgspec
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from router.fleet import Fleet
from router.names import TargetName

EVERY_S = 1.0
SHARED_WITHIN_S = 1.0
"""How long one step of a call to Redis may take (connecting, or waiting for an answer) in the background, where no request waits for it."""
DRAWER_WITHIN_S = 0.1
"""The same on a request's path."""
LIVES_S = 5.0
"""How long what a gateway wrote is believed when it writes no more."""
FORGOTTEN_S = 60.0
"""When it is deleted."""
LONGEST_BACKOFF_S = 30.0
KEY = "tidegate:openings"
"""A hash: gateway -> what it found."""
LONGEST_HOLD_S = 60.0
"""No longer than a breaker of ours would stay open, whatever another says."""

_log = logging.getLogger("tidegate")


class Opening(msgspec.Struct, array_like=True, frozen=True):
    """One replica that a gateway found not fit to be asked, for so many seconds from when it was written."""

    target: str
    replica: int
    left_s: float


class _Words(msgspec.Struct, array_like=True, frozen=True):
    """What one gateway wrote, and when, in seconds of Redis' clock."""

    written_s: float
    openings: list[Opening]


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Words).decode


class Shared:
    """A `State` in Redis. `url` is `redis://`, `rediss://` or `unix://`; it may hold a password and is kept out of logs and messages."""

    def __init__(self, url: str, every_s: float = EVERY_S) -> None:
        """Open no connection yet. Raises `ValueError` with a sentence."""
        try:
            self._redis: Redis = Redis.from_url(
                url,
                socket_timeout=SHARED_WITHIN_S,
                socket_connect_timeout=SHARED_WITHIN_S,
                retry=Retry(NoBackoff(), 0),
                max_connections=2,
            )
        except ValueError:
            raise ValueError("`state` is not an address of Redis; write it like redis://host:6379/0") from None
        self._every_s = every_s
        self._own = secrets.token_hex(8).encode()
        self._fleet: Fleet | None = None
        self._task: asyncio.Task[None] | None = None
        self._misses = 0

    @property
    def is_degraded(self) -> bool:
        """Whether the last exchange with Redis failed."""
        return self._misses > 0

    def start(self, fleet: Fleet) -> None:
        """Begin to share what is known of this fleet; a later call puts another fleet in its place."""
        self._fleet = fleet
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run(fleet), name="tidegate-state")

    async def close(self) -> None:
        """Stop sharing, and take back what was said."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
        with contextlib.suppress(RedisError, OSError, TimeoutError):
            if task is not None and not self.is_degraded:
                await self._redis.hdel(KEY, self._own)
        await _closed(self._redis)

    async def _run(self, fleet: Fleet) -> None:
        while True:
            try:
                await self._exchange(self._fleet or fleet)
            except Exception as error:  # noqa: BLE001  # a library of many exceptions; whatever it is, sharing goes on later
                self._miss(error)
            else:
                self._hit()
            if self._task is None:  # closed, and the cancellation was lost inside of a timeout of the library
                return
            backoff = min(self._every_s * 2.0 ** max(self._misses - 1, 0), LONGEST_BACKOFF_S)
            await asyncio.sleep(backoff)

    async def _exchange(self, fleet: Fleet) -> None:
        """Write our openings, then hold what the others say is open. Times are of Redis' clock, so that no two clocks are compared."""
        seconds, micros = await self._redis.time()
        now_s = seconds + micros / 1_000_000
        ours = [Opening(str(target), replica, round(left, 3)) for target, replica, left in fleet.openings(time.monotonic())]
        async with self._redis.pipeline(transaction=False) as pipeline:
            pipeline.hset(KEY, self._own, _encode(_Words(now_s, ours)))
            pipeline.expire(KEY, int(FORGOTTEN_S))
            pipeline.hgetall(KEY)
            written: Mapping[bytes, bytes] = (await pipeline.execute())[-1]
        forgotten = [gateway for gateway, value in written.items() if gateway != self._own and not _held(fleet, value, now_s)]
        if forgotten:
            await self._redis.hdel(KEY, *forgotten)

    def _miss(self, error: Exception) -> None:
        self._misses += 1
        if self._misses == 1:
            _log.warning("state degraded", extra={"error": type(error).__name__})

    def _hit(self) -> None:
        if self._misses:
            _log.warning("state restored")
        self._misses = 0


def _held(fleet: Fleet, value: bytes, now_s: float) -> bool:
    """Apply what another gateway wrote; say whether it is still worth keeping. What cannot be read may be of a newer version: kept."""
    try:
        words = _decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return True
    age_s = max(now_s - words.written_s, 0.0)
    for opening in words.openings if age_s <= LIVES_S else ():
        left_s = min(opening.left_s, LONGEST_HOLD_S) - age_s
        if left_s > 0.0:
            fleet.hold(TargetName(opening.target), opening.replica, time.monotonic() + left_s)
    return age_s <= FORGOTTEN_S


_PUT = """
local there = redis.call('GET', KEYS[1]) or ''
if string.sub(there, 1, #ARGV[1]) ~= ARGV[1] or (ARGV[1] == '' and there ~= '') then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
"""


class Drawers:
    """A `gateway.redact.shared_vault.Cabinet` in Redis. `url` as of `Shared`. Whatever goes wrong is an `OSError` that quotes nothing."""

    def __init__(self, url: str, within_s: float = DRAWER_WITHIN_S) -> None:
        """Open no connection yet; `within_s` bounds each step of a call. Raises `ValueError` with a sentence."""
        try:
            pool: BlockingConnectionPool = BlockingConnectionPool.from_url(
                url,
                socket_timeout=within_s,
                socket_connect_timeout=within_s,
                retry=Retry(NoBackoff(), 0),
                max_connections=16,
                timeout=within_s,
            )
        except ValueError:
            raise ValueError("`redact.vault.url` is not an address of Redis; write it like redis://host:6379/0") from None
        self._redis: Redis = Redis.from_pool(pool)

    async def get(self, key: bytes) -> bytes | None:
        """What is kept there."""
        with _as_os_errors():
            found = await self._redis.get(key)
        return found if isinstance(found, bytes) else None

    async def put(self, key: bytes, value: bytes, ttl_s: float, mark: bytes) -> bool:
        """Keep it, if what is kept there begins with `mark`; empty: if there is nothing. Whether that was so."""
        with _as_os_errors():
            return bool(await self._redis.eval(_PUT, 1, key, mark, value, int(1000 * ttl_s)))

    async def close(self) -> None:
        """End every connection."""
        await _closed(self._redis)


async def _closed(redis: Redis) -> None:
    """The library has closed its sockets before it complains that a busy loop was late to notice."""
    with contextlib.suppress(RedisError, OSError, TimeoutError):
        await redis.aclose()


@contextlib.contextmanager
def _as_os_errors() -> Iterator[None]:
    try:
        yield
    except (RedisError, TimeoutError, ValueError) as error:  # an answer of another kind is a ValueError
        raise OSError(f"Redis: {type(error).__name__}") from None
