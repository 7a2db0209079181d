import pytest

from classifiers.patterns import contact
from classifiers.table import Table

TABLE = Table("table", contact.rows())


def found(text: str) -> list[tuple[str, str]]:
    return [(span.category, text[span.start : span.end]) for span in TABLE.detect(text)]


@pytest.mark.parametrize(
    ("text", "category", "value"),
    [
        pytest.param("mail ann.lee+x@mail.example.org, please", "email", "ann.lee+x@mail.example.org", id="an address with a tag"),
        pytest.param("an jürgen@müller.example schreiben", "email", "jürgen@müller.example", id="an address with umlauts"),
        pytest.param("a@xn--mller-kva.xn--p1ai is it", "email", "a@xn--mller-kva.xn--p1ai", id="an address in punycode"),
        pytest.param("49+ann@users.noreply.github.com", "email", "49+ann@users.noreply.github.com", id="somebody's at such a host"),
        pytest.param("noreply.ann@mail.example.org", "email", "noreply.ann@mail.example.org", id="somebody's that begins so"),
        pytest.param("server 10.20.30.40 is down", "ip_address", "10.20.30.40", id="a private address"),
        pytest.param("from 203.0.114.7:8080", "ip_address", "203.0.114.7", id="an address with a port"),
        pytest.param("2001:db9:85a3:0:0:8a2e:370:7334 answers", "ip_address", "2001:db9:85a3:0:0:8a2e:370:7334", id="ipv6 in full"),
        pytest.param("at 2001:db9::8a2e:370:7334 now", "ip_address", "2001:db9::8a2e:370:7334", id="ipv6 in short"),
        pytest.param("at fe80::1 now", "ip_address", "fe80::1", id="ipv6 of the link"),
        pytest.param("mac cc:54:dc:ec:74:84", "mac_address", "cc:54:dc:ec:74:84", id="a mac address"),
        pytest.param("mac D0-50-99-84-A2-A0", "mac_address", "D0-50-99-84-A2-A0", id="a mac address with dashes"),
    ],
)
def test_found(text: str, category: str, value: str) -> None:
    assert (category, value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("logo@2x.png", id="a file at twice the size"),
        pytest.param("git@github.com:owner/name", id="a repository"),
        pytest.param("Co-Authored-By: An Agent <noreply@agent.example>", id="a program's signature"),
        pytest.param("From: No-Reply@shop.example, donotreply@shop.example", id="mail that nobody reads"),
        pytest.param("pkg@1.2.3 @types/node", id="a package with its version"),
        pytest.param("127.0.0.1 and 0.0.0.0 and 255.255.255.0", id="loopback, any, a mask"),
        pytest.param("999.20.30.40", id="no octet"),
        pytest.param("1.2.3.4 and 01.20.30.40", id="a section and a zero before"),
        pytest.param("2001:1:1:1:1:1:1::1:1:1:1:1", id="more groups than there are"),
        pytest.param("192.0.2.10, 198.51.100.255 and 203.0.113.77", id="addresses of manuals"),
        pytest.param("2001:db8::8a2e:370:7334 and 2001:0DB8:85a3:0:0:8a2e:370:7334", id="longer addresses of manuals"),
        pytest.param("dead::beef", id="a scope"),
        pytest.param("upgrade from 10.11.12.19 or numpy==10.11.12.13", id="versions"),
        pytest.param("a JDK, 17.0.54.1+9", id="a version with a build"),
        pytest.param("a ratio of 1:8:28:56:70:56:28:8", id="coefficients"),
        pytest.param("12:34:56:12:34:56", id="two times"),
        pytest.param("ff:ff:ff:ff:ff:ff", id="everybody"),
    ],
)
def test_not_found(text: str) -> None:
    assert found(text) == []
