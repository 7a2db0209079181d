"""From `state:` of the configuration to a `State`."""

from gateway.state.memory import Memory
from gateway.state.state import State


def connect(url: str) -> State:
    """The state behind `url`: empty for none shared, else `redis://`, `rediss://`. Connects later. Raises `ValueError` with a sentence."""
    if not url:
        return Memory()
    try:
        from gateway.state.shared import Shared  # redis is an extra
    except ImportError:
        raise ValueError("`state` needs the redis library: pip install 'tidegate[redis]'") from None
    return Shared(url)
