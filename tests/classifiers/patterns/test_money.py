from collections.abc import Callable

import pytest
from stdnum.ar import cbu
from stdnum.be import ogm_vcs
from stdnum.ch import esr
from stdnum.cz import bankaccount
from stdnum.es import ccc
from stdnum.no import kontonr

from classifiers.patterns import money
from classifiers.patterns.checks import compact, is_card
from classifiers.table import Table
from tests.fakes.checked import completed, spoilt

TABLE = Table("table", money.rows())


def found(text: str) -> list[tuple[str, str]]:
    return [(span.category, text[span.start : span.end]) for span in TABLE.detect(text)]


@pytest.mark.parametrize(
    ("text", "category", "value"),
    [
        pytest.param("pay with 4111111111111111 now", "card", "4111111111111111", id="visa"),
        pytest.param("pay with 4111 1111 1111 1111 12/25 123", "card", "4111 1111 1111 1111", id="visa in groups, date behind"),
        pytest.param("4111-1111-1111-1111", "card", "4111-1111-1111-1111", id="visa with dashes"),
        pytest.param("5555 5555 5555 4444", "card", "5555 5555 5555 4444", id="mastercard"),
        pytest.param("2223003122003222", "card", "2223003122003222", id="mastercard of the second series"),
        pytest.param("3782 822463 10005", "card", "3782 822463 10005", id="american express"),
        pytest.param("3056 930902 5904", "card", "3056 930902 5904", id="diners club"),
        pytest.param("6011000990139424", "card", "6011000990139424", id="discover"),
        pytest.param("3530111333300000", "card", "3530111333300000", id="jcb"),
        pytest.param("to GB29 NWBK 6016 1331 9268 19 please", "iban", "GB29 NWBK 6016 1331 9268 19", id="iban in groups"),
        pytest.param("to DE89370400440532013000 then some more", "iban", "DE89370400440532013000", id="iban with words behind"),
        pytest.param("NO93 8601 1117 947", "iban", "NO93 8601 1117 947", id="the shortest iban"),
        pytest.param("NO9386011117947", "iban", "NO9386011117947", id="the shortest iban in one piece"),
        pytest.param("de89 3704 0044 0532 0130 00", "iban", "de89 3704 0044 0532 0130 00", id="iban in small letters"),
        pytest.param("routing: 021000021", "us_routing", "021000021", id="routing number"),
        pytest.param("account number is 4514795202", "bank_account", "4514795202", id="account number"),
    ],
)
def test_found(text: str, category: str, value: str) -> None:
    assert (category, value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("4111111111111112", id="wrong check digit"),
        pytest.param("1111111111111117", id="no issuer"),
        pytest.param("0.4111111111111111", id="a decimal"),
        pytest.param("GB29 NWBK 6016 1331 9268 18", id="iban with a wrong check digit"),
        pytest.param("AB12 are the words that come before", id="an article number"),
        pytest.param("ZZ12 3456 7890 1234", id="too short for an iban"),
        pytest.param("021000021", id="a routing number that nobody calls one"),
        pytest.param("routing 021000022", id="a wrong routing number"),
        pytest.param("account for 3 of them", id="an account of something else"),
    ],
)
def test_not_found(text: str) -> None:
    assert found(text) == []


MADE = [
    ("mx_clabe", "03218000011835971?", money.is_clabe),
    ("es_ccc", "1234-1234-??-1234567890", compact(ccc.is_valid)),
    ("ar_cbu", "28505909 4009041813520?", compact(cbu.is_valid)),
    ("fr_rib", "20041 01005 0500013M026 ??", compact(money.is_rib)),
    ("payment_reference", "+++010/8068/171??+++", ogm_vcs.is_valid),
    ("payment_reference", "21 00000 00003 13947 14300 0901?", compact(esr.is_valid)),
]


@pytest.mark.parametrize(("category", "form", "is_valid"), MADE, ids=[each[0] for each in MADE])
def test_domestic_numbers_with_check_digits(category: str, form: str, is_valid: Callable[[str], bool]) -> None:
    value, other = completed(form, is_valid), spoilt(form, is_valid)
    assert (category, value) in found(f"please pay to {value} today")
    assert category not in [name for name, _ in found(f"please pay to {other} today")]


@pytest.mark.parametrize(
    ("text", "category", "value"),
    [
        pytest.param("sort code 40-47-84", "gb_sort_code", "40-47-84", id="a british branch"),
        pytest.param("account 12-01-24 12345678", "gb_sort_code", "12-01-24 12345678", id="a british account"),
        pytest.param("BSB 062-000", "au_bsb", "062-000", id="an australian branch"),
        pytest.param("účet " + completed("19-200014539?/0800", bankaccount.is_valid), "cz_account", completed("19-200014539?/0800", bankaccount.is_valid), id="czech"),
        pytest.param("konto " + completed("8601.11.1794?", compact(kontonr.is_valid)), "no_account", completed("8601.11.1794?", compact(kontonr.is_valid)), id="norwegian"),
        pytest.param("it is 12-3113-0123456-00", "nz_account", "12-3113-0123456-00", id="from new zealand"),
        pytest.param("BLZ 37040044", "bank_code", "37040044", id="a german bank"),
        pytest.param("IFSC KKBK0005652", "in_ifsc", "KKBK0005652", id="an indian branch"),
        pytest.param("pay annlee@okaxis", "upi_id", "annlee@okaxis", id="an indian address for payments"),
        pytest.param("BIC: DEUTDEFF500", "bic", "DEUTDEFF500", id="a bank by its letters"),
        pytest.param("visa " + completed("423456789012?", is_card), "card", completed("423456789012?", is_card), id="thirteen digits beside a word"),
        pytest.param("cvv: 123", "card_security_code", "123", id="a security code"),
        pytest.param("my pin is 4711", "pin", "4711", id="a secret number"),
        pytest.param("Kontonummer: 1234567", "bank_account", "1234567", id="a german account"),
    ],
)  # fmt: skip
def test_a_word_and_a_form(text: str, category: str, value: str) -> None:
    assert (category, value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("pay on 12-01-24", id="a date"),
        pytest.param("it is 40-47-84 there", id="pairs that nobody calls a branch"),
        pytest.param("KKBKOABCDEF and KKBK0ABCDEF at a branch", id="letters around a zero"),
        pytest.param("BIC: ABCDEFGH", id="no such country"),
        pytest.param("account from 2024-01-31", id="an account of a day"),
        pytest.param("the swift answer to everything", id="swift is a word"),
        pytest.param("pin the version to 3", id="pin is a verb"),
        pytest.param("a branch 062-00", id="too short"),
        pytest.param(f"it is {completed('423456789012?', is_card)} there", id="thirteen digits without a word"),
        pytest.param(
            f"it is {completed('81119427271185597?', lambda digits: money.is_clabe('0' + digits[1:]))} there",
            id="eighteen digits of no bank",
        ),
        pytest.param("ann@example.org pays", id="mail is no payment"),
        pytest.param(f"účet {spoilt('19-200014539?/0800', bankaccount.is_valid)}", id="a czech account with a wrong check digit"),
    ],
)
def test_look_alikes(text: str) -> None:
    assert found(text) == []


def test_one_digit_again_and_again_is_no_account() -> None:
    assert not money.is_clabe("0" * 18)
