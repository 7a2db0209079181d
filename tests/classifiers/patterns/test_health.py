"""Numbers of patients, insured and doctors: made from their check digits, found beside a word and not without one."""

from collections.abc import Callable

import pytest
from stdnum import luhn
from stdnum.ca import bc_phn

from classifiers.patterns import health
from classifiers.patterns.checks import compact
from classifiers.table import Table
from tests.fakes.checked import completed, spoilt

TABLE = Table("table", health.rows())


def found(text: str) -> list[tuple[str, str]]:
    return [(span.category, text[span.start : span.end]) for span in TABLE.detect(text)]


CHECKED = [
    ("us_npi", "123456789?", health.is_npi, "NPI"),
    ("gb_chi", "010101 123?", compact(health.is_chi), "CHI"),
    ("ca_bc_phn", "9698 658 21?", compact(bc_phn.is_valid), "PHN"),
    ("us_dea", "AB123456?", health.is_dea, "DEA"),
    ("de_kvnr", "A12345678?", health.is_kvnr, "KVNR"),
    ("nz_nhi", "ZAC536?", health.is_nhi, "NHI"),
]


@pytest.mark.parametrize(("category", "form", "is_valid", "word"), CHECKED, ids=[each[0] for each in CHECKED])
def test_a_check_digit_and_a_word(category: str, form: str, is_valid: Callable[[str], bool], word: str) -> None:
    value = completed(form, is_valid)
    assert (category, value) in found(f"the {word} is {value} there")
    assert category not in [name for name, _ in found(f"it is {value} there")]
    assert category not in [name for name, _ in found(f"the {word} is {spoilt(form, is_valid)} there")]


@pytest.mark.parametrize(
    ("category", "value", "word"),
    [
        ("ca_ohip", "1234-567-890-AB", "Ontario"),
        ("in_abha", "91-1234-5678-9012", "ABHA"),
        ("es_cip", "ABCD123456789012", "CIP"),
    ],
)
def test_a_form_and_a_word(category: str, value: str, word: str) -> None:
    assert (category, value) in found(f"{word} card {value} there")
    assert category not in [name for name, _ in found(f"it is {value} there")]


def test_an_australian_number_needs_no_word() -> None:
    assert ("au_ihi", value := completed("8003 6012 3456 789?", compact(luhn.is_valid))) in found(f"it is {value} there")
    assert found(f"it is {spoilt('8003 6012 3456 789?', compact(luhn.is_valid))} there") == []


def test_a_european_card_needs_no_word() -> None:
    assert ("eu_ehic", "80276 00012 34567 89012") in found("it is 80276 00012 34567 89012 there")


@pytest.mark.parametrize(
    ("text", "category", "value"),
    [
        pytest.param("MRN: 00123456", "medical_record", "00123456", id="a record in english"),
        pytest.param("patient id is AB-448812", "medical_record", "AB-448812", id="a patient"),
        pytest.param("Patientennummer 4481722", "medical_record", "4481722", id="a record in german"),
        pytest.param("numéro de patient : 4481722", "medical_record", "4481722", id="a record in french"),
        pytest.param("NHC 4481722", "medical_record", "4481722", id="a record in spanish"),
        pytest.param("see MRN-4481722 there", "medical_record", "MRN-4481722", id="a record with its prefix"),
        pytest.param("member id: XYZ123456789", "health_insurance", "XYZ123456789", id="the insured in english"),
        pytest.param("Versichertennummer A123456780", "health_insurance", "A123456780", id="the insured in german"),
        pytest.param("carte vitale n° 255081416802538", "health_insurance", "255081416802538", id="the insured in french"),
        pytest.param("Rx number 7654321", "prescription", "7654321", id="a prescription"),
        pytest.param("Rezeptnummer: 7654321", "prescription", "7654321", id="a prescription in german"),
        pytest.param("GMC number 7654321", "professional_id", "7654321", id="a doctor"),
        pytest.param("colegiada 28 28 12345", "professional_id", "28 28 12345", id="a doctor in spanish"),
    ],
)
def test_a_word_before_it(text: str, category: str, value: str) -> None:
    assert (category, value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("the hospital has 120 beds", id="a count"),
        pytest.param("patients over 65 in 2024", id="an age and a year"),
        pytest.param("a group of members was formed", id="words"),
        pytest.param("health insurance costs 300 a month", id="a price"),
        pytest.param("take the prescription twice", id="no number"),
        pytest.param("npm run chart", id="code"),
    ],
)
def test_talk_about_health_is_clean(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("check", "value", "is_valid"),
    [
        pytest.param(health.is_chi, "3201011234", False, id="the thirty-second of a month"),
        pytest.param(health.is_chi, "0113011234", False, id="a thirteenth month"),
    ],
)
def test_checks(check: Callable[[str], bool], value: str, is_valid: bool) -> None:
    assert check(value) is is_valid


def test_the_new_form_of_new_zealand_ends_in_a_letter() -> None:
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    assert ("nz_nhi", value := completed("ZBN77V?", health.is_nhi, letters)) in found(f"NHI {value}")
    assert found(f"NHI {spoilt('ZBN77V?', health.is_nhi, letters)}") == []
