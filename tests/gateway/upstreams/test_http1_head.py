import pytest

from gateway.upstreams.http1_head import Headers, framing, size

LENGTH, CHUNKED, GZIP = (b"content-length", b"2"), (b"transfer-encoding", b"Chunked"), (b"content-encoding", b"gzip")
COOKIES = [(b"set-cookie", b"a"), (b"set-cookie", b"b")]


@pytest.mark.parametrize(
    ("status", "version", "headers", "is_sized"),
    [
        pytest.param(200, "1.1", [LENGTH], True, id="a length"),
        pytest.param(200, "1.1", [CHUNKED], True, id="chunks"),
        pytest.param(200, "1.1", [], False, id="the connection's end"),
        pytest.param(200, "1.0", [LENGTH], True, id="a length in HTTP/1.0"),
        pytest.param(204, "1.1", [], True, id="no body"),
        pytest.param(304, "1.1", [(b"content-length", b"0")], True, id="no body, which is said"),
        pytest.param(200, "1.1", [*COOKIES, LENGTH, (b"content-encoding", b"Identity")], True, id="others twice"),
    ],
)
def test_how_a_body_ends(status: int, version: str, headers: Headers, *, is_sized: bool) -> None:
    assert framing(status, version, headers) == (is_sized, "")


@pytest.mark.parametrize(
    ("status", "version", "headers", "says"),
    [
        pytest.param(200, "2.0", [LENGTH], "version", id="another version"),
        pytest.param(200, "1.1", [CHUNKED, CHUNKED], "twice", id="chunked twice"),
        pytest.param(200, "1.1", [LENGTH, LENGTH], "twice", id="a length twice"),
        pytest.param(200, "1.1", [GZIP, (b"content-encoding", b"identity")], "twice", id="two codings"),
        pytest.param(200, "1.1", [LENGTH, CHUNKED], "single", id="a length and chunks"),
        pytest.param(200, "1.0", [CHUNKED], "single", id="chunks in HTTP/1.0"),
        pytest.param(204, "1.1", [CHUNKED], "single", id="chunks without a body"),
        pytest.param(204, "1.1", [LENGTH], "declares one", id="a length without a body"),
        pytest.param(200, "1.1", [(b"transfer-encoding", b"gzip, chunked")], "single", id="two transfer codings"),
        pytest.param(200, "1.1", [LENGTH, GZIP], "compressed", id="compressed"),
    ],
)
def test_what_is_wrong_with_a_head(status: int, version: str, headers: Headers, says: str) -> None:
    assert says in framing(status, version, headers)[1]


def test_size() -> None:
    assert size([LENGTH, CHUNKED]) == 14 + 1 + 17 + 7
