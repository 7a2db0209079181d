"""The PII sets: which files there are, how one is read, and which of its texts are kept for measuring.

A folder holds `NAME.jsonl.gz`, one JSON object a line with an `id`. A set that is both for training and for measuring is split by a
hash of the id, so that nothing that a detector was trained on is ever scored, in whatever order or version the file comes.
"""

import gzip
import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

SPLIT = (
    "btc_train_dev",
    "europeana_fr_dev",
    "germeval14_dev",
    "hard_negatives_dev",
    "ler_german_dev",
    "meddocan_train_dev",
    "pii_anon_multilingual",
)
"""Sets of which a fifth is for measuring and the rest for training. All others are for measuring only."""

MEASURED, TUNED = 0, 1


def fifth(id: str) -> int:  # noqa: A002  # the member's name in the files
    """Which fifth of its set a text is in: of those for training, `TUNED` is left out while options are chosen."""
    return int.from_bytes(hashlib.sha256(id.encode()).digest()[:8], "big") % 5


def is_dev(dataset: str, id: str) -> bool:  # noqa: A002  # the member's name in the files
    """Whether this text is for measuring. `dataset` is the file's name up to the first dot. The rest may be trained on."""
    return dataset not in SPLIT or fifth(id) == MEASURED


def names(folder: Path) -> tuple[str, ...]:
    """The sets in the folder, sorted. Raises ValueError when there is none."""
    found = tuple(sorted(path.name.split(".")[0] for path in folder.glob("*.jsonl.gz")))
    if not found:
        raise ValueError(f"{folder} holds no *.jsonl.gz: give the folder with the PII sets, or leave it out for the sample")
    return found


def rows(folder: Path, dataset: str, dev: bool = True) -> Iterator[Mapping[str, Any]]:
    """The set's texts for measuring, or with `dev=False` those for training, in the order of the file."""
    with gzip.open(folder / f"{dataset}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row: dict[str, Any] = json.loads(line)
            if is_dev(dataset, row["id"]) is dev:
                yield row
