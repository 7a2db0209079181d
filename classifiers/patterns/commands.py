"""Passwords as they are typed: on command lines, into the settings of devices, and in a sentence before the word for them."""
# ruff: noqa: E501 - a pattern stays on one line: broken in two it is harder to read than long

import re
from dataclasses import replace

from classifiers.patterns.credentials import COST, CREDENTIAL, NEXT, PASS_GATE, STUCK, WORDS, is_given, is_password
from classifiers.scan import Row

_PROGRAMS = r"(?:mysql|mariadb|mongo|ldap)[a-z]*|sshpass|sqlcmd|redis-cli|(?:docker|podman|oras|crane|registry) login"
"""What takes a password behind a letter: `-p`, `-P`, `-a`, `-w`."""
_OPTION = r"(?i)[\s\"'\[(]--?(?:[a-z]+-)?(?:password|passwd|passphrase|pass|pwd|pw|storepass|keypass)"
_OPTION_GATE = r"(?i)-(?:password|passwd|passphrase|pass|pwd|pw|storepass|keypass)[\"', =]"
_PROGRAM_GATE = r"mysql|mariadb|mongo|ldap|sshpass|sqlcmd|redis-cli|(?:docker|podman|oras|crane|registry) login"
_NETWORK = r"(?i)\b(?:enable (?:secret|password)|(?:secret|password) [05789]|snmp-server community|wpa_passphrase|-server key)"


def rows() -> tuple[Row, ...]:
    """What stands where a password is taken."""
    return tuple(replace(row, cost=COST) for row in _typed())


def _typed() -> tuple[Row, ...]:
    value = r"[\"']?([^\s\"'`,;<>(){}\[\]|]{6,100})"
    return (
        Row(
            CREDENTIAL,
            rf"(?i)(?:[a-z]_pass|{STUCK})[\"']?[ \t]?:[ \t]{{1,4}}[\"']?{value}",
            _is_mixed,
            confidence=0.85,
            is_bounded=False,
            gate=PASS_GATE,
        ),
        Row(CREDENTIAL, rf"{_OPTION}[\"']?(?:,? {{1,3}}|=){value}", _is_mixed, confidence=0.85, is_bounded=False, gate=_OPTION_GATE),
        Row(CREDENTIAL, rf"\b(?:{_PROGRAMS})\b[^\n|;&]{{0,120}}?\s-[pPaw] ?{value}", _is_mixed, confidence=0.85, is_bounded=False, gate=_PROGRAM_GATE),
        Row(CREDENTIAL, rf"(?i)ConvertTo-SecureString\s+(?:-String\s+)?{value}", _is_mixed, confidence=0.9, is_bounded=False, gate=r"(?i)ConvertTo-SecureString"),
        Row(CREDENTIAL, rf"(?i)\bnet use\b[^\n]{{0,120}}/user:\S+\s{value}", _is_mixed, confidence=0.85, is_bounded=False, gate=r"(?i)\bnet use\s"),
        Row(CREDENTIAL, r"(?i)\bWIFI:(?:[TSH]:[^;\n]*;){0,3}P:([^;\n]{6,63});", is_given, confidence=0.9, is_bounded=False, gate=r"(?i)\bWIFI:[TSHP]:"),
        Row(CREDENTIAL, rf"{_NETWORK}(?: [05789])?[ =]{value}", _is_mixed, confidence=0.85, is_bounded=False, gate=_NETWORK),
        Row(CREDENTIAL, r"(?:^|[\s\"',])(?:[\w.-]{3,}|\*):(?:\d{3,5}|\*):[A-Za-z*][\w-]*:[\w.-]+:([^\s\"':]{6,100})(?::?[\s\"']|$)", _is_mixed, confidence=0.85, is_bounded=False, gate=r":(?:\d{3,5}|\*):[A-Za-z*]"),
        Row(
            CREDENTIAL,
            rf"(?i)([^\s\"'`,;]{{6,64}})[\"'`]? (?:is|was|ist|war|est|es|era) (?:the|my|our|your|his|her|das|mein|unser|le|mon|la|mi|su) (?:[\w-]+ ){{0,2}}?(?:[\w-]*-)?\b{WORDS}\b",
            _is_chosen,
            confidence=0.8,
            is_bounded=False,
            gate=rf"(?i)\b{WORDS}\b",
        ),
    )  # fmt: skip


def _is_mixed(value: str) -> bool:
    """Where a password may stand, and much else: a letter and a digit, or a sign that no name has."""
    value = NEXT.split(value.rstrip(".:"), maxsplit=1)[0]
    return (
        is_password(value)
        and re.search(r"[A-Za-z]", value) is not None
        and re.search(r"\d|[!#?%&*^~+]", value) is not None
        and "/" not in value
        and re.fullmatch(r"[a-z]++(?:[-_.:]?+[a-z]*+\d{0,3}+){1,3}", value) is None
    )


def _is_chosen(value: str) -> bool:
    """In a sentence, before the word: letters of both cases, and a digit and a sign beside them."""
    return _is_mixed(value) and not value.isalnum() and re.search(r"\d", value) is not None and value.lower() != value != value.upper()
