"""`onnx`: difficulty from a text classifier of your own in an ONNX file, with its `tokenizer.json`. Needs the extra `onnx`; slow.

Any model that takes token ids and gives a row of logits will do: one exported with Optimum, for example. It looks at a bounded number of
tokens, so its time is bounded too. What it says is as calibrated as it was trained to be; `tidegate tune` finds the threshold.
"""

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from classifiers.asked import asked
from classifiers.prompt import Prompt
from classifiers.signals import Difficulty

LONGEST = 16_000
"""Characters that are given to the tokenizer at most: it reads all of them before it counts tokens."""


@dataclass(frozen=True, slots=True)
class Options:
    """`file`: the model. `tokenizer`: its tokenizer.json; empty: the one beside it.

    `label`: the index of the logit that stands for a hard ask; negative ones count from the end. With one logit the score is its
    logistic, else its share in the softmax. `max_tokens`: what is longer is cut. `threads`: of the engine, for one ask.
    """

    file: str = ""
    tokenizer: str = ""
    label: int = -1
    max_tokens: int = 512
    threads: int = 1


class Session(Protocol):
    """What is used of onnxruntime's."""

    def get_inputs(self) -> Sequence[Any]:
        """What the model takes, each with a name."""
        ...

    def run(self, outputs: None, inputs: Mapping[str, npt.NDArray[np.int64]]) -> Sequence[npt.NDArray[np.floating]]:
        """All that the model gives."""
        ...


class Tokens(Protocol):
    """What is used of the tokenizer's."""

    def encode(self, text: str) -> Any:
        """An encoding with `ids`, `attention_mask` and `type_ids`."""
        ...


_INPUTS = {"input_ids": "ids", "attention_mask": "attention_mask", "token_type_ids": "type_ids"}
"""What models of text take, and what the tokenizer calls it."""


class Onnx:
    """Scores the last ask of a prompt. May be shared between threads, as both engines may."""

    __slots__ = ("_inputs", "_label", "_session", "_tokens")

    kind = "onnx"
    is_slow = True

    def __init__(self, session: Session, tokens: Tokens, label: int) -> None:
        self._session, self._tokens, self._label = session, tokens, label
        self._inputs = {one.name: _INPUTS[one.name] for one in session.get_inputs()}

    def score(self, prompt: Prompt) -> Difficulty:
        """Difficulty in 0..1. Raises what the engine raises, and ValueError for a model that gives no number."""
        found = self._tokens.encode(asked(prompt).text[:LONGEST])
        rows = {name: np.array([getattr(found, member)], np.int64) for name, member in self._inputs.items()}
        score = _score(np.asarray(self._session.run(None, rows)[0], np.float64).reshape(-1), self._label)
        return Difficulty(score, (("the classifier's opinion", score),))


def _score(logits: npt.NDArray[np.float64], label: int) -> float:
    if len(logits) == 1:
        score = 1 / (1 + np.exp(-np.clip(logits[0], -30.0, 30.0)))
    else:
        shares = np.exp(logits - logits.max())
        score = shares[label] / shares.sum()
    if not np.isfinite(score):
        raise ValueError("the model gave no number")
    return float(score)


def build(options: Options) -> Onnx:
    """Load model and tokenizer. Raises ImportError without the extra, ValueError for options that do not fit the model."""
    if not options.file:
        raise ValueError("name the model: {file: PATH/model.onnx}")
    if options.max_tokens < 1 or options.threads < 1:
        raise ValueError("max_tokens and threads are at least 1")
    runtime, tokenizers = importlib.import_module("onnxruntime"), importlib.import_module("tokenizers")
    tokens = tokenizers.Tokenizer.from_file(options.tokenizer or f"{options.file.rpartition('/')[0] or '.'}/tokenizer.json")
    tokens.enable_truncation(options.max_tokens)
    tokens.no_padding()
    how = runtime.SessionOptions()
    how.intra_op_num_threads = how.inter_op_num_threads = options.threads
    session = runtime.InferenceSession(options.file, how, providers=["CPUExecutionProvider"])
    unknown = sorted({one.name for one in session.get_inputs()} - _INPUTS.keys())
    if unknown:
        raise ValueError(f"the model takes {', '.join(unknown)}, which no tokenizer gives; export it as a text classifier")
    made = Onnx(session, tokens, options.label)
    try:
        made.score(Prompt())
    except IndexError:
        raise ValueError(f"the model has no logit {options.label}") from None
    return made
