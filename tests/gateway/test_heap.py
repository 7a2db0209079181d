"""Memory that was freed goes back to the system."""

import ctypes
import os
from pathlib import Path

import pytest

from gateway import heap


def resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def can_be_asked() -> bool:
    try:
        return hasattr(ctypes.CDLL(None), "malloc_trim") and Path("/proc/self/statm").exists()
    except (OSError, TypeError):
        return False


@pytest.mark.skipif(not can_be_asked(), reason="only glibc gives memory back when it is asked")
def test_holes_below_what_is_still_used_are_given_back() -> None:
    pieces = [bytes(2_000) for _ in range(50_000)]
    pin = [pieces[at] for at in range(0, 50_000, 100)]  # small things in between, as those that outlive a plan
    full = resident_mb()
    del pieces
    kept = resident_mb()
    heap.give_back()
    assert resident_mb() < min(full, kept) - 50
    assert len(pin) == 500


def test_where_nothing_can_be_asked_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_library(_name: object) -> object:
        raise TypeError("Windows has no library of this name")

    monkeypatch.setattr(ctypes, "CDLL", no_library)
    heap.give_back()
