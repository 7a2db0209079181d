"""Payment cards, IBANs and bank accounts."""
# ruff: noqa: E501 - a pattern stays on one line: broken in two it is harder to read than long

from stdnum import iban

from classifiers.patterns.checks import NUMBER, compact, is_card, is_routing
from classifiers.scan import Row, gated

MIN_IBAN, MAX_IBAN = 15, 34


def rows() -> tuple[Row, ...]:
    """Cards and IBANs need no context; a domestic account or routing number does."""
    return (*gated(NUMBER, _numbers()), *_worded())


def _numbers() -> tuple[Row, ...]:
    return (
        Row("card", r"\b[2-6]\d{3}[ .-]?\d{4}[ .-]?\d{4}[ .-]?\d{1,7}\b", is_card, confidence=0.95, stands_alone=True, cost=30),
        Row("card", r"\b3[47]\d{2}[ .-]?\d{6}[ .-]?\d{5}\b", is_card, confidence=0.95, stands_alone=True, cost=30),
        Row("card", r"\b3[0689]\d{2}[ .-]?\d{6}[ .-]?\d{4}\b", is_card, confidence=0.95, stands_alone=True, cost=30),
        Row("card", r"\b\d{4}(?:[ -]\d{4}){3}[ -]\d{3}\b", is_card, confidence=0.95, stands_alone=True, cost=30),
        Row(
            "iban",
            r"(?i)\b[a-z]{2}\d{2}[ -]?(?:[a-z0-9]{2,4}[ -]?){2,7}[a-z0-9]{1,10}\b",
            compact(_is_iban),
            confidence=0.98,
            shrinks=True,
            cost=40,
            gate=r"(?i)\b[a-z]{2}\d{2}[ -]?[a-z0-9]{2}",
        ),
        Row("us_routing", r"\b[0-3]\d{8}\b", is_routing, r"routing|aba\b|rtn\b"),
    )


def _worded() -> tuple[Row, ...]:
    return (
        Row(
            "bank_account",
            r"(?i)\b(?:account|acct|konto|cuenta|compte)[ -]?(?:(?:number|no|nr|num|nummer|numero|número)\b\.?)?(?: is|#|:)? ?#?:? ?(\d{7,17}|\d{2,4}(?:[ -]\d{2,6}){1,5})\b",
            confidence=0.85,
        ),
    )


def _is_iban(value: str) -> bool:
    """ISO 13616: first the remainder, because it is quick, then the country's length and structure."""
    if not MIN_IBAN <= len(value) <= MAX_IBAN:
        return False
    remainder = int("".join(str(int(character, 36)) for character in value[4:] + value[:4])) % 97
    return remainder == 1 and bool(iban.is_valid(value, check_country=False))
