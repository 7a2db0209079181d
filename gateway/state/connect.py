"""From `state:` and `redact.vault:` of the configuration to what keeps it."""

from gateway.redact.shared_vault import SharedVault
from gateway.redact.vault import Vault
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


def vault(url: str, secret: bytes, ttl_s: float) -> Vault | SharedVault:
    """What keeps values of conversations: in memory if there is no `url`. Connects later. Raises `ValueError` with a sentence."""
    if not url:
        return Vault(ttl_s, secret)
    try:
        from gateway.state.shared import Drawers  # redis is an extra
    except ImportError:
        raise ValueError("`redact.vault` needs the redis library: pip install 'tidegate[redis]'") from None
    return SharedVault(Drawers(url), secret, ttl_s)
