import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

from classifiers.classify import classify, resolve
from classifiers.kinds import OverBudget, Span, make_detector, make_scorer
from classifiers.normalise.view import CUT
from classifiers.prompt import Part, Prompt
from classifiers.scan import Row
from classifiers.signals import Difficulty, Doubt, Finding, Signals
from classifiers.table import Table, fuse
from classifiers.work import MAX_WORK
from tests.fakes.memo import Remembers

APART = (make_detector("patterns", {}), make_detector("secrets", {}))
SHIPPED = fuse(APART)
LEXICAL = make_scorer("lexical", {})


@dataclass
class Finds:
    """A detector that finds a word; `before` is raised after the first find."""

    word: str
    before: Exception | None = None
    kind: str = "finds"
    is_slow: bool = False
    categories: frozenset[str] = field(default_factory=lambda: frozenset({"word"}))

    def detect(self, text: str) -> Iterator[Span]:
        at = text.find(self.word)
        if at >= 0:
            yield Span(at, at + len(self.word), "word")
        if self.before:
            raise self.before


@dataclass
class Overreaches:
    """A detector whose offsets lie outside of the text."""

    kind: str = "overreaches"
    is_slow: bool = False
    categories: frozenset[str] = frozenset({"word"})

    def detect(self, text: str) -> Iterable[Span]:
        return [Span(-5, len(text) + 5, "word"), Span(len(text) + 3, len(text) + 9, "beyond")]


@dataclass
class Scores:
    """A scorer that returns or raises what it is given."""

    what: Difficulty | Exception
    kind: str = "scores"

    def score(self, _: Prompt) -> Difficulty:
        if isinstance(self.what, Exception):
            raise self.what
        return self.what


class Unreadable(str):
    """A text that cannot be normalised."""

    __slots__ = ()

    @override
    def isascii(self) -> bool:
        raise RuntimeError("canary")

    @override
    def __contains__(self, item: object) -> bool:
        raise RuntimeError("canary")


def prompt(*texts: str) -> Prompt:
    return Prompt(tuple(Part(text, turn=turn) for turn, text in enumerate(texts)))


def test_nothing_is_clean() -> None:
    assert classify(Prompt()) == Signals()
    assert classify(prompt("anything")) == Signals()


def test_a_finding_says_where() -> None:
    signals = classify(prompt("nothing", "the word"), [Finds("word")])
    assert signals.findings == (Finding(1, 0, 4, 8, "word", "finds"),)
    assert signals.coverage == 1.0


def test_normalised_text_is_scanned_too_and_offsets_lead_back() -> None:
    assert classify(prompt("the w\u200bo&#114;d!"), [Finds("word")]).findings == (Finding(0, 0, 4, 14, "word", "finds"),)


def test_the_same_finding_twice_is_one() -> None:
    assert len(classify(prompt("word and more&amp;"), [Finds("word")]).findings) == 1


def test_a_detector_that_raises_is_a_doubt_and_keeps_what_it_found() -> None:
    signals = classify(prompt("word", "nothing"), [Finds("word", before=RuntimeError("canary")), Finds("nothing")])
    assert signals.findings == (Finding(0, 0, 0, 4, "word", "finds"), Finding(1, 0, 0, 7, "word", "finds"))
    assert signals.doubts == (Doubt("failed", 0, 0, "finds"), Doubt("failed", 1, 0, "finds"), Doubt("failed", detector="finds"))
    assert signals.coverage == 0.0
    assert "canary" not in repr(signals)


def test_a_detector_that_fails_in_every_reading_is_one_doubt() -> None:
    assert classify(prompt("w%6frd"), [Finds("d", before=RuntimeError())]).doubts == (Doubt("failed", 0, 0, "finds"),)


def test_a_detector_that_gives_up_is_a_doubt_of_that_kind() -> None:
    assert classify(prompt("word"), [Finds("word", before=OverBudget())]).doubts == (Doubt("over_budget", 0, 0, "finds"),)


def test_text_that_cannot_be_normalised_is_a_doubt_and_scanned_raw() -> None:
    signals = classify(prompt(Unreadable("a word %41")), [Finds("word")])
    assert signals.doubts == (Doubt("failed", 0, 0, "normalise"),)
    assert len(signals.findings) == 1


def test_text_over_the_budget_is_a_doubt_and_what_fits_is_scanned() -> None:
    signals = classify(prompt("a word and a lot", "short", "word"), [Finds("word")], budget=8)
    assert signals.doubts == (Doubt("over_budget", 0, 0), Doubt("over_budget", 1, 0), Doubt("over_budget", 2, 0))
    assert signals.findings == (Finding(0, 0, 2, 6, "word", "finds"),)
    assert signals.coverage == 0.0


def test_all_texts_of_a_prompt_share_one_budget_of_work() -> None:
    dear = Table("dear", (Row("n", r"\b\d{4}\b", str.isdigit, cost=MAX_WORK // 3),))
    assert not classify(prompt("1234 1234"), [dear]).doubts
    signals = classify(prompt("1234 1234", "clean", "1234 1234", "clean", "1234"), [dear, *SHIPPED])
    assert [doubt.turn for doubt in signals.doubts if doubt.detector == "dear"] == [
        2,
        4,
    ]  # what is small and asks for nothing is still read
    assert len([finding for finding in signals.findings if finding.detector == "dear"]) == 2


@pytest.mark.parametrize("text", ["a\u200b" * 100_000, "%25" * 300_000], ids=["many changes", "one long one"])
def test_changes_without_number_are_a_doubt(text: str) -> None:
    assert {doubt.kind for doubt in classify(prompt(text), SHIPPED).doubts} == {"over_budget"}


def test_fused_tables_say_the_same() -> None:
    texts = prompt("ann@example.org, card 4111 1111 1111 1111", "password: hunter2xyz!", "4&#49;11 1111 1111 1111", "w\u200bord")
    assert classify(texts, fuse((*APART, Finds("word")))) == classify(texts, (*APART, Finds("word")))


def test_doubts_of_the_prompt_count_as_parts_that_were_not_read() -> None:
    signals = classify(Prompt((Part("text"),), (Doubt("media", 0, 1),)), [Finds("word")])
    assert signals.doubts == (Doubt("media", 0, 1),)
    assert signals.coverage == 0.5


def test_offsets_outside_of_the_text_are_cut_and_the_finding_kept() -> None:
    found = classify(prompt("four"), [Overreaches()]).findings
    assert [(each.start, each.end, each.category) for each in found] == [(0, 4, "word"), (4, 4, "beyond")]


def test_the_scorer_is_asked() -> None:
    assert classify(prompt("x"), scorer=Scores(Difficulty(0.7))).difficulty == Difficulty(0.7)


@pytest.mark.parametrize("score", [math.nan, 2.0, "0.5"])
def test_a_scorer_that_gives_no_number_from_0_to_1_leaves_the_difficulty_unknown(score: Any) -> None:
    class Gives:
        kind = "gives"

        def score(self, prompt: Prompt) -> Difficulty:  # it says the same of all
            return Difficulty(score)

    assert classify(prompt("x"), scorer=Gives()) == Signals()


def test_a_scorer_that_raises_leaves_the_difficulty_unknown() -> None:
    assert classify(prompt("x"), scorer=Scores(RuntimeError("canary"))) == Signals()


def _finding(start: int, end: int, category: str, confidence: float = 0.9) -> Finding:
    return Finding(0, 0, start, end, category, "d", confidence)


@pytest.mark.parametrize(
    ("findings", "kept"),
    [
        pytest.param([_finding(0, 9, "a"), _finding(2, 5, "a")], [0], id="within its own category"),
        pytest.param([_finding(0, 9, "a", 0.8), _finding(0, 9, "a", 0.9)], [1], id="the surer of two equal ones"),
        pytest.param(
            [_finding(0, 6, "a"), _finding(3, 9, "a")], [0, 1], id="halves that overlap both stay, so that nothing is left uncovered"
        ),
        pytest.param([_finding(0, 9, "card"), _finding(0, 9, "phone", 0.6)], [0], id="unsure gives way to sure"),
        pytest.param([_finding(0, 9, "card"), _finding(0, 10, "phone", 0.6)], [1, 0], id="not when it sticks out"),
        pytest.param([_finding(0, 9, "email"), _finding(2, 5, "card", 0.8)], [0, 1], id="sure findings of two categories both stay"),
        pytest.param([_finding(0, 9, "b", 0.5), _finding(2, 5, "a", 0.6)], [0, 1], id="an unsure one gives way only to a surer one"),
        pytest.param(
            [_finding(0, 5, "a"), _finding(1, 20, "b"), _finding(2, 4, "a")], [0, 1], id="the one that covers it may have begun two before"
        ),
        pytest.param([_finding(0, 2, "a"), _finding(5, 7, "a")], [0, 1], id="apart"),
    ],
)
def test_overlaps(findings: list[Finding], kept: list[int]) -> None:
    assert resolve(findings) == [findings[index] for index in kept]


COMPILES = settings(deadline=None)
"""The first to ask waits until the tables are compiled."""

ANY_TEXT = st.text(max_size=80) | st.text(st.sampled_from("0123456789 -./()+@abcDE%&#;=:\u200b\uff14\u0664"), max_size=80)
TELLING = st.sampled_from(
    ["4111 1111 1111 1111", "mail ann@example.org", "password = " + "Tr0ub4dor&3x", "078-05-1120", "＋44 20 7946 0958"]
)


@COMPILES
@given(st.lists(ANY_TEXT | TELLING, max_size=3))
def test_any_text_is_judged_with_offsets_inside_it(texts: list[str]) -> None:
    signals = classify(prompt(*texts), SHIPPED, LEXICAL)
    for finding in signals.findings:
        assert 0 <= finding.start <= finding.end <= len(texts[finding.turn])
    assert signals.doubts == ()
    assert signals.difficulty is not None
    assert 0 <= signals.difficulty.score <= 1


@COMPILES
@given(TELLING | ANY_TEXT, st.lists(ANY_TEXT | TELLING, max_size=3))
def test_adding_parts_never_lowers_what_is_found_in_another(text: str, more: list[str]) -> None:
    alone = classify(prompt(text), SHIPPED).findings
    assert set(alone) <= set(classify(prompt(text, *more), SHIPPED).findings)


@COMPILES
@given(ANY_TEXT)
def test_a_lone_surrogate_beside_it_hides_nothing(text: str) -> None:
    categories = {finding.category for finding in classify(prompt("ann@example.org \ud800 " + text), SHIPPED).findings}
    assert "email" in categories


def test_what_is_not_begun_in_time_is_a_doubt() -> None:
    prompt = Prompt((Part("a@b.example", 0, 0), Part("c@d.example", 1, 0)))
    answers = iter([False, True])
    signals = classify(prompt, [Finds("word")], is_late=lambda: next(answers))
    assert signals.doubts == (Doubt("late", 1, 0),)
    assert signals.coverage == 0.5


def test_when_it_is_late_borders_are_a_doubt() -> None:
    answers = iter([False, False, True])
    signals = classify(prompt("nothing", "else"), [Finds("word")], is_late=lambda: next(answers))
    assert signals.doubts == (Doubt("late", detector="borders"),)


@dataclass
class Reads(Finds):
    """A detector that notes what it is given."""

    read: list[str] = field(default_factory=list)

    @override
    def detect(self, text: str) -> Iterator[Span]:
        self.read.append(text)
        return super().detect(text)


def test_what_was_read_to_its_end_is_remembered_with_what_was_found_in_every_way_to_read_it() -> None:
    memo = Remembers()
    classify(prompt("a word", "a w%6frd", "nothing"), [Finds("word")], memo=memo)
    assert memo.kept == {
        b"a word": (Finding(0, 0, 2, 6, "word", "finds"),),
        b"a w%6frd": (Finding(1, 0, 2, 8, "word", "finds"),),
        b"nothing": (),
    }


def test_what_is_remembered_is_not_read_again_and_stands_where_it_stands_now() -> None:
    memo = Remembers()
    detector = Reads("word")
    first = classify(prompt("a w%6frd"), [detector], memo=memo)
    assert classify(prompt("a w%6frd"), [detector], memo=memo) == first
    again = classify(prompt("new", "a w%6frd"), [detector], memo=memo)
    assert again.findings == (Finding(1, 0, 2, 8, "word", "finds"),)
    assert again.coverage == 1.0
    borders = [CUT.join((f"new{written}", f"new {written}")) for written in ("a w%6frd", "a word")]
    assert detector.read == ["a w%6frd", "a word", "new", *borders]


def test_what_stands_across_a_border_is_not_remembered_and_found_again() -> None:
    memo = Remembers()
    texts = prompt("my number is 41111111", "11111111 it is")
    first = classify(texts, SHIPPED, memo=memo)
    assert {finding.category for finding in first.findings} == {"card"}
    assert set(memo.kept.values()) == {()}
    assert classify(texts, SHIPPED, memo=memo) == first


def fields(*texts: str) -> Prompt:
    return Prompt(tuple(Part(text, -1, number, "field") for number, text in enumerate(texts)))


def test_borders_of_fields_in_which_nothing_was_found_are_not_read_again() -> None:
    memo, detector = Remembers(), Reads("word")
    for _ in range(2):
        assert classify(fields("nothing", "else"), [detector], memo=memo).findings == ()
        assert detector.read == ["nothing", "else", "nothingelse"]
    assert memo.kept[b"borders: nothingelse"] == ()
    again = classify(fields("nothingelse"), [detector], memo=memo)
    assert (again.findings, detector.read[-1]) == ((), "nothingelse")
    assert len(detector.read) == 4, "a part is read in another way than borders"


def test_borders_of_fields_in_which_something_was_found_are_read_again() -> None:
    memo = Remembers()
    for _ in range(2):
        assert classify(fields("41111111", "11111111"), SHIPPED, memo=memo).findings
    assert set(memo.kept) == {b"41111111", b"11111111"}


@pytest.mark.parametrize("error", [RuntimeError(), OverBudget()])
def test_borders_of_fields_that_were_not_read_to_their_end_are_not_remembered(error: Exception) -> None:
    memo = Remembers()
    for _ in range(2):
        assert classify(fields("wo", "rd"), [Finds("word", error)], memo=memo).doubts
    assert b"borders: word" not in memo.kept


@pytest.mark.parametrize(
    ("text", "detector", "budget"),
    [
        pytest.param("a word", Finds("word", RuntimeError()), 99, id="a detector raised"),
        pytest.param("a word", Finds("word", OverBudget()), 99, id="a detector gave up"),
        pytest.param("a word", Finds("word"), 4, id="too long"),
        pytest.param("a\u200b" * 100_000 + "word", Finds("word"), 10**6, id="too much to change"),
        pytest.param(Unreadable("a word %41"), Finds("word"), 99, id="it cannot be read otherwise"),
    ],
)
def test_what_was_not_read_to_its_end_is_not_remembered(text: str, detector: Finds, budget: int) -> None:
    memo = Remembers()
    signals = classify(prompt(text), [detector], budget=budget, memo=memo)
    assert signals.doubts
    assert memo.kept == {}


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_scan_that_runs_out_of_time_remembers_nothing_that_it_did_not_read_in_every_way(turns: int) -> None:
    memo = Remembers()
    answers = iter([*[False] * turns, *[True] * 9])
    signals = classify(prompt("w%6frd", "nothing", "a w%6frd"), [Finds("word")], is_late=lambda: next(answers), memo=memo)
    assert [doubt.kind for doubt in signals.doubts] == ["late"]
    assert memo.kept == {}


def test_borders_that_ask_for_too_much_are_a_doubt() -> None:
    parts = tuple(Part(str(number), number) for number in range(7_500))
    signals = classify(Prompt(parts), [Finds("word")])
    assert Doubt("over_budget", detector="borders") in signals.doubts


def test_text_that_is_too_long_to_look_for_disguises_is_a_doubt() -> None:
    signals = classify(prompt("\u0939" * 1_900_000), [Finds("word")])
    assert signals.doubts == (Doubt("over_budget", detector="normalise"),)
    assert signals.coverage == 0.0


def test_parts_without_number_are_a_doubt() -> None:
    parts = tuple(Part("", number) for number in range(10_500))
    signals = classify(Prompt(parts), [Finds("word")])
    assert [doubt.kind for doubt in signals.doubts] == ["over_budget"]
    assert signals.coverage < 1


@pytest.mark.parametrize("pattern", [pytest.param("^ab", id="at the text's beginning"), pytest.param(r"\bab", id="anywhere")])
def test_parts_that_are_read_together_show_what_each_shows_alone(pattern: str) -> None:
    tables = fuse((Table("mine", (Row("ab", pattern),)),))
    texts = ("ab", "x", *("nothing " * 400,) * 3, "y", "ab", "z")
    parts = tuple(Part(text, turn) for turn, text in enumerate(texts))
    assert [finding.turn for finding in classify(Prompt(parts), tables).findings] == [0, 6]
    assert classify(Prompt(parts[2:6]), tables).findings == ()


def test_what_nobody_has_work_left_for_is_a_doubt_also_where_nothing_is_to_be_seen() -> None:
    tables = fuse((Table("mine", (Row("ab", "ab"),)),))
    parts = tuple(Part("nothing", turn) for turn in range(int(MAX_WORK / 10) + 100))
    assert {doubt.kind for doubt in classify(Prompt(parts), tables).doubts} == {"over_budget"}
