"""Every pair of the table against files written by hand from the public references: what was asked, what was answered, and both translated."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.dialects.table import TRANSLATIONS
from router.names import OVER

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "dialects"


def cases() -> Iterator[Any]:
    for (called, spoken), pair in TRANSLATIONS.items():
        for path in sorted((GOLDEN / f"{called}_over_{spoken}").glob("*.json")):
            yield pytest.param(pair, json.loads(path.read_bytes()), id=f"{called}_over_{spoken}/{path.stem}")


def test_every_translation_that_the_router_counts_on_is_in_the_table() -> None:
    assert set(TRANSLATIONS) <= set(OVER.items())
