import secrets
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import hyperscan
import pytest

from classifiers.cues import Cues

CUES = Cues({3: r"\bplan\b", 1: "(?i)ä", 7: r"\Aa.c\z"})


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("", set(), id="an empty text"),
        pytest.param("plans", set(), id="a longer word"),
        pytest.param("a plan, a plan", {3}, id="each once"),
        pytest.param("Ä plan", {1, 3}, id="capitals beyond ASCII"),
        pytest.param("a\nc", {7}, id="a dot is any character"),
        pytest.param("aüc", {7}, id="and a character, not a byte"),
        pytest.param("a.c\n", set(), id="the end is the end"),
    ],
)
def test_it_says_which_patterns_match(text: str, found: set[int]) -> None:
    assert sorted(CUES.of(text.encode())) == sorted(found)


def test_what_the_engine_cannot_take_is_an_error() -> None:
    with pytest.raises(hyperscan.error):
        Cues({0: r"(a)\1"})


def test_threads_may_share_them() -> None:
    text = b"x" * 200_000 + b" plan"
    with ThreadPoolExecutor(4) as pool:
        assert all(found == [3] for found in pool.map(CUES.of, [text] * 64))


def test_they_are_compiled_once_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    pattern = secrets.token_hex(8)
    for _ in range(2):
        assert Cues({0: pattern}).of(f"a {pattern}".encode()) == [0]
    assert len(list((tmp_path / "tidegate").iterdir())) == 1
