"""Tax and company numbers: in a one-person business they are as good as the person's. By prefix and check digit, or beside a word."""
# ruff: noqa: E501 - a pattern stays on one line: broken in two it is harder to read than long

from collections.abc import Callable

from stdnum.at import businessid
from stdnum.au import abn, acn
from stdnum.br import cnpj
from stdnum.by import unp
from stdnum.ca import bn
from stdnum.ch import uid
from stdnum.cn import uscc
from stdnum.de import stnr
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
from stdnum.pe import ruc as pe_ruc
from stdnum.pl import nip, regon
from stdnum.ru import inn, ogrn
from stdnum.sg import uen
from stdnum.ua import edrpou
from stdnum.us import ein
from stdnum.ve import rif
from stdnum.vn import mst
from stdnum.za import tin as za_tin

from classifiers.patterns.checks import BEHIND_DIGITS, ID_WORDS, NUMBER, SEPARATORS, compact
from classifiers.scan import Row, gated

_TAX = rf"vat\b|tax\w*|ust\w*|mwst|tva\b|iva\b|btw\b|moms|company|business|compan(?:y|ies)|registration|unternehmen\w*|firma|entreprise|empresa|{ID_WORDS}"
_PREFIX = r"(?:AT|BE|BG|CY|CZ|DE|DK|EE|EL|ES|FI|FR|GB|GR|HR|HU|IE|IT|LT|LU|LV|MT|NL|PL|PT|RO|SE|SI|SK|XI)"

_NUMBERS: tuple[tuple[str, str, Callable[[str], bool] | None, str], ...] = (
    ("us_ein", r"\b\d{2}-\d{7}\b", ein.is_valid, r"ein\b|employer|fein\b"),
    ("de_tax_number", r"\b\d{2,3}[ /]\d{3,4}[ /]\d{4,5}\b|\b\d{3}/\d{3}/\d{4} \d\b", stnr.is_valid, r"steuer\w*|st\.?-?nr|finanzamt"),
    ("au_abn", r"\b\d{2} ?\d{3} ?\d{3} ?\d{3}\b", abn.is_valid, r"abn\b|australian"),
    ("au_acn", r"\b\d{3} ?\d{3} ?\d{3}\b", acn.is_valid, r"acn\b|australian"),
    ("ca_bn", r"\b\d{9}(?: ?R[CMPTZ] ?\d{4})?\b", compact(bn.is_valid), r"bn\b|cra\b|gst\b|hst\b"),
    ("br_cnpj", r"\b\d{2}\.?\d{3}\.?\d{3}/\d{4}-\d{2}\b", cnpj.is_valid, r"cnpj|cadastro"),
    ("fr_siret", r"\b\d{3} ?\d{3} ?\d{3} ?\d{5}\b", compact(siret.is_valid), r"siret|établissement"),
    ("fr_siren", r"\b\d{3} ?\d{3} ?\d{3}\b", compact(siren.is_valid), r"siren|rcs\b|société"),
    ("gb_vat", r"\b(?:GB ?)?\d{3} ?\d{4} ?\d{2}\b", compact(gb_vat.is_valid), r"vat\b"),
    ("it_iva", r"\b\d{11}\b", iva.is_valid, r"iva\b|p\.? ?iva|partita"),
    ("kr_brn", r"\b\d{3}-?\d{2}-?\d{5}\b", brn.is_valid, r"brn\b|사업자"),
    ("no_orgnr", r"\b\d{3} ?\d{3} ?\d{3}\b", orgnr.is_valid, r"org\.? ?n\w+|mva\b|foretak\w*"),
    ("dk_cvr", r"\b\d{2} ?\d{2} ?\d{2} ?\d{2}\b", cvr.is_valid, r"cvr\b|se-nr"),
    ("fi_ytunnus", r"\b\d{7}-\d\b", ytunnus.is_valid, r"y-tunnus|alv"),
    ("pl_nip", r"\b(?:\d{3}-\d{3}-\d{2}-\d{2}|\d{10})\b", nip.is_valid, r"nip\b|podatk\w+"),
    ("pl_regon", r"\b\d{9}\b|\b\d{14}\b", regon.is_valid, r"regon"),
    ("do_rnc", r"\b\d-\d{2}-\d{5}-\d\b|\b\d{9}\b", rnc.is_valid, r"rnc\b"),
    ("pe_ruc", r"\b[12]\d{10}\b", pe_ruc.is_valid, r"ruc\b|sunat"),
    ("ru_inn", r"\b\d{10}\b|\b\d{12}\b", inn.is_valid, r"инн|inn\b|налог\w*"),
    ("ru_ogrn", r"\b\d{13}\b|\b\d{15}\b", ogrn.is_valid, r"огрн\w*|ogrn"),
    ("ua_edrpou", r"\b\d{8}\b", edrpou.is_valid, r"єдрпоу|edrpou|код"),
    ("vn_mst", r"\b\d{10}(?:-\d{3})?\b", mst.is_valid, r"mst\b|mã số thuế|thuế"),
    ("za_tin", r"\b\d{10}\b", za_tin.is_valid, r"sars\b"),
)

_LETTERED: tuple[tuple[str, str, Callable[[str], bool] | None, str], ...] = (
    ("cn_uscc", r"\b[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}\b", uscc.is_valid, r"uscc|统一社会信用代码|credit code"),
    ("es_cif", r"\b[A-HJNP-SUVW][ -]?\d{7}[ -]?[0-9A-J]\b", compact(cif.is_valid), r"cif\b|nif\b|s\.?l\.?|s\.?a\.?|sociedad"),
    ("ke_pin", r"\b[AP]\d{9}[A-Z]\b", pin.is_valid, r"kra\b|pin\b|kenya"),
    ("ve_rif", r"\b[VEJPG]-?\d{8}-?\d\b", compact(rif.is_valid), r"rif\b|seniat"),
    ("by_unp", r"\b(?:[A-Z]{2}\d{7}|\d{9})\b", unp.is_valid, r"унп|unp\b"),
)

_SHORT: tuple[tuple[str, str, Callable[[str], bool] | None, str], ...] = (
    ("sg_uen", r"\b(?:\d{8,9}[A-Z]|[ST]\d{2}[A-Z]{2}\d{4}[A-Z])\b", uen.is_valid, r"uen\b|acra|singapore"),
    ("at_fn", r"\b\d{5,6}[a-z]\b", businessid.is_valid, r"fn\b|firmenbuch\w*"),
    ("de_hrb", r"\bHR[AB] ?\d{2,6}(?: ?[A-Z])?\b", None, r"amtsgericht|handelsregister\w*|register\w*|hrb?\b"),
)
"""With fewer digits together than six: each is a gate of its own."""


_VAT_GATE = rf"\b{_PREFIX}[ .-]?[A-Z+*]*\d(?:[A-Z .,+*-]*\d){{4}}"


def rows() -> tuple[Row, ...]:
    """A number with its country's letters and a check digit needs no word when the letters are written together with it."""
    return (
        Row("vat_number", rf"\b{_PREFIX}[A-Z0-9+*]{{8,12}}\b", _is_vat, confidence=0.85, stands_alone=True, gate=_VAT_GATE),
        Row("vat_number", rf"\b{_PREFIX}[ .-]?[A-Z0-9]{{2,12}}(?:[ .,-]\d{{2,6}}){{0,4}}(?: ?[A-Z]{{1,2}}\b)?", _is_vat, _TAX, shrinks=True, gate=_VAT_GATE),
        Row("ch_uid", r"\bCHE[- ]?\d{3}\.?\d{3}\.?\d{3}\b", compact(uid.is_valid), confidence=0.9, gate=r"\bCHE[- ]?\d"),
        Row("in_gstin", r"\b\d{2}[A-Z]{5}\d{4}[A-Z][0-9A-Z]Z[0-9A-Z]\b", gstin.is_valid, confidence=0.95, gate=BEHIND_DIGITS),
        *gated(NUMBER, _in_context(_NUMBERS)),
        *gated(NUMBER, _in_context(_LETTERED)),
        *_in_context(_SHORT),
    )  # fmt: skip


def _in_context(table: tuple[tuple[str, str, Callable[[str], bool] | None, str], ...]) -> tuple[Row, ...]:
    return tuple(Row(category, pattern, check, words, stands_alone=True) for category, pattern, check, words in table)


def _is_vat(value: str) -> bool:
    """With five digits at least: words of nine capitals have none."""
    return sum(map(str.isdigit, value)) >= MIN_DIGITS and bool(vat.is_valid(value.translate(SEPARATORS).replace(",", "")))


MIN_DIGITS = 5
