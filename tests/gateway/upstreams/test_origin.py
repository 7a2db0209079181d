from ipaddress import ip_network

import pytest

from gateway.upstreams.origin import Origin

PRIVATE = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("url", "shown", "port", "base_path"),
    [
        pytest.param("http://vllm-0:8000/v1", "http://vllm-0:8000", 8000, "/v1", id="a port and a path"),
        pytest.param("http://vllm-0:8000/v1/", "http://vllm-0:8000", 8000, "/v1", id="a trailing slash is dropped"),
        pytest.param("https://api.openai.com/v1", "https://api.openai.com", 443, "/v1", id="the default port of https is not shown"),
        pytest.param("http://h:443", "http://h:443", 443, "", id="443 is not the default port of http"),
        pytest.param("HTTP://Host.Example.:80", "http://host.example.", 80, "", id="scheme and host are lowered"),
        pytest.param("http://[::1]:8000/v1", "http://[::1]:8000", 8000, "/v1", id="IPv6"),
        pytest.param("http://h/openai/deployments/a%20b", "http://h", 80, "/openai/deployments/a%20b", id="a longer path"),
    ],
)
def test_parses(url: str, shown: str, port: int, base_path: str) -> None:
    origin = Origin.parse(url, PRIVATE)
    assert (str(origin), origin.port, origin.base_path, origin.networks) == (shown, port, base_path, PRIVATE)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        pytest.param("ftp://h/v1", "http://", id="another scheme"),
        pytest.param("h:8000/v1", "http://", id="no scheme"),
        pytest.param("http://user@h/v1", "user name", id="user"),
        pytest.param("http://user:pw@h/v1", "user name", id="user and password"),
        pytest.param("http://h/v1?x=secret", "query", id="query"),
        pytest.param("http://h/v1?", "query", id="empty query"),
        pytest.param("http://h/v1#secret", "fragment", id="fragment"),
        pytest.param("http:///v1", "no host", id="no host"),
        pytest.param("http://:8000/v1", "no host", id="a port without a host"),
        pytest.param("http://h:0/v1", "port 0", id="port 0"),
        pytest.param("http://h:99999/v1", "cannot be parsed", id="a port that is too large"),
        pytest.param("http://h:x/v1", "cannot be parsed", id="a port that is no number"),
        pytest.param("http://[::1/v1", "cannot be parsed", id="an open bracket"),
        pytest.param("http://b\u00fccher.example/v1", "xn--", id="an international name"),
        pytest.param("http://a..b/v1", "characters", id="an empty label"),
        pytest.param("http://h/a b", "percent-encoded", id="a space in the path"),
        pytest.param("http://h/a\u00fc", "percent-encoded", id="a path that is not ASCII"),
        pytest.param("http://h h/", "characters", id="a space in the host"),
    ],
)
def test_refuses(url: str, says: str) -> None:
    with pytest.raises(ValueError, match="the URL") as caught:
        Origin.parse(url)
    assert says in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        pytest.param("10.1.2.3", True, id="inside"),
        pytest.param("11.1.2.3", False, id="outside"),
        pytest.param("::ffff:10.1.2.3", True, id="IPv4 in IPv6, inside"),
        pytest.param("::ffff:8.8.8.8", False, id="IPv4 in IPv6, outside"),
        pytest.param("fd00::1", True, id="IPv6, inside"),
        pytest.param("fe80::1%eth0", False, id="with a scope"),
    ],
)
def test_networks(address: str, *, allowed: bool) -> None:
    assert Origin.parse("http://h", PRIVATE).allows(address) is allowed
    assert Origin.parse("http://h").allows(address)
