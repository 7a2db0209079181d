"""The policy is judged where it stands in the file, and the configuration's own tests are run."""

from typing import Any

import pytest

from gateway.config.compile_policy import run_tests
from tests.gateway.config.examples import GONE, plan, said
from tests.gateway.config.test_compile_remote import ASKS

WORDS = "tests.fakes.word_detector"


def test_the_policy_is_what_the_file_says() -> None:
    policy = plan(
        {"destinations.qwen.serves": ["chat", "embeddings"], "sensitivity.on_explicit_model": "deny", "difficulty.threshold": 0.25}
    ).policy
    assert (policy.on_explicit_model, policy.threshold, str(policy.doubt)) == ("deny", 0.25, "restricted")
    assert policy.serves == {"qwen": frozenset({"chat", "embeddings"})}
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
        pytest.param({"routes[2].when": {"stream": True}}, "routes", "(5 more of this kind)", id="requests that no rule takes"),
    ],
)  # fmt: skip
def test_an_unsound_policy_is_a_problem_where_it_stands(edits: dict[str, Any], path: str, words: str) -> None:
    sentences = said(edits | {"tests": []})
    assert any(sentence.startswith(f"{path}: ") and words in sentence for sentence in sentences), sentences


@pytest.mark.parametrize(
    ("test", "sentences"),
    [
        pytest.param({"say": "x", "path": "local", "label": "public", "route": "easy"}, [], id="all as expected"),
        pytest.param({"say": "x" * 80, "path": "cloud", "route": "hard"}, [], id="hard by its length"),
        pytest.param(
            {"say": "my card", "path": "cloud"},
            ["tests[0].path: expected cloud, got local: route 'sensitive', label restricted, found card, doubts none, difficulty 0.07"],
            id="another path",
        ),
        pytest.param(
            {"say": "x", "label": "personal", "route": "hard"},
            [
                "tests[0].label: expected personal, got public: route 'easy', label public, found nothing, doubts none, difficulty 0.01",
                "tests[0].route: expected hard, got easy: route 'easy', label public, found nothing, doubts none, difficulty 0.01",
            ],
            id="another label and route",
        ),
        pytest.param({"say": "x", "label": "secret"}, ["tests[0].label: there is no label 'secret'"], id="an unknown label"),
        pytest.param({"say": "x"}, ["tests[0]: expects nothing; add `path`, `label` or `route`"], id="nothing expected"),
    ],
)
def test_the_tests_of_a_configuration_are_run(test: dict[str, Any], sentences: list[str]) -> None:
    assert said({"tests": [test]}) == sentences


def test_a_test_that_fails_names_detectors_that_only_a_running_gateway_asks() -> None:
    (sentence,) = said(ASKS | {"tests": [{"say": "x" * 80, "path": "local"}]})
    assert sentence.endswith("; presidio_rest is not asked here, only by a running gateway")
    (sentence,) = said(ASKS | {"tests": [{"say": "my card", "path": "cloud"}]})
    assert "not asked" not in sentence, "what stays is not asked about by anybody"


def test_slow_detectors_and_doubts_count_in_tests() -> None:
    detectors = [{WORDS: {"words": ["name"], "is_slow": True}}, {WORDS: {"fails": True}}]
    (sentence,) = said({"sensitivity": {"detectors": detectors}, "tests": [{"say": "my name", "path": "cloud"}]})
    assert "found name, doubts failed" in sentence


def test_a_request_that_nobody_serves_is_blocked() -> None:
    edits = {"destinations.qwen.serves": ["embeddings"], "tests": [{"say": "my card", "path": "blocked"}]}
    assert run_tests(plan(edits)) == []


def test_without_a_scorer_the_reason_says_so() -> None:
    edits = {"difficulty": GONE, "routes[1].when": {"tokens": "> 9"}, "tests": [{"say": "x", "path": "cloud"}]}
    assert said(edits) == [
        "tests[0].path: expected cloud, got local: route 'easy', label public, found nothing, doubts none, difficulty not judged"
    ]
