"""The lot of a conversation: what rules with a `share` compare with. It is the same for each of its requests, and in every gateway.

It is drawn from the words that the conversation began with, so nothing has to be remembered, and `tidegate explain` draws the same. What
callers ask in the very same words has the same lot. The digest is not kept.
"""

import hashlib

from classifiers.prompt import Prompt

_ENDS = 2_000
"""Characters of the beginning and of the end of what was first asked that count, with its length."""
_ALL = 2**64


def lot_of(prompt: Prompt, request_id: str) -> float:
    """Evenly from 0 to below 1. Of the first turn that is a caller's; of the request's id where there is no text."""
    asked = [part for part in prompt.parts if part.place == "content" and part.text]
    first = [part.text for part in asked if part.turn == asked[0].turn] or [request_id]
    digest = hashlib.blake2b(digest_size=8)
    for text in first:
        ends = text if len(text) <= 2 * _ENDS else text[:_ENDS] + text[-_ENDS:]
        digest.update(b"%d:%b" % (len(text), ends.encode("utf-8", "surrogatepass")))
    return (int.from_bytes(digest.digest(), "big") >> 11) / (_ALL >> 11)
