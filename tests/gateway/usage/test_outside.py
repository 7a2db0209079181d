import pytest

from gateway.usage.outside import is_outside


@pytest.mark.parametrize(
    ("url", "is_so"),
    [
        pytest.param("/srv/usage.db", False, id="a file"),
        pytest.param("postgresql://someone@/usage?host=/run/postgresql", False, id="a socket of this machine"),
        pytest.param("postgresql://localhost/usage", False, id="this machine"),
        pytest.param("postgresql://10.1.2.3:6000/usage", False, id="the own network"),
        pytest.param("postgresql://[fd00::1]/usage", False, id="the own network, by IPv6"),
        pytest.param("postgresql://203.0.113.9/usage", True, id="elsewhere"),
        pytest.param("postgresql://no-such-host.invalid/usage", True, id="nobody knows where"),
    ],
)
def test_what_is_outside(url: str, is_so: bool) -> None:
    assert is_outside(url) is is_so
