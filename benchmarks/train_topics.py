"""Make the centroids of the shipped topics, and say how good they are on questions kept apart.

    python benchmarks/train_topics.py DATA [--out FILE]

DATA is a folder with `train.jsonl.gz` and `dev.jsonl.gz`, rows of prompts with `dataset` and `task` (mmlu and mmlu_pro are used), and
`silver_simple_clinc150.jsonl.gz`, requests to an assistant that are about none of it. numpy alone; ten seconds. The result,
`classifiers/models/topics/topics.npz`, is the same for the same texts and word vectors: make it anew when those change.

Questions count twice, as they are and without their choices. The space is turned by the inverse of what the topics' own texts differ in
(the covariance within topics, a tenth of the way to a sphere), so that the cosine to a centroid is as in linear discriminant analysis.
"""

import argparse
import gzip
import hashlib
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np

from classifiers.models.difficulty.marks import WORD
from classifiers.models.difficulty.words import Floats, Words, load
from classifiers.models.topics.names import SHIPPED
from classifiers.models.topics.topics import LEAST_OWN, LEAST_SHIPPED, Space, Topics, own

OUT = Path(__file__).parents[1] / "classifiers" / "models" / "topics" / "topics.npz"
SPHERE = 0.1

TASKS = {
    "biology": "college_biology high_school_biology medical_genetics",
    "business": "business_ethics management marketing",
    "chemistry": "college_chemistry high_school_chemistry",
    "computer_science": "college_computer_science computer_security high_school_computer_science machine_learning",
    "economics": "econometrics high_school_macroeconomics high_school_microeconomics",
    "engineering": "electrical_engineering",
    "health": "anatomy clinical_knowledge college_medicine human_aging human_sexuality nutrition professional_medicine virology",
    "history": "high_school_european_history high_school_us_history high_school_world_history prehistory",
    "law": "international_law jurisprudence professional_law",
    "math": "abstract_algebra college_mathematics elementary_mathematics high_school_mathematics high_school_statistics",
    "other": "global_facts high_school_geography high_school_government_and_politics miscellaneous professional_accounting "
    "public_relations security_studies sociology us_foreign_policy",
    "philosophy": "formal_logic logical_fallacies moral_disputes moral_scenarios philosophy world_religions",
    "physics": "astronomy college_physics conceptual_physics high_school_physics",
    "psychology": "high_school_psychology professional_psychology",
}
"""Which tasks of MMLU are of which domain of MMLU-Pro, after MMLU-Pro's own grouping."""

_CHOICES = re.compile(r"\n\(?A[.):] ")


def questions(file: Path) -> Iterator[tuple[str, str]]:
    """Each question of the two sets, and its domain."""
    domains = {task: domain for domain, tasks in TASKS.items() for task in tasks.split()}
    domains |= {name.replace("_", " "): name for name in SHIPPED}
    with gzip.open(file) as lines:
        for line in lines:
            row = json.loads(line)
            if row["dataset"] in {"mmlu", "mmlu_pro"}:
                yield row["prompt"], domains[row["task"]]


def stem(question: str) -> str:
    """A question without its choices."""
    return _CHOICES.split(question)[0]


def trained(rows: Sequence[tuple[str, str]], words: Words) -> Topics:
    """Centroids, and the space that they stand in."""
    means = np.stack([words.mean(words.known(WORD.findall(text.lower()))) for text, _ in rows])
    labels = np.array([SHIPPED.index(domain) for _, domain in rows])
    centroids = np.stack([means[labels == row].mean(axis=0) for row in range(len(SHIPPED))])
    apart = means - centroids[labels]
    within = apart.T @ apart / len(apart)
    within = (1 - SPHERE) * within + SPHERE * np.trace(within) / words.width * np.eye(words.width)
    turn = np.linalg.cholesky(np.linalg.inv(within)).astype(np.float32)
    mean = means.mean(axis=0)
    turned = (centroids - mean) @ turn
    unit = turned / np.linalg.norm(turned, axis=1, keepdims=True)
    return Topics(Space(words, mean, turn), SHIPPED, unit.astype(np.float32), LEAST_SHIPPED)


def report(name: str, topics: Topics, rows: Sequence[tuple[str, str]]) -> None:
    """How many are right, of all and of those that are near enough."""
    near = [(topics.near(text) or (("", 0.0),))[0] for text, _ in rows]
    right = [said == domain for (said, _), (_, domain) in zip(near, rows, strict=True)]
    sure = [cosine >= topics.least for _, cosine in near]
    known = [good for good, answered in zip(right, sure, strict=True) if answered]
    answered = f"answered {np.mean(sure):.3f}, right of those {np.mean(known):.3f}"
    print(f"{name:<28} nearest is right {np.mean(right):.3f}   {answered}   n {len(rows)}")


def report_each(topics: Topics, rows: Sequence[tuple[str, str]]) -> None:
    """Precision and recall of each topic, unknown ones counted as missed."""
    said = [topics.of(text) for text, _ in rows]
    for name in topics.names:
        hits = sum(one == name == domain for one, (_, domain) in zip(said, rows, strict=True))
        there, claimed = sum(domain == name for _, domain in rows), said.count(name)
        print(f"  {name:<18} recall {hits / there:.2f}   precision {hits / max(1, claimed):.2f}   n {there}")


def report_own(prompts: dict[str, list[str]], dice: np.random.Generator, rounds: int = 40, phrases: int = 5, intents: int = 5) -> None:
    """Topics of five phrases each, as an operator would give them, tried on the rest of their intents and on all others."""
    tallies: list[Floats] = []
    for _ in range(rounds):
        chosen = list(dice.choice(sorted(prompts), intents, replace=False))
        mixed = {name: list(dice.permutation(prompts[name])) for name in chosen}
        topics = own({name: said[:phrases] for name, said in mixed.items()})
        told = [(topics.of(text), name) for name, said in mixed.items() for text in said[phrases:]]
        others = [topics.of(text) for name, said in prompts.items() if name not in chosen for text in said]
        known = [said == name for said, name in told if said is not None]
        tallies.append(np.array([len(known) / len(told), np.mean(known), np.mean([said is not None for said in others])]))
    answered, right, wrongly = np.mean(tallies, axis=0)
    others_said = f"other requests taken {wrongly:.3f}"
    print(f"{'own topics, 5 phrases each':<28} answered {answered:.3f}, right of those {right:.3f}; {others_said} (least {LEAST_OWN})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=OUT)
    arguments = parser.parse_args()
    words = load()
    rows = list(questions(arguments.data / "train.jsonl.gz"))
    topics = trained(rows + [(stem(text), domain) for text, domain in rows], words)
    names = np.frombuffer("\n".join(SHIPPED).encode(), np.uint8)
    digest = np.frombuffer(hashlib.sha256(words.vectors.tobytes()).digest(), np.uint8)
    np.savez(arguments.out, names=names, mean=topics.space.mean, turn=topics.space.turn, centroids=topics.centroids, words=digest)
    print(f"{arguments.out.name}: {arguments.out.stat().st_size:,} bytes, SHA-256 {hashlib.sha256(arguments.out.read_bytes()).hexdigest()}")
    dev = list(questions(arguments.data / "dev.jsonl.gz"))
    report("dev", topics, dev)
    report("dev, without choices", topics, [(stem(text), domain) for text, domain in dev])
    report_each(topics, dev)
    prompts = defaultdict[str, list[str]](list)
    with gzip.open(arguments.data / "silver_simple_clinc150.jsonl.gz") as lines:
        for line in lines:
            row = json.loads(line)
            prompts[row["task"]].append(row["prompt"])
    everyday = [text for said in prompts.values() for text in said]
    print(
        f"{'requests to an assistant':<28} answered {np.mean([topics.of(text) is not None for text in everyday]):.3f}   n {len(everyday)}"
    )
    report_own(prompts, np.random.default_rng(0))


if __name__ == "__main__":
    main()
