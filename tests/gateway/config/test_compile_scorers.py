"""Which scorer judges, and what a configuration may say of one that is asked."""

import importlib.util
from typing import Any

import msgspec
import pytest

from gateway.plan import QuestionPlan
from tests.gateway.config.examples import GONE, plan, said

ASKS: dict[str, Any] = {"difficulty": {"scorer": "llm", "options": {"destination": "qwen", "max_tokens": 9}, "deadline_s": 2.5}}


def edits(**options: object) -> dict[str, Any]:
    return {"difficulty": {"scorer": "llm", "options": options}}


def test_a_model_is_asked_at_a_destination_that_is_cleared_for_everything() -> None:
    made = plan(ASKS)
    late = made.late_scorer
    assert late is not None
    assert isinstance(late.scorer, QuestionPlan)
    assert (late.kind, late.within_s, late.scorer.target.name, late.scorer.label) == ("llm", 2.5, "qwen", made.policy.labels.highest)
    assert msgspec.json.decode(late.scorer.question.ask("x"))["max_tokens"] == 9
    assert (made.scorer, made.own_scorer, made.scorer_kind, made.weighs_difficulty) == (None, None, "llm", True)


def test_a_slow_scorer_of_this_process_is_late_too() -> None:
    made = plan({"difficulty": {"scorer": "tests.fakes.slow_scorer"}, "tests": [{"say": "x", "difficulty": "= 0.25"}]})
    assert made.scorer is None
    assert made.late_scorer is not None
    assert made.own_scorer is made.late_scorer.scorer


def test_a_fast_one_is_not() -> None:
    made = plan()
    assert (made.late_scorer, made.own_scorer, made.scorer_kind) == (None, made.scorer, "length")
    none = plan({"difficulty": GONE, "routes[1].when": {"tokens": "> 9"}})
    assert (none.scorer, none.late_scorer, none.scorer_kind, none.own_scorer, none.weighs_difficulty) == (None, None, None, None, False)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        pytest.param(edits(), "'llm' asks a model: name its destination, as in `options: {destination: NAME}`", id="no destination"),
        pytest.param(edits(destination="qwin"), "there is no destination 'qwin'; did you mean 'qwen'?", id="one that does not exist"),
        pytest.param(
            edits(destination="gpt"),
            "'gpt' is outside: a scorer gets content before anything is known of it, so it must be local",
            id="one outside",
        ),
        pytest.param(
            edits(destination="qwen") | {"destinations.qwen.clearance": "personal"},
            "'qwen' is cleared for personal at most: a scorer gets content before anything is known of it, "
            "so its destination must be cleared for restricted",
            id="one that is not cleared for everything",
        ),
        pytest.param(
            edits(destination="qwen", longest=0), "'llm' cannot be made with these options: max_tokens and longest", id="no sense"
        ),
        pytest.param(edits(destination="qwen", longest="x"), "'llm' cannot be made with these options: Expected `int`", id="no number"),
    ],
)
def test_what_may_not_be_asked_is_said(given: dict[str, Any], sentence: str) -> None:
    assert any(one.startswith(f"difficulty.options: {sentence}") for one in said(given | {"tests": []})), said(given | {"tests": []})


def test_an_unknown_option_is_said() -> None:
    assert said(edits(destination="qwen", max_token=1)) == [
        "difficulty.options.max_token: 'llm' has no option 'max_token'; did you mean 'max_tokens'?"
    ]


def test_tests_say_that_nobody_was_asked() -> None:
    (sentence,) = said(ASKS | {"tests": [{"say": "x", "path": "cloud"}]})
    assert sentence.endswith("difficulty not judged; llm is not asked here, only by a running gateway")


@pytest.mark.skipif(importlib.util.find_spec("onnxruntime") is not None, reason="onnxruntime is installed")
def test_an_engine_that_is_not_installed_is_named() -> None:
    (sentence,) = said({"difficulty": {"scorer": "onnx", "options": {"file": "model.onnx"}}, "tests": []})
    assert "'onnx' needs 'onnxruntime', which is not installed" in sentence
    assert "tidegate[onnx]" in sentence


def test_a_classifier_without_a_file_is_said() -> None:
    (sentence,) = said({"difficulty": {"scorer": "onnx"}, "tests": []})
    assert "name the model: {file: PATH/model.onnx}" in sentence
