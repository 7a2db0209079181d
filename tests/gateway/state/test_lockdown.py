from pathlib import Path

import pytest

from gateway.state.lockdown import Lockdown


def is_on(lockdown: Lockdown) -> bool:
    """A call, so that nobody takes it for what it was a line before."""
    return lockdown.is_on


def test_without_a_file_it_is_off_at_the_start_and_forgets() -> None:
    lockdown = Lockdown()
    assert not is_on(lockdown)
    assert not lockdown.turn(on=True), "a restart would forget"
    assert is_on(lockdown)
    lockdown.turn(on=False)
    assert not is_on(lockdown)


def test_with_a_file_it_outlives_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "lockdown"
    lockdown = Lockdown(file)
    assert not is_on(lockdown)
    assert lockdown.turn(on=True)
    assert is_on(Lockdown(file))
    assert lockdown.turn(on=False)
    assert not file.exists()
    assert not is_on(Lockdown(file))
    assert lockdown.turn(on=False), "twice is once"


def test_a_file_that_cannot_be_written_does_not_keep_it_from_being_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    lockdown = Lockdown(tmp_path / "no" / "folder")
    assert not lockdown.turn(on=True)
    assert is_on(lockdown)
    assert "a restart would forget" in caplog.text


def test_what_cannot_be_looked_up_counts_as_on(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    assert is_on(Lockdown(loop))


def test_a_reload_never_ends_it(tmp_path: Path) -> None:
    lockdown = Lockdown()
    lockdown.turn(on=True)
    lockdown.follow(tmp_path / "lockdown")
    assert is_on(lockdown)
    assert (tmp_path / "lockdown").exists(), "from now on it outlives a restart"
    lockdown.follow(None)
    assert is_on(lockdown)
    fresh = Lockdown()
    fresh.follow(tmp_path / "elsewhere")
    assert not is_on(fresh)
    fresh.follow(tmp_path / "lockdown")
    assert is_on(fresh)
    fresh.follow(tmp_path / "lockdown")
    assert is_on(fresh)
