"""National numbers of any country: those that a word names, whatever their form, and those that stand in a sentence without any word."""
# ruff: noqa: E501 - a pattern stays on one line: broken in two it is harder to read than long

import re
from collections.abc import Callable

from stdnum import ean, luhn
from stdnum.ad import nrt
from stdnum.al import nipt
from stdnum.ar import cuit
from stdnum.at import vnr
from stdnum.au import abn, tfn
from stdnum.be import eid, nn, ogm_vcs
from stdnum.bg import egn, pnf
from stdnum.br import cnpj, cpf
from stdnum.by import unp
from stdnum.ca import sin
from stdnum.ch import esr
from stdnum.ch import ssn as ahv
from stdnum.cl import rut
from stdnum.co import nit
from stdnum.cu import ni
from stdnum.cz import bankaccount, rc
from stdnum.de import idnr, stnr
from stdnum.dk import cpr
from stdnum.do import cedula
from stdnum.dz import nif as dz_nif
from stdnum.ec import ci
from stdnum.ec import ruc as ec_ruc
from stdnum.ee import ik
from stdnum.eg import tn
from stdnum.es import ccc, cif, cups
from stdnum.fr import nif as fr_nif
from stdnum.gb import nhs
from stdnum.gr import amka
from stdnum.hr import oib
from stdnum.id import nik
from stdnum.ie import pps
from stdnum.il import idnr as il_id
from stdnum.in_ import aadhaar, vid
from stdnum.is_ import kennitala
from stdnum.it import iva
from stdnum.jp import in_ as mynumber
from stdnum.ke import pin as ke_pin
from stdnum.kr import rrn
from stdnum.lv import pvn
from stdnum.md import idno
from stdnum.mk import edb
from stdnum.mx import rfc
from stdnum.my import nric
from stdnum.nl import bsn, identiteitskaartnummer, onderwijsnummer
from stdnum.no import fodselsnummer
from stdnum.nz import ird
from stdnum.pe import cui
from stdnum.pl import nip, pesel
from stdnum.pt import nif as pt_nif
from stdnum.py import ruc as py_ruc
from stdnum.ro import cnp
from stdnum.rs import pib
from stdnum.ru import inn
from stdnum.se import personnummer
from stdnum.sg import uen
from stdnum.sn import ninea
from stdnum.th import moa
from stdnum.th import pin as th_pin
from stdnum.tn import mf
from stdnum.tr import tckimlik, vkn
from stdnum.ua import rntrc
from stdnum.uy import rut as uy_rut
from stdnum.ve import rif
from stdnum.vn import mst
from stdnum.za import idnr as za_id

from classifiers.patterns.checks import NUMBER, SEPARATORS, SOME_DIGITS, has_digits, is_ric
from classifiers.patterns.prose import IN_PROSE, in_prose, is_counting
from classifiers.patterns.worded import named
from classifiers.scan import Row

_WORDS = (
    r"nationalid|national[ _-](?:id|identi\w+|insurance|registration)|identity|identification|id[- ]?(?:number|card|code|no\b|nr\b|document)|ident(?:ifier)?[- ]?(?:no|nr|number)|citizen|resident registration|personal (?:id|identi\w+|code|number)|"
    r"tax(?:payer)?|tin\b|fiscal code|social (?:security|insurance)|ssn|civil|voter|vat|"
    r"ausweis|personalausweis|steuer(?:nummer|[- ]?id\w*|liche identifikationsnummer)|sozialversicherungs\w*|versicherten\w*|ust-?id\w*|"
    r"carte d.identité|identité|numéro fiscal|identifiant fiscal|sécurité sociale|tva|"
    r"documento(?: nacional)? de identi\w+|cédula|cedula|nif|dni|nie|número fiscal|identificación|seguridad social|"
    r"carta d.identità|codice fiscale|partita iva|contribuinte|cartão de cidadão|identiteits\w*|burgerservice\w*|"
    r"dowód osobisty|personnummer|personbeteckning|henkilötunnus|rodné číslo|osobní číslo|kimlik|ИНН|УНП|паспорт"
)
_VALUE = r"(?-i:(?:[A-ZА-Я]{1,5}[ -]?)?\d[A-Z\d]*(?:(?: ?[/-] ?|[ .,+]|-{2,4})[A-Z]{0,3}\d[A-Z\d]*){0,7}(?:[ /-][A-Z]{1,2})?)"
"""Groups with a digit in each, capitals before them and behind."""


def rows(lone: bool = True) -> tuple[Row, ...]:
    """`lone`: also what only a sentence around it and a check digit speak for."""
    return (named("national_id", _WORDS, _VALUE, has_digits), *(_lone() if lone else ()))


def _lone() -> tuple[Row, ...]:
    return (
        Row(
            _LONE,
            r"\b(?:[A-Z]{2} )?\d{9,20}\b",
            _passes,
            stands_alone=True,
            confidence=0.75,
            cost=320,
            is_bounded=False,
            fits=in_prose,
            gate=NUMBER,
            also=IN_PROSE,
        ),
        Row(
            _LONE,
            r"\b(?:[A-Z]{2} ?)?\d[\d ./-]{6,40}\d(?:[ /-]?[A-Z]{1,2})?\b",
            _passes_in_groups,
            stands_alone=True,
            confidence=0.75,
            cost=320,
            is_bounded=False,
            fits=in_prose,
            gate=NUMBER,
            also=IN_PROSE,
        ),
        Row(
            _LONE,
            r"\b[VEJPG]-\d{8}-\d\b|\b[A-Z]{1,2}-?\d{6,10}[A-Z]?\b|\b\d{6,10}[ -]?[A-Z]{1,2}\b|\b[A-Z]{2}\d{4}[A-Z]\d{2}\b|\b[A-Z]{3,4}-?\d{6}-?[A-Z0-9]{3}\b|\b\d{7}(?:/?[A-Z]){3}/?\d{3}\b|\b[ST]\d\d[A-Z]{2}\d{4}[A-Z]\b|\bES ?\d{4}[ -]?\d{12}[ -]?[A-Z]{2}\b|\b\d{7} ?\d[A-Z]\d\b",
            _passes_with_letters,
            stands_alone=True,
            confidence=0.75,
            cost=320,
            is_bounded=False,
            fits=in_prose,
            gate=SOME_DIGITS,
        ),
    )


_LONE = "possible_id"
_COUNTRY = "ABCDEFGHIJKLMNOPQRSTUVWXYZ "

_CHECKS: dict[int, tuple[Callable[[str], bool], ...]] = {
    9: (tfn.is_valid, sin.is_valid, bsn.is_valid, onderwijsnummer.is_valid, pt_nif.is_valid, il_id.is_valid, pib.is_valid, unp.is_valid, rc.is_valid, ird.is_valid, nit.is_valid),
    10: (nhs.is_valid, egn.is_valid, pnf.is_valid, personnummer.is_valid, kennitala.is_valid, cpr.is_valid, rc.is_valid, ci.is_valid, vnr.is_valid, nip.is_valid, inn.is_valid, vkn.is_valid, rntrc.is_valid, mst.is_valid),
    11: (pesel.is_valid, amka.is_valid, idnr.is_valid, oib.is_valid, nn.is_valid, ik.is_valid, fodselsnummer.is_valid, cpf.is_valid, cuit.is_valid, cedula.is_valid, tckimlik.is_valid, abn.is_valid, iva.is_valid, pvn.is_valid, ni.is_valid),
    12: (nric.is_valid, aadhaar.is_valid, mynumber.is_valid, eid.is_valid, inn.is_valid, ogm_vcs.is_valid),
    13: (rrn.is_valid, cnp.is_valid, za_id.is_valid, idno.is_valid, edb.is_valid, moa.is_valid, th_pin.is_valid, ahv.is_valid, fr_nif.is_valid, stnr.is_valid, mst.is_valid),
    14: (cnpj.is_valid,),
    16: (nik.is_valid, vid.is_valid, luhn.is_valid),
    18: (is_ric,),
    20: (ccc.is_valid,),
    27: (esr.is_valid,),
}  # fmt: skip
"""What a number of so many digits may be. Numbers without check digits are not among them. Still the checks of nine digits let more than half
of all numbers through, those of eleven a quarter: they say little alone, and `in_prose` must say the rest."""

_GROUPED: tuple[tuple[str, tuple[Callable[[str], bool], ...]], ...] = (
    (r"\d{2,3}/\d{3,4}/\d{4,5}|\d{3}/\d{3}/\d{4} \d", (stnr.is_valid,)),
    (r"(?:\d{1,6}-)?\d{2,10}/\d{4}", (bankaccount.is_valid,)),
    (r"\d{3}-\d{3}-\d{3}", (tn.is_valid, il_id.is_valid, nit.is_valid)),
    (r"\d{1,2}\.?\d{3}\.?\d{3}-\d", (rut.is_valid, il_id.is_valid)),
    (r"\d{7,9}-\d", (rut.is_valid, il_id.is_valid, cui.is_valid, nit.is_valid, py_ruc.is_valid)),
    (r"\d{2,3}[ -]\d{3}[ -]\d{3}", (ird.is_valid, il_id.is_valid)),
    (r"\d{10}[ -]\d{3}", (mst.is_valid, ec_ruc.is_valid)),
    (r"\d{3}[.]?\d{3}[.]?\d{3}-\d", (nit.is_valid,)),
    (r"\d(?:\d|[ ./-]\d){14}(?:(?:\d|[ ./-]\d){5})?", (dz_nif.is_valid,)),
    (r"\d{2}[ -]\d{6}[ -]\d{3}[ -]\d", (uy_rut.is_valid,)),
)
"""In groups, beyond what `_CHECKS` knows by the number of digits: forms, and whose they are. Some of these have no check digit."""

_LETTERED: tuple[Callable[[str], bool], ...] = (cif.is_valid, ke_pin.is_valid, identiteitskaartnummer.is_valid, uen.is_valid, rif.is_valid, nrt.is_valid, nipt.is_valid, rfc.is_valid, pps.is_valid, mf.is_valid, cups.is_valid, unp.is_valid, ninea.is_valid)  # fmt: skip

_IS_TIME = re.compile(r"1[4-9]\d{8}(?:\d{3}|\d{6}|\d{9})?")
"""Seconds, milliseconds ... since 1970, of the years 2014 to 2033."""

_IS_DATE = re.compile(
    r"(?:(?:19|20)\d\d[01]\d[0-3]\d(?:\d{4}|\d{6})?|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|(?:19|20)\d\d[./-]\d{1,2}(?:[./-]\d{1,2})?)"
)


def _passes(digits: str) -> bool:
    """Whether a number is one of some country, by its check digits; not a time, a power of ten or one digit again and again."""
    digits = digits.lstrip(_COUNTRY)
    if _IS_DATE.fullmatch(digits) or digits.endswith("0000") or len(set(digits)) < 3 or is_counting(digits):
        return False
    if digits.startswith(_BOOK) and ean.is_valid(digits):
        return False
    checks = _BORN if _IS_TIME.fullmatch(digits) else _CHECKS.get(len(digits), ())
    return any(check(digits) for check in checks)


_BORN = (egn.is_valid, personnummer.is_valid, kennitala.is_valid, cpr.is_valid, ci.is_valid)
"""Those of ten digits with a date or a province in them: a time since 1970 passes them once in thirty times."""


def _passes_in_groups(value: str) -> bool:
    """The same for a number in groups: those may be of any length but for thousands, years, dates and versions."""
    value = value.lstrip(_COUNTRY)
    digits = "".join(character for character in value if character.isdigit())
    if len(digits) < _FEWEST or not _GROUPS.fullmatch(value):
        return False
    if is_counting(value) or any(form.fullmatch(value) for form in (_QUANTITY, _IS_DATE)):
        return _GERMAN.fullmatch(value) is not None and idnr.is_valid(digits)
    if _VERSION.fullmatch(value) and not _DOTTED.fullmatch(value):
        return False
    return any(check(digits) for check in _CHECKS.get(len(digits), ())) or any(
        check(value) for form, checks in _IN_GROUPS if form.fullmatch(value) for check in checks
    )


_IN_GROUPS = tuple((re.compile(form), checks) for form, checks in _GROUPED)
_GERMAN = re.compile(r"\d\d(?: \d{3}){3}")
"""Germany's tax number is written like milliards; one milliard in five hundred has its check digit."""

_BOOK = ("978", "979")
_GROUPS = re.compile(r"\d{1,10}(?:(?: - |[ ./-])\d{1,10}){1,6}(?:[ /-]?[A-Z]{1,2})?")
_FEWEST = 8
_QUANTITY = re.compile(
    r"\d{1,3}(?:[ .]\d{3}){1,3}|\d+[.]\d+|\d{4} ?[-/] ?\d{4}|\d{1,3}-\d{1,3}(?: \d{1,3}-\d{1,3})+|\d+(?: \d+\.\d+)+(?: \d+)*|\d+\.\d+(?: \d+(?:\.\d+)?)+"
)
_VERSION = re.compile(r"\d{1,3}(?:\.\d{1,5}){2,5}")
_DOTTED = re.compile(r"756(?:\.\d{4}){2}\.\d\d|\d{2,3}\.\d{3}\.\d{3}\.\d{1,3}|\d\d\.\d\d\.\d\d\.\d{3}\.\d\d")
"""Numbers of people that are written like versions: Switzerland's, Brazil's, Belgium's."""


def _passes_with_letters(value: str) -> bool:
    return any(check(value) or check(value.translate(SEPARATORS)) for check in _LETTERED)
