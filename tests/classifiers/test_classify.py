from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from classifiers.classify import classify, resolve
from classifiers.kinds import OverBudget, Span, make_detector, make_scorer
from classifiers.prompt import Part, Prompt
from classifiers.scan import Row
from classifiers.signals import Difficulty, Doubt, Finding, Signals
from classifiers.table import Table, fuse
from classifiers.work import MAX_WORK
from tests.fakes.word_detector import Options, Words

SHIPPED = (make_detector("patterns", {}), make_detector("secrets", {}))
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
    assert signals.doubts == (Doubt("failed", 0, 0, "finds"), Doubt("failed", 1, 0, "finds"))
    assert signals.coverage == 0.0
    assert "canary" not in repr(signals)


def test_a_detector_that_gives_up_is_a_doubt_of_that_kind() -> None:
    assert classify(prompt("word"), [Finds("word", before=OverBudget())]).doubts == (Doubt("over_budget", 0, 0, "finds"),)


def test_text_that_cannot_be_normalised_is_a_doubt_and_scanned_raw() -> None:
    signals = classify(prompt(Unreadable("a word")), [Finds("word")])
    assert signals.doubts == (Doubt("failed", 0, 0, "normalise"),)
    assert len(signals.findings) == 1


def test_text_over_the_budget_is_a_doubt_and_what_fits_is_scanned() -> None:
    signals = classify(prompt("a word and a lot", "short", "word"), [Finds("word")], budget=8)
    assert signals.doubts == (Doubt("over_budget", 0, 0), Doubt("over_budget", 1, 0), Doubt("over_budget", 2, 0))
    assert signals.findings == (Finding(0, 0, 2, 6, "word", "finds"),)
    assert signals.coverage == 0.0


def test_all_texts_of_a_prompt_share_one_budget_of_work() -> None:
    dear = Table("dear", (Row("n", r"\b\d{4}\b", cost=MAX_WORK // 3),))
    assert not classify(prompt("1234 1234", "clean"), [dear]).doubts
    signals = classify(prompt("1234 1234", "clean", "1234 1234", "clean", "1234"), [dear, *SHIPPED])
    assert [doubt.turn for doubt in signals.doubts if doubt.detector == "dear"] == [2, 3, 4]  # from there on nothing counts as read
    assert len(signals.findings) == 2


@pytest.mark.parametrize("text", ["a\u200b" * 100_000, "%25" * 300_000], ids=["many changes", "one long one"])
def test_changes_without_number_are_a_doubt(text: str) -> None:
    assert Doubt("over_budget", 0, 0, "normalise") in classify(prompt(text), SHIPPED).doubts


def test_fused_tables_say_the_same() -> None:
    texts = prompt("ann@example.org, card 4111 1111 1111 1111", "password: hunter2xyz!", "4&#49;11 1111 1111 1111", "w\u200bord")
    assert classify(texts, fuse((*SHIPPED, Finds("word")))) == classify(texts, (*SHIPPED, Finds("word")))


def test_doubts_of_the_prompt_count_as_parts_that_were_not_read() -> None:
    signals = classify(Prompt((Part("text"),), (Doubt("media", 0, 1),)), [Finds("word")])
    assert signals.doubts == (Doubt("media", 0, 1),)
    assert signals.coverage == 0.5


def test_offsets_outside_of_the_text_are_cut_and_the_finding_kept() -> None:
    found = classify(prompt("four"), [Overreaches()]).findings
    assert [(each.start, each.end, each.category) for each in found] == [(0, 4, "word"), (4, 4, "beyond")]


def test_the_scorer_is_asked() -> None:
    assert classify(prompt("x"), scorer=Scores(Difficulty(0.7))).difficulty == Difficulty(0.7)


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


ANY_TEXT = st.text(max_size=80) | st.text(st.sampled_from("0123456789 -./()+@abcDE%&#;=:\u200b\uff14\u0664"), max_size=80)
TELLING = st.sampled_from(
    ["4111 1111 1111 1111", "mail ann@example.org", "password = " + "Tr0ub4dor&3x", "078-05-1120", "＋44 20 7946 0958"]
)


@given(st.lists(ANY_TEXT | TELLING, max_size=3))
def test_any_text_is_judged_with_offsets_inside_it(texts: list[str]) -> None:
    signals = classify(prompt(*texts), SHIPPED, LEXICAL)
    for finding in signals.findings:
        assert 0 <= finding.start <= finding.end <= len(texts[finding.turn])
    assert signals.doubts == ()
    assert signals.difficulty is not None
    assert 0 <= signals.difficulty.score <= 1


@given(TELLING | ANY_TEXT, st.lists(ANY_TEXT | TELLING, max_size=3))
def test_adding_parts_never_lowers_what_is_found_in_another(text: str, more: list[str]) -> None:
    alone = classify(prompt(text), SHIPPED).findings
    assert set(alone) <= set(classify(prompt(text, *more), SHIPPED).findings)


@given(ANY_TEXT)
def test_a_lone_surrogate_beside_it_hides_nothing(text: str) -> None:
    categories = {finding.category for finding in classify(prompt("ann@example.org \ud800 " + text), SHIPPED).findings}
    assert "email" in categories


def test_what_is_not_begun_in_time_is_a_doubt() -> None:
    prompt = Prompt((Part("a@b.example", 0, 0), Part("c@d.example", 1, 0)))
    answers = iter([False, True])
    signals = classify(prompt, is_late=lambda: next(answers))
    assert signals.doubts == (Doubt("late", 1, 0),)
    assert signals.coverage == 0.5


@dataclass(slots=True)
class Notes:
    """A memo in a dictionary."""

    kept: dict[bytes, Sequence[Finding]] = field(default_factory=dict)

    def key(self, text: str) -> bytes:
        return text.encode()

    def recall(self, key: bytes) -> Sequence[Finding] | None:
        return self.kept.get(key)

    def keep(self, key: bytes, findings: Sequence[Finding]) -> None:
        self.kept[key] = findings


def test_what_is_remembered_is_said_again_where_it_stands_now() -> None:
    notes, found = Notes(), (Words(Options()),)
    first = classify(Prompt((Part("an email"), Part("nothing", 1))), found, memo=notes)
    assert notes.kept.keys() == {b"an email", b"nothing"}
    assert classify(Prompt((Part("an email"), Part("nothing", 1))), memo=notes) == first, "nobody was asked"
    moved = classify(Prompt((Part("nothing"), Part("an email", 1, 2))), memo=notes)
    assert moved == classify(Prompt((Part("nothing"), Part("an email", 1, 2))), found)


def test_what_ended_in_a_doubt_is_not_remembered() -> None:
    notes = Notes()
    assert classify(Prompt((Part("an email"),)), (Words(Options(fails=True)),), memo=notes).doubts
    assert classify(Prompt((Part("an email"),)), (Words(Options()),), budget=3, memo=notes).doubts
    assert notes.kept == {}
