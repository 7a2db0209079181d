"""National numbers of the Americas, Asia, Africa and Oceania. The same rule as for Europe: what the check alone cannot tell needs a context word."""
# ruff: noqa: E501 - a pattern stays on one line: broken in two it is harder to read than long

from stdnum.ar import cuit
from stdnum.au import tfn
from stdnum.br import cpf
from stdnum.ca import sin
from stdnum.cl import rut
from stdnum.do import cedula
from stdnum.ec import ci
from stdnum.id import nik
from stdnum.il import idnr as il_id
from stdnum.in_ import aadhaar, epic, pan
from stdnum.kr import rrn
from stdnum.mx import curp, rfc
from stdnum.my import nric
from stdnum.nz import ird
from stdnum.pk import cnic
from stdnum.th import pin
from stdnum.tr import tckimlik
from stdnum.us import itin
from stdnum.za import idnr as za_id

from classifiers.patterns.checks import BEHIND_DIGITS, ID_WORDS, NUMBER, compact, is_medicare, is_ric, is_ssn
from classifiers.patterns.prose import is_unnamed
from classifiers.scan import Row, gated

_SSN_WORDS = rf"ssn|social|soc\.? sec|itin|{ID_WORDS}"
_MBI = r"\b[1-9][AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9]\d-?[AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9]\d-?[AC-HJKMNP-RT-Y]{2}\d{2}\b"


def rows() -> tuple[Row, ...]:
    """The first row of a shape that takes a number names it."""
    return gated(NUMBER, (*_americas(), *_elsewhere()))


def _americas() -> tuple[Row, ...]:
    return (
        Row("us_itin", r"\b\d{3}-\d{2}-\d{4}\b", itin.is_valid, stands_alone=True),
        Row("us_ssn", r"\b\d{3}-\d{2}-\d{4}\b", is_ssn, stands_alone=True),
        Row("us_itin", r"\b\d{3}[ .]?\d{2}[ .]?\d{4}\b", compact(itin.is_valid), _SSN_WORDS, stands_alone=True),
        Row("us_ssn", r"\b\d{3}[ .]?\d{2}[ .]?\d{4}\b", is_ssn, _SSN_WORDS, stands_alone=True),
        Row("us_mbi", _MBI, confidence=0.9, gate=r"\d-?[A-Z]{2}\d{2}\b"),
        Row("ca_sin", r"\b\d{3}[ -]?\d{3}[ -]?\d{3}\b", compact(sin.is_valid), rf"sin\b|nas\b|{ID_WORDS}", stands_alone=True),
        Row("br_cpf", r"\b\d{3}\.\d{3}\.\d{3}-\d{2}\b", cpf.is_valid, confidence=0.95, stands_alone=True),
        Row("br_cpf", r"\b\d{11}\b", cpf.is_valid, rf"cpf|cadastro|{ID_WORDS}", stands_alone=True),
        Row("mx_curp", r"(?i)\b[a-z]{4}\d{6}[hm][a-z]{5}[0-9a-z]\d\b", curp.is_valid, confidence=0.98),
        Row("mx_rfc", r"(?i)\b[a-z&ñ]{4}-?\d{6}-?[0-9a-z]{3}\b", compact(rfc.is_valid), rf"rfc|contribuyente|{ID_WORDS}"),
        Row("ar_cuit", r"\b\d{2}-\d{8}-\d\b", cuit.is_valid, confidence=0.9, stands_alone=True),
        Row("cl_rut", r"\b\d{1,2}\.\d{3}\.\d{3}-[0-9kK]\b", rut.is_valid, confidence=0.9, stands_alone=True),
        Row("cl_rut", r"\b\d{7,8}-[0-9kK]\b", rut.is_valid, rf"rut\b|run\b|{ID_WORDS}", stands_alone=True),
        Row("do_cedula", r"\b\d{3}-\d{7}-\d\b", cedula.is_valid, rf"c[ée]dula|{ID_WORDS}", stands_alone=True),
        Row("ec_cedula", r"\b\d{9}-?\d\b", ci.is_valid, rf"c[ée]dula|{ID_WORDS}", stands_alone=True),
    )


def _elsewhere() -> tuple[Row, ...]:
    return (
        Row(
            "in_aadhaar",
            r"\b[2-9]\d{3}[ -]?\d{4}[ -]?\d{4}\b",
            compact(aadhaar.is_valid),
            rf"a[a]?dha+r|uidai|uid\b|{ID_WORDS}",
            stands_alone=True,
        ),
        Row("in_pan", r"\b[A-Z]{3}[ABCFGHJKLPT][A-Z]\d{4}[A-Z]\b", pan.is_valid, stands_alone=True, gate=BEHIND_DIGITS),
        Row("in_epic", r"\b[A-Z]{3}\d{7}\b", epic.is_valid, rf"voter|epic|elect|{ID_WORDS}", stands_alone=True),
        Row("au_tfn", r"\b\d{3} ?\d{3} ?\d{2,3}\b", compact(tfn.is_valid), rf"tfn|tax file|{ID_WORDS}", stands_alone=True),
        Row("au_medicare", r"\b\d{4} ?\d{5} ?\d\b", is_medicare, r"medicare|health", stands_alone=True),
        Row("nz_ird", r"\b\d{2,3}-?\d{3}-?\d{3}\b", compact(ird.is_valid), rf"ird\b|{ID_WORDS}", stands_alone=True),
        Row("cn_id", r"\b\d{17}[0-9Xx]\b", is_ric, confidence=0.95, stands_alone=True),
        Row("kr_rrn", r"\b\d{6}-[0-9]\d{6}\b", rrn.is_valid, confidence=0.95, stands_alone=True),
        Row("th_pin", r"\b\d[ -]\d{4}[ -]\d{5}[ -]\d{2}[ -]\d\b", compact(pin.is_valid), confidence=0.9, stands_alone=True),
        Row("th_pin", r"\b\d{13}\b", pin.is_valid, rf"thai|{ID_WORDS}", stands_alone=True),
        Row("my_nric", r"\b\d{6}-\d{2}-\d{4}\b", nric.is_valid, confidence=0.9, stands_alone=True),
        Row("id_nik", r"\b\d{16}\b", nik.is_valid, rf"nik\b|ktp\b|{ID_WORDS}", stands_alone=True),
        Row("pk_cnic", r"\b\d{5}-\d{7}-\d\b", cnic.is_valid, confidence=0.9, stands_alone=True),
        Row("il_id", r"\b\d{7,8}-?\d\b", compact(il_id.is_valid), rf"israel|teudat|{ID_WORDS}", stands_alone=True),
        Row("tr_kimlik", r"\b[1-9]\d{10}\b", tckimlik.is_valid, stands_alone=True, confidence=0.85, fits=is_unnamed),
        Row("za_id", r"\b\d{13}\b", za_id.is_valid, stands_alone=True, confidence=0.85, fits=is_unnamed),
    )
