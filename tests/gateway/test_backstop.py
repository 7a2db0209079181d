"""What the backstop knows, and that both kinds of loop ask it. The hook itself is tried in a process of its own: it cannot be removed."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvloop

from gateway.backstop import EVENTS, MOST_LEARNT, Backstop, NotRegistered, guarded, loop_factory
from tests.fakes.gateway import compiled, configuration
from tests.fakes.ledgers import python

LOOPS = pytest.mark.parametrize(
    "kind", [pytest.param(uvloop.Loop, id="uvloop"), pytest.param(asyncio.SelectorEventLoop, id="asyncio's own")]
)
URL = "http://{}:{}/v1"


def backstop(port: int = 9, mode: str = "enforce", host: str = "127.0.0.1") -> Backstop:
    """One that knows a local target on that port, and `cloud.example` on 443, without a hook."""
    made = Backstop(install=lambda _backstop: None)
    content = configuration(URL.format(host, port), "https://cloud.example/v1", {"backstop": mode})
    made.serve(compiled(content))
    return made


def rows(*addresses: str) -> list[tuple[Any, ...]]:
    return [(2, 1, 6, "", (address, 0)) for address in addresses]


@pytest.mark.parametrize(
    ("address", "is_known"),
    [
        pytest.param(("127.0.0.1", 9), True, id="a destination"),
        pytest.param((b"127.0.0.1", 9), True, id="in bytes"),
        pytest.param(("127.0.0.1", 10), False, id="another port"),
        pytest.param(("cloud.example", 443), True, id="a name"),
        pytest.param(("CLOUD.example.", 443), True, id="the same name"),
        pytest.param(("192.0.2.7", 443), True, id="an address that the name has"),
        pytest.param(("::ffff:192.0.2.7", 443, 0, 0), True, id="the same inside of another"),
        pytest.param(("192.0.2.7", 80), False, id="that address on another port"),
        pytest.param(("192.0.2.8", 443), False, id="an address that nobody resolved"),
        pytest.param("/run/docker.sock", False, id="a socket of the machine"),
        pytest.param(b"\0abstract", False, id="an abstract one"),
        pytest.param(None, False, id="no address"),
        pytest.param(7, False, id="something else"),
    ],
)
def test_what_may_be_connected_to(address: object, is_known: bool) -> None:
    one = backstop()
    one.learn("cloud.example", rows("192.0.2.7"))
    if is_known:
        one.connect(address)
    else:
        with pytest.raises(NotRegistered, match="destinations of its configuration"):
            one.connect(address)
    assert one.refused["connect"] == (not is_known)


@pytest.mark.parametrize(
    ("host", "may"),
    [
        ("cloud.example", True),
        (b"Cloud.Example.", True),
        (None, True),
        ("", True),
        ("8.8.8.8", True),
        ("fe80::1%eth0", True),
        ("patient-smith.example", False),
    ],
)
def test_what_may_be_looked_up(host: object, may: bool) -> None:
    one = backstop()
    if may:
        one.resolve(host)
    else:
        with pytest.raises(NotRegistered):
            one.resolve(host)


def test_addresses_of_strangers_and_outside_of_networks_are_not_learnt() -> None:
    one = backstop(host="engine.internal")
    one.learn("stranger.example", rows("192.0.2.9"))
    one.learn("engine.internal", rows("10.0.0.4", "192.0.2.10"))
    one.connect(("10.0.0.4", 9))
    for address in (("192.0.2.9", 443), ("192.0.2.10", 9)):
        with pytest.raises(NotRegistered):
            one.connect(address)


def test_what_a_new_configuration_does_not_name_is_closed_when_the_old_one_has_ended() -> None:
    one = backstop(port=9)
    one.learn("cloud.example", rows("192.0.2.7"))
    later = compiled(configuration(URL.format("127.0.0.1", 10), URL.format("127.0.0.1", 11)))
    one.serve(later)
    one.connect(("127.0.0.1", 9))
    one.connect(("127.0.0.1", 10))
    one.forget(later)
    one.connect(("127.0.0.1", 11))
    for address in (("127.0.0.1", 9), ("192.0.2.7", 443)):
        with pytest.raises(NotRegistered):
            one.connect(address)


def test_what_is_learnt_is_bounded() -> None:
    one = backstop()
    for number in range(MOST_LEARNT + 5):
        one.learn("cloud.example", rows(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"))
    assert len(one._learnt) == MOST_LEARNT
    with pytest.raises(NotRegistered):
        one.connect(("10.0.0.1", 443))


def test_a_warning_counts_and_says_so_once_and_nothing_is_looked_at_when_it_is_off(caplog: pytest.LogCaptureFixture) -> None:
    one = backstop(mode="warn")
    for _ in range(3):
        one.connect(("192.0.2.1", 1))
    one.process()
    counts = {labels[0]: value for _, labels, value in one.samples()}
    assert counts == {"connect": 3, "resolve": 0, "send": 0, "process": 1}
    assert [record.message for record in caplog.records] == ["backstop", "backstop"]
    assert "192.0.2.1" not in caplog.text
    off = backstop(mode="off")
    off.connect(("192.0.2.1", 1))
    assert not off.refused
    assert EVENTS


Doing = Callable[[asyncio.AbstractEventLoop], Awaitable[object]]


def _socket(kind: socket.SocketKind = socket.SOCK_STREAM) -> socket.socket:
    made = socket.socket(socket.AF_INET, kind)
    made.setblocking(False)
    return made


@LOOPS
@pytest.mark.parametrize(
    ("doing", "event"),
    [
        pytest.param(lambda loop: loop.create_connection(asyncio.Protocol, "127.0.0.1", 10), "connect", id="connect to an address"),
        pytest.param(lambda loop: loop.create_connection(asyncio.Protocol, "stranger.example", 443), "connect", id="connect to a name"),
        pytest.param(lambda loop: loop.create_unix_connection(asyncio.Protocol, "/run/docker.sock"), "connect", id="a socket of the machine"),
        pytest.param(lambda loop: loop.sock_connect(_socket(), ("127.0.0.1", 10)), "connect", id="connect a socket"),
        pytest.param(lambda loop: loop.getaddrinfo("stranger.example", 443), "resolve", id="resolve"),
        pytest.param(lambda loop: loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=("127.0.0.1", 53)), "send", id="datagrams"),
        pytest.param(lambda loop: loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0)), "send", id="datagrams to anybody"),
        pytest.param(lambda loop: loop.sock_sendto(_socket(socket.SOCK_DGRAM), b"x", ("127.0.0.1", 53)), "send", id="send from a socket"),
        pytest.param(lambda loop: loop.subprocess_exec(asyncio.SubprocessProtocol, "true"), "process", id="a program"),
        pytest.param(lambda loop: loop.subprocess_shell(asyncio.SubprocessProtocol, "true"), "process", id="a shell"),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
def test_the_loop_asks_before_it_does(kind: type[Any], doing: Doing, event: str) -> None:
    one = backstop()

    async def main() -> None:
        with pytest.raises(NotRegistered):
            await doing(asyncio.get_running_loop())

    with asyncio.Runner(loop_factory=lambda: guarded(kind, one)) as runner:
        runner.run(main())
    assert one.refused == {event: 1}


@LOOPS
def test_the_loop_does_what_is_allowed_and_learns_what_names_are(kind: type[Any]) -> None:
    async def main(one: Backstop, port: int) -> None:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo("localhost", port, type=socket.SOCK_STREAM)
        assert found
        transport, _ = await loop.create_connection(asyncio.Protocol, "127.0.0.1", port)
        transport.close()
        with _socket() as own:
            await loop.sock_connect(own, ("127.0.0.1", port))

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        one = backstop(port, host="localhost")
        with asyncio.Runner(loop_factory=lambda: guarded(kind, one)) as runner:
            runner.run(main(one, port))
        assert not one.refused


def test_the_loop_of_a_gateway_is_uvloops_where_there_is_one() -> None:
    loop = loop_factory(backstop())()
    assert isinstance(loop, uvloop.Loop)
    loop.close()


HOOKED = """
import socket, sys, time
from gateway.backstop import Backstop, NotRegistered
from tests.fakes.gateway import compiled, configuration
one = Backstop()
one.serve(compiled(configuration("http://localhost:9/v1", "http://127.0.0.1:10/v1")))
one.serve(compiled(configuration("http://localhost:9/v1", "http://127.0.0.1:10/v1")))
def tried(do):
    try:
        do()
    except NotRegistered:
        return "refused"
    except OSError:
        return "passed"
    return "passed"
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
print(tried(lambda: socket.create_connection(("localhost", 9), 1)), tried(lambda: socket.create_connection(("127.0.0.1", 11), 1)),
      tried(lambda: udp.sendto(b"x", ("127.0.0.1", 53))), tried(lambda: udp.sendmsg([b"x"], [], 0, ("127.0.0.1", 53))),
      tried(lambda: udp.sendmsg([b"x"])), tried(lambda: __import__("_socket").getaddrinfo("stranger.example", 1)))
print(dict(one.refused))
audit, began = sys.audit, time.process_time()
for _ in range(100_000):
    audit("nothing.of.ours", 1)
print(time.process_time() - began)
"""


def test_the_hook_sees_what_python_does_is_installed_once_and_is_cheap() -> None:
    """Every audit event of the process passes it: a hundred thousand of them in well under a second."""
    done = python(HOOKED)
    *said, seconds = done.stdout.splitlines() or [done.stderr]
    assert said == [
        "passed refused refused refused passed refused",
        "{'connect': 1, 'send': 2, 'resolve': 1}",
    ], done.stderr
    assert float(seconds) < 1.0
