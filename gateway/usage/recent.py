"""Which requests were answered of late, and where: what feedback must know. Ids and names, in memory, within bounds."""

from gateway.exchange import Exchange
from gateway.usage.store import Known

MOST = 20_000
"""At least so many of the newest are known, at most twice as many: some 10 MB."""


class Recent:
    """An observer. All calls belong to one event loop."""

    __slots__ = ("_before", "_now")

    def __init__(self) -> None:
        self._now: dict[tuple[str, str], tuple[str, str]] = {}  # tuples of strings: the garbage collector looks at them once
        self._before: dict[tuple[str, str], tuple[str, str]] = {}

    def __call__(self, exchange: Exchange) -> None:
        """Remember where it was answered, if it was."""
        if exchange.target is not None:
            if len(self._now) >= MOST:
                self._before, self._now = self._now, {}
            self._now[exchange.request_id, exchange.tenant] = (exchange.path, exchange.target)

    def find(self, request_id: str, tenant: str) -> Known | None:
        """What is known of this tenant's request; None: nothing. Callers may choose ids: another tenant's may be the same."""
        found = self._now.get((request_id, tenant)) or self._before.get((request_id, tenant))
        return None if found is None else Known(*found)
