"""How each kind of destination is opened."""

from collections.abc import Callable, Mapping

from gateway.plan import UpstreamPlan
from gateway.upstreams import openai_compatible
from gateway.upstreams.upstream import Upstream
from router.decision import Target


def _litellm(target: Target, plan: UpstreamPlan) -> Upstream:
    """Litellm takes seconds to import, so its adapter is imported when a configuration asks for it."""
    from gateway.upstreams import closed

    return closed.connect(target, plan)


CONNECT: Mapping[str, Callable[[Target, UpstreamPlan], Upstream]] = {
    "openai_compatible": openai_compatible.connect,
    "litellm": _litellm,
}
