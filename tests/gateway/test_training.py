"""Heads fitted to outcomes whose truth is known: better where there is something to learn, unchanged where there is nothing."""

import numpy as np
import pytest

from classifiers.models.difficulty.head import Head
from gateway.training import LEAST, PENALTIES, Quality, Samples, TooLittle, Trained, quality, score, train

NAMES = tuple("abcdefgh")
OLD = Head(NAMES, np.array([1, -0.5, 0, 0, 0, 0, 0, 0], np.float32), np.full(8, 0.5, np.float32), -1.0)


def samples(many: int, truth: Head, seed: int = 3) -> Samples:
    dice = np.random.default_rng(seed)
    vectors = dice.normal(0.5, 1.0, (many, 8))
    vectors[:, 7] = 1.0  # a feature that never moves
    targets = (dice.random(many) < score(truth, vectors)).astype(float)
    return Samples(vectors, targets, np.arange(many))


def changed(**weights: float) -> Head:
    return Head(
        NAMES, np.array([weights.get(name, old) for name, old in zip(NAMES, OLD.weights, strict=True)], np.float32), OLD.centres, -1.0
    )


def test_what_the_shipped_head_does_not_know_is_learnt() -> None:
    truth = changed(c=1.5)
    trained = train(samples(2_000, truth), OLD)
    assert trained.is_better
    assert trained.gain_low > 0
    assert trained.new.auroc > trained.old.auroc + 0.05
    assert trained.head.weights[2] == pytest.approx(1.5, abs=0.3)
    assert trained.head.weights[7] == pytest.approx(OLD.weights[7])
    unseen = samples(4_000, truth, seed=9)
    told = quality(score(trained.head, unseen.vectors), unseen.targets, np.zeros(4_000, np.int64))
    assert told.brier == pytest.approx(trained.new.brier, abs=0.015)
    assert told.ece < 0.03


def test_where_the_shipped_head_is_right_little_changes() -> None:
    trained = train(samples(1_500, OLD), OLD)
    assert trained.gain < 0.002
    assert trained.gain_low <= 0
    assert np.abs(trained.head.weights - OLD.weights).max() < 0.35
    assert trained.penalty >= 100


def test_few_samples_move_little() -> None:
    few = train(samples(LEAST, changed(c=1.5)), OLD)
    many = train(samples(4_000, changed(c=1.5)), OLD)
    assert abs(few.head.weights[2]) < many.head.weights[2] + 0.5
    assert few.penalty >= many.penalty


def test_a_head_that_is_off_by_its_level_is_calibrated() -> None:
    lifted = Head(NAMES, OLD.weights, OLD.centres, 1.0)
    trained = train(samples(2_000, lifted), OLD)
    assert trained.old.ece > 0.2
    assert trained.new.ece < 0.05
    assert trained.is_better


def test_a_head_that_points_the_wrong_way_is_turned() -> None:
    trained = train(samples(1_500, changed(a=-1.0, b=0.5)), OLD)
    assert trained.old.auroc < 0.5
    assert trained.new.auroc > 0.6


@pytest.mark.parametrize(
    ("width", "many", "copies"),
    [(40, 200, 1), (40, 200, 3), pytest.param(100, 300, 1, marks=pytest.mark.long), pytest.param(100, 300, 3, marks=pytest.mark.long)],
)
def test_what_was_learnt_by_heart_does_not_count(width: int, many: int, copies: int) -> None:
    names, zeros = tuple(f"f{at}" for at in range(width)), np.zeros(width, np.float32)
    old = Head(names, zeros + np.eye(width, dtype=np.float32)[0], zeros, 0.0)
    truth = Head(names, old.weights + np.float32(1.5) * np.eye(width, dtype=np.float32)[1], zeros, 0.0)
    dice = np.random.default_rng(5)
    vectors, unseen = dice.normal(0, 1, (many, width)), dice.normal(0, 1, (5_000, width))
    targets, told = ((dice.random(len(each)) < score(truth, each)).astype(float) for each in (vectors, unseen))
    trained = train(Samples(np.repeat(vectors, copies, 0), np.repeat(targets, copies), np.repeat(np.arange(many), copies)), old)
    really = quality(score(trained.head, unseen), told, np.zeros(5_000, np.int64))
    assert trained.new.brier > really.brier - 0.005, "a head saw a sample that it was judged on, or a copy of it"


@pytest.mark.parametrize(
    ("gain", "auroc", "is_better"),
    [
        pytest.param(0.03, 0.75, True, id="better at both"),
        pytest.param(0.03, 0.695, True, id="an order that is worse by chance"),
        pytest.param(0.03, 0.65, False, id="an order that is worse"),
        pytest.param(0.01, 0.75, False, id="a Brier score that is lower by chance"),
        pytest.param(-0.03, 0.75, False, id="a higher Brier score"),
    ],
)
def test_what_is_recommended(gain: float, auroc: float, is_better: bool) -> None:
    trained = Trained(OLD, 100.0, Quality(0.7, 0.2, 0.02), Quality(auroc, 0.2 - gain, 0.02), gain, gain - 0.02, gain + 0.02)
    assert trained.is_better is is_better


def test_the_same_samples_give_the_same_head() -> None:
    log = samples(400, changed(c=1.0))
    assert train(log, OLD).head.write() == train(log, OLD).head.write()


@pytest.mark.parametrize(
    ("log", "said"),
    [
        pytest.param(samples(LEAST - 30, OLD), "30 more samples needed", id="too few"),
        pytest.param(Samples(np.zeros((200, 8)), np.zeros(200), np.arange(200)), "nearly all alike", id="all alike"),
    ],
)
def test_what_cannot_be_learnt_from_is_told(log: Samples, said: str) -> None:
    with pytest.raises(TooLittle, match=said):
        train(log, OLD)


def test_quality_by_hand() -> None:
    scores, targets, one = np.array([0.1, 0.2, 0.8, 0.8]), np.array([0.0, 1.0, 1.0, 0.0]), np.zeros(4, np.int64)
    told = quality(scores, targets, one)
    assert told.auroc == pytest.approx((0.5 + 1 + 1) / 4)
    assert told.brier == pytest.approx((0.01 + 0.64 + 0.04 + 0.64) / 4)
    assert told.ece == pytest.approx((0.1 + 0.8 + 0.2 + 0.8) / 4)
    assert quality(scores, np.ones(4), one).auroc == 0.5
    assert quality(scores, np.full(4, 0.5), one).auroc == 0.5
    assert list(PENALTIES) == sorted(PENALTIES, reverse=True), "each starts from a stronger one"
