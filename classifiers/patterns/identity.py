"""National numbers of any country: those that a word names, whatever their form, and those that stand in a sentence without any word."""
# ruff: noqa: E501 - a pattern stays on one line: broken in two it is harder to read than long

import re
from collections.abc import Callable

from stdnum import ean, issn, luhn
from stdnum.ad import nrt
from stdnum.al import nipt
from stdnum.ar import cuit
from stdnum.at import tin as at_tin
from stdnum.at import uid as at_uid
from stdnum.at import vnr
from stdnum.au import abn, tfn
from stdnum.az import voen
from stdnum.be import eid, nn, ogm_vcs
from stdnum.be import ssn as be_ssn
from stdnum.bg import egn, pnf
from stdnum.br import cnpj, cpf
from stdnum.by import unp
from stdnum.ca import sin
from stdnum.ch import esr
from stdnum.ch import ssn as ahv
from stdnum.cl import rut
from stdnum.cn import uscc
from stdnum.co import nit
from stdnum.cu import ni
from stdnum.cy import vat as cy_vat
from stdnum.cz import bankaccount, rc
from stdnum.de import idnr, stnr
from stdnum.dk import cpr, cvr
from stdnum.do import cedula
from stdnum.dz import nif as dz_nif
from stdnum.ec import ci
from stdnum.ec import ruc as ec_ruc
from stdnum.ee import ik
from stdnum.eg import tn
from stdnum.es import ccc, cif, cups, referenciacatastral
from stdnum.es import nif as es_nif
from stdnum.eu import eic
from stdnum.fr import nif as fr_nif
from stdnum.fr import siret
from stdnum.gb import nhs, upn, utr
from stdnum.gh import tin as gh_tin
from stdnum.gn import nifp
from stdnum.gr import amka
from stdnum.gr import vat as gr_vat
from stdnum.hr import oib
from stdnum.hu import anum
from stdnum.id import nik, npwp
from stdnum.ie import pps
from stdnum.il import idnr as il_id
from stdnum.in_ import aadhaar, vid
from stdnum.is_ import kennitala
from stdnum.it import iva
from stdnum.jp import in_ as mynumber
from stdnum.ke import pin as ke_pin
from stdnum.kr import rrn
from stdnum.lu import tva as lu_tva
from stdnum.lv import pvn
from stdnum.ma import ice
from stdnum.md import idno
from stdnum.mk import edb
from stdnum.mu import nid
from stdnum.mx import rfc
from stdnum.my import nric
from stdnum.mz import nuit
from stdnum.nl import bsn, identiteitskaartnummer, onderwijsnummer
from stdnum.no import fodselsnummer
from stdnum.nz import ird
from stdnum.pe import cui
from stdnum.pl import nip, pesel
from stdnum.pt import nif as pt_nif
from stdnum.py import ruc as py_ruc
from stdnum.ro import cnp
from stdnum.rs import pib
from stdnum.ru import inn, ogrn
from stdnum.se import personnummer
from stdnum.sg import uen
from stdnum.si import ddv
from stdnum.sk import dph
from stdnum.sn import ninea
from stdnum.sv import nit as sv_nit
from stdnum.th import moa
from stdnum.th import pin as th_pin
from stdnum.tn import mf
from stdnum.tr import tckimlik, vkn
from stdnum.tw import ubn
from stdnum.ua import rntrc
from stdnum.uy import rut as uy_rut
from stdnum.ve import rif
from stdnum.vn import mst
from stdnum.za import idnr as za_id

from classifiers.patterns.checks import NUMBER, SEPARATORS, has_digits, is_dz_nif, is_firmenbuch, is_ric
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
            r"\b(?:[A-Z]{2} )?\d{8,20}\b",
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
            r"\b[VEJPG]-\d{8}-\d\b|\b[A-Z]{1,2}-?\d{6,10}[A-Z]?\b|\b\d{6,10}[ -]?[A-Z]{1,2}\b|\b[A-Z]{2}\d{4}[A-Z]\d{2}\b|\b[A-Z]{3,4}-?\d{6}-?[A-Z0-9]{3}\b|\b\d{7}(?:/?[A-Z]){3}/?\d{3}\b|\b[ST]\d\d[A-Z]{2}\d{4}[A-Z]\b|\bES ?\d{4}[ -]?\d{12}[ -]?[A-Z]{2}\b|\b\d{7} ?\d[A-Z]\d\b|\b\d{5,6}[a-z]\b|\b\d\d[A-Z][A-Z0-9-]{13}\b|\b[A-Z]\d{11,12}[A-Z0-9]\b|\b\d\d\d{6}[0-9A-Z]{10}\b|\b[0-9A-Z]{7}[ -]?[0-9A-Z]{7}[ -]?\d{4} ?[A-Z]{2}\b",
            _passes_with_letters,
            stands_alone=True,
            confidence=0.75,
            cost=320,
            is_bounded=False,
            fits=in_prose,
            gate=_WITH_LETTERS,
        ),
    )


_LONE = "possible_id"
_WITH_LETTERS = r"\d{5}|\d{4} ?[A-Z]|\d\d[A-Z][A-Z0-9-]{13}"
"""What every number with letters in it holds: a year or a count in a sentence does not."""
_COUNTRY = "ABCDEFGHIJKLMNOPQRSTUVWXYZ "

CHECKS: dict[int, tuple[Callable[[str], bool], ...]] = {
    8: (ddv.is_valid, ubn.is_valid, anum.is_valid, cvr.is_valid, il_id.is_valid, lu_tva.is_valid),
    9: (tfn.is_valid, sin.is_valid, bsn.is_valid, onderwijsnummer.is_valid, pt_nif.is_valid, il_id.is_valid, pib.is_valid, unp.is_valid, rc.is_valid, ird.is_valid, nit.is_valid, gr_vat.is_valid, at_tin.is_valid, voen.is_valid, nuit.is_valid, nifp.is_valid),
    10: (nhs.is_valid, egn.is_valid, pnf.is_valid, personnummer.is_valid, kennitala.is_valid, cpr.is_valid, rc.is_valid, ci.is_valid, vnr.is_valid, nip.is_valid, inn.is_valid, vkn.is_valid, rntrc.is_valid, mst.is_valid, utr.is_valid, voen.is_valid, dph.is_valid),
    11: (pesel.is_valid, amka.is_valid, idnr.is_valid, oib.is_valid, nn.is_valid, ik.is_valid, fodselsnummer.is_valid, cpf.is_valid, cuit.is_valid, cedula.is_valid, tckimlik.is_valid, abn.is_valid, iva.is_valid, pvn.is_valid, ni.is_valid, be_ssn.is_valid),
    12: (nric.is_valid, aadhaar.is_valid, mynumber.is_valid, eid.is_valid, inn.is_valid, ogm_vcs.is_valid),
    13: (rrn.is_valid, cnp.is_valid, za_id.is_valid, idno.is_valid, edb.is_valid, moa.is_valid, th_pin.is_valid, ahv.is_valid, fr_nif.is_valid, stnr.is_valid, mst.is_valid),
    14: (cnpj.is_valid, siret.is_valid, sv_nit.is_valid),
    15: (is_dz_nif, ice.is_valid, npwp.is_valid, ogrn.is_valid),
    16: (nik.is_valid, vid.is_valid, luhn.is_valid),
    18: (is_ric,),
    20: (ccc.is_valid, is_dz_nif),
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
"""In groups, beyond what `CHECKS` knows by the number of digits: forms, and whose they are. Some of these have no check digit."""

_LETTERED: tuple[Callable[[str], bool], ...] = (cif.is_valid, ke_pin.is_valid, identiteitskaartnummer.is_valid, uen.is_valid, rif.is_valid, nrt.is_valid, nipt.is_valid, rfc.is_valid, pps.is_valid, mf.is_valid, cups.is_valid, unp.is_valid, ninea.is_valid, eic.is_valid, uscc.is_valid, referenciacatastral.is_valid, nid.is_valid, upn.is_valid, gh_tin.is_valid, cy_vat.is_valid, at_uid.is_valid, es_nif.is_valid)  # fmt: skip

_IS_TIME = re.compile(r"1[4-9]\d{8}(?:\d{3}|\d{6}|\d{9})?")
"""Seconds, milliseconds ... since 1970, of the years 2014 to 2033."""

_IS_DATE = re.compile(
    r"(?:(?:19|20)\d\d[01]\d[0-3]\d(?:\d{4}|\d{6})?|[0-3]\d[01]\d(?:19|20)\d\d|[01]\d[0-3]\d(?:19|20)\d\d|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|(?:19|20)\d\d[./-]\d{1,2}(?:[./-]\d{1,2})?)"
)


def _passes(digits: str) -> bool:
    """Whether a number is one of some country, by its check digits; not a time, a power of ten or one digit again and again."""
    digits = digits.lstrip(_COUNTRY)
    if _IS_DATE.fullmatch(digits) or digits.endswith("0000") or len(set(digits)) < 3 or is_counting(digits):
        return False
    if ean.is_valid(digits) and (digits.startswith(_BOOK) or len(digits) == _SHORT):
        return False
    if len(digits) == _SHORT and digits < _LAST_ISSN and issn.is_valid(digits):
        return False
    if _IS_TIME.fullmatch(digits):
        return is_born(digits)
    return any(check(digits) for check in CHECKS.get(len(digits), ()))


def is_born(digits: str) -> bool:
    """Whether a time since 1970 is also a number with somebody's day of birth or province in it, and its check digit is right."""
    return any(check(digits) for check in _BORN)


_BORN = (egn.is_valid, personnummer.is_valid, kennitala.is_valid, cpr.is_valid, ci.is_valid, rntrc.is_valid)
"""Those of ten digits with a date or a province in them: of the times since 1970 one in five passes. In Ukraine, whose numbers begin with the
day of birth, everybody born in 1938 to 1953 has one that could be such a time."""


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
    checks = CHECKS.get(len(digits), ()) if len(digits) > _SHORT else ()  # in groups, eight digits are years, dates, sizes of pictures
    return any(check(digits) for check in checks) or any(
        check(value) for form, checks in _IN_GROUPS if form.fullmatch(value) for check in checks
    )


_IN_GROUPS = tuple((re.compile(form), checks) for form, checks in _GROUPED)
_GERMAN = re.compile(r"\d\d(?: \d{3}){3}")
"""Germany's tax number is written like milliards; one milliard in five hundred has its check digit."""

_BOOK = ("978", "979")
_SHORT = 8
_LAST_ISSN = "4"
"""Digits of short barcodes and of periodicals, and where the numbers of periodicals end. Slovenia's tax number has their check digit."""

_GROUPS = re.compile(r"\d{1,10}(?:(?: - |[ ./-])\d{1,10}){1,6}(?:[ /-]?[A-Z]{1,2})?")
_FEWEST = 8
_QUANTITY = re.compile(
    r"\d{1,3}(?:[ .]\d{3}){1,3}|\d+[.]\d+|\d{4} ?[-/] ?\d{4}|\d{1,3}-\d{1,3}(?: \d{1,3}-\d{1,3})+|\d+(?: \d+\.\d+)+(?: \d+)*|\d+\.\d+(?: \d+(?:\.\d+)?)+"
)
_VERSION = re.compile(r"\d{1,3}(?:\.\d{1,5}){2,5}")
_DOTTED = re.compile(r"756(?:\.\d{4}){2}\.\d\d|\d{2,3}\.\d{3}\.\d{3}\.\d{1,3}|\d\d\.\d\d\.\d\d\.\d{3}\.\d\d")
"""Numbers of people that are written like versions: Switzerland's, Brazil's, Belgium's."""


def _passes_with_letters(value: str) -> bool:
    if value[-1].islower():
        return is_firmenbuch(value)  # all others are written in capitals: 1500m is a distance
    return any(check(value) or check(value.translate(SEPARATORS)) for check in _LETTERED)
