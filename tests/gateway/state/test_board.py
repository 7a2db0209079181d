import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.state.board import Board, SharedLineage, SharedLockdown, make
from router.labels import Labels

LABELS = Labels()
TEXT = ("a text that was found to be sensitive",)
SLOTS = 8


@pytest.fixture
def file() -> Iterator[int]:
    made = make(2, SLOTS)
    yield made
    os.close(made)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def lineage(file: int, slot: int, clock: Clock | None = None, labels: Labels = LABELS, entries: int = 1000) -> SharedLineage:
    return SharedLineage(Board(file, 2, slot, SLOTS), labels, entries, 60.0, clock or Clock())


def label_of(one: SharedLineage, words: tuple[str, ...] = TEXT) -> str | None:
    if one.is_empty:
        return None
    entry = one.recall(words)
    return None if entry is None else entry.label.name


def test_it_has_no_name_and_every_one_has_another_key(file: int) -> None:
    other = make(2, SLOTS)
    assert os.fstat(file).st_nlink == 0
    assert Board(file, 2, 0, SLOTS).key == Board(file, 2, 1, SLOTS).key != Board(other, 2, 0, SLOTS).key
    assert 0 <= Board(file, 2, 0, SLOTS).seed < 1 << 32
    os.close(other)


def test_a_lockdown_of_one_is_one_of_all(file: int, tmp_path: Path) -> None:
    one, two = (SharedLockdown(Board(file, 2, slot, SLOTS)) for slot in range(2))
    seen = [one.is_on]
    two.turn(on=True)
    seen.append(one.is_on)
    late = SharedLockdown(Board(file, 2, 1, SLOTS), tmp_path / "no such file")
    seen += [late.is_on, one.is_on]  # who starts later does not turn it off
    one.follow(None)
    seen.append(two.is_on)  # nor does a reload
    one.turn(on=False)
    seen.append(late.is_on)
    assert seen == [False, True, True, True, True, False]


def test_a_lockdown_that_is_noted_in_the_file_is_one_of_all_from_the_start(file: int, tmp_path: Path) -> None:
    one = SharedLockdown(Board(file, 2, 0, SLOTS))
    (tmp_path / "lockdown").touch()
    SharedLockdown(Board(file, 2, 1, SLOTS), tmp_path / "lockdown")
    assert one.is_on


def test_what_one_learns_all_know(file: int) -> None:
    one, two = lineage(file, 0), lineage(file, 1)
    assert label_of(two) is None
    one.keep(TEXT, LABELS["personal"], "turn")
    assert label_of(two) == "personal"
    assert not two.may_know("other", lambda _: ["other"])
    assert two.may_know("text", lambda _: list(TEXT))
    two.keep(TEXT, LABELS["restricted"], "answer", LABELS["public"])
    assert label_of(one) == "restricted"
    entry = one.recall(TEXT)
    assert entry is not None
    assert (entry.source, entry.left.name) == ("answer", "personal"), "labels only rise"


def test_a_worker_that_takes_a_dead_ones_place_knows_what_it_knew(file: int) -> None:
    lineage(file, 0).keep(TEXT, LABELS["personal"], "turn")
    assert label_of(lineage(file, 0)) == "personal"
    assert label_of(lineage(file, 1)) == "personal"


def test_what_the_others_know_is_not_told_again_until_it_would_be_forgotten(file: int) -> None:
    clock = Clock()
    one, board = lineage(file, 0, clock), Board(file, 2, 0, SLOTS)
    for _ in range(3):
        one.keep(TEXT, LABELS["personal"], "turn")
    assert board.written(0) == 1
    clock.now += 40.0
    one.keep(TEXT, LABELS["personal"], "turn")
    assert board.written(0) == 2


def test_what_one_worker_goes_on_to_see_lives_on_at_the_others(file: int) -> None:
    clock = Clock()
    one, two = lineage(file, 0, clock), lineage(file, 1, clock)
    one.keep(TEXT, LABELS["personal"], "turn")
    for _ in range(10):  # a conversation whose requests all come to one worker, a minute and a half long
        clock.now += 10.0
        assert label_of(one) == "personal"
        one.keep(TEXT, LABELS["personal"], "turn")
        assert not two.is_empty, "it looks, but is asked for nothing of that"
    assert label_of(two) == "personal"
    assert Board(file, 2, 0, SLOTS).written(0) < 6, "not every time"


def test_who_is_asked_nothing_keeps_up(file: int) -> None:
    one, two = lineage(file, 0), lineage(file, 1)
    for number in range(SLOTS + 3):
        one.keep((f"text {number}",), LABELS["personal"], "turn")
        two.catch_up()
    assert [label_of(two, (f"text {number}",)) for number in (0, SLOTS + 2)] == ["personal", "personal"]


def test_who_is_far_behind_misses_the_oldest_only(file: int) -> None:
    one, two = lineage(file, 0), lineage(file, 1)
    for number in range(SLOTS + 3):
        one.keep((f"text {number}",), LABELS["personal"], "turn")
    assert [label_of(two, (f"text {number}",)) for number in (0, 2, 3, SLOTS + 2)] == [None, None, "personal", "personal"]


def test_half_an_entry_is_not_read_before_it_is_whole(file: int) -> None:
    one, two = lineage(file, 0), lineage(file, 1)
    board = Board(file, 2, 0, SLOTS)
    one.keep(TEXT, LABELS["personal"], "turn")
    at = board._place(0, 0)
    whole = bytes(board._map[at : at + 44])
    board._map[at : at + 44] = bytes(44)
    assert label_of(two) is None
    board._map[at : at + 44] = whole
    assert label_of(two) == "personal"


def test_labels_of_another_configuration_are_taken_for_the_highest(file: int) -> None:
    other = Labels(("public", "secret", "restricted"))
    one, two = lineage(file, 0, labels=other), lineage(file, 1)
    one.keep(TEXT, other["secret"], "turn")
    one.keep(("another",), other["public"], "answer")
    assert label_of(two) == "restricted"
    assert label_of(two, ("another",)) == "public"
    two.follow(other)
    one.keep(("a third",), other["secret"], "turn")
    assert label_of(two, ("a third",)) == "secret"


def test_it_is_bounded_and_may_be_left_out(file: int) -> None:
    one, two, none = lineage(file, 0), lineage(file, 1, entries=3), lineage(file, 1, entries=0)
    for number in range(5):
        one.keep((f"text {number}",), LABELS["personal"], "turn")
    assert not two.is_empty
    assert len(two) == 3
    assert none.is_empty
    none.keep(TEXT, LABELS["personal"], "turn")
    assert label_of(one) is None
