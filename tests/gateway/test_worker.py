import asyncio
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.config.errors import ConfigError
from gateway.state.board import Board, SharedLineage, make
from gateway.worker import Part, Working, as_one_of_several, keep_up, main
from router.labels import Labels
from router.names import TargetName
from tests.fakes.gateway import compiled, configuration
from tests.fakes.sockets import comes_to

CONTENT = configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1")


def working(folder: Path, content: dict[str, Any], slot: int = 1) -> Working:
    copy = folder / "copies" / "configuration"
    copy.parent.mkdir()
    copy.write_text(json.dumps(content))
    part = Part(slot, 2, -1, -1, make(2), str(copy), str(folder / "tidegate.yaml"), "")
    return Working(part)


def test_it_reads_the_copy_and_looks_for_files_beside_the_original(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k" * 64)
    one = working(tmp_path, CONTENT | {"redact": {"secret": {"file": "key"}}, "ledger": {"dir": "ledger"}, "lockdown_file": "locked"})
    plan = one.load()
    assert plan.redacting.secret is not None
    assert plan.lockdown_file == tmp_path / "locked"
    assert plan.ledger is not None
    assert plan.ledger.folder == tmp_path / "ledger" / "worker-1", "each writes a ledger of its own"
    assert (one.board.slot, one.board.workers) == (1, 2)


def test_what_is_wrong_is_said_of_the_original(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        working(tmp_path, {"version": 7}).load()
    assert str(tmp_path / "tidegate.yaml") in str(caught.value)
    assert "copies" not in str(caught.value)


def test_placeholders_that_no_other_worker_knows_are_refused() -> None:
    routes = [{"name": "all", "to": ["gpt"], "fallback": ["qwen"], "redact": True}, *CONTENT["routes"]]
    plan = compiled(CONTENT | {"routes": routes[:1]})
    with pytest.raises(ConfigError, match=r"redact\.vault: several workers share placeholders through Redis only"):
        as_one_of_several(plan, 0, 2)
    without = compiled(CONTENT)
    assert as_one_of_several(without, 0, 2) == without


def test_a_configuration_that_cannot_be_served_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    part = working(tmp_path, {"version": 7})._part
    monkeypatch.setattr("sys.argv", ["worker", msgspec.json.encode(part).decode()])
    with pytest.raises(SystemExit, match="1"):
        main()
    assert "version" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("slots", "queue", "parts"),
    [
        pytest.param(7, 10, [(3, 4), (2, 3), (2, 3)], id="nothing is left over"),
        pytest.param(2, 0, [(1, 0), (1, 0), (1, 0)], id="one each at least, and where nobody waits nobody does"),
    ],
)
def test_together_they_have_all_the_room_at_a_local_target_and_no_more(slots: int, queue: int, parts: list[tuple[int, int]]) -> None:
    edits = {"destinations.qwen.admission": {"slots": slots, "queue": queue}}
    plan = compiled(configuration("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1", edits))
    found = [as_one_of_several(plan, slot, 3).upstreams[TargetName("qwen")].capacity for slot in range(3)]
    assert [(one.slots, one.queue) for one in found if one is not None] == parts


async def test_a_worker_that_is_asked_nothing_learns_all_the_same() -> None:
    file, labels = make(2), Labels()
    one, two = (SharedLineage(Board(file, 2, slot), labels, 1000, 60.0) for slot in range(2))
    keeping_up = asyncio.ensure_future(keep_up(two, 0.001))
    one.keep(("a text",), labels["personal"], "turn")
    await comes_to(lambda: len(two), 1)
    keeping_up.cancel()
