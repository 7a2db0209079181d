"""The trace that a request is part of: W3C Trace Context (level 1), read strictly, written anew. Hexadecimal digits, never text.

What is not valid by the letter is as if it had not been sent: the trace begins here. Nothing of it goes back to the caller.
"""

import os
import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from gateway.telemetry.plan import OtelPlan

_PARENT = re.compile(rb"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-[!-~]*)?")
"""A version above 00 may have more behind what is known, 00 may not."""
_NO_TRACE, _NO_SPAN = b"0" * 32, b"0" * 16
_KEY = rb"(?:[a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13})"
_MEMBER = re.compile(_KEY + rb"=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]")
MOST_STATE, MOST_MEMBERS = 512, 32
"""Bytes and members of a `tracestate` that is handed on. A longer one is dropped as a whole."""
_IDS = 1 << 64


class Trace(NamedTuple):
    """Where a request stands in a trace. `trace_id` has 32 digits, `span_id` (ours) and `parent_span_id` (the caller's) 16 each.

    Empty ids: none. `is_sampled`: its spans are exported. `state` is the caller's `tracestate`, which local engines get with the rest
    and nobody else; `reach` says whom the trace is told.
    """

    trace_id: str = ""
    span_id: str = ""
    parent_span_id: str = ""
    is_sampled: bool = False
    state: bytes = b""
    reach: Literal["none", "local", "external"] = "none"

    def lines(self, number: int, *, is_local: bool) -> bytes:
        """The header lines that tell the target of the attempt of that number."""
        if self.reach == "none" or not (is_local or self.reach == "external"):
            return b""
        parent = f"traceparent: 00-{self.trace_id}-{below(self.span_id, number)}-{self.is_sampled:02x}\r\n".encode()
        return b"%btracestate: %b\r\n" % (parent, self.state) if self.state and is_local else parent


NO_TRACE = Trace()
CHECKS, STAGES = 1 << 16, 1 << 17
"""From which number on self-checks and stages are counted among the spans below ours; attempts from 1."""


def below(span_id: str, number: int) -> str:
    """The id of the span of that number below ours: it needs not be kept, because it follows from both. A self-check has number 0."""
    return f"{(int(span_id, 16) - 1 + (number or CHECKS)) % (_IDS - 1) + 1:016x}"


def begun(parents: Sequence[bytes], states: Sequence[bytes], plan: OtelPlan | None) -> Trace:
    """The trace of a request with these `traceparent` and `tracestate` headers. Without a plan only a caller's id is kept, for the log."""
    caller = _parent(parents)
    if plan is None:
        return NO_TRACE if caller is None else Trace(caller[0])
    if caller is None:
        ids = os.urandom(24).hex()
        return Trace(ids[:32], ids[32:], "", _is_drawn(ids[:32], plan.sample), b"", plan.propagate)
    trace_id, parent, is_sampled = caller
    return Trace(trace_id, os.urandom(8).hex(), parent, is_sampled, _state(states) if states else b"", plan.propagate)


def _parent(values: Sequence[bytes]) -> tuple[str, str, bool] | None:
    """The trace, span and sampled flag that a caller's one `traceparent` names; None when it is not valid, or not one."""
    found = _PARENT.fullmatch(values[0]) if len(values) == 1 else None
    if found is None:
        return None
    version, trace, span, flags, more = found.groups()
    if version == b"ff" or (version == b"00" and more is not None) or trace == _NO_TRACE or span == _NO_SPAN:
        return None
    return trace.decode(), span.decode(), bool(int(flags, 16) & 1)


def _state(values: Sequence[bytes]) -> bytes:
    """The `tracestate` as it is handed on: all of it, or nothing."""
    members = [member for part in b",".join(values).split(b",") if (member := part.strip(b" \t"))]
    whole = b",".join(members)
    keys = {member.partition(b"=")[0] for member in members}
    is_valid = len(whole) <= MOST_STATE and len(keys) == len(members) <= MOST_MEMBERS and all(map(_MEMBER.fullmatch, members))
    return whole if is_valid else b""


def _is_drawn(trace_id: str, sample: float) -> bool:
    """Whether a new trace is exported: by its id, so that whoever draws the same share by the same rule draws the same traces."""
    return sample >= 1 or int(trace_id[16:], 16) < sample * _IDS
