"""The configuration's own tests are run when it is loaded."""

import itertools
from typing import Any

import pytest

from gateway.config.compile_tests import WITHIN_S, run_tests
from tests.gateway.config.examples import GONE, plan, said
from tests.gateway.config.test_compile_remote import ASKS

WORDS = "tests.fakes.word_detector"
HARD = "route 'hard', label public, found nothing, doubts none, difficulty 0.60"


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
        pytest.param(
            {"say": "x", "label": "secret"},
            ["tests[0].label: there is no label 'secret'; there are: internal, personal, public, restricted"],
            id="an unknown label",
        ),
        pytest.param(
            {"say": "x", "target": "qwem"}, ["tests[0].target: there is no target 'qwem'; did you mean 'qwen'?"], id="an unknown target"
        ),
        pytest.param(
            {"say": "x", "model": "auto:bset", "path": "local"},
            ["tests[0].model: there is no model 'auto:bset'; did you mean 'auto:best'?"],
            id="an unknown model",
        ),
        pytest.param(
            {"say": "x"}, ["tests[0]: expects nothing; add `path`, `label`, `route`, `target` or `difficulty`"], id="nothing expected"
        ),
        pytest.param({"say": "x", "model": "auto:best", "target": "gpt"}, [], id="a model that is asked for"),
        pytest.param(
            {"say": "x", "messages": [{"role": "user"}], "path": "local"}, ["tests[0]: give either `say` or `messages`"], id="two prompts"
        ),
        pytest.param({"path": "local"}, ["tests[0]: give either `say` or `messages`"], id="no prompt"),
        pytest.param(
            {
                "messages": [
                    {"role": "user", "content": "my email"},
                    {"role": "assistant", "content": "y"},
                    {"role": "user", "content": "z"},
                ],
                "label": "personal",
            },
            [],
            id="a conversation",
        ),
        pytest.param(
            {"messages": [{"role": "user", "content": "data"}, "x"], "path": "local"},
            ["tests[0].messages[1]: expected a mapping, got a text"],
            id="no message",
        ),
        pytest.param({"say": "x" * 60, "difficulty": "> threshold", "target": "gpt"}, [], id="hard enough"),
        pytest.param(
            {"name": "Short ones are easy", "say": "x" * 60, "difficulty": "< 0.5", "target": "qwen"},
            [
                f"tests[0].difficulty: Short ones are easy: expected < 0.5, got 0.600: {HARD}",
                f"tests[0].target: Short ones are easy: expected qwen, got gpt: {HARD}",
            ],
            id="a name stands in front",
        ),
        pytest.param(
            {"say": "x", "difficulty": "0.5"},
            ['tests[0].difficulty: expected a comparison: "> threshold" or ">= 0.6"'],
            id="no comparison",
        ),
    ],
)
def test_the_tests_of_a_configuration_are_run(test: dict[str, Any], sentences: list[str]) -> None:
    assert said({"tests": [test]}) == sentences


def test_no_test_is_in_any_share() -> None:
    routes = [
        {"name": "first", "when": {"label": ">= personal"}, "to": ["qwen"]},
        {"name": "some", "when": {"share": "100%"}, "to": ["gpt"]},
    ]
    edits = {"routes": [*routes, {"name": "rest", "to": ["qwen"]}]}
    assert said(edits | {"tests": [{"say": "x", "route": "rest"}]}) == []


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


def test_all_together_have_a_limited_time() -> None:
    tests = [{"say": "x", "path": "cloud"}] * 3
    compiled = plan({"tests": [{"say": "x", "path": "local"}] * 3})
    assert run_tests(compiled) == []
    assert len(said({"tests": tests})) == 3
    (slow,) = run_tests(compiled, itertools.count(step=int(WITHIN_S * 0.9)).__next__)
    assert slow.path == "tests[1]"
    assert "this and what follows was not run" in slow.say


def test_a_request_that_is_refused_meets_no_expectation() -> None:
    deep: dict[str, Any] = {}
    for _ in range(80):
        deep = {"x": deep}
    (sentence,) = said({"tests": [{"messages": [{"role": "user", "content": "x", "more": deep}], "path": "local"}]})
    assert sentence.startswith("tests[0]: such a request is refused: The body nests deeper")


def test_nobody_to_serve_and_no_score_are_said() -> None:
    edits = {"destinations.qwen.serves": ["embeddings"], "tests": [{"say": "my card", "target": "qwen"}]}
    assert "expected qwen, got nobody" in said(edits)[0]
    gone = {"difficulty": GONE, "routes[1].when": {"tokens": "> 9"}, "tests": [{"say": "x", "difficulty": "> 0.1"}]}
    assert "expected > 0.1, got unknown" in said(gone)[0]


def test_without_a_scorer_the_reason_says_so() -> None:
    edits = {"difficulty": GONE, "routes[1].when": {"tokens": "> 9"}, "tests": [{"say": "x", "path": "cloud"}]}
    assert said(edits) == [
        "tests[0].path: expected cloud, got local: route 'easy', label public, found nothing, doubts none, difficulty not judged"
    ]
