"""Responses that are kept: what one goes on from is put before what is asked, with its label, and what is answered is kept.

No target keeps any: what would be kept outside would be there without its label, and only there could be gone on from.
"""

import time
from collections.abc import Callable, Mapping
from functools import partial

import msgspec
from typing_extensions import override

from gateway.arrival import Arrival
from gateway.errors import BadRequest
from gateway.http.chat import Hot
from gateway.kept import responses as kept_responses
from gateway.kept.keeping import Keeper, Turns
from gateway.kept.kept import Kept
from gateway.plan import Plan
from gateway.runtime import Runtime
from gateway.wire.ask import TWICE, members_of
from gateway.wire.outline import members_met, members_written
from router.labels import Label

_OFF = "Nothing is kept here, so nothing can be gone on from. Send the whole conversation in `input`, or ask the operator for a `store`."
_GONE = "There is no such response here, or it has expired. Send the whole conversation in `input`."
_BACKGROUND = "Nothing is done in the background here. Leave `background` out, and stream, or create a batch."
_REFUSED: Mapping[str, str] = {
    "background": _BACKGROUND,
    "conversation": "Conversations kept elsewhere have no label here. Send the whole conversation in `input`, or go on from a response.",
    "prompt": "Prompt templates kept elsewhere cannot be read here. Send `instructions` and `input` instead.",
}
"""What would be done, or is kept, where nobody here can look at it."""
turns_of = msgspec.json.Decoder(Turns).decode
"""What a row of the store holds."""


class Responses(Hot):
    """`POST /v1/responses`."""

    resumes = True

    def __init__(self, runtime: Callable[[], Runtime], kept: Kept) -> None:
        super().__init__("responses", runtime)
        self._kept = kept

    @override
    async def _resumed(self, raw: bytes, arrival: Arrival, plan: Plan) -> tuple[bytes, Label | None]:
        fields = members_of(raw)
        for name, say in _REFUSED.items():
            if fields.get(name):
                raise BadRequest("not_carried", say, param=name)
        if not isinstance(fields.get("store"), bool | None):  # whoever means false must not have it kept
            raise BadRequest("bad_field", "`store` must be true or false.", param="store")
        if not isinstance(fields.get("input"), str | list | None):
            raise BadRequest("bad_field", "`input` must be a string or a list.", param="input")
        previous, own = fields.get("previous_response_id"), _items(fields.get("input"))
        is_kept = fields.get("store") is not False
        label: Label | None = None
        if previous is not None:
            if members_written(raw) != members_met(fields):  # what is written anew has each key once, whatever came
                raise BadRequest("duplicate_key", TWICE)
            earlier, label = await self._earlier(previous, arrival.caller.tenant, plan)
            own = [*earlier, *own]
            fields = {name: value for name, value in fields.items() if name != "previous_response_id"} | {"input": own}
        if is_kept and self._kept.is_on:
            arrival.keeper = Keeper(self._kept, arrival.caller.tenant, own).before
        elif is_kept:
            fields = {**fields, "store": False}
        return (raw if previous is None and (not is_kept or self._kept.is_on) else msgspec.json.encode(fields)), label

    async def _earlier(self, name: object, tenant: str, plan: Plan) -> tuple[list[object], Label]:
        """The conversation up to a response, and its label: the highest, where that has another name now."""
        if not isinstance(name, str):
            raise BadRequest("bad_field", "`previous_response_id` must be a string.", param="previous_response_id")
        if not self._kept.is_on:
            raise BadRequest("store_off", _OFF, param="previous_response_id")
        row = await self._kept.ask(partial(kept_responses.get, tenant=tenant, name=name, now=time.time()))
        if row is None:
            raise BadRequest("previous_response_not_found", _GONE, param="previous_response_id")
        labels = plan.policy.labels
        return turns_of(row.items).items, next((one for one in labels if one.name == row.label), labels.highest)


def _items(given: object) -> list[object]:
    """What is asked, as items; anything else is for the strict decoder to refuse."""
    if isinstance(given, str):
        return [{"type": "message", "role": "user", "content": given}]
    return given if isinstance(given, list) else []
