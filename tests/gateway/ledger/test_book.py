"""The files: what is appended is there, in order, across sizes, days, crashes and full disks."""

import os
import shutil
from pathlib import Path

import pytest

from gateway.ledger.book import Book, Damaged, files
from gateway.ledger.records import Stopped
from gateway.ledger.verify import Verification
from tests.fakes.ledgers import Clock, intent, lines, outcome, python, write

DAY_S = 86_400


def sound(folder: Path) -> bool:
    verdict = Verification(folder).run()
    assert verdict.faults == []
    return verdict.is_sound


def test_the_chain_goes_on_over_files_of_a_size_and_of_a_day(tmp_path: Path) -> None:
    clock = Clock()
    write(tmp_path, 4, rotate_bytes=600, clock=clock)
    assert len(files(tmp_path)) > 3
    count = len(files(tmp_path))
    clock.now += DAY_S
    write(tmp_path, 1, clock=clock)
    assert len(files(tmp_path)) == count + 1
    assert sound(tmp_path)
    assert files(tmp_path)[0].name == "egress-000000000001.jsonl"


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    write(tmp_path / "new")
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "new").iterdir()} == {0o600}
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("cut", [1, 2, 60, 66, 67, 68, 200])
def test_a_line_torn_by_a_crash_is_closed_and_no_fault(tmp_path: Path, cut: int) -> None:
    write(tmp_path, 2)
    path = files(tmp_path)[-1]
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    before = Verification(tmp_path).run()
    assert before.is_sound
    write(tmp_path, 1)
    verdict = Verification(tmp_path).run()
    assert verdict.faults == []
    assert verdict.torn == (0 if cut == 1 else 1), "a line that lacks its end alone is whole"
    assert path.read_bytes().startswith(whole[:-cut]), "what stood there stays"


def test_a_torn_first_line_of_a_file_and_an_empty_file_are_gone_on_with(tmp_path: Path) -> None:
    write(tmp_path, 2)
    following = tmp_path / "egress-000000000007.jsonl"
    for content in (b"", b'{"seq":7,"at":"2026'):
        following.write_bytes(content)
        write(tmp_path, 1)
        assert sound(tmp_path)
        following.unlink(missing_ok=True)
        for path in files(tmp_path)[1:]:
            path.unlink()


def test_two_gateways_do_not_write_one_ledger(tmp_path: Path) -> None:
    first, second = Book(tmp_path, 1000, Clock()), Book(tmp_path, 1000, Clock())
    first.append([Stopped()], sync=True)
    with pytest.raises(Damaged, match="a folder of its own"):
        second.append([Stopped()], sync=True)
    first.close()
    second.append([Stopped()], sync=True)
    second.close()
    assert sound(tmp_path)


def _removed(folder: Path) -> None:
    shutil.rmtree(folder)


def _unlinked(folder: Path) -> None:
    files(folder)[0].unlink()


def _replaced(folder: Path) -> None:
    path = files(folder)[0]
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content)


def _shortened(folder: Path) -> None:
    path = files(folder)[0]
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))


@pytest.mark.parametrize("harm", [_removed, _unlinked, _replaced, _shortened])
def test_a_ledger_that_somebody_takes_away_while_it_is_written_is_noticed(tmp_path: Path, harm: object) -> None:
    folder = tmp_path / "ledger"
    book = Book(folder, 10_000, Clock())
    for number in range(3):
        book.append([intent(number)], sync=True)
    assert callable(harm)
    harm(folder)
    with pytest.raises(OSError, match=r"ledger|No such file"):
        book.append([intent(4)], sync=True)
    if harm is _removed:
        with pytest.raises(FileNotFoundError):
            book.append([intent(4)], sync=True)
        folder.mkdir()
    book.append([intent(5)], sync=True)
    book.close()
    assert Verification(folder).run().is_sound == (harm is _replaced), "the chain goes on from what was written, so that the hole shows"


FULL = """
import resource, sys
from pathlib import Path
from tests.fakes.ledgers import Clock, intent
from gateway.ledger.book import Book
book = Book(Path(sys.argv[1]), 1_000_000, Clock())
book.append([intent(1)], sync=True)
size = book._size
for room in (0, 1, 40, size - 1):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + room, -1))
    try:
        book.append([intent(2), intent(3)], sync=True)
    except OSError as error:
        print(error.errno)
resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))
book.append([intent(4)], sync=True)
book.close()
"""


def test_what_does_not_fit_is_taken_back_and_the_next_line_follows_the_last_whole_one(tmp_path: Path) -> None:
    done = python(FULL, str(tmp_path))
    assert done.stdout.split() == ["27"] * 4, done.stderr
    assert len(lines(tmp_path)) == 2
    assert sound(tmp_path)


def test_a_killed_writer_leaves_what_it_was_told_is_written(tmp_path: Path) -> None:
    source = (
        "import os, sys\nfrom pathlib import Path\nfrom tests.fakes.ledgers import Clock, intent\nfrom gateway.ledger.book import Book\n"
        "book = Book(Path(sys.argv[1]), 1_000_000, Clock())\n"
        "for number in range(5):\n    book.append([intent(number)], sync=True)\nos.kill(os.getpid(), 9)"
    )
    assert python(source, str(tmp_path)).returncode == -9
    write(tmp_path, 1)
    assert sound(tmp_path)
    assert len(lines(tmp_path)) == 5 + 4


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs the system's administrator")
def test_a_disk_that_is_full_in_earnest(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.system(f"mount -t tmpfs -o size=64k tidegate-test {disk} 2>/dev/null"):
        pytest.skip("this machine does not let us mount")
    try:
        book = Book(disk, 1_000_000, Clock())
        (disk / "ballast").write_bytes(b"x" * 40_000)
        with pytest.raises(OSError, match="No space"):
            for number in range(1000):
                book.append([intent(number), outcome(number)], sync=True)
        (disk / "ballast").unlink()
        book.append([Stopped()], sync=True)
        book.close()
        assert sound(disk)
    finally:
        os.system(f"umount {disk}")


def test_an_end_that_nobody_can_read_is_not_written_on(tmp_path: Path) -> None:
    (tmp_path / "egress-000000000001.jsonl").write_bytes(b"x" * 2_000_000)
    with pytest.raises(Damaged, match="move its files"):
        Book(tmp_path, 10, Clock()).append([Stopped()], sync=True)
