import numpy as np

from classifiers.models.names.network import BLOCK, FAR, NEAR, REACH, TAGS, Weights, embed, layer, probabilities, weights_of


def test_a_layer_sees_its_neighbours() -> None:
    values = np.zeros((BLOCK * 2, 1), np.float32)
    values[[0, BLOCK - 1, BLOCK, -1], 0] = [1, 2, 3, 4]
    seen = layer(values, (-1, 0, 2), np.array([[1.0], [10.0], [100.0]], np.float32), np.array([0.5], np.float32))[:, 0].tolist()
    assert seen[:2] == [10.5, 1.5], "nothing stands before the first"
    assert seen[BLOCK - 3 : BLOCK + 2] == [200.5, 300.5, 20.5, 32.5, 3.5], "blocks do not matter"
    assert seen[-3:] == [400.5, 0.5, 40.5], "nor behind the last"


def test_less_than_nothing_is_nothing() -> None:
    values = np.full((BLOCK, 1), -1, np.float32)
    assert not layer(values, (0,), np.ones((1, 1), np.float32), np.zeros(1, np.float32)).any()


def test_rows_are_summed() -> None:
    table = np.array([[0, 0], [100, -100], [100, 20]], np.int8)
    assert embed(table, np.array([0.5, 1.0], np.float32), np.array([[1, 2], [0, 1]])).tolist() == [[100.0, -80.0], [50.0, -100.0]]


def weights(width: int, hidden: int) -> Weights:
    dice = np.random.default_rng(5)
    shapes = {
        "near": (len(NEAR) * width, hidden),
        "near_bias": (hidden,),
        "far": (len(FAR) * hidden, hidden),
        "far_bias": (hidden,),
        "tags": (hidden, len(TAGS)),
        "tags_bias": (len(TAGS),),
    }
    return weights_of({name: dice.normal(size=shape).astype(np.float16) for name, shape in shapes.items()})


def test_probabilities_add_up_and_depend_on_neighbours_within_reach() -> None:
    layers = weights(3, 4)
    tokens = np.random.default_rng(7).normal(size=(40, 3)).astype(np.float32)
    shares = probabilities(tokens, layers)
    assert shares.shape == (40, len(TAGS))
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-5)
    changed = tokens.copy()
    changed[20] += 1
    np.testing.assert_allclose(probabilities(tokens[:30], layers)[:24], shares[:24], rtol=1e-4)
    moved = np.flatnonzero(np.abs(probabilities(changed, layers) - shares).max(axis=1) > 1e-6)
    assert 20 - REACH <= moved.min() < 20 < moved.max() <= 20 + REACH


def test_no_tokens_no_probabilities() -> None:
    assert probabilities(np.zeros((0, 3), np.float32), weights(3, 4)).shape == (0, len(TAGS))
