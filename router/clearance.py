"""Clearance: the only place where bytes become something that an upstream accepts.

`clear` is called once per attempt, with the label of the decision and the very bytes that are about to be sent. An upstream takes a
`ClearedBody` and nothing else: passing bytes is a type error, and a `ClearedBody` for another target raises.
"""

import hashlib
from collections.abc import Container
from typing import final

import msgspec
from msgspec.structs import force_setattr
from typing_extensions import override

from router.decision import Leak, Target
from router.labels import Label
from router.names import TargetName

_MINT = object()


@final
class ClearedBody(msgspec.Struct, frozen=True, eq=False, gc=False):
    """A request body that may be sent to one target. Made by `clear` alone, never changed, nor copied with changes. No bytes in `repr`."""

    mint: object
    request_id: str
    target: TargetName
    label: Label
    size: int
    """The number of bytes."""
    _body: bytes
    _digest: str = ""

    def __post_init__(self) -> None:
        """Raises TypeError unless called by `clear`. What was minted does not keep the mint: nothing can be made of it."""
        if self.mint is not _MINT:
            raise TypeError("a ClearedBody is made by router.clearance.clear")
        force_setattr(self, "mint", None)

    @property
    def digest(self) -> str:
        """SHA-256 of the bytes, in hexadecimal digits. Both the ledger and the log want it, so it is reckoned when first asked for."""
        if not self._digest:
            force_setattr(self, "_digest", hashlib.sha256(self._body).hexdigest())
        return self._digest

    def for_target(self, target: TargetName) -> bytes:
        """The bytes, for the target that they were cleared for. Raises `Leak` for any other."""
        if target != self.target:
            raise Leak(f"a body cleared for {self.target!r} was offered to {target!r}")
        return self._body

    @override
    def __repr__(self) -> str:
        return f"<ClearedBody {self.request_id} {self.label} for {self.target}: {self.size} bytes>"


def clear(
    request_id: str, target: Target, label: Label, body: bytes, *, is_locked: bool = False, withdrawn: Container[TargetName] = ()
) -> ClearedBody:
    """Clear `body`, of sensitivity `label`, for `target`. Raises `Leak` when the target may not receive that label.

    While the gateway is locked down no external target may receive anything; one of the `withdrawn` never again.
    """
    if is_locked and target.zone == "external":
        raise Leak(f"the gateway is locked down, and {target.name!r} is outside")
    if target.name in withdrawn:
        raise Leak(f"{target.name!r} was withdrawn while the request was served")
    if label > target.clearance:
        raise Leak(f"{label} content was offered to {target.name!r}, which is cleared for {target.clearance} at most")
    return ClearedBody(_MINT, request_id, target.name, label, len(body), body)
