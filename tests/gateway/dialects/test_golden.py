"""The pairs that the router counts on are there, and each is held by files that were written by hand from the public references."""

import json
from pathlib import Path

from gateway.dialects.table import TRANSLATIONS
from router.names import OVER

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "dialects"
LEAST = 25
"""Files of each pair that translates a conversation."""


def test_every_translation_that_the_router_counts_on_is_in_the_table() -> None:
    assert set(TRANSLATIONS) == set(OVER.items())


def test_each_pair_has_its_golden_files() -> None:
    for called, spoken in TRANSLATIONS:
        if called != "count_tokens":
            files = [json.loads(path.read_bytes()) for path in (GOLDEN / f"{called}_over_{spoken}").glob("*.json")]
            kinds = [next(kind for kind in ("refused", "answer", "events", "lost") if kind in case) for case in files]
            assert len(files) >= LEAST
            assert set(kinds) == {"refused", "answer", "events", "lost"}, (called, spoken)
