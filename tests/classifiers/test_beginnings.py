import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.beginnings import beginnings
from classifiers.classify import classify
from classifiers.kinds import make_detector
from classifiers.prompt import Part, Place, Prompt
from classifiers.signals import Doubt
from classifiers.table import fuse
from tests.fakes.memo import Remembers

SHIPPED = fuse((make_detector("patterns", {}), make_detector("secrets", {})))
CARD = "4111 1111 1111 1111"
TOOLS = (Part("a description", -1, 0, "tool"), Part("another", -1, 1, "tool"))
PLACES: tuple[Place, ...] = ("instruction", "content", "answer", "call", "result")


def said(*texts: str) -> tuple[Part, ...]:
    return tuple(Part(text, turn, 0, "answer" if turn % 2 == 0 and turn else "content") for turn, text in enumerate(texts))


def known(memo: Remembers, *parts: Part) -> int:
    return beginnings(parts, memo).known


def read(memo: Remembers, *parts: Part) -> None:
    assert not classify(Prompt(parts), SHIPPED, memo=memo).findings


def test_of_a_conversation_that_goes_on_what_was_read_twice_is_known() -> None:
    memo = Remembers()
    read(memo, *said("a", "b", "c"), *TOOLS)
    assert known(memo, *said("a", "b", "c", "d", "e"), *TOOLS) == 2, "of one that is new, the first turns"
    read(memo, *said("a", "b", "c", "d", "e"), *TOOLS)
    assert known(memo, *said("a", "b", "c", "d", "e", "f", "g"), *TOOLS) == 5
    assert known(memo, *said("a", "b", "c", "d", "something else"), *TOOLS) == 4, "all but the last message"
    assert known(memo, *said("a", "b", "something else", "d"), *TOOLS) == 2


def test_what_stands_before_the_messages_begins_the_prompt() -> None:
    memo = Remembers()
    for _ in range(2):
        read(memo, *TOOLS, *said("a", "b", "c"))
    assert known(memo, *TOOLS, *said("a", "b", "c", "d")) == 5
    assert known(memo, *said("a", "b", "c", "d")) == 0


@pytest.mark.parametrize(
    "other",
    [
        pytest.param((Part("a b", 0), Part("c", 1)), id="a text that ends elsewhere"),
        pytest.param((Part("a", 0, 0, "result"), Part("b", 1), Part("c", 2)), id="in another place"),
        pytest.param((Part("a", 0, 0, "content", 1), Part("b", 1), Part("c", 2)), id="with a key before it"),
        pytest.param((Part("a", 0), Part("b", 0, 1), Part("c", 2)), id="in another turn"),
        pytest.param((Part("a", 0, 1), Part("b", 1), Part("c", 2)), id="another part of it"),
        pytest.param((Part("a", 0), Part("b", 1)), id="a prompt in which not every second turn was read as one"),
    ],
)
def test_nothing_else_is_taken_for_it(other: tuple[Part, ...]) -> None:
    memo = Remembers()
    for _ in range(2):
        read(memo, Part("a", 0), Part("b", 1), Part("c", 2))
    assert known(memo, Part("a", 0), Part("b", 1), Part("c", 2)) == 3
    assert known(memo, *other) == 0


@pytest.mark.parametrize(
    ("texts", "doubts"),
    [
        pytest.param(("a", CARD, "c"), (), id="something in a part"),
        pytest.param(("it is 4111 1111", "1111 1111", "c"), (), id="something across a border"),
        pytest.param(("a", "b", "c"), (Doubt("media", 1),), id="what could not be read"),
    ],
)
def test_what_is_not_clean_is_not_remembered(texts: tuple[str, ...], doubts: tuple[Doubt, ...]) -> None:
    memo = Remembers()
    signals = classify(Prompt(said(*texts), doubts), SHIPPED, memo=memo)
    assert signals.findings or signals.doubts
    assert (memo.begun == {}) is bool(signals.findings)


def test_without_parts_or_detectors_nothing_is_known() -> None:
    memo = Remembers()
    read(memo)
    assert not classify(Prompt(said("a", "b", "c")), (), memo=memo).findings
    assert (known(memo), memo.begun) == (0, {})


LINES = st.one_of(
    st.text("12 -\n4ab.", max_size=30),
    st.sampled_from(
        ["The river bends. " * 12, "What is your date of birth?", "my card is 4111 1111", "1111 1111", "and", "ann@exam", "ple.org"]
    ),
)
PARTS = st.lists(st.tuples(LINES, st.sampled_from(PLACES), st.booleans()), min_size=3, max_size=12)


@settings(deadline=None)
@given(said=PARTS, tools=st.booleans())
def test_a_conversation_is_found_to_hold_what_it_holds_however_much_of_it_is_known(
    said: list[tuple[str, Place, bool]], *, tools: bool
) -> None:
    memo, parts, turn = Remembers(), list[Part](), -1
    for text, place, goes_on in said:
        turn += 0 if goes_on and parts else 1
        parts.append(Part(text, turn, len(parts), place))
        prompt = Prompt((*parts, *TOOLS) if tools else (*parts,))
        for _ in range(2):
            assert classify(prompt, SHIPPED, memo=memo) == classify(prompt, SHIPPED)


def test_what_is_encoded_in_pieces_is_read_from_its_beginning() -> None:
    """Half of it was known to be clean, and where its second half begins nobody could decode it."""
    written = base64.b64encode(f"{'The river bends. ' * 13} the card is {CARD}, and it bends again.".encode()).decode()
    pieces = [written[at : at + 61] for at in range(0, len(written), 61)]
    memo = Remembers()
    for _ in range(2):
        read(memo, *said(*pieces[:-3]))
    assert known(memo, *said(*pieces)) == len(pieces) - 3
    signals = classify(Prompt(said(*pieces)), SHIPPED, memo=memo)
    assert {finding.category for finding in signals.findings} == {"card"}
    assert signals == classify(Prompt(said(*pieces)), SHIPPED)
