"""Rows of the router sets: prompts, and how well a weak and a strong model did on them."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SETS = ("mmlu", "mmlu_pro", "llmrouter_mix", "math_l5")


@dataclass(frozen=True, slots=True)
class Row:
    """`weak`, `strong`: quality of the pair's answers, 0..1. `group`: near-duplicates share one."""

    prompt: str
    dataset: str
    task: str
    group: str
    weak: float
    strong: float

    @property
    def gain(self) -> float:
        """What the strong model adds, -1..1."""
        return self.strong - self.weak

    @property
    def is_hard(self) -> bool:
        """Whether the weak model's answer is not good enough and the strong one's is: what a difficulty is the probability of."""
        return self.weak < 0.5 <= self.strong


def load(folder: Path, part: str) -> list[Row]:
    """The rows of `train` or `dev` for which both outcomes are known."""
    return list(_rows(folder / f"{part}.jsonl.gz"))


def _rows(file: Path) -> Iterator[Row]:
    for said in _lines(file):
        if said["weak"] is not None and said["strong"] is not None:
            yield Row(said["prompt"], said["dataset"], said["task"], said["group"], said["weak"], said["strong"])


def simple(folder: Path) -> list[str]:
    """Short requests to an assistant, every one of them simple."""
    return [said["prompt"] for said in _lines(folder / "silver_simple_clinc150.jsonl.gz")]


def golden(file: Path) -> list[str]:
    """The asks of a golden list."""
    return [json.loads(line)["ask"] for line in file.read_text(encoding="utf-8").splitlines()]


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
