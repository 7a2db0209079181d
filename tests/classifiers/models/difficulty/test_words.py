import numpy as np

from classifiers.models.difficulty.words import Words, load

FEW = Words(
    {"sea": 0, "the": 1},
    lambda: np.array([[127, 0], [0, 127]], np.int8),
    np.array([1 / 127, 2 / 127], np.float32),
    np.array([1.0, 0.25], np.float32),
    np.array([4.0, 7.0], np.float32),
)


def test_unknown_words_have_no_row() -> None:
    assert FEW.known(["the", "wide", "sea"]) == [1, 0]


def test_a_text_lies_at_the_weighted_mean_of_its_words() -> None:
    assert np.allclose(FEW.mean([0, 1]), [0.8, 0.4])
    assert FEW.width == 2


def test_a_text_without_known_words_lies_nowhere() -> None:
    assert FEW.mean([]).tolist() == [0, 0]


def test_what_words_add_along_a_direction_adds_up_to_where_their_mean_lies() -> None:
    direction = np.array([3, -1], np.float32)
    along = FEW.along(direction)
    assert np.isclose(along.sum() / FEW.weights.sum(), FEW.mean([0, 1]) @ direction)


def test_what_is_loaded_is_shared() -> None:
    assert load() is load()
    assert load().vectors is load().vectors
    assert load().vectors.shape == (len(load().index), load().width)


def test_the_shipped_vectors_know_what_belongs_together() -> None:
    words = load()

    def near(one: str, other: str) -> float:
        a, b = (words.mean(words.known([word])) for word in (one, other))
        return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))

    assert near("theorem", "proof") > near("theorem", "butter") + 0.2
    assert near("guitar", "music") > near("guitar", "tax") + 0.2
    assert words.weights[words.index["the"]] < 0.1 < words.weights[words.index["theorem"]]
    assert words.commonness[words.index["the"]] > words.commonness[words.index["theorem"]]
