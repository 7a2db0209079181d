from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.kinds import OverBudget
from classifiers.normalise.digits import STRETCH, is_long_card, regrouped
from classifiers.normalise.view import View, linear
from classifiers.work import Work

CARD = "4111111111111111"
IBAN = "DE89370400440532013000"


def read(text: str) -> str:
    return " ".join(View(text).rewritten(partial(regrouped, work=Work()), Work()).text.split())


@pytest.mark.parametrize(
    ("written", "says"),
    [
        pytest.param("see 4111_1111_1111_1111.", f"see {CARD} .", id="underscores"),
        pytest.param("4111  1111  1111  1111", CARD, id="two spaces"),
        pytest.param("4111\n1111\n1111\n1111", CARD, id="lines"),
        pytest.param("**4111** **1111** **1111** **1111**", f"** {CARD} **", id="bold"),
        pytest.param("41 11 11 11 11 11 11 11", CARD, id="pairs"),
        pytest.param("4111 - 1111_1111/1111", CARD, id="signs of all kinds"),
        pytest.param("3782-822463-10005", "378282246310005", id="the groups of another issuer"),
        pytest.param("card: 41 111 111 1111 1111", f"card: {CARD}", id="odd groups with a word for it"),
        pytest.param("cc4111111111111111", f"cc {CARD}", id="behind letters"),
        pytest.param("4111111111111111visa", f"{CARD} visa", id="before letters"),
        pytest.param("no_4111111111111111", f"no_ {CARD}", id="behind an underscore"),
        pytest.param("4111111111111111_", f"{CARD} _", id="before an underscore"),
        pytest.param("12/27, 4111_1111_1111_1111", f"12/27, {CARD}", id="behind a date"),
        pytest.param("[4, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]", f"[ {CARD} ]", id="a list of digits"),
        pytest.param("0_7_8_0_5_1_1_2_0", "078051120", id="digits one by one"),
        pytest.param("078_05_1120", "078-05-1120", id="the shape of a social security number"),
        pytest.param("+49--30--1234567", "+ 49301234567", id="an international number"),
        pytest.param("DE89_3704_0044_0532_0130_00", IBAN, id="an IBAN in underscores"),
        pytest.param("d e 8 9 3 7 0 4 0 0 4 4 0 5 3 2 0 1 3 0 0 0", IBAN, id="an IBAN one by one"),
        pytest.param("N_O_9_3_8_6_0_1_1_1_1_7_9_4_7", "NO9386011117947", id="an IBAN, whose digits are a number too"),
        pytest.param("xDE89370400440532013000y", f"x {IBAN} y", id="an IBAN among letters"),
    ],
)
def test_numbers_are_read_in_their_usual_form(written: str, says: str) -> None:
    assert linear(STRETCH).search(written)
    assert read(written) == says


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("2026-11-22 03:53:07,123 took 0.123 s", id="a log"),
        pytest.param("4111 1111 1111 1112", id="no check digit"),
        pytest.param(f"card {CARD} here", id="as it should be"),
        pytest.param("4.111 1111.111 11.11 111", id="odd groups without a word for it"),
        pytest.param("12, 34, 56, 78, 90, 12", id="a list"),
        pytest.param("078, 05, 1120", id="the shape of a social security number in a list"),
        pytest.param("20231217_1420", id="a time stamp"),
        pytest.param("1_234_567_890_123_456_789", id="a very long number"),
        pytest.param(IBAN, id="an IBAN as it should be"),
        pytest.param("DE88_3704_0044_0532_0130_00", id="an IBAN with a wrong check"),
        pytest.param("DE89_3704_0044_0532_01", id="half an IBAN"),
        pytest.param("transmis 4313 - 7855_3996/8652 ce matin", id="the end of a word before a number"),
        pytest.param("123456789012 " * 30, id="a dump"),
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert read(text) == " ".join(text.split())


def test_an_iban_does_not_end_inside_a_word() -> None:
    assert read("MT84_MALT_0110_0001_2345_MTLC_AST0_01S") == "MT84_MALT_0110_0001_2345_MTLC_AST0_01S"  # too many letters
    assert read("MT84 MALT 0110 0001 2345 MTLC AST0 01Sabc") == "MT84 MALT 0110 0001 2345 MTLC AST0 01Sabc"
    assert read("GB82_WEST_1234_5698_7654_32") == "GB82WEST12345698765432"


@pytest.mark.parametrize(("digits", "is_one"), [(CARD, True), ("4111111111111112", False), ("1111", False), ("0" * 16, False)])
def test_cards(digits: str, is_one: bool) -> None:
    assert is_long_card(digits) is is_one


def test_stretches_cost_work() -> None:
    with pytest.raises(OverBudget):
        list(regrouped("1234_5678_90 a " * 100, Work(200)))


@given(st.text(st.sampled_from("0123456789 -_.,/+aDE"), max_size=80))
def test_changes_are_in_order_and_apart(text: str) -> None:
    at = 0
    for start, end, _ in regrouped(text, Work()):
        assert at <= start < end <= len(text)
        at = end
