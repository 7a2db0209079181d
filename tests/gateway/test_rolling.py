"""Who reads what, in which order, when workers are reloaded; what becomes of them stands in test_workers.py."""

from pathlib import Path

import pytest

from gateway.http.many import Question, Reply
from gateway.rolling import RELOAD, roll


class Reads:
    """A worker that reads the copy when it is asked, unless the content is one that it refuses, or that it is silent about."""

    def __init__(self, copy: Path, refuses: bytes = b"", silent_about: bytes = b"") -> None:
        self.copy = copy
        self.refuses = refuses
        self.silent_about = silent_about
        self.read: list[bytes] = []

    async def ask(self, question: Question, within_s: float) -> Reply | None:
        assert (question, within_s) == (RELOAD, 5.0)
        content = self.copy.read_bytes()
        if content == self.silent_about:
            return None
        if content == self.refuses:
            return Reply(400, b"")
        self.read.append(content)
        return Reply(200, b"")


@pytest.mark.parametrize(
    ("crew", "status", "kept", "sure", "read"),
    [
        pytest.param(["", "", ""], 200, b"new", [0, 1, 2], [[b"new"]] * 3, id="all take it"),
        pytest.param(["refuses", "", ""], 400, b"old", [0, 1, 2], [[], [], []], id="the first refuses: nobody else is asked"),
        pytest.param(
            ["", "refuses", ""], 400, b"old", [0, 1, 2], [[b"new", b"old"], [], []], id="a later one refuses: who took it goes back"
        ),
        pytest.param(["silent", "", ""], None, b"old", [1, 2], [[], [], []], id="the first is silent"),
        pytest.param(["", "silent", ""], 200, b"new", [0, 2], [[b"new"], [], [b"new"]], id="a later one is silent"),
        pytest.param(["", "silent", "refuses"], 400, b"old", [0, 2], [[b"new", b"old"], [], []], id="one is silent, and one refuses"),
        pytest.param(["stays", "refuses", ""], 400, b"old", [1, 2], [[b"new"], [], []], id="one does not go back"),
        pytest.param(["sticks", "refuses", ""], 400, b"old", [1, 2], [[b"new"], [], []], id="one cannot go back"),
    ],
)
async def test_what_one_refuses_nobody_keeps(
    tmp_path: Path, crew: list[str], status: int | None, kept: bytes, sure: list[int], read: list[list[bytes]]
) -> None:
    copy = tmp_path / "copy"
    copy.write_bytes(b"old")
    kinds = {
        "": Reads(copy),
        "refuses": Reads(copy, refuses=b"new"),
        "silent": Reads(copy, silent_about=b"new"),
        "stays": Reads(copy, silent_about=b"old"),
        "sticks": Reads(copy, refuses=b"old"),
    }
    workers = [Reads(copy, kinds[kind].refuses, kinds[kind].silent_about) for kind in crew]
    reply, those = await roll(workers, lambda new: copy.write_bytes(b"new" if new else b"old"), 5.0)
    assert (None if reply is None else reply.status) == status
    assert copy.read_bytes() == kept
    assert [place for place, one in enumerate(workers) if one in those] == sure
    assert [one.read for one in workers] == read
