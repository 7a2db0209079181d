"""What the GenAI conventions call our targets: the provider, the model, and the address, all of them from the configuration."""

from collections.abc import Mapping
from typing import NamedTuple, get_args

from gateway.plan import Plan, UpstreamPlan
from gateway.upstreams.origin import Origin
from router.decision import Target
from router.failures import NOT_MADE
from router.names import Endpoint, TargetName

OPERATIONS: Mapping[Endpoint | None, str] = {
    **{endpoint: endpoint for endpoint in get_args(Endpoint)},
    "completions": "text_completion",
    "messages": "chat",
    "responses": "chat",
    None: "chat",
}
"""`gen_ai.operation.name`; our own word where the conventions have none. Of a request whose endpoint is not known: that of a chat."""
GATEWAY = "tidegate"
"""The provider of requests that no target answered."""
SELF_HOSTED = "openai_compatible"
"""The provider of an engine of one's own, and of a vendor that the conventions do not know."""
NO_CALL = NOT_MADE | {"FULL"}
"""Attempts that were not made, for want of leave or of room."""
_BY_HOST: Mapping[str, str] = {
    "api.openai.com": "openai",
    "openai.azure.com": "azure.ai.openai",
    "api.mistral.ai": "mistral_ai",
    "api.groq.com": "groq",
    "api.deepseek.com": "deepseek",
    "api.x.ai": "x_ai",
    "api.perplexity.ai": "perplexity",
    "api.cohere.com": "cohere",
    "api.anthropic.com": "anthropic",
    "generativelanguage.googleapis.com": "gcp.gemini",
    "aiplatform.googleapis.com": "gcp.vertex_ai",
}
_BY_VENDOR: Mapping[str, str] = {
    "anthropic": "anthropic",
    "bedrock": "aws.bedrock",
    "bedrock_converse": "aws.bedrock",
    "vertex_ai": "gcp.vertex_ai",
    "gemini": "gcp.gemini",
    "cohere": "cohere",
    "cohere_chat": "cohere",
}


class Place(NamedTuple):
    """A target, in the words of the conventions. `addresses` are host and port of each configured replica."""

    provider: str = GATEWAY
    model: str = ""
    addresses: tuple[tuple[str, int], ...] = ()


Places = Mapping[TargetName | None, Place]
NOWHERE = Place()


def places(plan: Plan) -> Places:
    """The places of a plan's targets."""
    return {name: _place(plan.policy.targets[name], upstream) for name, upstream in plan.upstreams.items()}


def _place(target: Target, upstream: UpstreamPlan) -> Place:
    origins = [Origin.parse(url) for url in upstream.urls]
    vendor = target.model.partition("/")[0] if upstream.kind == "litellm" else ""
    provider = _BY_VENDOR.get(vendor) or next((known for origin in origins if (known := _known(origin.host))), SELF_HOSTED)
    return Place(provider, target.model, tuple((origin.host, origin.port) for origin in origins))


def _known(host: str) -> str:
    return next((provider for known, provider in _BY_HOST.items() if host == known or host.endswith((f".{known}", f"-{known}"))), "")
