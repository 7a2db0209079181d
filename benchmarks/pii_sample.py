"""Makes tests/samples/pii out of the PII sets: a seeded handful of each, so that benchmark and tests run in any clone.

    python benchmarks/pii_sample.py DATA

Left out are sets of what real people wrote to a chat model or on a social network: their words are not ours to spread.
"""

import gzip
import json
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks import pii_sets

OUT = Path(__file__).parent.parent / "tests" / "samples" / "pii"
LEFT_OUT = ("pupa_tnb", "btc_train_dev")
ROWS = {"meddocan_train_dev": 12, "number_vectors_dev": 240, "hard_negatives_dev": 240}
OTHERWISE, SEED = 80, 7


def main() -> None:
    """Write the files. The same bytes every time."""
    data = Path(sys.argv[1])
    OUT.mkdir(parents=True, exist_ok=True)
    for name in pii_sets.names(data):
        if name in LEFT_OUT:
            continue
        rows = list(pii_sets.rows(data, name))
        chosen = sorted(random.Random(SEED).sample(rows, min(ROWS.get(name, OTHERWISE), len(rows))), key=lambda row: str(row["id"]))
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in chosen)
        (OUT / f"{name}.jsonl.gz").write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    main()
