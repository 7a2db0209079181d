"""What a classifier's logits mean, and what does not load, with stand-ins for the engines; and a real one where they are installed."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from classifiers.prompt import Part, Prompt
from classifiers.scorers.onnx import LONGEST, Onnx, Options, build

PROMPT = Prompt((Part("You are a pirate.", 0, 0, "instruction"), Part("hard words", 1)))


class Session:
    """Gives the same logits whatever it is given, and keeps that."""

    def __init__(self, *logits: float, takes: Sequence[str] = ("input_ids", "attention_mask")) -> None:
        self.logits, self.takes = logits, takes
        self.given: Mapping[str, npt.NDArray[np.int64]] = {}

    def get_inputs(self) -> Sequence[Any]:
        return [SimpleNamespace(name=name) for name in self.takes]

    def run(self, outputs: None, inputs: Mapping[str, npt.NDArray[np.int64]]) -> Sequence[npt.NDArray[np.floating]]:
        self.given = inputs
        return [np.array([self.logits], np.float32)]


class Tokens:
    """A token for each word: its length."""

    read = ""

    def encode(self, text: str) -> Any:
        self.read = text
        ids = [len(word) for word in text.split()]
        return SimpleNamespace(ids=ids, attention_mask=[1] * len(ids), type_ids=[0] * len(ids))

    def enable_truncation(self, longest: int) -> None:
        self.longest = longest

    def no_padding(self) -> None:
        pass


@pytest.mark.parametrize(
    ("logits", "label", "score"),
    [
        pytest.param((0.0,), -1, 0.5, id="one logit is a logistic"),
        pytest.param((1e9,), -1, 1.0, id="a large one"),
        pytest.param((0.0, 0.0), -1, 0.5, id="two share"),
        pytest.param((0.0, np.log(3.0)), -1, 0.75, id="the last stands for hard"),
        pytest.param((0.0, np.log(3.0)), 0, 0.25, id="or another"),
        pytest.param((1000.0, 0.0, 0.0), 0, 1.0, id="large ones do not overflow"),
    ],
)
def test_logits_become_a_score(logits: tuple[float, ...], label: int, score: float) -> None:
    said = Onnx(Session(*logits), Tokens(), label).score(PROMPT)
    assert said.score == pytest.approx(score, abs=1e-6)
    assert said.reasons[0][0] == "the classifier's opinion"


def test_the_model_gets_what_it_takes_of_the_last_ask() -> None:
    session, tokens = Session(0.0, takes=("input_ids", "attention_mask", "token_type_ids")), Tokens()
    Onnx(session, tokens, -1).score(PROMPT)
    assert tokens.read == "hard words"
    assert {name: rows.tolist() for name, rows in session.given.items()} == {
        "input_ids": [[4, 5]],
        "attention_mask": [[1, 1]],
        "token_type_ids": [[0, 0]],
    }
    Onnx(session, tokens, -1).score(Prompt((Part("y" * (LONGEST + 9)),)))
    assert len(tokens.read) == LONGEST


def test_no_number_is_no_difficulty() -> None:
    with pytest.raises(ValueError, match="no number"):
        Onnx(Session(float("nan"), 1.0), Tokens(), -1).score(PROMPT)


def engines(monkeypatch: pytest.MonkeyPatch, session: Session) -> dict[str, Any]:
    """Stand-ins for both packages; what they were asked for."""
    seen: dict[str, Any] = {}

    def infer(file: str, how: Any, providers: Sequence[str]) -> Session:
        seen.update(file=file, threads=how.intra_op_num_threads, providers=providers)
        return session

    def from_file(file: str) -> Tokens:
        seen["tokenizer"] = file
        seen["tokens"] = Tokens()
        return seen["tokens"]  # type: ignore[no-any-return]

    runtime, tokenizers = ModuleType("onnxruntime"), ModuleType("tokenizers")
    runtime.__dict__.update(SessionOptions=SimpleNamespace, InferenceSession=infer)
    tokenizers.__dict__.update(Tokenizer=SimpleNamespace(from_file=from_file))
    monkeypatch.setitem(sys.modules, "onnxruntime", runtime)
    monkeypatch.setitem(sys.modules, "tokenizers", tokenizers)
    return seen


@pytest.mark.parametrize(
    ("options", "tokenizer"),
    [
        pytest.param(Options("models/hard/model.onnx", max_tokens=64, threads=2), "models/hard/tokenizer.json", id="beside the model"),
        pytest.param(Options("model.onnx", max_tokens=64, threads=2), "./tokenizer.json", id="here"),
        pytest.param(Options("model.onnx", "t.json", max_tokens=64, threads=2), "t.json", id="elsewhere"),
    ],
)
def test_both_files_are_loaded(monkeypatch: pytest.MonkeyPatch, options: Options, tokenizer: str) -> None:
    seen = engines(monkeypatch, Session(0.0, 0.0))
    made = build(options)
    assert (made.kind, made.is_slow, made.score(PROMPT).score) == ("onnx", True, 0.5)
    assert (seen["file"], seen["tokenizer"], seen["threads"], seen["providers"]) == (options.file, tokenizer, 2, ["CPUExecutionProvider"])
    assert seen["tokens"].longest == 64


@pytest.mark.parametrize(
    ("options", "session", "say"),
    [
        pytest.param(Options(), Session(0.0), "name the model", id="no model"),
        pytest.param(Options("m", max_tokens=0), Session(0.0), "at least 1", id="no token"),
        pytest.param(Options("m", threads=0), Session(0.0), "at least 1", id="no thread"),
        pytest.param(Options("m"), Session(0.0, takes=("input_ids", "pixel_values")), "takes pixel_values", id="a model of images"),
        pytest.param(Options("m", label=2), Session(0.0, 0.0), "has no logit 2", id="no such label"),
    ],
)
def test_what_does_not_fit_is_said(monkeypatch: pytest.MonkeyPatch, options: Options, session: Session, say: str) -> None:
    engines(monkeypatch, session)
    with pytest.raises(ValueError, match=say):
        build(options)


def test_without_the_engine_its_name_is_in_the_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)  # as if it were not installed
    with pytest.raises(ImportError) as missing:
        build(Options("m"))
    assert missing.value.name == "onnxruntime"


def test_a_real_model(tmp_path: Path) -> None:
    """Two logits: 0, and how many tokens are the word `hard`."""
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    tokenizers = pytest.importorskip("tokenizers")
    words = {"[UNK]": 0, "hard": 1, "easy": 2}
    tokens = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, unk_token="[UNK]"))
    tokens.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokens.save(str(tmp_path / "tokenizer.json"))
    assert json.loads((tmp_path / "tokenizer.json").read_text())["model"]["vocab"] == words
    make, kinds = onnx.helper.make_node, onnx.TensorProto
    graph = onnx.helper.make_graph(
        [
            make("Gather", ["table", "input_ids"], ["rows"]),
            make("ReduceSum", ["rows", "axes"], ["logits"], keepdims=0),
        ],
        "classifier",
        [onnx.helper.make_tensor_value_info(name, kinds.INT64, [1, None]) for name in ("input_ids", "attention_mask")],
        [onnx.helper.make_tensor_value_info("logits", kinds.FLOAT, [1, 2])],
        [
            onnx.numpy_helper.from_array(np.array([[0, 0], [0, 1], [0, -1]], np.float32), "table"),
            onnx.numpy_helper.from_array(np.array([1], np.int64), "axes"),
        ],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, str(tmp_path / "model.onnx"))
    made = build(Options(str(tmp_path / "model.onnx"), max_tokens=4))
    scores = [made.score(Prompt((Part(text),))).score for text in ("easy easy", "what", "hard", "hard hard", "hard " * 99)]
    assert scores == sorted(scores)
    assert scores[1] == pytest.approx(0.5)
    assert scores[2] == pytest.approx(1 / (1 + np.exp(-1.0)), abs=1e-5)
    assert scores[4] == pytest.approx(1 / (1 + np.exp(-4.0)), abs=1e-5), "what is longer is cut"
