from pathlib import Path

from gateway.batches.turn import Turn


def test_one_at_a_time_has_the_turn_and_the_next_gets_it_when_it_is_given_up(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    first, second = Turn(), Turn()
    assert first.take(folder)
    assert first.take(folder)
    assert first.has(folder)
    assert not second.take(folder)
    first.give_up()
    assert not first.has(folder)
    assert second.take(folder)
    assert first.take(tmp_path / "other"), "another folder has a turn of its own"
    second.give_up()
    assert first.take(folder)
    assert not first.has(tmp_path / "other")
    first.give_up()


def test_where_there_is_no_folder_nobody_has_it(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("no folder")
    assert not Turn().take(tmp_path / "kept")
