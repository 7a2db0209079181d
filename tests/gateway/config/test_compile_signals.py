"""Detectors, the scorer, and the labels of categories."""

from typing import Any

import pytest

from classifiers.kinds import Detector
from tests.gateway.config.examples import GONE, plan, said

WORDS = "tests.fakes.word_detector"


def test_slow_detectors_are_kept_apart() -> None:
    made = plan({"sensitivity.detectors": [{WORDS: {}}, {WORDS: {"is_slow": True, "words": ["name"]}}], "sensitivity.slow_deadline_s": 2.0})
    assert [detector.categories for detector in made.fast] == [{"email", "card"}]
    assert [detector.categories for detector in made.slow] == [{"name"}]
    assert made.slow_s == 2.0


def test_a_kind_without_options_is_enough() -> None:
    made = plan({"sensitivity": {"detectors": ["patterns", "secrets"]}, "tests": []})
    assert [detector.kind for detector in made.fast] == ["patterns", "secrets"]
    labels = {
        label: {name for name, given in made.policy.categories.items() if given.name == label} for label in ("personal", "restricted")
    }
    assert {"email", "phone", "ip_address", "date_of_birth"} <= labels["personal"]
    assert {"card", "iban", "us_ssn", "credential", "medical_record"} <= labels["restricted"]


def test_tables_are_made_once_as_long_as_their_options_stay() -> None:
    def table(options: dict[str, Any]) -> Detector:
        return plan({"sensitivity": {"detectors": [{"patterns": options}, {WORDS: {}}]}, "tests": []}).fast[0]

    first = table({"regions": ["US"], "lone_numbers": False})
    assert table({"regions": ["US"], "lone_numbers": False}) is first
    other = table({"regions": ["DE"], "lone_numbers": False})
    assert other is not first
    german = [{span.category for span in detector.detect("it is 030 12345678")} for detector in (first, other)]
    assert german == [set(), {"phone"}]


@pytest.mark.parametrize(
    ("edits", "labels"),
    [
        pytest.param({"sensitivity.labels": {}}, {"email": "personal", "card": "restricted"}, id="the built-in labels"),
        pytest.param({"sensitivity.labels": {"card": "internal"}}, {"email": "personal", "card": "internal"}, id="the file's label goes first"),
        pytest.param(
            {
                "labels": ["low", "high"], "keys": [], "sensitivity": {"detectors": [WORDS]}, "tests": [], "destinations.gpt.clearance": "low",
                "destinations.qwen.clearance": "high", "routes[0].when.label": "high",
            },
            {"email": "high", "card": "high"},
            id="where the built-in labels do not exist, the highest",
        ),
    ],
)  # fmt: skip
def test_categories_have_labels(edits: dict[str, Any], labels: dict[str, str]) -> None:
    assert {name: label.name for name, label in plan(edits).policy.categories.items()} == labels


def test_without_difficulty_there_is_no_scorer() -> None:
    made = plan({"difficulty": GONE, "routes[1]": {"name": "long", "when": {"tokens": "> 9"}, "to": ["qwen"]}})
    assert made.scorer is None


@pytest.mark.parametrize(
    ("edits", "sentences"),
    [
        pytest.param(
            {"sensitivity.detectors": ["paterns"]},
            ["sensitivity.detectors[0]: no detector 'paterns'; did you mean 'patterns'?"],
            id="an unknown detector",
        ),
        pytest.param(
            {"difficulty.scorer": "lexcal"}, ["difficulty.scorer: no scorer 'lexcal'; did you mean 'lexical'?"], id="an unknown scorer"
        ),
        pytest.param(
            {"sensitivity.detectors": [{WORDS: {"wrods": []}}]},
            [f"sensitivity.detectors[0]: '{WORDS}' has no option 'wrods'; did you mean 'words'?"],
            id="an unknown option",
        ),
        pytest.param(
            {"sensitivity.detectors": ["no_such.module"]},
            [
                "sensitivity.detectors[0]: 'no_such.module' needs 'no_such', which is not installed; for what ships with Tidegate: pip install 'tidegate[no_such.module]'"
            ],
            id="a module that is not installed",
        ),
        pytest.param(
            {"sensitivity.detectors": [{WORDS: {"cannot_be_built": True}}]},
            [f"sensitivity.detectors[0]: '{WORDS}' cannot be made with these options: ValueError: no such words"],
            id="options that do not fit",
        ),
        pytest.param(
            {
                "sensitivity.detectors": [
                    {"patterns": {"add": [{"category": "badge", "pattern": "BDG-[0-9]{6}"}, {"category": "x", "pattern": "(a"}]}}
                ]
            },
            [
                "sensitivity.detectors[0]: 'patterns' cannot be made with these options: ValueError: add[1].pattern is not in re2's syntax (no look-around, no back-references)"
            ],
            id="a pattern that cannot run",
        ),
        pytest.param(
            {"sensitivity.detectors": [{"patterns": {"add": [{"category": "badge", "pattern": "[0-9]*"}]}}]},
            [
                "sensitivity.detectors[0]: 'patterns' cannot be made with these options: ValueError: add[0].pattern can match nothing at all, so it would be everywhere: say what must be there"
            ],
            id="a pattern that would be everywhere",
        ),
        pytest.param(
            {"sensitivity.labels": {"emal": "personal"}},
            ["sensitivity.labels.emal: no chosen detector finds 'emal'; did you mean 'email'?"],
            id="an unknown category",
        ),
        pytest.param(
            {"sensitivity.labels": {"email": "secret"}},
            ["sensitivity.labels.email: there is no label 'secret'; there are: internal, personal, public, restricted"],
            id="an unknown label of a category",
        ),
        pytest.param(
            {"sensitivity.doubt": "restrictd"},
            ["sensitivity.doubt: there is no label 'restrictd'; did you mean 'restricted'?"],
            id="an unknown label of doubt",
        ),
    ],
)
def test_what_is_refused_gets_one_sentence(edits: dict[str, Any], sentences: list[str]) -> None:
    assert said(edits) == sentences
