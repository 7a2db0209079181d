"""The label of content that somebody leaves here: what our own detectors find in it, and the label of a doubt where they cannot read.

They take the time that they need, in threads beside the event loop and a piece at a time. Detectors that are asked over the network are
asked when a line is run, like for any other request; so, where there are some, a file that nobody asked them about is a doubt.
"""

import asyncio
from collections.abc import Iterator, Mapping

import msgspec

from classifiers.classify import classify
from classifiers.prompt import Prompt
from gateway.errors import BadRequest, TooLarge
from gateway.plan import Plan
from gateway.wire.ask import Ask, decode
from gateway.wire.prompts import ask_of_text
from router.labels import Label
from router.names import Endpoint
from router.policy import Policy

PIECE = 200_000
"""Characters of a text that are read at a time."""
OVERLAP = 2_000
"""Of which so many are read again with the next piece."""
AT_ONCE = 256_000
"""Bytes of lines that are read at a time."""


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """A line of a batch's input. `body` is the request."""

    custom_id: str
    method: str
    url: str
    body: msgspec.Raw


def label_of(prompt: Prompt, plan: Plan) -> Label:
    """The label of a text by what this process's detectors find in it."""
    policy, signals = plan.policy, classify(prompt, plan.fast + plan.slow)
    found = [policy.categories.get(finding.category, policy.highest_doubt) for finding in signals.findings]
    doubts = [policy.highest_doubt] if signals.doubts or signals.coverage < 1.0 else []
    return policy.labels.join(policy.labels.lowest, *found, *doubts)


def local_from(policy: Policy) -> Label | None:
    """The first label that no destination outside may have. None: one may have all. Without any outside it is the lowest."""
    outside = [target.clearance for target in policy.targets.values() if target.zone == "external"]
    if not outside:
        return policy.labels.lowest
    return min((label for label in policy.labels if label > max(outside)), default=None)


def label_of_line(line: bytes, plan: Plan, endpoints: Mapping[str, Endpoint]) -> Label:
    """The label of a line as the request that it is; of one that is none, as a text."""
    try:
        asked = msgspec.json.decode(line, type=Asked)
        ask: Ask | None = decode(bytes(asked.body), endpoints[asked.url], plan.limits.depth)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, KeyError, BadRequest, TooLarge):
        return label_of_text(line, plan)
    return plan.policy.labels.highest if ask is None else label_of(ask.prompt.with_field(asked.custom_id), plan)


def label_of_text(content: bytes, plan: Plan) -> Label:
    """The label of a text, a piece after the other."""
    try:
        text = content.decode()
        prompts = [ask_of_text(piece, deepest=plan.limits.depth).prompt for piece in _pieces(text)]
    except (UnicodeDecodeError, BadRequest, TooLarge):
        return plan.policy.highest_doubt
    if "\0" in text:
        return plan.policy.highest_doubt
    return plan.policy.labels.join(plan.policy.labels.lowest, *(label_of(prompt, plan) for prompt in prompts))


def _pieces(text: str) -> Iterator[str]:
    at = 0
    while at < len(text):
        yield text[at : at + PIECE + OVERLAP]
        at += PIECE


async def label_of_file(content: bytes, filename: str, plan: Plan, endpoints: Mapping[str, Endpoint], *, is_batch: bool) -> Label:
    """The label of a file with its name. `is_batch`: each of its lines is a request."""
    labels = plan.policy.labels
    label = await asyncio.to_thread(label_of_text, filename.encode(errors="replace"), plan)
    if plan.remote:
        label = max(label, plan.policy.highest_doubt)
    for piece in _by_lines(content) if is_batch else _by_size(content):
        if label == labels.highest:
            break
        label = max(label, await asyncio.to_thread(_label_of_piece, piece, plan, endpoints, is_batch))
    return label


def _label_of_piece(piece: bytes, plan: Plan, endpoints: Mapping[str, Endpoint], is_batch: bool) -> Label:
    if not is_batch:
        return label_of_text(piece, plan)
    found = [label_of_line(line, plan, endpoints) for line in piece.splitlines() if line.strip()]
    return plan.policy.labels.join(plan.policy.labels.lowest, *found)


def _by_lines(content: bytes) -> Iterator[bytes]:
    """The content in pieces that end with a line."""
    at = 0
    while at < len(content):
        end = content.find(b"\n", at + AT_ONCE)
        end = len(content) if end < 0 else end + 1
        yield content[at:end]
        at = end


def _by_size(content: bytes) -> Iterator[bytes]:
    """The content as one text where that is small; else in pieces which overlap, none of which begins inside of a sign."""
    at = 0
    while at < len(content):
        start, end = _sign(content, max(0, at - OVERLAP)), _sign(content, at + 10 * PIECE)
        yield content[start:end]
        at = end


def _sign(content: bytes, at: int) -> int:
    """Where the sign begins that stands here, in UTF-8."""
    at = min(at, len(content))
    while 0 < at < len(content) and content[at] & 0xC0 == 0x80:
        at -= 1
    return at
