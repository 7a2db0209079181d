"""Train the names model and measure it on texts kept apart.

    python benchmarks/train_names.py DATA [--epochs N] [--seed N] [--out FILE] [--without FILE]

DATA is a folder of labelled texts (`names_corpus.FILES`). Needs faker and django beside the gateway's own packages (`names_corpus`); numpy
does the rest, on one core: about a minute an epoch. The result, `classifiers/models/names/names.npz`, is the same for the same seed,
texts and numpy.
"""

import argparse
import os
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np  # after the number of threads
import numpy.typing as npt

from benchmarks import names_corpus as corpus
from benchmarks.names_corpus import ADR, IGNORED, LOC, ORG, PER, REST, Text
from benchmarks.names_synthesis import Prompts
from classifiers.models.names import tokens as reading
from classifiers.models.names.network import FAR, NEAR, REACH, TAGS, Weights, padded, probabilities
from classifiers.models.names.tokens import BITS, GAZETTEER, LEXICON, ROWS, WORD, Floats, Ints, Lists

WIDTH, HIDDEN = 32, 80
LONGEST = 900
"""Characters of a text that one epoch sees; another stretch of it in the next."""

SHARE = {"pii_anon_multilingual": 0.15, "meddocan_train_dev": 0.8, "code": 0.3, "germeval14_dev": 2, "ler_german_dev": 2}
"""Of an origin's texts that one epoch sees, 2: each twice; all of the others once."""

SYNTHETIC = 6500
"""Prompts made up for each epoch."""


AVERAGED = 0.6
"""Share of the training after which weights are averaged."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A text as the network reads it: rows (n, ROWS), allowed tags (n, tags), weight of each token."""

    rows: Ints
    allowed: npt.NDArray[np.bool_]
    weight: Floats


def sampled(text: Text, lists: Lists, dice: np.random.Generator | None) -> Sample:
    """Features and answers of a text; with dice, some features are blanked as those of words never seen before."""
    tokens = reading.read(text.text, lists)
    count = len(tokens.starts)
    allowed = np.zeros((count, len(TAGS)), bool)
    allowed[:, REST] = True
    if not text.is_full:
        allowed[:, [LOC, ORG]] = True
    weight = np.ones(count, np.float32)
    for start, end, tag in text.marks:
        inside = (tokens.starts < end) & (tokens.ends > start)
        if tag == IGNORED:
            weight[inside] = 0
        else:
            allowed[inside] = np.arange(len(TAGS)) == tag
    rows = tokens.rows
    if dice is not None and count:
        words = np.unique(tokens.words, return_inverse=True)[1]
        for column, share in (((WORD, LEXICON), 0.25), ((GAZETTEER,), 0.3), ((LEXICON,), 0.15)):
            blank = (dice.random(words.max() + 1) < share)[words]
            for each in column:
                rows[blank, each] = 0
    return Sample(rows, allowed, weight)


def excerpt(text: Text, dice: random.Random) -> Text:
    """A stretch of a long text, cut at white space, and its marks."""
    if len(text.text) <= LONGEST:
        return text
    start = dice.choice((0, dice.randrange(len(text.text) - LONGEST)))
    start = text.text.find(" ", start) + 1 if start else 0
    end = start + LONGEST
    marks = tuple((max(s, start) - start, min(e, end) - start, tag) for s, e, tag in text.marks if s < end and e > start)
    return Text(text.text[start:end], marks, text.origin, text.lang, text.is_full, text.core, text.kind)


def renamed(text: Text, prompts: Prompts, dice: random.Random) -> Text:
    """The text with other people in it: each word of a name becomes a word of another name, written alike."""
    chosen: dict[str, str] = {}
    out, marks, position = "", [], 0
    for start, end, tag in sorted(text.marks):
        if start < position:
            continue
        out += text.text[position:start]
        words = text.text[start:end]
        if tag == PER and words and dice.random() < 0.8:
            parts = words.split(" ")
            for index, part in enumerate(parts):
                if len(part) > 2 and part.isalpha() and part[0].isupper():
                    new = chosen.setdefault(part, prompts.name(dice)[index > 0 or (len(parts) == 1 and dice.random() < 0.6)])
                    parts[index] = new.upper() if part.isupper() else new
            words = " ".join(parts)
        marks.append((len(out), len(out) + len(words), tag))
        out += words
        position = end
    return Text(out + text.text[position:], tuple(marks), text.origin, text.lang, text.is_full, text.core, text.kind)


def recased(text: Text, dice: random.Random) -> Text:
    """Now and then the whole text in lower case or in capitals, or its names small."""
    roll = dice.random()
    changed = text.text
    if roll < 0.06:
        changed = changed.lower()
    elif roll < 0.08:
        changed = changed.upper()
    elif roll < 0.11:
        for start, end, tag in text.marks:
            if tag == PER:
                changed = changed[:start] + changed[start:end].lower() + changed[end:]
    return text if len(changed) != len(text.text) else Text(changed, text.marks, text.origin, text.lang, text.is_full, text.core, text.kind)


def make_lists(texts: Sequence[Text], prompts_names: Sequence[tuple[Sequence[str], Sequence[str]]], places: Sequence[str]) -> Lists:
    """The lexicon: how a word is written when it names nobody. The gazetteer: in which lists of names it stands."""
    seen: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for text in texts:
        tokens = reading.read(text.text[: reading._LONGEST], reading.EMPTY)  # noqa: SLF001
        named = np.zeros(len(tokens.starts), bool)
        for start, end, _ in text.marks:
            named |= (tokens.starts < end) & (tokens.ends > start)
        letters = tokens.kinds >= reading.LOWER
        small = tokens.kinds == reading.LOWER
        for word, is_small in zip(tokens.words[letters & ~named].tolist(), small[letters & ~named].tolist(), strict=True):
            seen[word][is_small] += 1
    cases: dict[int, int] = {}
    for word, (capital, lower) in seen.items():
        if capital + lower >= 3:
            share = lower / (capital + lower)
            cases[word] = (1 if share > 0.95 else 2 if share > 0.5 else 3 if share > 0.05 else 4) + 4 * (capital + lower > 30)
    flags: Counter[int] = Counter()
    for bit, words in (
        (1, {name for given, _ in prompts_names for name in given}),
        (2, {name for _, last in prompts_names for name in last}),
        (4, set(places)),
    ):
        once = {reading.word_hash(part) for name in words for part in name.replace("-", " ").replace("'", " ").split() if len(part) > 2}
        for word in once:
            flags[word] += bit
    return Lists(*_sorted(cases), *_sorted(flags))


def _sorted(flags: dict[int, int] | Counter[int]) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint8]]:
    words = sorted(flags)
    return np.array(words, np.uint64), np.array([flags[word] for word in words], np.uint8)


class Network:
    """Weights in training, with their Adam moments."""

    def __init__(self, seed: int) -> None:
        dice = np.random.default_rng(seed)
        near, far = len(NEAR) * WIDTH, len(FAR) * HIDDEN
        self.values = {
            "table": dice.normal(0, 0.1, (1 << BITS, WIDTH)).astype(np.float32),
            "near": dice.normal(0, (2 / near) ** 0.5, (near, HIDDEN)).astype(np.float32),
            "near_bias": np.zeros(HIDDEN, np.float32),
            "far": dice.normal(0, (1 / far) ** 0.5, (far, HIDDEN)).astype(np.float32),
            "far_bias": np.zeros(HIDDEN, np.float32),
            "tags": dice.normal(0, (1 / HIDDEN) ** 0.5, (HIDDEN, len(TAGS))).astype(np.float32),
            "tags_bias": np.zeros(len(TAGS), np.float32),
        }
        self.values["table"][0] = 0
        self.first = {name: np.zeros_like(value) for name, value in self.values.items()}
        self.second = {name: np.zeros_like(value) for name, value in self.values.items()}
        self.steps = 0
        self.averaged = 0
        self.mean: dict[str, Floats] = {}
        self.dice = dice

    def learn(self, sample: Sample, rate: float) -> float:  # noqa: PLR0915  # the way there and the way back mirror each other
        """One step down; the loss per token."""
        value, rows = self.values, sample.rows
        x = value["table"][rows].sum(axis=1)
        x_mask = (self.dice.random(x.shape, dtype=np.float32) > 0.1) / np.float32(0.9)
        near_in = beside(x * x_mask, NEAR)
        near = near_in @ value["near"] + value["near_bias"]
        first = np.maximum(near, 0)
        mask = (self.dice.random(first.shape, dtype=np.float32) > 0.25) / np.float32(0.75)
        dropped = first * mask
        far_in = beside(dropped, FAR)
        far = far_in @ value["far"] + value["far_bias"]
        second = np.maximum(far, 0) + dropped
        scores = second @ value["tags"] + value["tags_bias"]
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        shares = powers / powers.sum(axis=1, keepdims=True)
        right = shares * sample.allowed
        mass = right.sum(axis=1, keepdims=True) + 1e-9
        total = max(float(sample.weight.sum()), 1.0)
        loss = float(-(np.log(mass[:, 0]) * sample.weight).sum() / total)
        d_scores = (shares - right / mass) * (sample.weight / total)[:, None]
        d_second = d_scores @ value["tags"].T
        d_far = d_second * (far > 0)
        d_dropped = d_second + spread(d_far @ value["far"].T, FAR, HIDDEN)
        d_near = d_dropped * mask * (near > 0)
        d_x = spread(d_near @ value["near"].T, NEAR, WIDTH) * x_mask
        self.steps += 1
        for name, gradient in (
            ("tags", second.T @ d_scores), ("tags_bias", d_scores.sum(axis=0)),
            ("far", far_in.T @ d_far), ("far_bias", d_far.sum(axis=0)),
            ("near", near_in.T @ d_near), ("near_bias", d_near.sum(axis=0)),
        ):  # fmt: skip
            self._step(name, slice(None), gradient, rate)
        flat = rows.ravel()
        order = np.argsort(flat, kind="stable")
        touched, begins = np.unique(flat[order], return_index=True)
        sums = np.add.reduceat(d_x[order // ROWS], begins, axis=0)
        self._step("table", touched[touched > 0], sums[touched > 0], rate)
        return loss

    def _step(self, name: str, at: slice | Ints, gradient: Floats, rate: float) -> None:
        first, second = self.first[name], self.second[name]
        first[at] = 0.9 * first[at] + 0.1 * gradient
        second[at] = 0.99 * second[at] + 0.01 * gradient * gradient
        if name != "table":
            rate *= (1 - 0.99**self.steps) ** 0.5 / (1 - 0.9**self.steps)
        decay = 1 - rate * (0.02 if name == "table" else 0.002)
        self.values[name][at] = decay * self.values[name][at] - rate * first[at] / (np.sqrt(second[at]) + 1e-8)

    def average(self) -> None:
        """Add the weights as they are now to their mean."""
        self.averaged += 1
        for name, value in self.values.items():
            mean = self.mean.setdefault(name, value.copy())
            mean += (value - mean) / self.averaged

    def stored(self, lists: Lists) -> dict[str, npt.NDArray[np.generic]]:
        """The arrays of the file: the table in int8, the rest in float16."""
        table = self.values["table"]
        scale = np.maximum(np.quantile(np.abs(table), 0.9999, axis=0), 1e-6) / 127
        arrays: dict[str, npt.NDArray[np.generic]] = {
            "table": np.clip(np.round(table / scale), -127, 127).astype(np.int8),
            "scale": scale.astype(np.float32),
        }
        arrays |= {name: self.values[name].astype(np.float16) for name in Weights.__dataclass_fields__}
        return arrays | {"lexicon": lists.lexicon, "cases": lists.cases, "gazetteer": lists.gazetteer, "names": lists.names}

    def says(self, rows: Ints) -> Floats:
        """Probabilities, as at run time."""
        return probabilities(
            self.values["table"][rows].sum(axis=1), Weights(**{name: self.values[name] for name in Weights.__dataclass_fields__})
        )


def beside(values: Floats, offsets: Sequence[int]) -> Floats:
    """For each token the values at `offsets` from it, side by side. (n, d) -> (n, len(offsets) * d)."""
    wider = padded(values)
    return np.concatenate([wider[REACH + offset : REACH + offset + len(values)] for offset in offsets], axis=1)


def spread(beside_: Floats, offsets: Sequence[int], width: int) -> Floats:
    """The way back through `beside`."""
    count = len(beside_)
    padded = np.zeros((count + 2 * REACH, width), np.float32)
    for index, offset in enumerate(offsets):
        padded[REACH + offset : REACH + offset + count] += beside_[:, index * width : (index + 1) * width]
    return padded[REACH : REACH + count]


def batches(samples: Sequence[Sample], size: int = 1500) -> Iterator[Sample]:
    """Samples joined, with blank tokens between, so that no text sees the next."""
    pad = Sample(np.zeros((REACH, ROWS), np.int64), np.ones((REACH, len(TAGS)), bool), np.zeros(REACH, np.float32))
    held: list[Sample] = []
    for index, sample in enumerate(samples):
        held += [sample, pad]
        if sum(len(each.weight) for each in held) >= size or index == len(samples) - 1:
            yield Sample(*(np.concatenate([getattr(each, name) for each in held]) for name in ("rows", "allowed", "weight")))
            held = []


def measure(network: Network, texts: Sequence[Text], lists: Lists) -> None:
    """Document recall and false alarms at several thresholds, by origin."""
    by_origin: dict[str, list[tuple[bool, float]]] = defaultdict(list)
    for text in texts:
        best = wide = 0.0
        for at in range(0, len(text.text), 4000):
            shares = network.says(reading.read(text.text[at : at + 4000], lists).rows)
            best = max(best, float(shares[:, [PER, ADR]].max(initial=0)))
            wide = max(wide, float(shares[:, 1:].max(initial=0)))
        by_origin[f"{text.origin} (with places)"].append((text.core, wide))
        by_origin[f"{text.origin} {text.kind or (text.lang if text.origin.startswith('pii') else '')}"].append((text.core, best))
    thresholds = (0.1, 0.2, 0.3, 0.5, 0.7)
    print("recall / false alarms at", *thresholds)
    for origin, said in sorted(by_origin.items()):
        hits, clean = [p for core, p in said if core], [p for core, p in said if not core]
        cells = [
            f"{np.mean([p >= t for p in hits]) if hits else -1:.3f}/{np.mean([p >= t for p in clean]) if clean else -1:.3f}"
            for t in thresholds
        ]
        print(f"{origin:35} n {len(hits):5}+{len(clean):5}  {'  '.join(cells)}", flush=True)


@dataclass(frozen=True, slots=True)
class Material:
    """What there is to learn from and to measure with, where prompts come from, and what lists say."""

    learn: list[Text]
    dev: list[Text]
    prompts: Prompts
    lists: Lists


def gather(data: Path, without: str, is_tuning: bool) -> Material:
    """Everything that is read. The texts of `without` are all for measuring; those of real prompts always are."""
    learn: list[Text] = []
    dev: list[Text] = []
    for name in corpus.FILES:
        mine, theirs = corpus.load(data, name, is_tuning)
        if name == without:
            mine, theirs = [], mine + theirs
        dev += theirs
        learn += mine
    learn += corpus.django_texts() + corpus.django_code()
    names = list(corpus.faker_names().values())
    places, words = corpus.faker_places(), corpus.faker_words()
    lists = make_lists([*learn, *(Text(word, (), "") for word in words for _ in range(3))], names, places)
    print(
        len(learn),
        "texts to learn from,",
        len(dev),
        "to measure with;",
        len(lists.lexicon),
        len(lists.gazetteer),
        "words listed",
        flush=True,
    )
    return Material(learn, dev, Prompts(names, places, words), lists)


def samples(material: Material, dice: random.Random, numbers: np.random.Generator) -> list[Sample]:
    """One epoch's texts: stretches, some with other people in them or written otherwise, and prompts made up."""
    cut = [excerpt(text, dice) for text in material.learn for turn in range(2) if dice.random() < SHARE.get(text.origin, 1.0) - turn]
    shown = [recased(renamed(text, material.prompts, dice) if dice.random() < 0.5 else text, dice) for text in cut]
    shown += [material.prompts.make(dice) for _ in range(SYNTHETIC)]
    dice.shuffle(shown)
    return [sampled(text, material.lists, numbers) for text in shown]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent / "classifiers/models/names/names.npz")
    parser.add_argument("--without", default="", help="a file to leave out of the training, to see how the rest does on it")
    parser.add_argument("--tune", action="store_true", help="leave out and measure with a fifth of what is learnt from, not what is scored")
    chosen = parser.parse_args()
    dice, numbers = random.Random(chosen.seed), np.random.default_rng(chosen.seed)
    material = gather(chosen.data, chosen.without, chosen.tune)
    network = Network(chosen.seed)
    for epoch in range(chosen.epochs):
        began = time.perf_counter()
        joined = list(batches(samples(material, dice, numbers)))
        losses = []
        for index, batch in enumerate(joined):
            done = (epoch + index / len(joined)) / chosen.epochs
            losses.append(network.learn(batch, 0.004 * min(1.0, 20 * done + 0.05) * (1 - done) + 1e-5))
            if done > AVERAGED and index % 40 == 0:
                network.average()
        if epoch == chosen.epochs - 1:
            network.values = network.mean
        count = sum(len(each.weight) for each in joined)
        print(f"epoch {epoch + 1}: loss {np.mean(losses):.4f}, {count} tokens, {time.perf_counter() - began:.0f} s", flush=True)
        if epoch in (0, chosen.epochs - 1):
            measure(network, material.dev, material.lists)
    np.savez_compressed(chosen.out, allow_pickle=False, **network.stored(material.lists))
    print(chosen.out, chosen.out.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
