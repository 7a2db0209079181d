"""The network: embeddings summed per token, two layers that look at neighbours, a probability for each tag. Numbers only, no text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifiers.models.names.tokens import Floats

TAGS = ("", "person", "address", "place", "organisation")
"""What a token can be part of; the last two only teach the network what a person is not."""

NEAR: Sequence[int] = (-2, -1, 0, 1, 2)
FAR: Sequence[int] = (-4, -2, 0, 2, 4)
"""Tokens that the first and the second layer look at: together six to each side."""

REACH = 6

BLOCK = 40
"""Tokens that one product of matrices takes: so few that the library for linear algebra works in the calling thread (its threads would
spin on the cores that serve requests), and that what it works on stays in the cache."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Of the two layers and of the tags; float32."""

    near: Floats
    near_bias: Floats
    far: Floats
    far_bias: Floats
    tags: Floats
    tags_bias: Floats


def padded(values: Floats) -> Floats:
    """`REACH` rows of zeros before and after."""
    count, width = values.shape
    wider = np.zeros((count + 2 * REACH, width), np.float32)
    wider[REACH : REACH + count] = values
    return wider


def layer(values: Floats, offsets: Sequence[int], weights: Floats, bias: Floats) -> Floats:
    """For each of a multiple of `BLOCK` rows the values at `offsets` from it, through the weights of each offset."""
    count, width = values.shape
    wider = padded(values)
    total = np.zeros((count // BLOCK, BLOCK, weights.shape[1]), np.float32)
    total += bias
    for index, offset in enumerate(offsets):
        total += _blocks(wider[REACH + offset : REACH + offset + count]) @ weights[index * width : (index + 1) * width]
    np.maximum(total, 0, out=total)
    return total.reshape(count, -1)


def _blocks(values: Floats) -> Floats:
    return values.reshape(-1, BLOCK, values.shape[1])


def embed(table: npt.NDArray[np.int8], scale: Floats, rows: npt.NDArray[np.int64]) -> Floats:
    """The sum of each token's rows, (n, d)."""
    total = np.zeros((len(rows), table.shape[1]), np.float32)
    for column in rows.T:
        total += table.take(column, axis=0)
    total *= scale
    return total


def probabilities(tokens: Floats, weights: Weights) -> Floats:
    """From embedded tokens (n, d) to the probability of each tag, (n, len(TAGS)). Before and after them stands nothing, as in training."""
    count, width = tokens.shape
    rows = np.zeros((-(-(count + 2 * REACH) // BLOCK) * BLOCK, width), np.float32)
    rows[REACH : REACH + count] = tokens
    first = layer(rows, NEAR, weights.near, weights.near_bias)
    second = layer(first, FAR, weights.far, weights.far_bias)
    second += first
    scores: Floats = (_blocks(second) @ weights.tags).reshape(len(rows), -1)[REACH : REACH + count]
    scores += weights.tags_bias
    scores -= scores.max(axis=1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=1, keepdims=True)
    return scores


def weights_of(arrays: Mapping[str, npt.NDArray[np.float16]]) -> Weights:
    """The weights as they are stored: by their names, in float16."""
    return Weights(**{name: arrays[name].astype(np.float32) for name in Weights.__dataclass_fields__})
