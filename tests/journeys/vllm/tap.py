"""A wire tap: a TCP relay between gateway and engine that keeps the bytes of both directions."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass(slots=True)
class Tap:
    """`port` is where to connect instead. `asked` and `answered` are everything since `forget`.

    `cuts_after`: the next stream is cut after so many events; 0: it is not.
    """

    port: int
    asked: bytearray = field(default_factory=bytearray)
    answered: bytearray = field(default_factory=bytearray)
    cuts_after: int = 0

    def forget(self) -> None:
        self.asked.clear()
        self.answered.clear()

    @property
    def request_body(self) -> bytes:
        """Of the one request since `forget`."""
        return body(bytes(self.asked))

    @property
    def answer_body(self) -> bytes:
        return body(bytes(self.answered))


def body(message: bytes) -> bytes:
    """The body of the last HTTP message, without the framing of chunks. The end of the one before may have come late."""
    message = message[max(message.rfind(b"HTTP/1.1 "), 0) :]
    head, _, rest = message.partition(b"\r\n\r\n")
    if b"transfer-encoding: chunked" not in head.lower():
        return rest
    whole = b""
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        whole += rest[: int(size, 16)]
        rest = rest[int(size, 16) + 2 :]
    return whole


@contextmanager
def tapped(upstream_port: int) -> Iterator[Tap]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        tap = Tap(server.getsockname()[1])
        threading.Thread(target=accept, args=(server, upstream_port, tap), daemon=True).start()
        yield tap
        server.shutdown(socket.SHUT_RDWR)


def accept(server: socket.socket, upstream_port: int, tap: Tap) -> None:
    with suppress(OSError):  # the server was shut down
        while True:
            near, _ = server.accept()
            far = socket.create_connection(("127.0.0.1", upstream_port))
            for source, sink, kept in ((near, far, tap.asked), (far, near, tap.answered)):
                threading.Thread(target=pump, args=(source, sink, kept, tap), daemon=True).start()


def pump(source: socket.socket, sink: socket.socket, kept: bytearray, tap: Tap) -> None:
    """Until either side closes; then both are closed."""
    with suppress(OSError):
        while data := source.recv(65_536):
            kept += data
            sink.sendall(data)
            if kept is tap.answered and 0 < tap.cuts_after <= kept.count(b"data: "):
                tap.cuts_after = 0
                break
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()
