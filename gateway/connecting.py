"""How each kind of destination is opened."""

from collections.abc import Callable, Mapping

from gateway.plan import UpstreamPlan
from gateway.upstreams import apart, openai_compatible
from gateway.upstreams.upstream import Upstream
from gateway.upstreams.vendors import Vendors
from router.decision import Target


def _direct(target: Target, plan: UpstreamPlan, _vendors: Vendors) -> Upstream:
    return openai_compatible.connect(target, plan)


CONNECT: Mapping[str, Callable[[Target, UpstreamPlan, Vendors], Upstream]] = {
    "openai_compatible": _direct,
    "litellm": apart.connect,
}
