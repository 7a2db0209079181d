"""Dates of birth: a date beside a word for birth, in the languages of Europe and some more."""
# ruff: noqa: E501 - a pattern stays on one line: broken in two it is harder to read than long

import re

from classifiers.scan import Row

_MONTH = (
    r"(?:jan(?:uary|uar|vier|uari|eiro)?|gennaio|enero|ene|stycznia|feb(?:ruary|ruar|rero|braio|ruari)?|f[ée]vr?(?:ier)?|fevereiro|lutego|mar(?:ch|s|zo|ço|ca)?|märz|maart|mrt|apr(?:il|ile)?|avr(?:il)?|abr(?:il)?|kwietnia|may|mai|maggio|mag|mayo|maio|mei|maja|"
    r"june?|juni|juin|junio|junho|giugno|giu|czerwca|july?|juli|juil(?:let)?|julio|julho|luglio|lug|lipca|aug(?:ust|ustus)?|août|ago(?:sto)?|sierpnia|sept?(?:ember|embre|iembre|embro)?|set(?:tembre|embro)?|września|"
    r"o[ck]t(?:ober|obre|ubre)?|ott(?:obre)?|out(?:ubro)?|października|nov(?:ember|embre|iembre|embro)?|listopada|de[cz](?:ember|embro)?|d[ée]c(?:embre)?|dic(?:embre|iembre)?|grudnia)"
)
_YEAR = r"(?:19|20)\d{2}"
_DATE = (
    rf"(?:\d{{1,2}} ?[./-] ?\d{{1,2}} ?[./-] ?(?:(?:19|20)\d{{2}}|\d{{2}}\b)|{_YEAR}[./-]\d{{1,2}}[./-]\d{{1,2}}|{_YEAR}年\d{{1,2}}月\d{{1,2}}日|{_YEAR}[01]\d[0-3]\d\b|\d{{1,2}} \d{{1,2}} {_YEAR}|"
    rf"\d{{1,2}}(?:st|nd|rd|th|er|\.|º)?[ -]?(?:of |de |di )?{_MONTH}\.?,?[ -](?:de |del )?(?:{_YEAR}|\d{{2}}\b)|{_MONTH}\.? \d{{1,2}}(?:st|nd|rd|th)?,? {_YEAR})"
)
_BIRTH = (
    r"(?:born|d\.?o\.?b\b|birth[- ]?da(?:te|y)|date[_ -]?of[_ -]?birth|birth|bday|geboren|geb\.|geburtsdatum|geburtstag|née?(?:\(e\))?|naissance|nacid[oa]|nació |naquit |nacimiento|nac\.|nascimento|nascid[oa]|nat[oa]|nascita|"
    r"geboortedatum|geboren op|urodzon[ya]|urodzenia|ur\.|født|fødselsdato|född|födelsedatum|syntynyt|syntymäaika|narozen[aý]?|narození|születési?|născut[aă]?|nașterii|doğum tarihi|рожд\w*|родил\w+|γενν\w+|出生(?:日期)?|生年月日|생년월일|jahrgang|cumpleaños|anniversaire)"
)

_DATED = r"(?:\d{1,2}(?: ?[./-] ?\d{1,2} ?[./-] ?\d\d| \d{1,2} \d{4}|[^\d]{3,26}\d\d|[^\d]{1,4}\d{4})|\d{4}[./年-]\d|\d{8})"
"""The figures of a date from its first on, for gates."""


def rows() -> tuple[Row, ...]:
    """One category. Years before 1900 are history."""
    return (
        Row(
            "date_of_birth",
            rf"(?i)(?:^|[^A-Za-z0-9]){_BIRTH}[^\d]{{0,30}}?({_DATE})",
            confidence=0.9,
            gate=rf"(?i){_BIRTH}{{1}}[^\d]{{0,44}}{_DATED}",  # counted: taken apart by words, the gap would stand there for each of them
        ),
        Row(
            "date_of_birth",
            rf"(?i)\b({_DATE})[ ,)]{{0,3}}\((?:dob|born|geb\.?|birth|né|nac)",
            confidence=0.85,
            gate=r"(?i)\d日?[ ,)]{0,3}\((?:dob|born|geb|birth|né|nac)",
        ),
        Row(
            "date_of_birth",
            rf"(?i)(?:^|[^\d.])({_DATE})[^\d\n]{{0,24}}?{_BIRTH}",
            confidence=0.85,
            gate=rf"(?i){_DATED}[\d./月日-]{{0,7}}[^\d\n]{{0,24}}{_BIRTH}",
            fits=_is_born_behind,
        ),
        Row("date_of_birth", r"\*\s?(\d{1,2}\.\d{1,2}\.(?:19|20)\d{2})\b", confidence=0.85, gate=r"\*\s?\d"),
    )


def _is_born_behind(before: str, after: str) -> bool:  # noqa: ARG001  # rows ask with both sides
    """Whether the words behind the date say that it is somebody's: `am 12.3.1984 in Köln geboren`, `12/03/1984 - DOB`, `... is my birthday`."""
    return _BORN_BEHIND.match(after) is not None


_BORN_BEHIND = re.compile(
    r"(?i)[ ,]{0,3}(?:[-–—(] ?)?(?:"
    r"(?:(?:he|she|i|they) (?:was|were) |was )?born\b|(?:(?:is|was) (?:my|her|his|their|the) )?(?:birthday|birth ?date|date of birth|d\.?o\.?b\b)|"
    r"(?:(?:in|zu|bei) (?:(?-i:[A-ZÄÖÜ])[\w.-]+ ){1,3})?geb(?:oren|\.)|(?:ist |war )?(?:(?:mein|sein|ihr) )?(?:geburtsdatum|geburtstag)|"
    r"(?:est )?(?:né|née)\b|(?:est )?(?:(?:ma|sa|la) )?date de naissance|(?:es )?(?:(?:mi|su|la) )?fecha de nacimiento|nac(?:ió|í|ido|ida)\b|"
    r"(?:è|era) nat[oa]\b|(?:è )?(?:la )?(?:(?:mia|sua) )?data di nascita|(?:in [A-Z][\w-]+ )?geboren|(?:är|er) født|född\b)"
)
