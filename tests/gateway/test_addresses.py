import json
import socket
from pathlib import Path

import pytest

from gateway.addresses import NoPlace, addresses, bind, moved
from gateway.config.errors import ConfigError
from gateway.plan import Listen
from tests.fakes.gateway import configuration

CONTENT = configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1")


def test_what_the_file_names_is_known_before_it_is_compiled(tmp_path: Path) -> None:
    path = tmp_path / "tidegate.yaml"
    content = CONTENT | {"server": {"port": 1234, "shutdown_grace_s": 7}, "routes": [{"name": "all", "to": ["gpt"]}]}
    path.write_text(json.dumps(content))  # it would leak, which the workers say
    found = addresses(path)
    assert (found.port, found.admin_port, found.grace_s) == (1234, 9090, 7.0)


@pytest.mark.parametrize("text", ["version: 7", "nonsense: [", json.dumps(CONTENT | {"server": {"port": 9090}})])
def test_what_is_wrong_with_the_file_is_said(tmp_path: Path, text: str) -> None:
    path = tmp_path / "tidegate.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError):
        addresses(path)
    with pytest.raises(ConfigError, match="cannot be read"):
        addresses(tmp_path / "none.yaml")


def test_an_operator_may_give_other_addresses() -> None:
    found = Listen(host="here", port=1, admin_port=2, grace_s=7.0)
    assert moved(found, None, None, None) == found
    assert moved(found, "there", 0, None) == Listen(host="there", port=0, admin_port=2, grace_s=7.0)
    assert moved(found, None, None, 0).admin_port == 0


def test_a_place_is_bound_once() -> None:
    with bind("127.0.0.1", 0) as one:
        assert one.get_inheritable()
        one.listen()
        port = one.getsockname()[1]
        with pytest.raises(NoPlace, match=f"127.0.0.1:{port} cannot be bound: address already in use"):
            bind("127.0.0.1", port)
    with pytest.raises(NoPlace):
        bind("no such host.invalid", 0)
    assert isinstance(one, socket.socket)
