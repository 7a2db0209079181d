from ipaddress import ip_network

import pytest

from gateway.config.addresses import LOCAL_NETWORKS, is_loopback, listed

LIST = """# the pool
http://10.0.0.1:8000/v1/

http://8.8.8.8:8000/v1
https://gpu.example.com/v1
http://gpu.example.com/v1
ftp://10.0.0.1/v1
"""


@pytest.mark.parametrize(
    ("host", "is_own"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("127.9.9.9", True), ("0.0.0.0", False), ("example.com", False)],
)
def test_loopback_is_this_machine(host: str, is_own: bool) -> None:
    assert is_loopback(host) is is_own


def test_a_list_of_replicas_is_held_to_what_a_local_destination_is_held_to() -> None:
    said = [(line, url, bool(flaw)) for line, url, flaw in listed(LIST, LOCAL_NETWORKS, has_networks=False)]
    assert said == [
        (2, "http://10.0.0.1:8000/v1", False),
        (4, "http://8.8.8.8:8000/v1", True),
        (5, "https://gpu.example.com/v1", False),
        (6, "http://gpu.example.com/v1", True),
        (7, "ftp://10.0.0.1/v1", True),
    ]


def test_who_has_named_networks_may_name_public_hosts() -> None:
    assert [flaw for *_, flaw in listed("http://gpu.example.com/v1", [ip_network("10.0.0.0/8")], has_networks=True)] == [""]
