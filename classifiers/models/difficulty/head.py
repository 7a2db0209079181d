"""A head: what each feature weighs, and the curve that turns the sum into a probability. A JSON file of numbers and names."""

import ast
import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from itertools import pairwise
from pathlib import Path

import numpy as np

from classifiers.models.difficulty.words import Floats

FORMAT = "tidegate difficulty head 2"


class Unreadable(ValueError):
    """A file that holds no head, or one for other features. The message is meant for the operator."""


@dataclass(frozen=True, slots=True)
class Head:
    """A weighted sum of features through a curve.

    `names`: the features, in the order of `weights`. `centres`: a typical text's features: what a feature adds is its weight times its
    distance from there, so that reasons say what is special about a text. `bias`: the sum for a typical text. `curve`: pairs
    (sum, probability), both rising, straight in between and level outside; empty: the logistic function.
    """

    names: tuple[str, ...]
    weights: Floats
    centres: Floats
    bias: float
    curve: tuple[tuple[float, float], ...] = ()

    def added(self, features: Floats) -> Floats:
        """What each feature adds to the sum (log-odds)."""
        added: Floats = self.weights * (features - self.centres)
        return added

    def probability(self, total: float) -> float:
        """Of a sum, the bias included."""
        if not self.curve:
            return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))
        after = bisect_left(self.curve, (total,))
        if after in (0, len(self.curve)):
            return self.curve[max(0, after - 1)][1]
        (left, low), (right, high) = self.curve[after - 1 : after + 1]
        return min(high, low + (high - low) * (total - left) / (right - left))  # which rounding may exceed

    def score(self, features: Floats) -> float:
        """The difficulty, 0..1."""
        return self.probability(self.bias + float(self.added(features).sum()))

    def write(self) -> str:
        """As JSON; `read` makes an equal head of it."""
        weights = ",\n".join(
            f'  "{name}": [{weight:.6g}, {centre:.6g}]' for name, weight, centre in zip(self.names, self.weights, self.centres, strict=True)
        )
        curve = ", ".join(f"[{total:.6g}, {share:.6g}]" for total, share in self.curve)
        return f'{{\n"format": "{FORMAT}",\n"bias": {self.bias:.6g},\n"curve": [{curve}],\n"weights and centres": {{\n{weights}\n}}\n}}\n'


def read(text: str, names: Sequence[str]) -> Head:
    """The head that a JSON text holds, for these features. Raises `Unreadable`."""
    try:
        said = ast.literal_eval(text)  # numbers, names, lists and objects are written alike in JSON and in Python
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        raise Unreadable("not the JSON of a head; make one with `tidegate train`") from None
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise Unreadable(f'not a head: expected "format": "{FORMAT}"; make one with `tidegate train`')
    rows = said.get("weights and centres")
    if not isinstance(rows, dict) or list(rows) != list(names):
        raise Unreadable("a head for other features than this version's; make it anew with `tidegate train`")
    numbers = _numbers([[said.get("bias"), 0], *rows.values()])
    curve = _numbers(said.get("curve"))
    if any(later[0] < sooner[0] or later[1] < sooner[1] for sooner, later in pairwise(curve)):
        raise Unreadable("a curve that falls; make the head anew with `tidegate train`")
    if any(not 0 <= share <= 1 for _, share in curve):
        raise Unreadable("a curve beyond 0..1; make the head anew with `tidegate train`")
    table = np.array(numbers[1:], np.float32).reshape(-1, 2)
    return Head(tuple(names), table[:, 0].copy(), table[:, 1].copy(), numbers[0][0], curve)


def _numbers(pairs: object) -> tuple[tuple[float, float], ...]:
    if not isinstance(pairs, list):
        raise Unreadable("numbers are missing; make the head anew with `tidegate train`")
    found = []
    for pair in pairs:
        if not (isinstance(pair, list) and len(pair) == 2 and all(type(one) in (int, float) and abs(one) < 1e9 for one in pair)):
            raise Unreadable("a number is missing or out of range; make the head anew with `tidegate train`")
        found.append((float(pair[0]), float(pair[1])))
    return tuple(found)


def of_file(path: str, names: Sequence[str]) -> Head:
    """The head in a file, for these features. Raises `Unreadable`, OSError."""
    try:
        return read(Path(path).read_text(encoding="utf-8"), names)
    except UnicodeDecodeError:
        raise Unreadable("not the JSON of a head; make one with `tidegate train`") from None


def shipped(names: Sequence[str]) -> Head:
    """The head that ships with Tidegate. Raises OSError when the file is not there."""
    return read(resources.files(__package__).joinpath("head.json").read_text(encoding="utf-8"), names)
