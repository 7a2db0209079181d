import asyncio
import shutil
import ssl
import subprocess
import time
from collections.abc import Sequence
from ipaddress import ip_network
from pathlib import Path

import pytest

from gateway.upstreams.http1 import Http1Client, Origin, Unreachable
from router.decision import Clocks
from tests.fakes.patience import paced
from tests.fakes.sockets import Receive, Send, Step, comes_to, raw_server

CLOCKS = Clocks(connect_s=20, headers_s=20, first_token_s=20, between_chunks_s=20, total_s=50)
TALK: list[Step] = [Receive(), Send(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi")]
LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
ELSEWHERE = (ip_network("10.0.0.0/8"),)


async def talk(client: Http1Client, clocks: Clocks = CLOCKS) -> bytes:
    answer = await client.post(b"/chat/completions", b"{}", b"x-request-id: abc\r\n", clocks)
    try:
        return await answer.read(2)
    finally:
        answer.close()


async def test_what_is_sent() -> None:
    async with raw_server(TALK) as server:
        client = Http1Client(Origin.parse(f"{server.url}/v1"), [(b"content-type", b"application/json"), (b"x-empty", b"")])
        assert await talk(client) == b"hi"
        assert server.requests == [
            b"POST /v1/chat/completions HTTP/1.1\r\n"
            b"host: 127.0.0.1:%d\r\n"
            b"accept-encoding: identity\r\n"
            b"content-type: application/json\r\n"
            b"x-empty: \r\n"
            b"content-length: 2\r\n"
            b"x-request-id: abc\r\n"
            b"\r\n"
            b"{}" % server.port
        ]


async def test_many_paths_are_sent_without_being_remembered() -> None:
    async with raw_server(TALK * 100) as server:
        client = Http1Client(Origin.parse(server.url), [])
        for number in range(100):
            await (await client.post(b"/p%d" % number, b"", b"", CLOCKS)).read(2)
        assert [request.split()[1] for request in server.requests] == [b"/p%d" % number for number in range(100)]


@pytest.mark.parametrize("path", [b"", b"x", b"/a b", b"/a?b", b"/a\r\nx: y", b"/a\n", b"//h\x00"])
async def test_a_path_that_is_none_is_refused(path: bytes) -> None:
    client = Http1Client(Origin.parse("http://127.0.0.1:1"), [])
    with pytest.raises(ValueError, match="path"):
        await client.post(path, b"", b"", CLOCKS)


@pytest.mark.parametrize(
    ("headers", "says"),
    [
        pytest.param([(b"Host", b"h")], "'Host' is written by the client", id="host"),
        pytest.param([(b"content-length", b"1")], "written by the client", id="content-length"),
        pytest.param([(b"transfer-encoding", b"chunked")], "written by the client", id="transfer-encoding"),
        pytest.param([(b"a", b"1"), (b"A", b"2")], "'A' is given twice", id="twice"),
        pytest.param([(b"a b", b"1")], "name", id="a space in the name"),
        pytest.param([(b"", b"1")], "name", id="no name"),
        pytest.param([(b"a", b"secret\r\nb: c")], "line breaks", id="a line break"),
        pytest.param([(b"a", b"secret\n")], "line breaks", id="a line break at the end"),
        pytest.param([(b"a", b"\x00secret")], "control characters", id="a control character"),
        pytest.param([(b"a", b" secret")], "spaces around", id="a space before"),
    ],
)
def test_headers_that_are_refused(headers: list[tuple[bytes, bytes]], says: str) -> None:
    with pytest.raises(ValueError, match=says) as caught:
        Http1Client(Origin.parse("http://h"), headers)
    assert "secret" not in str(caught.value)


async def test_a_redirect_is_an_answer() -> None:
    async with raw_server(TALK) as target:
        away = b"HTTP/1.1 307 Go\r\nlocation: %b\r\ncontent-length: 0\r\n\r\n" % target.url.encode()
        async with raw_server([Receive(), Send(away)]) as server:
            answer = await Http1Client(Origin.parse(server.url), []).post(b"/x", b"", b"", CLOCKS)
            assert (answer.status, await answer.read(0)) == (307, b"")
        assert target.accepted == 0


async def test_settings_in_the_environment_have_no_effect(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login x password y\n")
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    async with raw_server(TALK) as server:
        assert await talk(Http1Client(Origin.parse(server.url), [])) == b"hi"
        assert b"authorization" not in server.requests[0].lower()
    tls = Http1Client(Origin.parse("https://127.0.0.1"), [])._tls
    assert tls is not None
    assert tls.keylog_filename is None


async def test_cookies_are_not_kept() -> None:
    cookie: list[Step] = [Receive(), Send(b"HTTP/1.1 200 OK\r\nset-cookie: a=b\r\ncontent-length: 2\r\n\r\nhi")]
    async with raw_server(cookie * 2) as server:
        client = Http1Client(Origin.parse(server.url), [])
        await talk(client)
        await talk(client)
        assert server.requests[0] == server.requests[1]


class Names:
    """A name server that says what it is told, and counts the questions. A float is a wait in seconds, an error is raised."""

    def __init__(self, *addresses: str, wait_s: float = 0.0, error: OSError | None = None) -> None:
        self.asked = 0
        self._addresses = addresses
        self._wait_s = wait_s
        self._error = error

    async def __call__(self, _: Origin) -> Sequence[str]:
        self.asked += 1
        await asyncio.sleep(self._wait_s)
        if self._error is not None:
            raise self._error
        return self._addresses


@pytest.mark.parametrize(
    ("url", "networks", "names", "says"),
    [
        pytest.param("http://127.0.0.1:1", LOOPBACK, Names(), "refused", id="nothing listens"),
        pytest.param("http://127.0.0.1:{port}", ELSEWHERE, Names(), "outside the allowed networks", id="a literal address outside"),
        pytest.param(
            "http://vllm:{port}", ELSEWHERE, Names("127.0.0.1"), "outside the allowed networks", id="a name that resolves outside"
        ),
        pytest.param("http://localhost:{port}", ELSEWHERE, None, "outside the allowed networks", id="localhost is outside"),
        pytest.param("http://vllm:{port}", (), Names(), "outside", id="a name without addresses"),
        pytest.param(
            "http://vllm:{port}", (), Names(error=OSError(5, "canary")), "no connection to http://vllm", id="a name server that fails"
        ),
        pytest.param("http://nowhere.invalid:{port}", (), None, "has no address", id="a name that does not exist"),
        pytest.param("http://vllm:{port}", (), Names("127.0.0.1", wait_s=60), "connect_s", id="a name server that is too slow"),
        pytest.param("https://127.0.0.1:{port}", (), Names(), "connect_s", id="an upstream that never answers in TLS"),
    ],
)
async def test_unreachable(url: str, networks: tuple[object, ...], names: Names | None, says: str) -> None:
    async with raw_server([]) as server:
        origin = Origin.parse(url.format(port=server.port), networks)  # type: ignore[arg-type]
        client = Http1Client(origin, []) if names is None else Http1Client(origin, [], resolve=names)
        with pytest.raises(Unreachable, match=says) as caught:
            await talk(client, Clocks(connect_s=0.3) if says == "connect_s" else CLOCKS)
        assert "canary" not in str(caught.value)
        assert repr(client).endswith("0 active, 0 idle>")
        if "outside" in says:
            assert server.accepted == 0


async def test_the_next_address_is_tried_and_one_outside_is_not() -> None:
    async with raw_server(TALK) as server:
        names = Names("127.0.0.2", "8.8.8.8", "127.0.0.1")
        client = Http1Client(Origin.parse(f"http://vllm:{server.port}", LOOPBACK), [], resolve=names)
        assert await talk(client) == b"hi"
        assert server.requests[0].split(b"\r\n")[1] == b"host: vllm:%d" % server.port


async def test_requests_that_need_connections_share_one_lookup() -> None:
    async with raw_server(TALK) as server:
        names = Names("127.0.0.1", wait_s=0.02)
        client = Http1Client(Origin.parse(f"http://vllm:{server.port}"), [], resolve=names)
        gone = asyncio.ensure_future(talk(client))
        rest = asyncio.gather(*(talk(client) for _ in range(9)))
        await asyncio.sleep(0.005)
        gone.cancel()  # must not take the others' lookup with it
        assert await rest == [b"hi"] * 9
        assert names.asked == 1


async def test_no_more_than_max_connections() -> None:
    async with raw_server([Receive()]) as server:
        client = Http1Client(Origin.parse(server.url), [], max_connections=2)
        waiting = [asyncio.ensure_future(talk(client)) for _ in range(2)]
        await comes_to(lambda: len(server.requests), 2)
        with pytest.raises(Unreachable, match="all 2 connections"):
            await talk(client)
        waiting[0].cancel()
        await asyncio.sleep(0)
        assert repr(client).endswith("1 active, 0 idle>")
        again = asyncio.ensure_future(talk(client))
        await comes_to(lambda: server.accepted, 3)
        for task in (waiting[1], again):
            task.cancel()
        results = await asyncio.gather(*waiting, again, return_exceptions=True)
        assert all(isinstance(result, asyncio.CancelledError) for result in results)
        assert repr(client).endswith("0 active, 0 idle>")


@pytest.mark.parametrize("after_s", [pytest.param(0.0, id="while connecting"), pytest.param(0.03, id="while waiting for headers")])
async def test_a_cancelled_post_closes_the_connection_at_once(after_s: float) -> None:
    async with raw_server([Receive()]) as server:
        client = Http1Client(Origin.parse(server.url), [])
        task = asyncio.ensure_future(talk(client))
        await asyncio.sleep(after_s)
        begun = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert repr(client).endswith("0 active, 0 idle>")
        if server.accepted:
            await server.until_gone()
        assert time.monotonic() - begun < 15, "no clock is that short"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 and `upstream`, and its key, in one file, signed by nobody."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs the openssl command to make a certificate")
    folder = tmp_path_factory.mktemp("tls")
    key, out = folder / "key", folder / "certificate"
    made = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=upstream -addext subjectAltName=IP:127.0.0.1,DNS:upstream"
    subprocess.run([openssl, *made.split(), "-keyout", str(key), "-out", str(out)], check=True, capture_output=True)
    out.write_bytes(out.read_bytes() + key.read_bytes())
    return out


def serving(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


async def test_a_certificate_that_nobody_signed_is_refused(certificate: Path) -> None:
    async with raw_server(TALK, tls=serving(certificate)) as server:
        client = Http1Client(Origin.parse(f"https://127.0.0.1:{server.port}"), [])
        with pytest.raises(Unreachable, match="certificate cannot be verified"):
            await talk(client)
        assert server.requests == []
        assert repr(client).endswith("0 active, 0 idle>")


async def test_an_authority_of_our_own(certificate: Path) -> None:
    context = ssl.create_default_context(cafile=certificate)
    async with raw_server(TALK * 2, tls=serving(certificate)) as server:
        client = Http1Client(Origin.parse(f"https://127.0.0.1:{server.port}"), [], ssl_context=context)
        assert [await talk(client), await talk(client)] == [b"hi", b"hi"]
        assert server.accepted == 1
        names = Names("127.0.0.1")
        other = Http1Client(Origin.parse(f"https://elsewhere.example:{server.port}"), [], ssl_context=context, resolve=names)
        with pytest.raises(Unreachable, match="certificate cannot be verified"):
            await talk(other)
        await client.close()


async def test_an_address_that_hangs_leaves_time_for_the_next(certificate: Path) -> None:
    async def scene(pace: float) -> None:
        context = ssl.create_default_context(cafile=certificate)
        async with raw_server(TALK, tls=serving(certificate)) as server, raw_server([], host="127.0.0.2", port=server.port) as silent:
            names = Names("127.0.0.2", "127.0.0.1")
            client = Http1Client(Origin.parse(f"https://upstream:{server.port}"), [], ssl_context=context, resolve=names)
            clocks = Clocks(connect_s=2 * pace)
            begun = time.monotonic()
            assert await talk(client, clocks) == b"hi"
            assert time.monotonic() - begun < clocks.connect_s
            assert silent.accepted == 1
            await client.close()

    await paced(scene)


async def test_a_port_that_does_not_speak_tls() -> None:
    async with raw_server([Send(b"220 mail\r\n" * 10)]) as server:
        with pytest.raises(Unreachable, match="TLS handshake failed"):
            await talk(Http1Client(Origin.parse(f"https://127.0.0.1:{server.port}"), []))


def test_a_context_that_does_not_verify_is_refused() -> None:
    context = ssl.create_default_context()
    context.check_hostname = False
    with pytest.raises(ValueError, match="does not verify"):
        Http1Client(Origin.parse("https://h"), [], ssl_context=context)
    context.verify_mode = ssl.CERT_NONE
    with pytest.raises(ValueError, match="does not verify"):
        Http1Client(Origin.parse("https://h"), [], ssl_context=context)
