from collections.abc import Iterator
from functools import partial
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from classifiers.normalise.spell import READING_GATES, RULES, guessed
from classifiers.normalise.unpack import RUN
from classifiers.normalise.view import View
from classifiers.sieve import Sieve
from classifiers.work import Work

CARD = "4111111111111111"
PIECES = [
    "4", "1", "11", "1111", " ", "  ", "-", "_", ".", ", ", "\n", "|", "one", "zwei", "double", "plus", "forty", "a", "j o h n", " @ ", "[at]", " dot ", "com",
    "<b>", "</b>", '" + "', "'", "O", "l", "p4ssw0rd", "DE89", "ü", "💳", "\\\n", "dreiundvierzig", "due", "四", "\u200b", "\ud800",
]  # fmt: skip
ODD = st.lists(st.sampled_from(PIECES), max_size=25).map("".join)


SIEVE = Sieve(READING_GATES)


def guess(text: str) -> View | None:
    sight = SIEVE.sift(text, Work())
    return guessed(View(sight.text), sight.opened.__contains__, Work())


def read(text: str) -> str | None:
    """What one reading gives another may read on."""
    view = guess(text)
    return None if view is None else (guess(view.text) or view).text.strip()


@pytest.mark.parametrize(
    ("written", "says"),
    [
        pytest.param("four " + "one " * 15, CARD, id="English"),
        pytest.param("vier " + "eins " * 15, CARD, id="German"),
        pytest.param("QUATRE, " + "UN, " * 14 + "UN", CARD, id="French in capitals"),
        pytest.param("cuatro-" + "uno-" * 14 + "uno", CARD, id="Spanish with dashes"),
        pytest.param(
            "forty-one eleven double one triple one 1111111", "411111" + "111" + "1111111", id="tens, teens, double, triple, digits"
        ),
        pytest.param("ninety twenty thirty five one forty", "902035140", id="tens alone"),
        pytest.param("eighty zero one two three four five", "80012345", id="a zero behind tens"),
        pytest.param("plus four nine three zero one two three four", "+49301234", id="an international number"),
        pytest.param("zero seven eight dash zero five dash one one two zero", "078-05-1120", id="signs in words"),
        pytest.param("j o h n @ e x a m p l e . c o m", "john@example.com", id="one by one"),
        pytest.param("mail j  o  h  n  @  x  .  c  o  m now", "mail john@x.com now", id="two spaces between"),
        pytest.param("s-k---a-b-c-1-2-3", "sk-abc123", id="dashes between"),
        pytest.param("x, y, z, u, v, q", "xyzuvq", id="commas between"),
        pytest.param("D E 8 9 3 y", "DE893y DE893", id="the last may be a word"),
        pytest.param("I j o h n x", "Ijohnx johnx", id="the first may be a word"),
        pytest.param("my 4lll 1111 llll 11I1 x", f"my  {CARD}  x", id="letters for digits"),
        pytest.param("4111<b>1111</b>1111<!-- x -->1111", CARD, id="tags between"),
        pytest.param("<i>41</i> <i>11</i> 1", "<i>41 11 1", id="tags and blanks between"),
        pytest.param('x = "ghp_ab"\n      + "cdef"', 'x = "ghp_abcdef"', id="strings in two lines"),
        pytest.param("TOKEN=ghp_ab\\\ncdef", "TOKEN=ghp_abcdef", id="a word in two lines"),
        pytest.param("4111💳1111", "4111 1111", id="pictures between"),
        pytest.param('"4111" + "1111" + "1111" + "1111"', f'"{CARD}"', id="strings put together"),
        pytest.param("my p4$$w0rd: x", "my password: x", id="a word misspelled"),
        pytest.param("john at example dot com", "john@example.com", id="an address in words"),
        pytest.param("\ud800 4111_1111_1111_1111", f"?  {CARD}", id="beside a lone surrogate"),
    ],
)
def test_a_clever_reader(written: str, says: str) -> None:
    assert read(written) == says


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Plain prose, one or two words of it; nothing to see at all.", id="prose"),
        pytest.param("one two three four five", id="few number words"),
        pytest.param("a b c d and w x y z", id="few letters"),
        pytest.param("1,0,0,1,0,1,1,0", id="a row of a matrix"),
        pytest.param("v1l and O2 and 4l", id="few digits"),
        pytest.param("OOlI OOlI 12 OO", id="more letters than digits"),
        pytest.param("the password: x", id="a word as it should be"),
    ],
)
def test_nothing_to_guess(text: str) -> None:
    assert read(text) is None


def _changed(text: str) -> Iterator[str]:
    for rule in RULES:
        if View(text).rewritten(partial(rule.changes, work=Work()), Work()).text != text:
            yield rule.gate


@example("| 441111")
@given(ODD.map(lambda text: text.replace("\ud800", "?")))
def test_what_a_rule_changes_opens_its_gate(text: str) -> None:
    assert set(_changed(text)) <= set(SIEVE.sift(text, Work()).opened)


@given(ODD)
def test_the_map_is_monotone_and_stays_inside_the_text(text: str) -> None:
    text = SIEVE.sift(text, Work()).text
    view = guessed(View(text), lambda _: True, Work())
    if view is None:
        return
    spans = [view.original(at, at + 1) for at in range(len(view.text))]
    assert all(0 <= start <= end <= len(text) for start, end in spans)
    assert all(left[0] <= right[0] and left[1] <= right[1] for left, right in pairwise(spans))


def test_gates_are_opened_by_little_else() -> None:
    assert not SIEVE.sift("nothing here", Work()).opened
    assert list(SIEVE.sift("aGVsbG8gd29ybGQh", Work()).opened) == [RUN]
