import errno
from pathlib import Path

import pytest

from gateway.usage.handed import Handed, left_behind


def test_a_count_that_was_left_is_found_once_and_one_of_a_living_process_is_not(tmp_path: Path) -> None:
    lives, ended = Handed(tmp_path / "a-handed-lives"), Handed(tmp_path / "a-handed-ended")
    Handed(tmp_path / "b-handed-other").close()
    ended.cell[0] = 7
    ended.close()
    with left_behind(tmp_path, "a-handed-") as found:
        assert found == {"ended": 7}
        with left_behind(tmp_path, "a-handed-") as again:
            assert again == {}, "whoever is quicker has it"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a-handed-lives", "b-handed-other"]
    lives.forget()
    lives.cell[0] = 1  # nobody minds
    with left_behind(tmp_path, "") as none:
        assert none == {}


def test_what_could_not_be_settled_stays(tmp_path: Path) -> None:
    Handed(tmp_path / "a-1").close()
    with pytest.raises(OSError, match="away"), left_behind(tmp_path, "a-"):
        raise OSError(errno.EIO, "away")
    assert (tmp_path / "a-1").exists()


def test_a_file_that_cannot_be_made_leaves_none(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        Handed(tmp_path / "gone" / "a-1")
