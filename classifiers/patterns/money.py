"""Payment cards, IBANs and bank accounts."""
# ruff: noqa: E501 - a pattern stays on one line: broken in two it is harder to read than long

from stdnum import bic, iban
from stdnum.ar import cbu
from stdnum.be import ogm_vcs
from stdnum.ch import esr
from stdnum.cz import bankaccount
from stdnum.es import ccc
from stdnum.no import kontonr

from classifiers.patterns.checks import ID_WORDS, NUMBER, compact, is_card, is_routing
from classifiers.patterns.worded import BETWEEN, THEN, named
from classifiers.scan import Row, gated

MIN_IBAN, MAX_IBAN = 15, 34
_IBAN = r"(?i)\b[a-z]{2}\d{2}(?:[ -]?[a-z0-9]){11}"
"""The gate of both ways to write one: as long as the shortest."""


def rows() -> tuple[Row, ...]:
    """Cards and IBANs need no context; a domestic account or routing number does."""
    return (*gated(NUMBER, (*_numbers(), *_domestic())), *_worded())


def _numbers() -> tuple[Row, ...]:
    return (
        Row(
            "card",
            r"\b[456]\d{12}\b",
            is_card,
            r"cards?\b|visa|maestro|credit|debit|karte\w*|carte|tarjeta|carta|cart[ãa]o",
            confidence=0.95,
            stands_alone=True,
            cost=30,
        ),
        Row("card", r"\b[2-6]\d{3}[ .-]?\d{4}[ .-]?\d{4}[ .-]?\d{1,7}\b", _is_card, confidence=0.95, stands_alone=True, cost=30),
        Row("card", r"\b3[47]\d{2}[ .-]?\d{6}[ .-]?\d{5}\b", is_card, confidence=0.95, stands_alone=True, cost=30),
        Row("card", r"\b3[0689]\d{2}[ .-]?\d{6}[ .-]?\d{4}\b", is_card, confidence=0.95, stands_alone=True, cost=30),
        Row("card", r"\b\d{4}(?:[ -]\d{4}){3}[ -]\d{3}\b", is_card, confidence=0.95, stands_alone=True, cost=30),
        Row("iban", r"(?i)\b[a-z]{2}\d{2}[a-z0-9]{11,30}\b", _is_iban, confidence=0.98, cost=60, gate=_IBAN),
        Row(
            "iban",
            r"(?i)\b[a-z]{2}\d{2}[ -]?(?:[a-z0-9]{2,4}[ -]?){2,7}[a-z0-9]{1,10}\b",
            compact(_is_iban),
            confidence=0.98,
            shrinks=True,
            cost=60,
            gate=_IBAN,
        ),
        Row("us_routing", r"\b[0-3]\d{8}\b", is_routing, r"routing|aba\b|rtn\b"),
    )


def _domestic() -> tuple[Row, ...]:
    """Numbers of banks and accounts inside of a country."""
    sort_code = r"sort[ -]?codes?|account|bank\w*|transfer|pay\w*"
    return (
        Row("gb_sort_code", r"\b\d{2}-\d{2}-\d{2}(?:[ ,;/]{1,3}(?:a/c |acc(?:oun)?t\.? ?(?:no\.? ?)?)?\d{8})?\b", _is_sort_code, sort_code, stands_alone=True),
        Row("au_bsb", r"\b\d{3}-\d{3}(?:[ ,;/]{1,3}\d{6,10})?\b", context=r"bsb|branch", stands_alone=True),
        Row("mx_clabe", r"\b\d{3} ?\d{3} ?\d{11} ?\d\b", compact(is_clabe), stands_alone=True, confidence=0.9),
        Row("es_ccc", r"\b\d{4}[ -]?\d{4}[ -]?\d{2}[ -]?\d{10}\b", compact(ccc.is_valid), stands_alone=True, confidence=0.9),
        Row("ar_cbu", r"\b\d{8}[ -]?\d{14}\b", compact(cbu.is_valid), stands_alone=True, confidence=0.9),
        Row("cz_account", r"\b(?:\d{1,6}-)?\d{2,10}/\d{4}\b", _is_czech, rf"účet\w*|ucet|bank\w*|konto|{ID_WORDS}", stands_alone=True),
        Row("no_account", r"\b\d{4}[. ]\d{2}[. ]\d{5}\b", compact(kontonr.is_valid), r"konto\w*|account|bank\w*", stands_alone=True),
        Row("nz_account", r"\b\d{2}[- ]\d{4}[- ]\d{7}[- ]\d{2,3}\b", stands_alone=True, confidence=0.85),
        Row("fr_rib", r"\b\d{5} ?\d{5} ?[0-9A-Z]{11} ?\d{2}\b", compact(is_rib), stands_alone=True, confidence=0.9),
        Row("payment_reference", r"\+{3}\d{3}/\d{4}/\d{5}\+{3}", ogm_vcs.is_valid, confidence=0.9),
        Row("payment_reference", r"\b\d{2} \d{5} \d{5} \d{5} \d{5} \d{5}\b", esr.is_valid, stands_alone=True, confidence=0.9),
    )  # fmt: skip


_SECURITY_CODE = r"(?:cvv2?|cvc2?|cid|card security code|prüfziffer der karte|kartenprüfnummer|code de sécurité)"
_PIN = (
    r"(?:pin|tan|otp|one[- ]time (?:code|password|passcode)|verification code|passcode|security code|geheimzahl|code secret|c[oó]digo pin)"
)


def _worded() -> tuple[Row, ...]:
    account = r"account|bankaccount|acct|a/c|checking|savings|konto(?:verbindung)?|kontonummer|kto\.?|cuenta(?: bancaria| corriente)?|compte(?: bancaire| courant)?|conto(?: corrente)?|conta(?: bancária| corrente)?|rekening|konto bankowe|bankrekening"
    return (
        named("bank_account", account, r"\d{7,17}|\d{2,4}(?:[ -]\d{2,6}){2,5}|\d{2,4}-\d{5,10}(?:-\d{1,3})?", is_account),
        named("bank_code", r"blz|bankleitzahl|branch code|bank code|transit(?: no)?|institution|ifsc|micr|bsb|codice abi|abi|cab|iban|swift|bic", r"\d{3}-?\d{3}|\d{8}|\d{3} \d{3} \d{2}|\d{9}"),
        Row("in_ifsc", r"\b[A-Z]{4}0[A-Z0-9]{6}\b", _has_a_digit, r"ifsc|bank\w*|branch|account|neft|rtgs|imps|upi\b", gate=r"[A-Z]{4}0"),
        Row("upi_id", r"(?i)\b[a-z0-9.-]{3,40}@(?:ok(?:axis|sbi|icici|hdfcbank)|ybl|paytm|upi|ibl|axl|apl|sbi|icici|hdfcbank|barodampay|kotak)\b", gate="@"),
        Row("bic", r"\b(?i:bic|swift)\b[^\n]{0,24}?\b([A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?|[A-Z]{4} [A-Z]{2} [A-Z0-9]{2}(?: [A-Z0-9]{3})?)\b", compact(bic.is_valid), gate=r"(?i)\b(?:bic|swift)\b"),
        Row("card_security_code", rf"(?i)\b{_SECURITY_CODE}{THEN}\b(\d{{3,4}})\b", gate=rf"(?i)\b{_SECURITY_CODE}{BETWEEN}\d{{3}}"),
        Row("pin", rf"(?i)\b{_PIN}\b(?:[ -]?(?:code|number|nummer))?{THEN}(\d{{4,8}})\b", gate=rf"(?i)\b{_PIN}\b{BETWEEN}\d{{4}}"),
    )  # fmt: skip


def _is_card(value: str) -> bool:
    """Thirteen digits in one piece are rather goods: they need a word."""
    return len(value) != BARCODE and is_card(value)


BARCODE = 13


def _is_sort_code(value: str) -> bool:
    """No date: one of the pairs is more than a month and a day can be, or an account number follows."""
    pairs = [int(pair) for pair in value[:8].split("-")]
    return len(value) > MAX_SORT_CODE or max(pairs) > 31 or (pairs[0] > 12 and pairs[1] > 12)


MAX_SORT_CODE = 8


def is_clabe(digits: str) -> bool:
    """A Mexican account: weights 3 7 1 over 17 digits, each product modulo 10, and a bank of three digits."""
    if digits[0] not in "016":
        return False
    total = sum(int(digit) * weight % 10 for digit, weight in zip(digits[:17], (3, 7, 1) * 6, strict=False))
    return (10 - total % 10) % 10 == int(digits[17]) and len(set(digits)) > 3


def is_rib(value: str) -> bool:
    """A French account: 89 times the bank, 15 times the branch, 3 times the account and the key divide by 97; letters count as digits."""
    digits = "".join(each if each.isdigit() else _RIB[each] for each in value)
    return (89 * int(digits[:5]) + 15 * int(digits[5:10]) + 3 * int(digits[10:21]) + int(digits[21:])) % 97 == 0


_RIB = dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "12345678912345678923456789", strict=True))


def is_account(value: str) -> bool:
    """Seven digits or more, and no date."""
    return sum(map(str.isdigit, value)) >= MIN_ACCOUNT and not (len(value) == 10 and value[4:5] == "-" == value[7:8])


MIN_ACCOUNT = 7


def _is_czech(value: str) -> bool:
    return bool(bankaccount.is_valid(value))


def _has_a_digit(value: str) -> bool:
    """More than the zero in the middle: `KKBK0ABCDEF` alone is a word with a zero."""
    return any(map(str.isdigit, value[5:]))


def _is_iban(value: str) -> bool:
    """ISO 13616: first the remainder, because it is quick, then the country's length and structure."""
    if not MIN_IBAN <= len(value) <= MAX_IBAN:
        return False
    remainder = int("".join(str(int(character, 36)) for character in value[4:] + value[:4])) % 97
    return remainder == 1 and bool(iban.is_valid(value, check_country=False))
