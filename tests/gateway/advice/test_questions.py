import pytest

from gateway.advice.questions import DIMENSIONS, QUESTIONS, Answer, read_answers


def test_every_dimension_has_a_question_with_five_answers() -> None:
    assert tuple(QUESTIONS) == DIMENSIONS
    assert len(DIMENSIONS) == 6
    assert all(len(set(question.answers)) == 5 for question in QUESTIONS.values())


def test_answers_are_numbers_with_or_without_a_reason() -> None:
    text = "privacy: 5\ncost: {score: 2, because: we are small}\nlatency:\n"
    assert read_answers(text) == {"privacy": Answer(5), "cost": Answer(2, "we are small")}
    assert read_answers("") == {}


@pytest.mark.parametrize(
    ("text", "say"),
    [
        pytest.param("a: [", "not YAML", id="no YAML"),
        pytest.param("- 1", "one line for each dimension", id="a list"),
        pytest.param("speed: 3", "there is no dimension 'speed'", id="another dimension"),
        *[
            pytest.param(f"cost: {said}", "cost: expected a whole number of 1 to 5", id=f"cost: {said}")
            for said in ("6", "0", "2.5", "true", "high", "{score: 3, why: x}", "{because: x}", "{score: 3, because: 4}")
        ],
    ],
)
def test_what_is_no_answer_is_said(text: str, say: str) -> None:
    with pytest.raises(ValueError, match=say):
        read_answers(text)
