from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.kinds import OverBudget
from classifiers.normalise.mail import AT_GATE, mailed
from classifiers.normalise.view import View, linear
from classifiers.sieve import Sieve
from classifiers.work import Work

ADDRESS = "john.smith@mail.example.com"


def read(text: str) -> str:
    return View(text).rewritten(partial(mailed, work=Work()), Work()).text


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("john dot smith at mail dot example dot com", id="words"),
        pytest.param("john dot smith AT mail DOT example DOT com", id="words in capitals"),
        pytest.param("john.smith (at) mail.example (dot) com", id="words in brackets"),
        pytest.param("john.smith[at]mail[dot]example[dot]com", id="words in square brackets"),
        pytest.param("john.smith[@]mail[.]example[.]com", id="signs in brackets"),
        pytest.param("john.smith @ mail . example . com", id="signs apart"),
        pytest.param("john_dot_smith_at_mail_dot_example_dot_com", id="underscores"),
        pytest.param("john punto smith arroba mail punto example punto com", id="Spanish"),
        pytest.param("john punkt smith klammeraffe mail punkt example punkt com", id="German"),
        pytest.param("john.smith at mail.example.com", id="a name that is no word"),
    ],
)
def test_addresses_are_read_as_on_an_envelope(written: str) -> None:
    assert linear(AT_GATE).search(f"so {written}, now")
    assert read(f"so: {written}, now") == f"so: {ADDRESS}, now"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("call me at dot com boom time", id="no host"),
        pytest.param("look at example dot com", id="a verb before"),
        pytest.param("John met Ann at some point in the past", id="a point in time"),
        pytest.param("meet me @ home. Then we go", id="a place"),
        pytest.param("the committee at example.com said", id="an address of a page"),
        pytest.param("?? at example dot com", id="nobody"),
        pytest.param(f"mail {ADDRESS} now", id="as it should be"),
        pytest.param("john at the office, com", id="no dot"),
    ],
)
def test_prose_stays(text: str) -> None:
    assert read(text) == text


def test_a_word_for_mail_says_that_a_name_is_one() -> None:
    assert read("mail john at example.com") == "mail john@example.com"
    assert read("e-mail: john at example.com, jane at example.org") == "e-mail: john@example.com, jane@example.org"


def test_places_cost_work() -> None:
    with pytest.raises(OverBudget):
        list(mailed("john at example dot com " * 100, Work(100)))


@given(st.lists(st.sampled_from(["john", " at ", " dot ", "com", "@", ".", " ", "example", "[at]", "(dot)"]), max_size=20).map("".join))
def test_changes_are_in_order_and_apart(text: str) -> None:
    at = 0
    for start, end, said in mailed(text, Work()):
        assert at <= start < end <= len(text)
        assert "@" in said
        at = end


@pytest.mark.parametrize(
    ("text", "opens"),
    [
        pytest.param("john at example . com", True, id="a dot between blanks"),
        pytest.param("john at example\n. com", True, id="a dot in the next line"),
        pytest.param("john at b\u00fc\n.\ncom", True, id="a dot in a line of its own, behind any letter"),
        pytest.param("\n\n. And so on", False, id="the end of a sentence behind a cut"),
        pytest.param("it ends. And so on", False, id="the end of a sentence"),
    ],
)
def test_a_dot_set_apart_stands_behind_a_name(text: str, *, opens: bool) -> None:
    assert bool(linear(AT_GATE).search(text)) is opens
    assert bool(Sieve((AT_GATE,)).hits(text.encode())) is opens
