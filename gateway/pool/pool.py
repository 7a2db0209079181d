"""One target's replicas, watched: who is there, what they say of themselves, whether they make progress. The fleet is told.

Everything here goes on beside requests; none waits for it. Engines that do not show their metrics are judged by what is seen of them.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence

from gateway.config.addresses import listed
from gateway.plan import PoolPlan, UpstreamPlan
from gateway.pool.engine import Engine, makes_a_token
from gateway.pool.hits import Cached, Hits
from gateway.pool.reading import NAMES, Reading
from gateway.upstreams.openai_compatible import OpenAICompatible, client
from gateway.upstreams.origin import Origin
from router.decision import Target
from router.fleet import Fleet
from router.labels import Label
from router.progress import Progress
from router.replica import OUTS, Load, Replica

_log = logging.getLogger("tidegate")

REST_S = 5.0
"""How long an engine that shows no metrics is left alone before it is asked for them again."""
FIT_S = 30.0
"""How often engines are asked which models they have."""
PROBE_S = 5.0
"""How often a replica that had stalled and has nothing to do is tried with a question of our own."""
BUSY_S = 30.0
"""So much later it is tried where it says that it has requests: some engines go on to count one that ended long ago."""
FIND_S = 1.0
"""How long a round waits for a name server or a file. One that hangs is asked no second time; the replicas that are known are watched."""

_LOAD = frozenset({"running", "waiting", "kv_use"})


class Watched:
    """One replica: its engine, and what was seen of it so far. Times are monotonic seconds."""

    __slots__ = (
        "address",
        "asks_at",
        "engine",
        "fits_at",
        "hits",
        "missing",
        "moved",
        "probe",
        "probes_at",
        "progress",
        "reading",
        "stuck",
    )

    def __init__(self, plan: UpstreamPlan, address: str) -> None:
        self.address = address
        self.engine = Engine(plan, address)
        self.reading: Reading | None = None
        self.missing = frozenset[str]()
        self.hits = Hits()
        self.progress = Progress()
        self.moved: tuple[float, ...] = ()
        self.stuck: object = None
        """What it had made when it stalled."""
        self.probe: asyncio.Task[None] | None = None
        self.asks_at = self.fits_at = self.probes_at = 0.0

    async def close(self) -> None:
        """Watch no more."""
        if self.probe is not None:
            self.probe.cancel()
        await self.engine.close()


class Pool:
    """The replicas of one target. `label` is the lowest there is.

    `allow` is told every API base before anything connects to it, `count` how many replicas there are, `heard` what they say: where, of
    how much they have to do, and what a token takes to read in steps of writing.
    """

    def __init__(self, target: Target, plan: UpstreamPlan, fleet: Fleet, upstream: OpenAICompatible, label: Label) -> None:
        self.target, self.plan = target, plan
        self.settings = plan.pool or PoolPlan()
        self.allow: Callable[[Sequence[str]], None] = lambda _: None
        self.count: Callable[[int], None] = lambda _: None
        self.heard: Callable[[str, Load | None, float | None], None] = lambda _where, _load, _alpha: None
        self._fleet, self._upstream, self._label = fleet, upstream, label
        self._watched: dict[int, Watched] = {}
        self._found: tuple[str, ...] = ()
        self._finding: asyncio.Future[Sequence[str] | None] | None = None
        self._stamp: object = None
        self._looks_at = 0.0
        self._numbered = [replica.address for replica in fleet.pool(target.name)]

    async def run(self) -> None:
        """Watch, until cancelled. A defect here is logged and costs one round."""
        while True:
            try:
                await self.look(time.monotonic())
            except Exception as error:  # noqa: BLE001  # whatever it is: requests go on, and so does the watch
                _log.error("pool", extra={"target": self.target.name, "error": type(error).__name__})  # a trace may quote
            await asyncio.sleep(self.settings.every_s)

    async def look(self, now: float) -> None:
        """One round."""
        if self.settings.discover != "list" and (now >= self._looks_at or self._finding is not None):
            self._looks_at = now + self.settings.refresh_s
            await self.discover(now)
        present = {number: replica for name, number, replica in self._fleet.replicas() if name == self.target.name}
        for number, replica in present.items():
            watched = self._watched.get(number)
            if watched is None or watched.address != replica.address:
                if watched is not None:
                    await watched.close()
                self._watched[number] = Watched(self.plan, replica.address)
        for number in self._watched.keys() - present.keys():
            await self._watched.pop(number).close()
        await asyncio.gather(*(self._inspect(number, replica, now) for number, replica in present.items()))

    def follow(self, addresses: Sequence[str], now: float) -> None:
        """The replicas are those at these addresses, from now on."""
        if not addresses:
            return
        self.allow([address for address in addresses if "://" in address])
        numbered = self._fleet.follow(self.target.name, addresses, now)
        self.count(sum(1 for address in numbered if address))
        for number, address in enumerate(numbered):
            if address and self._numbered[number : number + 1] != [address]:
                self._upstream.put(number, client(self.plan, address))
                self._numbered[number : number + 1] = [address]
                _log.info("replica", extra={"target": self.target.name, "where": address, "state": "found"})
        self._found = tuple(addresses)  # last: what fails half-way is done again

    async def discover(self, now: float) -> None:
        """Ask the name server or the file. What cannot be read changes nothing, nor does an empty answer."""
        if self._finding is None:
            begun = self._resolved() if self.settings.discover == "dns" else asyncio.to_thread(self._listed)
            self._finding = asyncio.ensure_future(begun)
        finding = self._finding
        await asyncio.wait((finding,), timeout=FIND_S)
        if not finding.done():
            return
        self._finding = None
        found = finding.result()
        if found is not None and set(found) != set(self._found):
            self.follow(found, now)
            await self._upstream.retire()

    def found_for(self, other: "Pool") -> Sequence[str]:
        """What was found here, if the pool of a later configuration looks in the same place; a file it has read itself."""
        is_same = self.settings.discover == other.settings.discover == "dns" and self.plan.urls == other.plan.urls
        return self._found if is_same else ()

    async def close(self) -> None:
        """End every connection of the watch."""
        if self._finding is not None:
            self._finding.cancel()
        for watched in self._watched.values():
            await watched.close()

    def samples(self, now: float) -> Iterable[tuple[str, tuple[str, ...], float]]:
        """What the metrics show."""
        replicas = self._fleet.pool(self.target.name)
        for number, watched in self._watched.items():
            which, replica = (str(self.target.name), str(number)), replicas[number]
            for out in OUTS:
                yield "replica_state", (*which, out), float(out in replica.outs)
            yield "replica_state", (*which, "warming"), float(replica.warmth(now) < 1.0)
            for need in NAMES if self.settings.reads_metrics else ():
                yield "scrape_missing_series", (*which, need), float(need in watched.missing)
            if (reading := watched.reading) is not None:
                yield "replica_requests", (*which, "running"), reading.running
                yield "replica_requests", (*which, "waiting"), reading.waiting
                yield "replica_kv_use_ratio", which, reading.kv
        yield from self._summary()

    def _summary(self) -> Iterable[tuple[str, tuple[str, ...], float]]:
        """The pool as one: what its engines say together. Nothing of what none of them says."""
        name, replicas = (str(self.target.name),), self._fleet.pool(self.target.name)
        working = [one for number, one in self._watched.items() if not replicas[number].outs]
        told = [one.reading for one in working if one.reading is not None and not one.missing & _LOAD]
        if told:
            kv, running, waiting = (sum(each) for each in zip(*((one.kv, one.running, one.waiting) for one in told), strict=True))
            yield "local_saturation_ratio", name, max(kv / len(told), waiting / max(1, running + waiting))
        hits, queries = (sum(each) for each in zip(Cached(), *(one.hits.late for one in self._watched.values()), strict=True))
        if queries:
            yield "prefix_cache_hit_ratio", name, min(1.0, hits / queries)

    async def _inspect(self, number: int, replica: Replica, now: float) -> None:
        watched = self._watched[number]
        if self.settings.reads_metrics:
            if now >= watched.fits_at:
                watched.fits_at = now + FIT_S
                replica.fit = await watched.engine.fit()
            if now >= watched.asks_at:
                await self._read(number, replica, watched, now)
        self._judge(number, replica, watched, now)

    async def _read(self, number: int, replica: Replica, watched: Watched, now: float) -> None:
        """Ask for metrics. Without them replicas are compared by what this gateway sends them, and a gauge says so."""
        reading = await watched.engine.read()
        missing = frozenset(NAMES) if reading is None else reading.missing
        if missing and missing != watched.missing:
            _log.warning("series missing", extra={"target": self.target.name, "where": str(number), "problems": len(missing)})
        watched.asks_at = now + REST_S if missing == frozenset(NAMES) else now
        watched.missing, watched.reading = missing, reading
        if reading is not None and reading.cached is not None:
            watched.hits.note(reading.cached, now)
        if reading is not None and "tokens" not in missing:
            if reading.moved < watched.moved:  # counters begin anew: so does the engine, with an empty cache
                replica.prefixes.clear()
                replica.since = now
            watched.moved = reading.moved
        load = None
        if reading is not None and not missing & {"running", "waiting"}:
            own = replica.breaker.in_flight
            load = Load(reading.running, reading.waiting, reading.kv, reading.adapters, own)
        self._fleet.report(self.target.name, number, load)
        self.heard(replica.address, load, None if reading is None else reading.alpha)

    def _judge(self, number: int, replica: Replica, watched: Watched, now: float) -> None:
        """Whether it makes progress. One that had stalled is back when it does, or when it answers a question of ours."""
        reading = watched.reading
        is_busy = replica.awaits_streams_only or (reading is not None and reading.running + reading.waiting > 0)
        moved = (watched.moved, replica.answers)
        stalled = watched.progress.is_stalled(moved, now, self.settings.stall_s, is_busy=is_busy)
        if "stalled" not in replica.outs:
            if stalled:
                watched.stuck, watched.probes_at = moved, now + PROBE_S
                self._turn(number, now, on=True)
        elif moved != watched.stuck:
            self._turn(number, now, on=False)
        elif now >= watched.probes_at + BUSY_S * is_busy and (watched.probe is None or watched.probe.done()):
            watched.probes_at = now + PROBE_S
            watched.probe = asyncio.get_running_loop().create_task(self._probe(number, replica))

    async def _probe(self, number: int, replica: Replica) -> None:
        """Try a replica that had stalled and has nothing to do."""
        if await makes_a_token(self._upstream, self.target, number, self._label) and "stalled" in replica.outs:
            self._turn(number, time.monotonic(), on=False)

    def _turn(self, number: int, now: float, *, on: bool) -> None:
        self._fleet.turn(self.target.name, number, "stalled", now, on=on)
        state = "stalled" if on else "well"
        _log.warning("replica", extra={"target": self.target.name, "where": str(number), "state": state})

    async def _resolved(self) -> Sequence[str] | None:
        origin = Origin.parse(self.plan.urls[0], self.plan.networks)
        try:
            rows = await asyncio.get_running_loop().getaddrinfo(origin.host, origin.port)
        except OSError:
            return None
        return sorted({str(row[4][0]) for row in rows if origin.allows(str(row[4][0]).partition("%")[0])})

    def _listed(self) -> Sequence[str] | None:
        """The file's replicas; None when it is as it was, or cannot be read, or a line of it is wrong: half a list is no list."""
        path = self.settings.file
        if path is None:
            return None
        try:
            stat = path.stat()
            stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            if stamp == self._stamp:
                return None
            text = path.read_text(encoding="utf-8")
            self._stamp = stamp  # not before: what cannot be read now may be later
            rows = list(listed(text, self.plan.networks, has_networks=self.settings.states_networks))
        except (OSError, UnicodeDecodeError):
            return None
        wrong = sum(bool(objection) for *_, objection in rows)
        if wrong:
            _log.error("replicas refused; the last good list stays", extra={"target": self.target.name, "problems": wrong})
            return None
        return [url for _, url, _ in rows]
