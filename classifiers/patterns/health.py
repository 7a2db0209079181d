"""Numbers of patients, of the insured, and of those who treat them."""
# ruff: noqa: E501 - a pattern stays on one line: broken in two it is harder to read than long

from stdnum import luhn
from stdnum.ca import bc_phn
from stdnum.gb import nhs

from classifiers.patterns.checks import NUMBER, SEPARATORS, compact
from classifiers.patterns.worded import named
from classifiers.scan import Row, gated

_HEALTH = r"health|patient|medical|insur\w+|insured|hospital|clinic|ohip|medicare|kranken\w*|versichert\w*|gesundheit\w*|santé|assuré|assurance|mutuelle|vitale|sanitari\w+|asegurad\w+|paciente|hôpital|salud|zorg\w*"


def rows() -> tuple[Row, ...]:
    """Numbers with a form or check digit of their own first, then those that only a word names."""
    return (*gated(NUMBER, _checked()), *_lettered(), *_worded())


def _checked() -> tuple[Row, ...]:
    return (
        Row("us_npi", r"\b[12]\d{9}\b", is_npi, r"npi\b|provider|prescriber|physician|doctor|taxonomy", stands_alone=True),
        Row("gb_chi", r"\b[0-3]\d[01]\d{3} ?\d{4}\b", compact(is_chi), rf"chi\b|scot\w+|{_HEALTH}", stands_alone=True),
        Row("ca_bc_phn", r"\b9\d{3}[ -]?\d{3}[ -]?\d{3}\b", compact(bc_phn.is_valid), rf"phn\b|bc\b|{_HEALTH}", stands_alone=True),
        Row("ca_ohip", r"\b\d{4}[ -]?\d{3}[ -]?\d{3}[ -]?[A-Z]{2}\b", context=rf"ontario|version|{_HEALTH}", stands_alone=True),
        Row("au_ihi", r"\b8003 ?60\d{2} ?\d{4} ?\d{4}\b", compact(luhn.is_valid), confidence=0.95, stands_alone=True),
        Row("in_abha", r"\b\d{2}-\d{4}-\d{4}-\d{4}\b|\b[1-9]\d{13}\b", context=rf"abha|ayushman|{_HEALTH}", stands_alone=True),
        Row("eu_ehic", r"\b80\d{3}[ -]?\d{5}[ -]?\d{5}[ -]?\d{5}\b|\b80\d{18}\b", confidence=0.85, stands_alone=True),
    )


def _lettered() -> tuple[Row, ...]:
    return (
        Row(
            "us_dea",
            r"\b[A-HJ-MPR-UX][A-Z9]-?\d{7}\b",
            is_dea,
            rf"dea\b|prescri\w+|controlled|pharmac\w+|doctor|physician|{_HEALTH}",
            gate=NUMBER,
        ),
        Row("de_kvnr", r"\b[A-Z] ?\d{3} ?\d{3} ?\d{3}\b", is_kvnr, rf"kvnr|kv-nr|kasse\w*|egk\b|{_HEALTH}", gate=NUMBER),
        Row("nz_nhi", r"\b[A-HJ-NP-Z]{3}(?:\d{4}|\d{2}[A-HJ-NP-Z]{2})\b", is_nhi, rf"nhi\b|{_HEALTH}"),
        Row("es_cip", r"\b[A-Z]{4}\d{12}\b|\b[A-Z]{4} ?\d{6} ?\d{3,4}\b", context=rf"cip\b|tarjeta|tsi\b|catsalut|{_HEALTH}", gate=NUMBER),
    )


def _worded() -> tuple[Row, ...]:
    return (
        named(
            "medical_record",
            r"mrn|nhc|medical[ _-]records?|medicalrecords?|health[ _-]records?|patient(?: (?:id\w*|file|ref\w*|record))?|chart|hospital(?: (?:id|number))|encounter|episod(?:e|io)|accession|specimen|lab(?:oratory)? (?:id|report|sample)|case record|"
            r"patientennummer|patienten-?(?:id|nr)|fallnummer|aktenzeichen der klinik|krankenakte|dossier (?:médical|patient)|numéro de patient|ipp|historia clínica|n[uú]mero de historia|historial|expediente clínico|cartella clinica|prontuário|patiëntnummer",
            r"(?:[a-z]{1,4}[- ]?)?\d[\da-z/-]{4,14}",
        ),
        Row("medical_record", r"\b(?:MRN|PAT|HIN)-?\d{4,12}\b", confidence=0.85),
        named(
            "health_insurance",
            r"health insurance|insurance|medicare|medicaid|member|subscriber|beneficiary|health plan|group|national health|nhs|health ?card|ehic|hicn|policy ?holder|krankenversicherung\w*|versicherten\w*|versicherung\w*|krankenkasse|"
            r"sécurité sociale|assuré social|mutuelle|carte vitale|tarjeta sanitaria|seguridad social|número de afiliaci[oó]n|asegurado|naf|nass?|sip|tessera sanitaria|zorgverzekering\w*|ubezpiecz\w+|cartão sus|cns",
            r"(?:[a-z]{1,4}[- ]?)?\d[\da-z/-]{5,18}|\d{2}[ /]\d{6,10}(?:[ /]\d{1,2})?|\d{3} \d{4} \d{4} \d{4}",
        ),
        named(
            "prescription",
            r"rx|prescription|rezeptnummer|ordonnance|receta",
            r"(?:[a-z]{1,3}-?)?\d[\d-]{5,14}",
        ),
        named(
            "professional_id",
            r"npi|dea|bar|gmc|nmc|lanr|bsnr|rpps|adeli|medical licen[cs]e|colegiad[oa]|n[º°] ?col\w*|n[uú]mero de colegiado|license of practice",
            r"[a-z]{0,2}-?\d{6,11}|\d{2} \d{2} \d{4,6}|\d{2}/\d{2}/\d{4,6}",
        ),
    )


def is_npi(value: str) -> bool:
    """A US provider's number: Luhn over 80840 and the ten digits (45 CFR 162.406)."""
    return luhn.is_valid("80840" + value)


def is_dea(value: str) -> bool:
    """A US prescriber's number: the last digit is that of d1+d3+d5 + 2(d2+d4+d6)."""
    digits = [int(character) for character in value[-7:]]
    return (sum(digits[0:5:2]) + 2 * sum(digits[1:6:2])) % 10 == digits[6]


def is_kvnr(value: str) -> bool:
    """A German health insurance number: letter as two digits, weights 1 and 2 in turn, digit sums, modulo 10 (section 290 SGB V)."""
    code = value.translate(SEPARATORS)
    digits = f"{ord(code[0]) - 64:02}{code[1:9]}"
    return sum(sum(divmod(int(digit) * (1 + at % 2), 10)) for at, digit in enumerate(digits)) % 10 == int(code[9])


def is_chi(value: str) -> bool:
    """A Scottish health number: a day of birth, and the check digit of the NHS number."""
    return 1 <= int(value[:2]) <= 31 and 1 <= int(value[2:4]) <= 12 and bool(nhs.is_valid(value))


def is_nhi(value: str) -> bool:
    """A New Zealand health number: letters as 1 to 24 without I and O, weights 7 to 2, modulo 11 or, for the newer form, 23 (HISO 10046)."""
    points = [int(each) if each.isdigit() else _NHI.index(each) + 1 for each in value]
    total = sum(point * weight for point, weight in zip(points[:6], range(7, 1, -1), strict=True))
    if value[6].isdigit():
        return total % 11 != 0 and (11 - total % 11) % 10 == points[6]
    return 23 - total % 23 == points[6]


_NHI = "ABCDEFGHJKLMNPQRSTUVWXYZ"
