"""The last wall inside of the process: no connection, look-up or program outside of the registry of destinations, whoever asks for it.

A PEP 578 audit hook sees what Python code does; uvloop connects in C, unseen, so our event loop asks too. What a C extension does by
itself is seen by neither: for that there are the network policies that `tidegate export` writes.
"""

import asyncio
import logging
import socket
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from ipaddress import ip_address
from types import FrameType
from typing import Any, Literal

from gateway.plan import Plan
from gateway.registry import Exit, exits

Mode = Literal["enforce", "warn", "off"]
EVENTS = ("connect", "resolve", "send", "process")
"""What can be refused."""
MOST_LEARNT = 4096
"""Addresses that are remembered: names of vendors come with new ones all day. The oldest is forgotten first."""

_log = logging.getLogger("tidegate")


class NotRegistered(PermissionError):
    """The place is not one of the configuration's destinations. An OSError, so that it ends like a connection that failed."""


class Backstop:
    """What is allowed, and what was refused. `serve` swaps it when the configuration changes; addresses are learnt as names resolve.

    `install` puts the hook in its place, which cannot be undone.
    """

    def __init__(self, install: "Callable[[Backstop], None] | None" = None) -> None:
        self._install = install or _hook
        self.mode: Mode = "off"
        self.refused: Counter[str] = Counter()
        self._exits: tuple[Exit, ...] = ()
        self._found: dict[str, tuple[Exit, ...]] = {}
        self._all: tuple[Exit, ...] = ()
        self._names: frozenset[str] = frozenset()
        self._places: frozenset[tuple[str, int]] = frozenset()
        self._own: frozenset[str] = frozenset()
        self._learnt: dict[str, frozenset[tuple[str, int]]] = {}
        self._said: set[tuple[str, str]] = set()
        self._commands: set[tuple[str, ...]] = set()
        self._paths: set[str] = set()
        self._is_hooked = False
        self._guard = threading.Lock()

    def serve(self, plan: Plan, *more: Exit) -> None:
        """Allow what this plan needs, beside what earlier ones needed: their last requests may still be under way."""
        self._exits = tuple(dict.fromkeys((*exits(plan), *more, *self._exits)))
        self._own = frozenset({plan.listen.host, plan.listen.admin_host})
        self._settle()
        self.hold(plan.backstop)

    def hold(self, mode: Mode) -> None:
        """From now on hold the process to what is allowed, in this mode."""
        self.mode = mode
        if self.mode != "off" and not self._is_hooked:
            self._is_hooked = True
            self._install(self)

    def forget(self, plan: Plan) -> None:
        """Allow nothing but what this plan needs, and where replicas were found: the last request of those before it has ended."""
        self._exits = ()
        self.serve(plan)

    def find(self, target: str, places: Sequence[Exit]) -> None:
        """The replicas of a target were found here, and are no longer where they were found before."""
        self._found[target] = tuple(places)
        self._settle()

    def may_start(self, command: Sequence[str]) -> None:
        """This very command line is a part of the gateway: the process may start it, again if it dies."""
        self._commands.add(tuple(command))

    def may_connect(self, path: str) -> None:
        """A part of the gateway listens on this socket of the machine."""
        self._paths.add(path)

    def _settle(self) -> None:
        self._all = tuple(dict.fromkeys((*self._exits, *(one for found in self._found.values() for one in found))))
        self._names = frozenset(one.host.lower().rstrip(".") for one in self._all)
        self._places = frozenset((one.host, one.port) for one in self._all)

    def learn(self, host: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """A registered name has these addresses now, in the rows of `getaddrinfo`. Those outside of its networks stay out."""
        name = host.lower().rstrip(".")
        for one in self._all:
            if one.host.lower().rstrip(".") == name:
                for address in {str(row[4][0]) for row in rows}:
                    if one.allows(address):
                        self._remember(_plain(address), name, one.port)

    def _remember(self, address: str, name: str, port: int) -> None:
        with self._guard:
            places = self._learnt.pop(address, frozenset())
            self._learnt[address] = places | {(name, port)}
            while len(self._learnt) > MOST_LEARNT:
                del self._learnt[next(iter(self._learnt))]

    # ---- questions; each raises `NotRegistered` when the mode says so

    def connect(self, address: object, event: str = "connect") -> None:
        """Somebody is about to connect to, or send to, a socket address."""
        if self.mode != "off" and not self._knows(address):
            self._refuse(event, "this process may connect to the destinations of its configuration only")

    def resolve(self, host: object) -> None:
        """Somebody asks for the addresses of a host. A name server would learn what stands in the name."""
        if self.mode != "off" and not self._may_resolve(host):
            self._refuse("resolve", "this process looks up the destinations of its configuration only")

    def process(self, command: object = None) -> None:
        """Somebody starts a program."""
        is_ours = isinstance(command, list | tuple) and tuple(command) in self._commands
        if self.mode != "off" and not is_ours:
            self._refuse("process", "the process that serves starts no programs")

    def _knows(self, address: object) -> bool:
        match address:
            case str() | bytes():
                path = address.decode(errors="replace") if isinstance(address, bytes) else address
                return path in self._paths or (path, 0) in self._places
            case (str() | bytes() as host, int() as port, *_):
                name = (host.decode("ascii", "replace") if isinstance(host, bytes) else host).lower().rstrip(".")
                if (name, port) in self._places:
                    return True
                return any(known in self._names and port == its for known, its in self._learnt.get(_plain(name), ()))
            case _:
                return False

    def _may_resolve(self, host: object) -> bool:
        if host is None or host in ("", b""):
            return True
        name = (host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)).lower().rstrip(".")
        return name in self._names or name in self._own or _is_address(name)

    def _refuse(self, event: str, say: str) -> None:
        """Count it, say once where in the code it came from, and raise. What it was about may be text, and is not said."""
        self.refused[event] += 1
        where = _caller(sys._getframe(1))  # noqa: SLF001  # the documented way to one's caller
        if (event, where) not in self._said and len(self._said) < MOST_LEARNT:
            self._said.add((event, where))
            _log.error("backstop", extra={"error": event, "where": where, "state": self.mode})
        if self.mode == "enforce":
            raise NotRegistered(f"{say}; add a destination, or set `backstop: warn` to find out who asks")

    def samples(self) -> Iterable[tuple[str, tuple[str, ...], float]]:
        """What the metrics show."""
        return [("backstop_refusals_total", (event,), self.refused[event]) for event in EVENTS]


def _plain(address: str) -> str:
    """An address without zone, and an IPv4 one as such."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    mapped = getattr(parsed, "ipv4_mapped", None)
    return str(mapped or parsed)


def _is_address(name: str) -> bool:
    try:
        ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return True


def _caller(frame: FrameType | None) -> str:
    """File and line of the first frame outside of this file and of the libraries that only pass calls on."""
    while frame is not None and frame.f_code.co_filename.endswith(("/backstop.py", "/socket.py", "/asyncio/base_events.py")):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame else "?"


def _hook(backstop: Backstop) -> None:
    """Install the hook, for as long as the process lives: nobody can take it away again, us included."""
    checks: Mapping[str, Callable[[tuple[Any, ...]], None]] = {
        "socket.connect": lambda args: backstop.connect(args[1]),
        "socket.sendto": lambda args: backstop.connect(args[1], "send"),
        "socket.sendmsg": lambda args: None if args[1] is None else backstop.connect(args[1], "send"),
        "socket.getaddrinfo": lambda args: backstop.resolve(args[0]),
        "socket.gethostbyname": lambda args: backstop.resolve(args[0]),
        "subprocess.Popen": lambda args: backstop.process(args[1]),
        "os.system": lambda _args: backstop.process(),
        "os.exec": lambda _args: backstop.process(),
        "os.posix_spawn": lambda _args: backstop.process(),
        "os.spawn": lambda _args: backstop.process(),
        "os.startfile": lambda _args: backstop.process(),
    }
    find = checks.get

    def hook(event: str, args: tuple[Any, ...]) -> None:
        check = find(event)
        if check is not None:
            check(args)

    resolve = socket.getaddrinfo

    def learning(host: Any, port: Any, *more: Any, **named: Any) -> Any:
        rows = resolve(host, port, *more, **named)
        if host:
            backstop.learn(host.decode("ascii", "replace") if isinstance(host, bytes) else host, rows)
        return rows

    socket.getaddrinfo = learning  # a hook sees the question only; libraries that resolve by themselves then connect to the answer
    sys.addaudithook(hook)


def loop_factory(backstop: Backstop) -> Callable[[], asyncio.AbstractEventLoop]:
    """Event loops that ask the backstop before they connect. uvloop's if there is uvloop, whose own connecting no hook sees."""
    try:
        import uvloop
    except ImportError:  # Windows, or a platform without a wheel
        kind: type[asyncio.AbstractEventLoop] = asyncio.SelectorEventLoop
    else:
        kind = uvloop.Loop
    return lambda: guarded(kind, backstop)


def guarded(kind: type[Any], backstop: Backstop) -> asyncio.AbstractEventLoop:
    """A loop of that kind that asks the backstop before it connects, resolves, or starts a program."""

    class Guarded(kind):  # type: ignore[misc]  # the class is an argument
        """The loop. Its methods have the names and arguments of asyncio's."""

        async def create_connection(self, protocol_factory: Any, host: Any = None, port: Any = None, **named: Any) -> Any:
            if named.get("sock") is None:
                self._ask(host, port)
            return await super().create_connection(protocol_factory, host, port, **named)

        async def create_unix_connection(self, protocol_factory: Any, path: Any = None, **named: Any) -> Any:
            if named.get("sock") is None:
                backstop.connect(str(path))
            return await super().create_unix_connection(protocol_factory, path, **named)

        async def create_datagram_endpoint(
            self, protocol_factory: Any, local_addr: Any = None, remote_addr: Any = None, **more: Any
        ) -> Any:
            backstop.connect(remote_addr, "send")  # without one it could send anywhere
            return await super().create_datagram_endpoint(protocol_factory, local_addr, remote_addr, **more)

        async def getaddrinfo(self, host: Any, port: Any, **named: Any) -> Any:
            backstop.resolve(host)
            rows = await super().getaddrinfo(host, port, **named)
            if host:
                backstop.learn(host.decode("ascii", "replace") if isinstance(host, bytes) else host, rows)
            return rows

        async def sock_connect(self, sock: Any, address: Any) -> None:
            backstop.connect(address)
            await super().sock_connect(sock, address)

        async def sock_sendto(self, sock: Any, data: Any, address: Any) -> Any:
            backstop.connect(address, "send")
            return await super().sock_sendto(sock, data, address)

        async def subprocess_exec(self, *args: Any, **named: Any) -> Any:
            backstop.process()
            return await super().subprocess_exec(*args, **named)

        async def subprocess_shell(self, *args: Any, **named: Any) -> Any:
            backstop.process()
            return await super().subprocess_shell(*args, **named)

        def _ask(self, host: Any, port: Any) -> None:
            backstop.connect((host, int(port) if port is not None else 0) if isinstance(host, str | bytes) else host)

    loop: asyncio.AbstractEventLoop = Guarded()
    return loop
