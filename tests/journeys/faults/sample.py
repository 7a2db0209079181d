"""Which faults are played at which endpoint: all of them at chat, one of each kind at the others, and the rest by `make test-faults`."""

from collections.abc import Hashable
from typing import Any

import pytest

from tests.fakes.endpoints import AS_CHAT, Asked


class Sample:
    """The parameters of one test."""

    def __init__(self) -> None:
        self._seen: set[Hashable] = set()
        self.params: list[Any] = []

    def add(self, alike: Hashable, asked: Asked, *values: object) -> None:
        """One more. What is alike another one at its endpoint waits for `make test-faults`."""
        is_one_more = asked is not AS_CHAT and (asked, alike) in self._seen
        self._seen.add((asked, alike))
        say = ", ".join(str(getattr(value, "say", value)) for value in values)
        self.params.append(pytest.param(asked, *values, id=f"{asked}: {say}", marks=[pytest.mark.matrix] * is_one_more))
