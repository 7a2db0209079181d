"""The policy is judged where it stands in the file."""

from typing import Any

import pytest

from router.names import TargetName
from tests.gateway.config.examples import GONE, plan, said


def test_the_policy_is_what_the_file_says() -> None:
    policy = plan(
        {"destinations.qwen.serves": ["chat", "embeddings"], "sensitivity.on_explicit_model": "deny", "difficulty.threshold": 0.25}
    ).policy
    assert (policy.on_explicit_model, policy.threshold, str(policy.doubt)) == ("deny", 0.25, "restricted")
    assert policy.targets[TargetName("qwen")].speaks == {"chat", "embeddings"}
    assert len(policy.digest) == 16


def test_another_text_has_another_digest() -> None:
    assert plan().policy.digest == plan().policy.digest != plan({"server": {"port": 1}}).policy.digest


CATCH_ALL = "rule 'sensitive' before it takes every request that it admits"


@pytest.mark.parametrize(
    ("edits", "path", "words"),
    [
        pytest.param({"routes[0].to": ["gpt"]}, "routes[0].to[0]", "would send personal content to 'gpt', which is cleared for internal at most", id="a leak"),
        pytest.param({"routes[0].fallback": ["gpt"]}, "routes[0].fallback[0]", "would send restricted content to 'gpt'", id="a leak in a fallback"),
        pytest.param({"routes[0].when": {"label": "public"}}, "routes[2].fallback[0]", "would send personal content to 'gpt'", id="a leak in what is left over"),
        pytest.param({"routes[0].when": GONE}, "routes[1]", "can never apply", id="a rule behind one that takes all"),
        pytest.param({"routes[2].when": {"stream": True}}, "routes", "(29 more of this kind)", id="requests that no rule takes"),
    ],
)  # fmt: skip
def test_an_unsound_policy_is_a_problem_where_it_stands(edits: dict[str, Any], path: str, words: str) -> None:
    sentences = said(edits | {"tests": []})
    assert any(sentence.startswith(f"{path}: ") and words in sentence for sentence in sentences), sentences
