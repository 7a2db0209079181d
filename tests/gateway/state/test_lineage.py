from random import Random

import pytest

from gateway.state.lineage import Lineage, spot
from router.labels import Label, Labels
from tests.fakes.secrets import Canary

PUBLIC, INTERNAL, PERSONAL, RESTRICTED = Labels()


def test_what_carried_a_label_is_known_by_its_words_and_no_others() -> None:
    lineage = Lineage()
    assert lineage.is_empty
    lineage.keep(("a text",), PERSONAL, "turn")
    lineage.keep(("pair", "clinic", "a", "b"), RESTRICTED, "pair")
    entry = lineage.recall(("a text",))
    assert entry is not None
    assert (entry.label, entry.source) == (PERSONAL, "turn")
    assert lineage.recall(("another text",)) is None
    assert lineage.recall(("pair", "ward", "a", "b")) is None
    assert lineage.recall(("pair", "clinic", "ab", "")) is None
    assert not lineage.is_empty


def test_what_was_high_stays_high_when_there_are_more_labels_below_it() -> None:
    lineage, before = Lineage(), Labels(["public", "internal", "secret"])
    lineage.keep(("a text",), before["secret"], "answer", before["internal"])
    after = Labels(["public", "open", "shared", "internal", "secret"])
    lineage.follow(after)
    lineage.keep(("a text",), after["internal"], "answer")
    entry = lineage.recall(("a text",))
    assert entry is not None
    assert (entry.label.name, entry.left.name) == ("secret", "internal")


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        pytest.param((PERSONAL, PUBLIC), (PERSONAL, PUBLIC), (PERSONAL, PUBLIC), id="the same"),
        pytest.param((PERSONAL, PUBLIC), (PERSONAL, None), (PERSONAL, PERSONAL), id="whole after redacted"),
        pytest.param((PERSONAL, None), (PERSONAL, PUBLIC), (PERSONAL, PERSONAL), id="redacted after whole"),
        pytest.param((PERSONAL, INTERNAL), (RESTRICTED, PUBLIC), (RESTRICTED, INTERNAL), id="a higher label of which less is left"),
        pytest.param((RESTRICTED, PUBLIC), (PERSONAL, INTERNAL), (RESTRICTED, INTERNAL), id="a lower label of which more is left"),
    ],
)
def test_what_redaction_leaves_only_rises(
    first: tuple[Label, Label | None], second: tuple[Label, Label | None], kept: tuple[Label, Label]
) -> None:
    lineage = Lineage()
    for label, left in (first, second):
        lineage.keep(("a text",), label, "answer", left)
    entry = lineage.recall(("a text",))
    assert entry is not None
    assert (entry.label, entry.left) == kept


def test_two_texts_in_one_place_are_not_taken_for_each_other() -> None:
    lineage = Lineage()
    lineage.keep(("a",), PERSONAL, "turn")
    lineage._entries[spot(("b",))] = lineage._entries[spot(("a",))]
    assert lineage.recall(("b",)) is None
    lineage.keep(("b",), INTERNAL, "turn")
    known = lineage.recall(("b",))
    assert known is not None
    assert known.label == INTERNAL


def test_a_search_for_none_errs_on_one_side_only() -> None:
    lineage = Lineage()
    lineage.keep(("a",), PERSONAL, "turn")
    asked: list[str] = []

    def cut(text: str) -> list[str]:
        asked.append(text)
        return text.split()

    for _ in range(2):
        assert not lineage.may_know("b c", cut)
        assert lineage.may_know("b a", cut)
    assert asked == ["b c", "b a"], "a text that comes again is cut once"
    lineage.keep(("c",), PERSONAL, "turn")
    assert lineage.may_know("b c", cut)
    assert lineage.may_know("c " * 500, cut)
    for number in range(11_000):
        assert not lineage.may_know(f"{number} d", cut)
    assert len(lineage._cuts) == 10_000


@pytest.mark.parametrize("seed", range(20))
def test_labels_only_rise(seed: int) -> None:
    dice, lineage = Random(seed), Lineage()
    highest: dict[tuple[str, ...], Label] = {}
    for _ in range(200):
        words, label = (dice.choice("abcde"),), dice.choice([PUBLIC, INTERNAL, PERSONAL, RESTRICTED])
        lineage.keep(words, label, "turn")
        highest[words] = max(label, highest.get(words, label))
        for known, wanted in highest.items():
            entry = lineage.recall(known)
            assert entry is not None
            assert entry.label == wanted


def test_what_is_not_seen_is_forgotten_after_its_time_and_what_is_seen_is_not() -> None:
    now = [0.0]
    lineage = Lineage(10, 100.0, lambda: now[0])
    lineage.keep(("a",), PERSONAL, "turn")
    lineage.keep(("b",), PERSONAL, "turn")
    for now[0] in (60.0, 120.0, 180.0):
        assert lineage.recall(("a",)) is not None
    assert lineage.recall(("b",)) is None
    assert len(lineage) == 1


def test_there_is_room_for_so_many_and_the_longest_unseen_go() -> None:
    lineage = Lineage(3)
    for word in "abc":
        lineage.keep((word,), PERSONAL, "turn")
    lineage.recall(("a",))
    lineage.keep(("d",), PERSONAL, "turn")
    assert [lineage.recall((word,)) is not None for word in "abcd"] == [True, False, True, True]
    lineage.resize(1, 5.0)
    assert len(lineage) == 1
    nothing = Lineage(0)
    nothing.keep(("a",), PERSONAL, "turn")
    assert nothing.is_empty


def test_it_keeps_no_text() -> None:
    canary, lineage = Canary(), Lineage()
    lineage.keep((canary.say,), PERSONAL, "turn")
    lineage.keep(("pair", "clinic", canary.email, canary.say), PERSONAL, "pair")
    canary.assert_nowhere(entries=repr(lineage._entries), lineage=repr(lineage))
