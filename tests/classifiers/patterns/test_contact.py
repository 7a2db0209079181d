import pytest

from classifiers.patterns import contact
from classifiers.table import Table

TABLE = Table("table", contact.rows(("US", "GB", "DE", "FR", "ES")))


def found(text: str) -> list[tuple[str, str]]:
    return [(span.category, text[span.start : span.end]) for span in TABLE.detect(text)]


@pytest.mark.parametrize(
    ("text", "category", "value"),
    [
        pytest.param("mail ann.lee+x@mail.example.org, please", "email", "ann.lee+x@mail.example.org", id="an address with a tag"),
        pytest.param("an jürgen@müller.example schreiben", "email", "jürgen@müller.example", id="an address with umlauts"),
        pytest.param("a@xn--mller-kva.xn--p1ai is it", "email", "a@xn--mller-kva.xn--p1ai", id="an address in punycode"),
        pytest.param("ring +44 20 7946 0958 today", "phone", "+44 20 7946 0958", id="international"),
        pytest.param("ring +44 (0)20 7946 0958 today", "phone", "+44 (0)20 7946 0958", id="international with the national zero"),
        pytest.param("+390669812345 rings", "phone", "+390669812345", id="italian with its zero"),
        pytest.param("+44 20 7946 0958 2024", "phone", "+44 20 7946 0958", id="a year behind is cut off"),
        pytest.param("at +1 (498) 817-3220.", "phone", "+1 (498) 817-3220", id="an area code that nobody has yet"),
        pytest.param("0044 20 7946 0958 from abroad", "phone", "0044 20 7946 0958", id="dialled with two zeros"),
        pytest.param("it is (212) 736-5000 now", "phone", "(212) 736-5000", id="american with parentheses"),
        pytest.param("it is 212-736-5000 now", "phone", "212-736-5000", id="american with dashes"),
        pytest.param("it is 1-212-736-5000 now", "phone", "1-212-736-5000", id="american with the one before"),
        pytest.param("es ist 030 901820 jetzt", "phone", "030 901820", id="german"),
        pytest.param("es ist (030) 901820 jetzt", "phone", "(030) 901820", id="german with parentheses"),
        pytest.param("c'est le 01 42 68 53 00", "phone", "01 42 68 53 00", id="french in pairs"),
        pytest.param("c'est le 0142685300, oui", "phone", "0142685300", id="french without spaces"),
        pytest.param("mi móvil: 612 345 678", "phone", "612 345 678", id="spanish, after a word"),
        pytest.param("my phone is 01812-345678", "phone", "01812-345678", id="any country's, after a word"),
        pytest.param("server 10.20.30.40 is down", "ip_address", "10.20.30.40", id="a private address"),
        pytest.param("from 203.0.113.7:8080", "ip_address", "203.0.113.7", id="an address of documentation"),
        pytest.param("2001:db8:85a3:0:0:8a2e:370:7334 answers", "ip_address", "2001:db8:85a3:0:0:8a2e:370:7334", id="ipv6 in full"),
        pytest.param("at 2001:db8::8a2e:370:7334 now", "ip_address", "2001:db8::8a2e:370:7334", id="ipv6 in short"),
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
        pytest.param("pkg@1.2.3 @types/node", id="a package with its version"),
        pytest.param("it rose by + 12 34 56 to 7", id="a sum"),
        pytest.param("+999 12345678", id="no country has that code"),
        pytest.param("+12 34", id="too short"),
        pytest.param("call the API on 2024-01-15", id="a date after a word"),
        pytest.param("call me on 15.01.2024", id="a date after a telling word"),
        pytest.param("phone models 12 and 13", id="too few digits after a word"),
        pytest.param("127.0.0.1 and 0.0.0.0 and 255.255.255.0", id="loopback, any, a mask"),
        pytest.param("999.20.30.40", id="no octet"),
        pytest.param("1.2.3.4 and 01.20.30.40", id="a section and a zero before"),
        pytest.param("2001:1:1:1:1:1:1::1:1:1:1:1", id="more groups than there are"),
        pytest.param("dead::beef", id="a scope"),
        pytest.param("12:34:56:12:34:56", id="two times"),
        pytest.param("ff:ff:ff:ff:ff:ff", id="everybody"),
        pytest.param("01 02 03 04 05", id="counting"),
        pytest.param("000 123 456", id="no number of any region"),
    ],
)
def test_not_found(text: str) -> None:
    assert found(text) == []
