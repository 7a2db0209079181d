from dataclasses import replace

import pytest

from gateway.plan import UpstreamPlan
from gateway.telemetry.places import SELF_HOSTED, _place, places
from router.decision import Target
from router.labels import Labels
from router.names import Sent, TargetName
from tests.fakes.gateway import compiled, configuration

NAME = TargetName("one")
TARGET = Target(NAME, "external", Labels().lowest, Sent("m"))


@pytest.mark.parametrize(
    ("url", "provider"),
    [
        ("https://api.openai.com/v1", "openai"),
        ("https://corp.openai.azure.com/openai/v1", "azure.ai.openai"),
        ("https://europe-west1-aiplatform.googleapis.com/v1", "gcp.vertex_ai"),
        ("https://api.mistral.ai/v1", "mistral_ai"),
        ("https://notapi.openai.com.example/v1", SELF_HOSTED),
        ("http://127.0.0.1:8000/v1", SELF_HOSTED),
    ],
)
def test_a_provider_is_known_by_its_host(url: str, provider: str) -> None:
    assert _place(TARGET, UpstreamPlan(NAME, "openai_compatible", urls=(url,))).provider == provider


@pytest.mark.parametrize(
    ("model", "provider"),
    [
        ("anthropic/claude-opus-4-6", "anthropic"),
        ("bedrock/x", "aws.bedrock"),
        ("vertex_ai/gemini", "gcp.vertex_ai"),
        ("new/x", SELF_HOSTED),
    ],
)
def test_or_by_the_vendor_that_a_library_is_told(model: str, provider: str) -> None:
    place = _place(replace(TARGET, model=Sent(model)), UpstreamPlan(NAME, "litellm"))
    assert (place.provider, place.model, place.addresses) == (provider, model, ())


def test_every_replica_of_a_plan_has_its_address() -> None:
    found = places(compiled(configuration("http://127.0.0.1:8001/v1", "https://api.openai.com/v1")))
    assert found[TargetName("qwen")] == (SELF_HOSTED, "qwen3-8b", (("127.0.0.1", 8001),))
    assert found[TargetName("gpt")] == ("openai", "gpt-5", (("api.openai.com", 443),))
