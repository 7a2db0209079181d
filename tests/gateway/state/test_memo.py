import gc
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

from typing_extensions import override

from classifiers.classify import classify
from classifiers.kinds import Span
from classifiers.prompt import Part, Prompt
from classifiers.signals import Finding
from gateway.state.memo import Memo
from tests.fakes.secrets import Canary
from tests.fakes.word_detector import Options, Words

EMAIL = Finding(0, 0, 3, 8, "email", "words")


class Counting(Words):
    """Counts how many texts it was asked about."""

    asked: ClassVar[list[str]] = []

    @override
    def detect(self, text: str) -> Iterable[Span]:
        Counting.asked.append(text)
        return Words.detect(self, text)


def prompt(*texts: str) -> Prompt:
    return Prompt(tuple(Part(text, turn) for turn, text in enumerate(texts)))


def test_what_was_found_is_recalled_by_text_and_forgotten_after_its_time() -> None:
    now = [0.0]
    memo = Memo(10, 60.0, lambda: now[0])
    memo.keep(memo.key("a"), (EMAIL,))
    assert memo.recall(memo.key("a")) == (EMAIL,)
    assert memo.recall(memo.key("b")) is None
    now[0] = 59.9
    assert memo.recall(memo.key("a")) == (EMAIL,)
    now[0] = 60.0
    assert memo.recall(memo.key("a")) is None
    assert len(memo) == 0


def test_beginnings_have_keys_of_their_own() -> None:
    memo = Memo()
    keys = [*memo.keys(["a", "b", "\ud800"]), memo.key("a"), memo.key("ab"), memo.key("a", are_borders=True)]
    assert len({*keys}) == len(keys)
    assert memo.keys(["ab"]) == memo.keys(["a", "b"])[1:]
    assert Memo().keys(["a"]) != memo.keys(["a"]), "what is kept tells nothing without the key of the process"


def test_it_holds_so_many_texts_and_findings_and_the_oldest_go() -> None:
    memo = Memo(4)
    for text in "abcd":
        memo.keep(memo.key(text), ())
    assert memo.recall(memo.key("a")) == ()
    memo.keep(memo.key("e"), (EMAIL,))
    assert [memo.recall(memo.key(text)) is not None for text in "abcde"] == [True, False, False, True, True]
    memo.keep(memo.key("f"), (EMAIL,) * 4)
    assert memo.recall(memo.key("f")) is None, "too much for its room"
    memo.keep(memo.key("e"), ())
    memo.keep(memo.key("g"), ())
    assert len(memo) == 4
    nothing = Memo(0)
    nothing.keep(nothing.key("a"), ())
    assert len(nothing) == 0


def test_keys_are_of_this_memo_alone() -> None:
    assert Memo().key("a") != Memo().key("a")
    assert Memo().key("\ud800"), "a lone surrogate is a text too"


def test_a_conversation_that_comes_again_is_read_from_its_first_new_turn_on() -> None:
    memo, detector = Memo(), Counting(Options())
    Counting.asked.clear()
    first = classify(prompt("an email", "yes"), (detector,), memo=memo)
    again = classify(prompt("an email", "yes", "a card"), (detector,), memo=memo)
    assert Counting.asked.count("an email") == 1
    assert [finding.category for finding in first.findings] == ["email"]
    assert again == classify(prompt("an email", "yes", "a card"), (detector,))


def test_a_turn_that_moved_is_found_where_it_stands_now() -> None:
    memo, detectors = Memo(), (Words(Options()),)
    classify(prompt("well", "an email"), detectors, memo=memo)
    assert classify(prompt("an email"), detectors, memo=memo) == classify(prompt("an email"), detectors)


def test_a_text_that_was_not_read_to_its_end_is_read_again() -> None:
    memo = Memo()
    failing = classify(prompt("an email"), (Words(Options(fails=True)),), memo=memo)
    cut = classify(prompt("an email and a card"), (Words(Options()),), budget=8, memo=memo)
    late = classify(prompt("an email"), (Words(Options()),), is_late=lambda: True, memo=memo)
    assert failing.doubts
    assert cut.doubts
    assert late.doubts
    assert len(memo) == 0
    classify(prompt("an email"), (Words(Options()),), memo=memo)
    assert not classify(prompt("an email"), (Words(Options()),), is_late=lambda: True, memo=memo).doubts, "remembering takes no time"


def test_threads_may_share_it() -> None:
    memo, detectors = Memo(50), (Words(Options()),)
    prompts = [prompt(*(f"{number} email" for number in range(start, start + 30))) for start in range(20)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda one: classify(one, detectors, memo=memo), prompts * 2))
    assert all(len(signals.findings) == 30 for signals in found)
    assert len(memo) <= 50


def test_it_keeps_no_text() -> None:
    canary, memo = Canary(), Memo()
    classify(prompt(canary.say), (Words(Options(words=("card",))),), memo=memo)
    memo.keep(memo.key(canary.say), ())
    texts = [one for one in gc.get_referents(memo, *gc.get_referents(memo)) if isinstance(one, str | bytes)]
    canary.assert_nowhere(memo=repr(texts) + repr(memo._held))


def test_a_part_and_borders_with_the_same_text_are_two() -> None:
    memo = Memo()
    memo.keep(memo.key("a", are_borders=True), ())
    assert memo.recall(memo.key("a", are_borders=True)) == ()
    assert memo.recall(memo.key("a")) is None
    assert memo.key("a", are_borders=True) not in {memo.key(text) for text in ("\xffa", "\udcffa", "a\xff")}
