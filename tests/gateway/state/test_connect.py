import pytest

from gateway.redact.shared_vault import SharedVault
from gateway.redact.vault import Vault
from gateway.state.connect import connect, vault
from gateway.state.memory import Memory
from gateway.state.shared import Shared
from router.fleet import Fleet


async def test_without_an_address_nothing_is_shared() -> None:
    state = connect("")
    state.start(Fleet([]))
    assert isinstance(state, Memory)
    assert not state.is_degraded
    await state.close()


async def test_an_address_of_redis() -> None:
    state = connect("redis://127.0.0.1:6379/0")
    assert isinstance(state, Shared)
    await state.close()


@pytest.mark.parametrize("url", ["http://127.0.0.1", "127.0.0.1:6379", "redis://host:port/0"])
def test_what_is_no_address_of_redis(url: str) -> None:
    with pytest.raises(ValueError, match="write it like redis://") as refused:
        connect(url)
    assert url not in str(refused.value)


async def test_a_vault_is_where_its_address_says() -> None:
    assert isinstance(vault("", b"", 60.0), Vault)
    shared = vault("redis://127.0.0.1:6379/0", b"key", 60.0)
    assert isinstance(shared, SharedVault)
    await shared.close()
    with pytest.raises(ValueError, match="write it like redis://") as refused:
        vault("redis://host:port/0", b"key", 60.0)
    assert "host:port" not in str(refused.value)
