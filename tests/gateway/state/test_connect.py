import pytest

from gateway.state.connect import connect
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
