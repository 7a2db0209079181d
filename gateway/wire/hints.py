"""Hints in a request's body about how good the answer must be: `metadata.quality`, `reasoning_effort`, `reasoning.effort`.

They shift the difficulty that rules see (`router.lean`), and nothing else. The body stays as it is: targets get them as the caller wrote
them. `quality` is a number from 0 to 10, or a text that reads as a number, which is what OpenAI's API takes in metadata; a number beyond
that is a mistake that the caller is told about. Any other text is somebody else's `quality`, and says nothing here.
"""

import re
from collections.abc import Mapping

from gateway.errors import BadRequest
from router.facts import Hint
from router.lean import LEAST_QUALITY, MOST_QUALITY, hints

HINTED = frozenset({"metadata", "reasoning_effort", "reasoning"})
"""Members of a body that may hold hints."""

_NUMBER = re.compile(r"\s*[+-]?\d{1,9}(?:\.\d{1,9})?\s*")


def hints_of(fields: Mapping[str, object], limits: tuple[float, float] | None = None) -> tuple[Hint, ...]:
    """The shifts that the body asks for, within the limits of the key. Raises `BadRequest` for a quality beyond 0 to 10."""
    effort, reasoning = fields.get("reasoning_effort"), fields.get("reasoning")
    if effort is None and isinstance(reasoning, dict):
        effort = reasoning.get("effort")
    return hints(_quality(fields.get("metadata")), effort, limits)


def _quality(metadata: object) -> float | None:
    said = metadata.get("quality") if isinstance(metadata, dict) else None
    if isinstance(said, str) and _NUMBER.fullmatch(said):
        said = float(said)
    if isinstance(said, bool) or not isinstance(said, int | float):
        return None
    if not LEAST_QUALITY <= said <= MOST_QUALITY:
        raise BadRequest("bad_field", "`metadata.quality` must be from 0 (cheap) to 10 (best); 5 is the usual.", param="metadata.quality")
    return said
