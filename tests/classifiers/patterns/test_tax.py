"""Each number is made from its check digits: those right are found beside a word, those wrong are not."""

from collections.abc import Callable

import pytest
from stdnum.at import businessid
from stdnum.au import abn, acn
from stdnum.br import cnpj
from stdnum.by import unp
from stdnum.ca import bn
from stdnum.ch import uid
from stdnum.cn import uscc
from stdnum.dk import cvr
from stdnum.do import rnc
from stdnum.es import cif
from stdnum.eu import vat
from stdnum.fi import ytunnus
from stdnum.fr import siren, siret
from stdnum.gb import vat as gb_vat
from stdnum.in_ import gstin
from stdnum.it import iva
from stdnum.ke import pin
from stdnum.kr import brn
from stdnum.no import orgnr
from stdnum.pe import ruc
from stdnum.pl import nip, regon
from stdnum.ru import inn, ogrn
from stdnum.sg import uen
from stdnum.ua import edrpou
from stdnum.us import ein
from stdnum.ve import rif
from stdnum.vn import mst
from stdnum.za import tin

from classifiers.patterns import tax
from classifiers.patterns.checks import compact
from classifiers.table import Table
from tests.fakes.checked import completed, spoilt

TABLE = Table("table", tax.rows())
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def found(text: str) -> list[tuple[str, str]]:
    return [(span.category, text[span.start : span.end]) for span in TABLE.detect(text)]


NAMED = [
    ("us_ein", "?1-1144442", ein.is_valid, "EIN"),
    ("au_abn", "?? 824 753 556", abn.is_valid, "ABN"),
    ("au_acn", "104 045 61?", acn.is_valid, "ACN"),
    ("ca_bn", "12302663?", bn.is_valid, "BN"),
    ("br_cnpj", "16.727.230/0001-??", cnpj.is_valid, "CNPJ"),
    ("fr_siret", "552 008 443 0??16", compact(siret.is_valid), "SIRET"),
    ("fr_siren", "552 008 44?", compact(siren.is_valid), "SIREN"),
    ("gb_vat", "GB 980 7806 ??", compact(gb_vat.is_valid), "VAT"),
    ("it_iva", "0074311015?", iva.is_valid, "partita IVA"),
    ("kr_brn", "116-82-0027?", brn.is_valid, "BRN"),
    ("no_orgnr", "988 077 91?", orgnr.is_valid, "org nr"),
    ("dk_cvr", "13 58 56 2?", cvr.is_valid, "CVR"),
    ("fi_ytunnus", "2077474-?", ytunnus.is_valid, "Y-tunnus"),
    ("pl_nip", "856-734-62-1?", nip.is_valid, "NIP"),
    ("pl_regon", "19259818?", regon.is_valid, "REGON"),
    ("do_rnc", "1-01-85004-?", rnc.is_valid, "RNC"),
    ("pe_ruc", "2051233379?", ruc.is_valid, "RUC"),
    ("ru_inn", "123456789?", inn.is_valid, "ИНН"),
    ("ru_ogrn", "102773916884?", ogrn.is_valid, "ОГРН"),
    ("ua_edrpou", "3285596?", edrpou.is_valid, "ЄДРПОУ"),
    ("vn_mst", "010023348?", mst.is_valid, "MST"),
    ("za_tin", "000133905?", tin.is_valid, "SARS"),
    ("cn_uscc", "91110000600037341?", uscc.is_valid, "USCC"),
    ("es_cif", "J9921658?", compact(cif.is_valid), "CIF"),
    ("ke_pin", "P05136552?M", None, "KRA"),
    ("sg_uen", "00192200?", uen.is_valid, "UEN"),
    ("ve_rif", "V-11470283-?", compact(rif.is_valid), "RIF"),
    ("by_unp", "20098854?", unp.is_valid, "УНП"),
    ("at_fn", "122119?", businessid.is_valid, "FN"),
    ("de_hrb", "HRB 1150?2", None, "Amtsgericht"),
    ("de_tax_number", "181/815/0815?", None, "Steuernummer"),
]
CHECKED = [each for each in NAMED if each[2] is not None and each[0] not in {"at_fn", "kr_brn", "us_ein"}]


def _signs(category: str) -> str:
    """The check is a letter in some: small ones in the Austrian register."""
    return "abcdefghijklmnopqrstuvwxyz" if category == "at_fn" else LETTERS


@pytest.mark.parametrize(("category", "form", "is_valid", "word"), NAMED, ids=[each[0] for each in NAMED])
def test_a_number_beside_its_word(category: str, form: str, is_valid: Callable[[str], bool] | None, word: str) -> None:
    value = completed(form, is_valid or bool, _signs(category))
    assert (category, value) in found(f"the {word} is {value} there")
    assert category not in [name for name, _ in found(f"it is {value} there")]


@pytest.mark.parametrize(("category", "form", "is_valid", "word"), CHECKED, ids=[each[0] for each in CHECKED])
def test_a_wrong_check_digit(category: str, form: str, is_valid: Callable[[str], bool], word: str) -> None:
    value = spoilt(form, is_valid, _signs(category)[-10:] if category in {"at_fn", "sg_uen"} else "0123456789")
    assert category not in [name for name, _ in found(f"the {word} is {value} there")]


ALONE = [
    ("vat_number", "BE0697449?9?", vat.is_valid),
    ("ch_uid", "CHE-107.787.57?", compact(uid.is_valid)),
    ("in_gstin", "27AAPFU0939F1Z?", gstin.is_valid),
]


@pytest.mark.parametrize(("category", "form", "is_valid"), ALONE, ids=[each[0] for each in ALONE])
def test_letters_of_a_country_and_a_check_digit_need_no_word(category: str, form: str, is_valid: Callable[[str], bool]) -> None:
    value, other = completed(form, is_valid, LETTERS), spoilt(form, is_valid, LETTERS)
    assert (category, value) in found(f"it is {value} there")
    assert category not in [name for name, _ in found(f"it is {other} there")]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("VAT for DEVELOPERS in ATLANTA", id="words that begin like a country"),
        pytest.param("VAT at 19 %, from 100.00 to 119.00", id="a rate and prices"),
        pytest.param("the tax of FR in 2024", id="a country and a year"),
        pytest.param("register HRB at once", id="no number"),
    ],
)
def test_talk_about_taxes_is_clean(text: str) -> None:
    assert found(text) == []


def test_a_number_with_its_country_in_groups_needs_a_word() -> None:
    value = completed("DE 136 695 97?", compact(vat.is_valid))
    assert ("vat_number", value) in found(f"USt-ID {value}")
    assert found(f"it is {value} there") == []
    assert pin.is_valid(completed("P05136552?M", pin.is_valid)) is True
