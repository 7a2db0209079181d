import pytest

from gateway.upstreams.http1_head import Body, Headers, framing, headers, value

LENGTH, CHUNKED, GZIP = (b"Content-Length", b"2"), (b"transfer-encoding", b"Chunked"), (b"content-encoding", b"gzip")
COOKIES = [(b"set-cookie", b"a"), (b"set-cookie", b"b")]
NEARLY = [(b"x-content-length", b"3"), (b"content-length-x", b"4"), (b"x", b"content-length: 5"), (b"content", b"length:6")]


def head(status: int, version: str, lines: Headers) -> bytes:
    """A head as llhttp lets it pass: it has the end of its last line, but not the empty one."""
    return b"HTTP/%b %d OK\r\n" % (version.encode(), status) + b"".join(b"%b: %b\r\n" % line for line in lines)


@pytest.mark.parametrize(
    ("status", "version", "lines", "body"),
    [
        pytest.param(200, "1.1", [LENGTH], "sized", id="a length"),
        pytest.param(200, "1.1", [CHUNKED], "chunked", id="chunks"),
        pytest.param(200, "1.1", [], "open", id="the connection's end"),
        pytest.param(200, "1.0", [], "open", id="the connection's end in HTTP/1.0"),
        pytest.param(200, "1.1", NEARLY, "open", id="names and values that hold one that matters"),
        pytest.param(200, "1.1", [*NEARLY, LENGTH, *NEARLY], "sized", id="and a length among them"),
        pytest.param(200, "1.0", [LENGTH], "sized", id="a length in HTTP/1.0"),
        pytest.param(204, "1.1", [], "sized", id="no body"),
        pytest.param(304, "1.1", [(b"content-length", b"0")], "sized", id="no body, which is said"),
        pytest.param(200, "1.1", [*COOKIES, LENGTH, (b"content-encoding", b"Identity")], "sized", id="others twice"),
        pytest.param(200, "1.1", [LENGTH, (b"content-encoding", b"")], "sized", id="an empty coding"),
        pytest.param(200, "1.1", [(b"transfer-encoding", b"\t chunked \t")], "chunked", id="spaces around"),
    ],
)
def test_how_a_body_ends(status: int, version: str, lines: Headers, body: Body) -> None:
    assert framing(status, head(status, version, lines).lower()) == (body, "")


@pytest.mark.parametrize(
    ("status", "version", "lines", "says"),
    [
        pytest.param(200, "2.0", [LENGTH], "version", id="another version"),
        pytest.param(200, "1.10", [LENGTH], "version", id="a longer version"),
        pytest.param(200, "1.1", [CHUNKED, CHUNKED], "twice", id="chunked twice"),
        pytest.param(200, "1.1", [LENGTH, LENGTH], "twice", id="a length twice"),
        pytest.param(200, "1.1", [LENGTH, (b"x", b"y"), (b"CONTENT-LENGTH", b"2")], "twice", id="a length twice, apart and in capitals"),
        pytest.param(200, "1.1", [GZIP, (b"content-encoding", b"identity")], "twice", id="two codings"),
        pytest.param(200, "1.1", [(b"content-encoding", b"identity"), LENGTH, GZIP], "twice", id="two codings around a length"),
        pytest.param(200, "1.1", [LENGTH, CHUNKED], "single", id="a length and chunks"),
        pytest.param(200, "1.1", [CHUNKED, LENGTH], "single", id="chunks and a length"),
        pytest.param(200, "1.0", [CHUNKED], "single", id="chunks in HTTP/1.0"),
        pytest.param(204, "1.1", [CHUNKED], "single", id="chunks without a body"),
        pytest.param(204, "1.1", [LENGTH], "declares one", id="a length without a body"),
        pytest.param(200, "1.1", [(b"transfer-encoding", b"gzip, chunked")], "single", id="two transfer codings"),
        pytest.param(200, "1.1", [(b"transfer-encoding", b"")], "single", id="an empty transfer coding"),
        pytest.param(200, "1.1", [LENGTH, GZIP], "compressed", id="compressed"),
        pytest.param(200, "1.1", [GZIP], "compressed", id="compressed, to the connection's end"),
    ],
)
def test_what_is_wrong_with_a_head(status: int, version: str, lines: Headers, says: str) -> None:
    assert says in framing(status, head(status, version, lines).lower())[1]


def test_headers_are_read_when_they_are_asked_for() -> None:
    one = head(200, "1.1", [(b"X-Two", b"1"), (b"x-two", b"2 "), (b"x-none", b""), LENGTH])
    assert headers(one) == [(b"x-two", b"1"), (b"x-two", b"2"), (b"x-none", b""), (b"content-length", b"2")]
    assert value(one, one.lower(), b"\r\nx-two:") == b"1"
    assert value(one, one.lower(), b"\r\nx-none:") == b""
    assert value(one, one.lower(), b"\r\nx-three:") is None
