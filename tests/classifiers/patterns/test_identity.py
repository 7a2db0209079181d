"""Numbers that a word names, of whatever country; and those that only a sentence and a check digit speak for."""

from collections.abc import Callable

import pytest
from stdnum import ean, issn
from stdnum.ar import cuit
from stdnum.br import cnpj
from stdnum.cl import rut
from stdnum.cn import uscc
from stdnum.dk import cvr
from stdnum.es import ccc, referenciacatastral
from stdnum.eu import eic
from stdnum.fr import siret
from stdnum.gb import nhs, upn
from stdnum.gh import tin as gh_tin
from stdnum.hr import oib
from stdnum.hu import anum
from stdnum.id import npwp
from stdnum.in_ import aadhaar
from stdnum.ma import ice
from stdnum.md import idno
from stdnum.nl import bsn
from stdnum.pe import cui
from stdnum.pl import pesel
from stdnum.sg import uen
from stdnum.si import ddv
from stdnum.tw import ubn
from stdnum.ua import rntrc
from stdnum.ve import rif

from classifiers.patterns import identity
from classifiers.patterns.checks import is_dz_nif, is_firmenbuch
from classifiers.table import Table
from tests.fakes.checked import completed, spoilt

TABLE = Table("table", identity.rows())
CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
WORDED = Table("table", identity.rows(lone=False))


def found(text: str, table: Table = TABLE) -> list[tuple[str, str]]:
    return [(span.category, text[span.start : span.end]) for span in table.detect(text)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("My national ID number is 44-121-77.", "44-121-77", id="english"),
        pytest.param("Tax number: GB 123 4567 89", "GB 123 4567 89", id="with letters before"),
        pytest.param("Personalausweis Nr. L01X00T47", "L01X00T47", id="german"),
        pytest.param("Steuer-ID: 12 345 678 901", "12 345 678 901", id="german tax"),
        pytest.param("numéro fiscal est 12 34 567 890", "12 34 567 890", id="french"),
        pytest.param("carte d'identité n° 880692310285", "880692310285", id="a french card"),
        pytest.param("DNI: 12345678Z", "12345678Z", id="spanish"),
        pytest.param("cédula 1-234-5678", "1-234-5678", id="american spanish"),
        pytest.param("partita IVA: 00743110157", "00743110157", id="italian"),
        pytest.param("contribuinte 123456789", "123456789", id="portuguese"),
        pytest.param("burgerservicenummer 123456782", "123456782", id="dutch"),
        pytest.param("dowód osobisty ABA300000", "ABA300000", id="polish"),
        pytest.param("ИНН 7707083893", "7707083893", id="russian"),
        pytest.param('{"national_id": "44121770"}', "44121770", id="a member of an object"),
    ],
)
def test_a_word_names_it(text: str, value: str) -> None:
    assert ("national_id", value) in found(text, WORDED)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("the tax rate of 2024 was 19 %", id="a rate"),
        pytest.param("identity = 1", id="a matrix"),
        pytest.param("civil war of 1861", id="a war"),
        pytest.param("identification of 3 genes", id="a result"),
        pytest.param("VAT is 20", id="a share"),
    ],
)
def test_talk_about_it_is_clean(text: str) -> None:
    assert found(text) == []


def any_of(length: int) -> Callable[[str], bool]:
    """Whether one of the checks for so many digits lets a number pass."""
    return lambda value: any(check(value) for check in identity.CHECKS[length])


LONE: list[tuple[str, Callable[[str], bool]]] = [
    ("12345678?", bsn.is_valid),
    ("485777345?", nhs.is_valid),
    ("4405140135?", pesel.is_valid),
    ("6943515153?", oib.is_valid),
    ("20-26756539-?", cuit.is_valid),
    ("2341 2341 234?", aadhaar.is_valid),
    ("100860003841?", idno.is_valid),
    ("16.727.230/0001-9?", cnpj.is_valid),
    ("1234567807123456789?", ccc.is_valid),
    ("12531909-?", rut.is_valid),
    ("10117410-?", cui.is_valid),
    ("V-11470283-?", rif.is_valid),
    ("5022391?", ddv.is_valid),
    ("0450150?", ubn.is_valid),
    ("1289231?", anum.is_valid),
    ("1358562?", cvr.is_valid),
    ("175901377?", rntrc.is_valid),
    ("416001000123457", is_dz_nif),
    ("09961601234567800001", is_dz_nif),
    ("0015612340000??", ice.is_valid),
    ("01312166?091000", npwp.is_valid),
    ("7328293200?074", siret.is_valid),
]


@pytest.mark.parametrize(("form", "is_valid"), LONE, ids=[form for form, _ in LONE])
@pytest.mark.parametrize("sentence", ["Please look at {} again.", "{}", "Das ist {}, glaube ich."], ids=["english", "alone", "german"])
def test_a_sentence_and_a_check_digit(sentence: str, form: str, is_valid: Callable[[str], bool]) -> None:
    text = sentence.format(value := completed(form, is_valid))
    assert ("possible_id", value) in found(text)
    assert found(text, WORDED) == []


def test_a_check_of_letters() -> None:
    value = completed("00192200?", uen.is_valid, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    assert ("possible_id", value) in found(f"Please look at {value} again.")


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(completed("22XEXAMPLE-----?", eic.is_valid, CAPITALS), id="a metering point"),
        pytest.param(completed("122118?", is_firmenbuch, CAPITALS.lower()), id="an austrian company"),
        pytest.param(completed("91110000600037342?", uscc.is_valid, "0123456789" + CAPITALS), id="a chinese company"),
        pytest.param(completed("7837302VG8173B0001??", referenciacatastral.is_valid, CAPITALS), id="a spanish house"),
        pytest.param(completed("?801200005002", upn.is_valid, CAPITALS), id="an english pupil"),
        pytest.param(completed("P000080356?", gh_tin.is_valid, "0123456789X"), id="a ghanaian"),
    ],
)
def test_letters_and_a_check_digit(value: str) -> None:
    assert ("possible_id", value) in found(f"Please look at {value} again.")
    assert found(f"Please look at order {value} again.") == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("| {} | 12 | 3.5 |", id="a table"),
        pytest.param("2024-11-05 10:22:01 INFO worker finished {} in 12 ms", id="a log"),
        pytest.param("What is {} + 17?", id="a sum"),
        pytest.param("x = {}", id="an assignment"),
        pytest.param('{{"total": {}}}', id="a member of an object"),
        pytest.param("The city has {} inhabitants.", id="a count"),
    ],
)
@pytest.mark.parametrize("form", ["5022391?", "416001000123457"])
def test_integers_elsewhere(text: str, form: str) -> None:
    value = completed(form, lambda value: ddv.is_valid(value) or is_dz_nif(value))
    assert found(text.format(value)) == []


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(spoilt("20-26756539-?", cuit.is_valid), id="a wrong check digit"),
        pytest.param(spoilt("175901371?", identity.is_born), id="seconds since 1970"),
        pytest.param("1759013776123", id="milliseconds since 1970"),
        pytest.param("20240131123456", id="a point in time"),
        pytest.param("20-01-2024", id="a date"),
        pytest.param(completed("1?012024", any_of(8)), id="a date without marks, the day first"),
        pytest.param(completed("01?52024", any_of(8)), id="a date without marks, the month first"),
        pytest.param(completed("1?34567?", lambda value: ean.is_valid(value) and any_of(8)(value)), id="a short barcode"),
        pytest.param(completed("1?34567?", lambda value: issn.is_valid(value) and any_of(8)(value)), id="a periodical"),
        pytest.param(spoilt("4851237?", any_of(8)), id="eight digits that nobody's check lets pass"),
        pytest.param("513370000000007", id="fifteen digits without a province"),
        pytest.param("12500m", id="a distance"),
        pytest.param("1234567890", id="counting up"),
        pytest.param("987654321", id="counting down"),
        pytest.param("1212121212", id="two digits again and again"),
        pytest.param("230000000", id="a round number"),
        pytest.param("1861 - 1865", id="years"),
        pytest.param(completed("1?61 18?5", lambda value: any_of(8)(value.replace(" ", ""))), id="years with a space between"),
        pytest.param(completed("1? 05 202?", lambda value: any_of(8)(value.replace(" ", ""))), id="a date with spaces"),
        pytest.param("1 234 567", id="thousands"),
        pytest.param("12 345 678 901", id="milliards"),
        pytest.param("10.0.22631.3001", id="a version"),
        pytest.param("26996/105960", id="a fraction"),
        pytest.param("12-34", id="too short"),
        pytest.param(completed("9783598215???", lambda value: ean.is_valid(value) and idno.is_valid(value)), id="a book"),
    ],
)
def test_numbers_of_other_kinds(value: str) -> None:
    assert found(f"Please look at {value} again.") == []
