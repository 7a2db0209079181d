"""Whatever is done to the lines of a ledger is found, and said where."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.ledger.book import ROOTS, Book, files
from gateway.ledger.chain import Head, seal, unseal
from gateway.ledger.records import Stopped
from gateway.ledger.signing import Signer, public_key
from gateway.ledger.verify import Verdict, Verification
from tests.fakes.ledgers import Clock, intent, lines, pair, write


def verify(folder: Path, **trust: object) -> Verdict:
    return Verification(folder, **trust).run()  # type: ignore[arg-type]


def spoil(folder: Path, change: Callable[[list[bytes]], None]) -> Verdict:
    """Change the lines of the only file."""
    (path,) = files(folder)
    content = path.read_bytes().splitlines(keepends=True)
    change(content)
    path.write_bytes(b"".join(content))
    return verify(folder)


def test_a_ledger_as_it_was_written_is_sound(tmp_path: Path) -> None:
    write(tmp_path, 5, rotate_bytes=700)
    verdict = verify(tmp_path)
    assert verdict.is_sound
    assert (verdict.lines, verdict.head.seq, verdict.torn) == (12, 12, 0)
    assert verdict.files == len(files(tmp_path)) > 2


@pytest.mark.parametrize(
    ("change", "place", "said"),
    [
        pytest.param(lambda all_: all_.pop(3), 4, "line 4 is missing before line 5", id="a line deleted"),
        pytest.param(lambda all_: all_.__delitem__(slice(2, 5)), 3, "lines 3 to 5 are missing", id="lines deleted"),
        pytest.param(lambda all_: all_.__setitem__(slice(2, 4), [all_[3], all_[2]]), 3, "missing before line 4", id="two lines swapped"),
        pytest.param(lambda all_: all_.insert(4, all_[1]), 5, "stands here again", id="a line copied"),
        pytest.param(lambda all_: all_.insert(4, b"hello\n"), 5, "no line of the ledger", id="text put in between"),
        pytest.param(
            lambda all_: all_.__setitem__(3, all_[3].replace(b'"restricted"', b'"public"').replace(b'"personal"', b'"public"')),
            4,
            "line 4 was altered",
            id="a label lowered",
        ),
        pytest.param(
            lambda all_: all_.__setitem__(0, all_[0].replace(b'"seq":1', b'"seq":2')), 1, "missing before line 2", id="a number changed"
        ),
        pytest.param(lambda all_: all_.pop(0), 1, "line 1 is missing before line 2", id="the first line deleted"),
    ],
)
def test_what_was_done_is_said_where_it_was_done(tmp_path: Path, change: Callable[[list[bytes]], None], place: int, said: str) -> None:
    write(tmp_path, 4)
    verdict = spoil(tmp_path, change)
    assert verdict.faults
    assert verdict.faults[0].line == place
    assert said in verdict.faults[0].say


def test_a_line_of_ones_own_with_a_hash_that_fits_breaks_the_one_after_it(tmp_path: Path) -> None:
    write(tmp_path, 4)

    def forge(content: list[bytes]) -> None:
        before, own = (unseal(content[at][:-1]) for at in (2, 3))
        assert before and own
        content[3] = seal(intent(9), Head(before.seq, before.hash), 0)[0]

    verdict = spoil(tmp_path, forge)
    assert [fault.line for fault in verdict.faults] == [5]


def test_a_file_that_is_gone_is_missed(tmp_path: Path) -> None:
    write(tmp_path, 6, rotate_bytes=700)
    gone = files(tmp_path)[1]
    gone.unlink()
    verdict = verify(tmp_path)
    assert len(verdict.faults) == 1
    assert "in a file that is gone" in verdict.faults[0].say


def test_files_in_an_archive_are_not_missed_when_their_last_head_is_given(tmp_path: Path) -> None:
    write(tmp_path, 6, rotate_bytes=700)
    first = files(tmp_path)[0]
    last = unseal(first.read_bytes().splitlines()[-1])
    assert last is not None
    first.unlink()
    assert not verify(tmp_path).is_sound
    assert verify(tmp_path, after=Head(last.seq, last.hash)).is_sound
    assert not verify(tmp_path, after=Head(last.seq, "0" * 64)).is_sound


def test_the_newest_lines_are_missed_only_by_who_kept_a_head(tmp_path: Path) -> None:
    write(tmp_path, 4)
    head = verify(tmp_path).head
    assert spoil(tmp_path, lambda content: content.__delitem__(slice(-2, None))).is_sound, "the limit that the documentation states"
    verdict = verify(tmp_path, expect=[head])
    assert "newer lines were removed" in verdict.faults[0].say
    assert verify(tmp_path, expect=[Head(3, unseal(lines(tmp_path)[2][:-1]).hash)]).is_sound  # type: ignore[union-attr]
    assert "rewritten" in verify(tmp_path, expect=[Head(3, "1" * 64)]).faults[0].say


def signed(folder: Path) -> tuple[Signer, bytes]:
    private, public = pair()
    signer = Signer(private)
    write(folder, 3)
    book = Book(folder, 1_000_000, Clock())
    root = signer.sign("2026-11-22", book.find())
    book.append([root], sync=True)
    book.publish(root)
    book.append([Stopped()], sync=True)
    book.close()
    return signer, public


def test_signed_heads_are_checked(tmp_path: Path) -> None:
    _, public = signed(tmp_path)
    verdict = verify(tmp_path, key=public_key(public))
    assert verdict.faults == []
    assert (verdict.roots, verdict.signatures) == (2, 2)
    assert verify(tmp_path).signatures == 0
    _, other = pair()
    assert "is not by this key" in verify(tmp_path, key=public_key(other)).faults[0].say


def test_a_signed_head_elsewhere_shows_that_the_chain_was_cut_or_rewritten(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    signed(ledger)
    kept = tmp_path / "kept.jsonl"
    kept.write_bytes((ledger / ROOTS).read_bytes())
    (ledger / ROOTS).unlink()
    path = files(ledger)[0]
    whole = path.read_bytes()
    path.write_bytes(b"".join(whole.splitlines(keepends=True)[:4]))
    assert verify(ledger).is_sound
    assert "newer lines were removed" in verify(ledger, roots=kept).faults[0].say
    path.unlink()
    write(ledger, 4)
    assert verify(ledger).is_sound, "who may write can make another chain; only a signature tells"
    assert "rewritten" in verify(ledger, roots=kept).faults[0].say
    kept.write_bytes(kept.read_bytes().replace(b'"day":"2026', b'"day":"2027') + b"nonsense\n")
    _, public = pair()
    assert [fault.say for fault in verify(ledger, roots=kept, key=public_key(public)).faults][:1] != []


def test_a_root_that_is_not_of_the_line_before_it_is_found(tmp_path: Path) -> None:
    private, _ = pair()
    write(tmp_path, 2)
    book = Book(tmp_path, 1_000_000, Clock())
    book.append([Signer(private).sign("2026-11-22", Head(2, "1" * 64))], sync=True)
    book.close()
    assert "is not that of the line before it" in verify(tmp_path).faults[0].say


def test_any_byte_that_is_changed_is_found(tmp_path: Path) -> None:
    write(tmp_path, 3)
    (path,) = files(tmp_path)
    whole = path.read_bytes()
    dice = random.Random(11)
    for _ in range(300):
        at = dice.randrange(len(whole) - 1)  # without its last byte the last line is one that a crash cut
        path.write_bytes(whole[:at] + bytes([whole[at] ^ (1 << dice.randrange(8))]) + whole[at + 1 :])
        assert not verify(tmp_path).is_sound, at
