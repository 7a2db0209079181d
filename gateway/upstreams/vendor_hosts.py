"""Which vendors are served, and where their APIs live. Nothing of a client is loaded for it."""

from collections.abc import Mapping

from router.decision import Target

_BEDROCK = r"bedrock-runtime(-fips)?\.[a-z0-9-]+\.amazonaws\.com(\.cn)?"
_COHERE = r"api\.cohere\.(com|ai)"
HOSTS: Mapping[str, str] = {
    "anthropic": r"api\.anthropic\.com",
    "bedrock": _BEDROCK,
    "bedrock_converse": _BEDROCK,
    "vertex_ai": r"([a-z0-9-]+-)?aiplatform\.googleapis\.com|aiplatform\.[a-z0-9-]+\.rep\.googleapis\.com",
    "gemini": r"generativelanguage\.googleapis\.com",
    "cohere": _COHERE,
    "cohere_chat": _COHERE,
    "replicate": r"api\.replicate\.com",
}
"""Where each vendor's API lives: content goes nowhere else, whatever the environment says. Vendors that are not listed are not served:
most of them speak OpenAI's API."""


def vendor_of(target: Target) -> str:
    """Whose API a target's model is behind. Raises `ValueError` with a sentence."""
    vendor = str(target.model).partition("/")[0]
    if vendor not in HOSTS:
        known = ", ".join(sorted(HOSTS))
        raise ValueError(
            f"{target.name!r}: a model of kind litellm begins with its vendor and a slash ({known}); for others use openai_compatible"
        )
    return vendor
