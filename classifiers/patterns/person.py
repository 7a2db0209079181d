"""Dates of birth and numbers that a word before them names: passports, licences, medical records, policies, staff numbers."""
# ruff: noqa: E501 - a pattern stays on one line: broken in two it is harder to read than long

from classifiers.patterns.checks import has_digits
from classifiers.scan import Row

_MONTH = (
    r"(?:jan(?:uary|uar|vier)?|feb(?:ruary|ruar)?|f[ée]vr(?:ier)?|mar(?:ch|s|zo)?|märz|apr(?:il)?|avril|abril|may|mai|mayo|june?|juni|juin|junio|july?|juli|juillet|julio|"
    r"aug(?:ust)?|août|ago(?:sto)?|sep(?:t(?:ember|embre|iembre)?)?|o[ck]t(?:ober|obre|ubre)?|nov(?:ember|embre|iembre)?|de[cz](?:ember)?|d[ée]c(?:embre)?|dic(?:iembre)?|ene(?:ro)?|febrero)"
)
_DATE = (
    r"(?:\d{1,2}[./-]\d{1,2}[./-](?:19|20)?\d{2}|(?:19|20)\d{2}[./-]\d{1,2}[./-]\d{1,2}|"
    rf"\d{{1,2}}(?:st|nd|rd|th|er|\.)?(?: of| de)? {_MONTH}\.?,?(?: de| del)? (?:19|20)\d{{2}}|{_MONTH}\.? \d{{1,2}}(?:st|nd|rd|th)?,? (?:19|20)\d{{2}})"
)
_BIRTH = r"(?:born|d\.?o\.?b|birth[- ]?da(?:te|y)|date[_ -]of[_ -]birth|birth|geboren|geb\.|geburtsdatum|geburtstag|née?(?:\(e\))?|naissance|nacid[oa]|nacimiento|nascimento|nato|nata)"
_NUMBER = r"(?:[ _-]?(?:number|no|nr|num|id|nummer|n°)\b\.?)?"
_THEN = r"[\"']?(?: is| was|:|=|#| -)?:? ?#?[\"']?"


def rows() -> tuple[Row, ...]:
    """All of them carry their context in the pattern."""
    return (
        Row("date_of_birth", rf"(?i)\b{_BIRTH}\b[^\d\n]{{0,30}}?\b({_DATE})", confidence=0.9),
        Row("date_of_birth", rf"(?i)\b({_DATE})[ ,)]{{0,3}}\((?:dob|born|geb\.?|birth)", confidence=0.85),
        _named("passport", r"passport|reisepass|passeport|pasaporte", r"[a-z]{0,2}\d{6,9}"),
        _named(
            "driving_licence",
            r"driv(?:er'?s?|ing)[ _-]licen[cs]e|führerschein|permis de conduire|permiso de conducir|licen[cs]e",
            r"[a-z]{0,3}-?[a-z]?\d[a-z0-9-]{4,16}",
        ),
        _named(
            "medical_record",
            r"mrn|medical record|patient|national health|health insurance|insurance|medicare|medicaid|member|subscriber|beneficiary",
            r"(?:[a-z]{1,4}[- ]?)?\d[\da-z-]{5,14}",
        ),
        _named("policy", r"policy|contract|claim", r"(?:[a-z]{2,4}-)\d{5,12}"),
        _named(
            "national_id",
            r"national id|identity card|id card|citizen id|personalausweis|carte d'identité|tax id|ein|taxpayer",
            r"(?:[a-z]{1,4}-?)?\d[\da-z-]{6,14}",
        ),
        _named("professional_id", r"npi|dea|bar", r"[a-z]{0,2}-?\d{6,10}"),
        _named("employee_id", r"employee|staff|personnel|badge|student", r"(?:[a-z]{1,4}-?)?\d{4,10}", needs_number=True),
    )


def _named(category: str, words: str, value: str, needs_number: bool = False) -> Row:
    number = _NUMBER.removesuffix("?") if needs_number else _NUMBER
    return Row(category, rf"(?i)\b(?:{words}){number}{_THEN}\b({value})\b", has_digits, confidence=0.85)
