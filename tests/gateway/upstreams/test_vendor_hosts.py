import re

import pytest

from gateway.upstreams.vendor_hosts import HOSTS, vendor_of
from router.decision import Target
from router.labels import Labels
from router.names import Sent, TargetName

PUBLIC = Labels(("public",)).lowest


def target(model: str) -> Target:
    return Target(TargetName("vendor"), "external", PUBLIC, Sent(model))


@pytest.mark.parametrize(("model", "vendor"), [("anthropic/claude", "anthropic"), ("vertex_ai/a/b", "vertex_ai")])
def test_a_model_begins_with_its_vendor(model: str, vendor: str) -> None:
    assert vendor_of(target(model)) == vendor


@pytest.mark.parametrize("model", ["claude", "", "openai/gpt-5", "Anthropic/claude"])
def test_nobody_else_is_served(model: str) -> None:
    with pytest.raises(ValueError, match="'vendor': a model of kind litellm begins with its vendor"):
        vendor_of(target(model))


@pytest.mark.parametrize("host", ["api.anthropic.com.evil.org", "evil-api.anthropic.com.", "xapi.anthropic.com", "api-anthropic.com"])
def test_a_name_that_looks_like_a_vendors_is_none(host: str) -> None:
    assert not [name for name, pattern in HOSTS.items() if re.fullmatch(pattern, host)]
