"""Names of requests: nobody can foresee the next one."""

import os
from collections.abc import Iterator

_BYTES = 12


def new_id() -> str:
    """A name."""
    return "req_" + os.urandom(_BYTES).hex()


def new_ids() -> Iterator[str]:
    """Names, of which many cost one question to the system."""
    while True:
        many = os.urandom(_BYTES * 256).hex()
        for at in range(0, len(many), _BYTES * 2):
            yield "req_" + many[at : at + _BYTES * 2]
