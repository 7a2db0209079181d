"""Names of requests: nobody can foresee the next one."""

import os
from collections.abc import Iterator
from itertools import chain

_BYTES = 12


def new_id() -> str:
    """A name."""
    return "req_" + os.urandom(_BYTES).hex()


def new_ids() -> Iterator[str]:
    """Names without end."""
    return chain.from_iterable(iter(_many, None))


def _many() -> list[str] | None:
    """Names that cost one question to the system, and no step of ours for each."""
    digits = os.urandom(_BYTES * 256).hex(" ", _BYTES)
    return ("req_" + digits.replace(" ", " req_")).split()
