"""National numbers of Europe. A number of digits alone, whose check lets more than one in a hundred pass, needs a context word."""
# a pattern stays on one line: broken in two it is harder to read than long

from stdnum.at import vnr
from stdnum.be import nn
from stdnum.bg import egn
from stdnum.ch import ssn as ahv
from stdnum.cz import rc
from stdnum.de import idnr
from stdnum.dk import cpr
from stdnum.ee import ik
from stdnum.es import dni, nie
from stdnum.fi import hetu
from stdnum.fr import nif as fr_nif
from stdnum.fr import nir
from stdnum.gb import nhs, utr
from stdnum.gr import amka
from stdnum.hr import oib
from stdnum.ie import pps
from stdnum.is_ import kennitala
from stdnum.it import codicefiscale
from stdnum.nl import bsn
from stdnum.no import fodselsnummer
from stdnum.pl import pesel
from stdnum.pt import cc
from stdnum.pt import nif as pt_nif
from stdnum.ro import cnp
from stdnum.se import personnummer
from stdnum.si import emso

from classifiers.patterns.checks import ID_WORDS, NUMBER, compact, is_nino, is_rvnr
from classifiers.patterns.prose import is_unnamed
from classifiers.scan import Row, gated

_D9 = r"\b\d{3}[ .-]?\d{3}[ .-]?\d{3}\b"
_D10 = r"\b\d{3}[ -]?\d{3}[ -]?\d{4}\b"
_D11 = r"\b\d{11}\b"


def rows() -> tuple[Row, ...]:
    """The first row of a shape that takes a number names it, so rows with a check of their own come before looser ones."""
    return gated(NUMBER, (*_distinct(), *_ambiguous()))


def _distinct() -> tuple[Row, ...]:
    return (
        Row("gb_nino", r"\b[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b", is_nino, confidence=0.9),
        Row("de_pension", r"\b\d{2} ?\d{6} ?[A-Z] ?\d{3}\b", is_rvnr, confidence=0.9),
        Row(
            "fr_nir",
            r"\b[12378] ?\d{2} ?\d{2} ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}\b",
            compact(nir.is_valid),
            confidence=0.95,
            stands_alone=True,
        ),
        Row("es_dni", r"\b\d{2}\.?\d{3}\.?\d{3}[ -]?[A-HJ-NP-TV-Z]\b", compact(dni.is_valid), confidence=0.85, stands_alone=True),
        Row("es_nie", r"\b[XYZ][ -]?\d{7}[ -]?[A-HJ-NP-TV-Z]\b", compact(nie.is_valid), confidence=0.9),
        Row(
            "it_codice_fiscale",
            r"(?i)\b[a-z]{6}\d{2}[a-z]\d{2}[a-z]\d{3}[a-z]\b",
            codicefiscale.is_valid,
            confidence=0.98,
            gate=r"(?i)\d{2}[a-z]\d{2}[a-z]\d{3}[a-z]\b",
        ),
        Row("be_national", r"\b\d{2}[. ]\d{2}[. ]\d{2}[- ]\d{3}[. ]\d{2}\b", compact(nn.is_valid), confidence=0.95, stands_alone=True),
        Row("ch_ahv", r"\b756[.]?\d{4}[.]?\d{4}[.]?\d{2}\b", compact(ahv.is_valid), confidence=0.95, stands_alone=True),
        Row("se_personnummer", r"\b(?:19|20)?\d{6}[-+]\d{4}\b", personnummer.is_valid, confidence=0.9, stands_alone=True),
        Row("is_kennitala", r"\b(?:19|20)?\d{6}[-+]\d{4}\b", compact(kennitala.is_valid), confidence=0.9, stands_alone=True),
        Row("dk_cpr", r"\b(?:19|20)?\d{6}[-+]\d{4}\b", cpr.is_valid, rf"cpr|personnummer|{ID_WORDS}", stands_alone=True),
        Row("fi_hetu", r"\b\d{6}[-+A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y]\b", hetu.is_valid, confidence=0.95, stands_alone=True),
        Row("no_fodselsnummer", r"\b\d{6} \d{5}\b", compact(fodselsnummer.is_valid), confidence=0.9, stands_alone=True),
        Row("cz_rc", r"\b\d{6}/\d{3,4}\b", compact(rc.is_valid), confidence=0.9, stands_alone=True),
        Row("pt_cc", r"\b\d{8} ?\d ?[A-Z][A-Z0-9]\d\b", compact(cc.is_valid), confidence=0.9, stands_alone=True),
        Row("ro_cnp", r"\b\d{13}\b", cnp.is_valid, confidence=0.85, stands_alone=True, fits=is_unnamed),
        Row("si_emso", r"\b\d{13}\b", emso.is_valid, confidence=0.85, stands_alone=True, fits=is_unnamed),
        Row(
            "fr_tax",
            r"\b[0-3]\d ?\d{2} ?\d{3} ?\d{3} ?\d{3}\b",
            compact(fr_nif.is_valid),
            rf"spi\b|numéro fiscal|{ID_WORDS}",
            stands_alone=True,
        ),
    )


def _ambiguous() -> tuple[Row, ...]:
    return (
        Row("no_fodselsnummer", _D11, fodselsnummer.is_valid, stands_alone=True, confidence=0.85, fits=is_unnamed),
        Row("gr_amka", _D11, amka.is_valid, stands_alone=True, confidence=0.85, fits=is_unnamed),
        Row("pl_pesel", _D11, pesel.is_valid, stands_alone=True, confidence=0.85, fits=is_unnamed),
        Row("ee_ik", _D11, ik.is_valid, rf"isikukood|asmens|{ID_WORDS}", stands_alone=True),  # Lithuania's number is built the same way
        Row("be_national", _D11, nn.is_valid, rf"rijksregister|numéro national|registre|{ID_WORDS}", stands_alone=True),
        Row("de_tax_id", _D11, idnr.is_valid, rf"steuer|idnr|{ID_WORDS}", stands_alone=True),
        Row("hr_oib", _D11, oib.is_valid, rf"oib\b|osobni|{ID_WORDS}", stands_alone=True),
        Row("de_tax_id", r"\b\d{2}[ /]\d{3}[ /]\d{3}[ /]\d{3}\b", compact(idnr.is_valid), rf"steuer|idnr|{ID_WORDS}", stands_alone=True),
        Row("gb_nhs", _D10, compact(nhs.is_valid), rf"nhs|health|patient|{ID_WORDS}", stands_alone=True),
        Row("gb_utr", r"\b\d{5} ?\d{5}\b", compact(utr.is_valid), r"utr\b|unique tax", stands_alone=True),
        Row("at_svnr", r"\b\d{4} ?\d{6}\b", compact(vnr.is_valid), rf"svnr|sv-nr|versicherung|sozial|{ID_WORDS}", stands_alone=True),
        Row("cz_rc", r"\b\d{9,10}\b", rc.is_valid, rf"rodné|rodne|{ID_WORDS}", stands_alone=True),
        Row("bg_egn", r"\b\d{9,10}\b", egn.is_valid, rf"egn\b|{ID_WORDS}", stands_alone=True),
        Row("se_personnummer", r"\b(?:19|20)?\d{10}\b", personnummer.is_valid, rf"personn|{ID_WORDS}", stands_alone=True),
        Row("dk_cpr", r"\b\d{10}\b", cpr.is_valid, r"cpr|personn", stands_alone=True),
        Row("nl_bsn", _D9, compact(bsn.is_valid), rf"bsn|burgerservice|sofi|{ID_WORDS}", stands_alone=True),
        Row("nl_bsn", r"\b\d{4}\.\d{2}\.\d{3}\b", compact(bsn.is_valid), stands_alone=True),
        Row("pt_nif", _D9, compact(pt_nif.is_valid), rf"nif\b|contribuinte|{ID_WORDS}", stands_alone=True),
        Row("ie_pps", r"\b\d{7}[A-W][A-IW]?\b", pps.is_valid, rf"pps|{ID_WORDS}", stands_alone=True),
    )
