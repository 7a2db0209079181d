"""Credentials: keys in the formats of their providers, and secrets that an assignment, a URL or a command line gives away."""
# ruff: noqa: E501 - a pattern stays on one line: broken in two it is harder to read than long

import math
import re
from collections import Counter
from dataclasses import replace
from itertools import pairwise

from classifiers.normalise.unpack import decoded
from classifiers.patterns.keys import CERTAIN, FORMATS, GATES
from classifiers.scan import Row

CREDENTIAL = "credential"

_ENTROPY = 2.9
"""Bits per character that a random token of 16 characters or more has nearly always; words repeated and runs of one letter have less."""


LOOKED_AT = 160
"""Characters of a token that are looked at: enough to tell whether it is random, and no more work for a longer one."""

SHORTEST = 16
"""Characters of a cookie that may be random."""

COST = 120
"""Microseconds to look at so many."""


def rows() -> tuple[Row, ...]:
    """Formats first: they are the surest."""
    return tuple(replace(row, cost=COST) for row in (*_formats(), *_passwords(), *_tokens(), *_sent()))


def _formats() -> tuple[Row, ...]:
    return tuple(
        Row(CREDENTIAL, pattern, _is_random, confidence=0.95, is_bounded=False, gate=GATES.get(pattern, "")) for pattern in FORMATS
    ) + tuple(Row(CREDENTIAL, pattern, confidence=0.98, is_bounded=False) for pattern in CERTAIN)


_SEP = (
    r"[\"'`\]*_)]{0,3}(?:</\w{1,12}>)?[ \t]{0,8}"
    r"(?::[ \t]?(?:string|str)[ \t]?=|=>|:=|\?=|\|\||:|=|\||;|\t|[ ]{2}|,|to\b)[*_]{0,2}[ \t]{0,8}(?:[\"'`(\[*]){0,2}"
)
WORDS = r"(?:password|passwd|passphrase|passwort|kennwort|contrase[nñ]a|mot de passe|pwd|wachtwoord|has[lł]o|senha|lösenord|пароль|密码|パスワード)"
_KEYS = (
    r"(?:api|app|access|auth|secret|client|private|encryption|signing|session|bearer|master|account|service|license|subscription|functions)[_. -]?(?:key|token|secret|auth)|"
    r"secret_key_base|secret|token|credentials?|[a-z]+_(?:key|token|auth|secret)|_?authtoken|accesskey|apikey|client_?srt"
)
STUCK = r"(?:store|key|trust|pg|db|root|user|smtp|mail|ftp|bind|admin)pass"
"""Names of settings in which the word has no sign before it."""
PASS_GATE = rf"(?i)(?:pass|pw)[\"']?[ \t]?[:=]|<{WORDS}>"
_SAID = _SEP.replace(r";|\t|[ ]{2}|", "")
"""What stands between a key and its token; code has the others behind every other key."""
_KEY_GATE = rf"(?i)(?:key(?:_base)?|token|secret|auth|credentials?|client_?srt){_SAID}[A-Za-z0-9_.~+/=-]{{16}}"


def _passwords() -> tuple[Row, ...]:
    """What is said to be a password, when it looks it."""
    value = r"([^\s\"'`,;<>(){}\[\]]{6,200})"
    return (
        Row(CREDENTIAL, rf"(?i){WORDS}{_SEP.replace(',|', '')}{value}", is_password, confidence=0.85, is_bounded=False),
        Row(
            CREDENTIAL,
            rf"(?i)(?:(?:_pass|_pw|\bpass|\bpw|{STUCK})=|<{WORDS}>)[\"']?{value}",
            is_password,
            confidence=0.85,
            is_bounded=False,
            gate=PASS_GATE,
        ),
        Row(
            CREDENTIAL,
            rf"(?i)(?:{WORDS}[\"'`], ?|identified by )[\"'`]([^\s\"'`]{{6,200}})[\"'`]",
            is_password,
            confidence=0.85,
            is_bounded=False,
            gate=rf"(?i){WORDS}[\"'`], ?[\"'`]|identified by [\"'`]",
        ),
        Row(
            CREDENTIAL,
            rf"(?i)\b{WORDS}\b[^\n:=]{{0,30}}? (?:is|was|ist|lautet|est|es|to):? [\"'`]?([^\s\"'`]{{6,64}})",
            _is_strong,
            confidence=0.8,
            is_bounded=False,
            gate=rf"(?i)\b{WORDS}\b",
        ),
    )


_PARAMETERS = r"key|token|sig|signature|secret|auth|code|jwt|session_?id|app_?id"
"""How the name of a parameter of an address ends that lets in who has it."""
_AUTHORIZATION = r"(?i)\bauthorization[\"']?[ \t]{0,4}[:=][ \t]{0,4}(?:[bfr]?[\"'])?"
_COOKIE = r"(?i:\bcookie)[\"']?[ \t]{0,3}[:=]|--cookie[ =]|\s-b[ \t]"


def _tokens() -> tuple[Row, ...]:
    """What is said to be a key or a token, or stands where one does."""
    token = r"([A-Za-z0-9_.~+/=-]{16,400})"  # noqa: S105  # a pattern
    return (
        Row(CREDENTIAL, rf"(?i)(?:{_KEYS}){_SAID}{token}", _is_token, confidence=0.85, is_bounded=False, gate=_KEY_GATE, fits=_is_secret),
        Row(CREDENTIAL, r"(?i)\b[a-z][a-z0-9+.-]*://[^\s:@/\"'<>]*:([^\s@/\"'<>]+)@[\w.-]+", is_given, confidence=0.9, is_bounded=False),
        Row(CREDENTIAL, r"://([\w-]{20,})@[\w.-]+", _is_token, confidence=0.85, is_bounded=False),
        Row(
            CREDENTIAL,
            r"(?:\s-u|--user)[ =]{0,4}[\"']?[{]?([^\s:\"'$<{]*[}\"']{0,2}:[\"']?[^\s\"'<]{4,}(?:\$\d)?)",
            _is_login,
            confidence=0.85,
            is_bounded=False,
        ),
        Row(CREDENTIAL, r"(?i)contribsys__com[\"']?[ \t]{0,4}[:=][ \t]{0,4}[\"']?([0-9a-f]{8}:[0-9a-f]{8})\b", confidence=0.9),
        Row(
            CREDENTIAL,
            r"(?i)\b(?:snyk|messagebird|mailchimp\w*|heroku)\w{0,30}[\"']?[ \t]{0,4}(?::=|\?=|:|=)[ \t]{0,4}[\"']?([0-9a-f-]{32,36}(?:-us\d+)?)\b",
            confidence=0.85,
        ),
    )


def _sent() -> tuple[Row, ...]:
    """What lets in who sends it: headers, cookies, parameters of an address, the logins that command lines read from a file."""
    return (
        Row(CREDENTIAL, rf"{_AUTHORIZATION}(?:bearer|basic|token)[ \t]+([A-Za-z0-9._~+/=-]{{12,}})", _is_random, is_bounded=False, gate=_AUTHORIZATION),
        Row(CREDENTIAL, rf"{_AUTHORIZATION}(?:[a-z]+(?:-[a-z]+)?[ \t]+)?(?:token=[\"']?)?([A-Za-z0-9._~+/=-]{{16,}})", _is_token, is_bounded=False, gate=_AUTHORIZATION),
        Row(CREDENTIAL, rf"(?i)[?&#;][\w.-]*(?:{_PARAMETERS})=([A-Za-z0-9_.~+/%-]{{16,}}={{0,2}})", _is_token, confidence=0.85, is_bounded=False, gate=rf"(?i)(?:{_PARAMETERS})=[\w.~+/%-]{{12}}", fits=_is_secret),
        Row(CREDENTIAL, rf"(?:{_COOKIE})[ \t]{{0,3}}[\"']?([\w.-]+=[^\n\"']+)", _has_session, confidence=0.85, is_bounded=False, gate=_COOKIE),
        Row(CREDENTIAL, r"\bmachine \S+\s+login \S+\s+password (\S+)", is_given, confidence=0.9, is_bounded=False, gate=r"\bmachine \S+\s+login\s"),
        Row(CREDENTIAL, r"\"auth\": ?\"([A-Za-z0-9+/]{8,120}={0,2})\"", _is_encoded_login, confidence=0.9, is_bounded=False, gate=r"\"auth\": ?\""),
    )  # fmt: skip


_PLACEHOLDER = re.compile(
    r"(?i)(?<![a-z])(?:your|example|insert|replace|dummy|sample|todo|vault)(?!(?-i:[a-z0-9]))|placeholder|redacted|changeme|change_me|xxx|\*\*\*|\.\.\.|\bnull\b|\bnone\b|\btrue\b|\bfalse\b|"
    r"\benv\b|process\.|\bos\.|getenv|secrets?\.|var\.|config\.|self\.|this\.|<|\$\{|\$\(|\{\{|%[({]|(?-i:%s(?![A-Za-z0-9]))|^\$[A-Za-z_]|(?-i:\$[A-Z_]{3,})|^\$?[A-Z]+(?:_[A-Z]+)+$"
)
_PUBLIC = re.compile(
    r"(?i)(?:public|publishable|csrf|xsrf|site)[_. -]?(?:key|token)?[\"'`\]]{0,2}[ \t]{0,8}(?:=>|:=|:|=)[ \t]{0,8}[\"'`(\[]{0,2}$"
)
_COMMON = frozenset(
    {
        "password",
        "passwd",
        "pass",
        "pwd",
        "secret",
        "token",
        "user",
        "username",
        "test",
        "string",
        "required",
        "optional",
        "incorrect",
        "wrong",
        "hidden",
        "invalid",
        "value",
        "key",
    }
)


def _entropy(value: str) -> float:
    length = len(value)
    return -sum(count / length * math.log2(count / length) for count in Counter(value).values())


def _is_random(value: str) -> bool:
    """Whether the value has the variety of something generated."""
    tail = re.sub(r"^[A-Za-z0-9]{2,8}[-_.]", "", value)[:LOOKED_AT]
    return _entropy(tail) >= _ENTROPY and "xxxx" not in tail.lower() and (value.endswith("AA") or not _is_made_up(tail))


def _is_made_up(value: str) -> bool:
    """Whether two fifths of it counts or spells the alphabet (`abc123xyz-456def789`): somebody needed an example."""
    text = value.lower()
    rising = [ord(after) - ord(before) == 1 for before, after in pairwise(text)]
    steps = sum(here and next_too for here, next_too in pairwise(rising))  # a pair of steps, so that two neighbours by chance do not count
    return steps * 5 > len(text) * 2


def _is_secret(before: str, after: str) -> bool:  # noqa: ARG001  # only what stands before matters
    """What a page shows to everybody is called a key or a token too."""
    return _PUBLIC.search(before) is None


def is_given(value: str) -> bool:
    """Whether a password is one, not a placeholder for one."""
    return len(value) >= 3 and value.strip("[]").lower() not in _COMMON and not _PLACEHOLDER.search(value) and len(set(value)) > 2


def is_password(value: str) -> bool:
    """After `password =`: anything that is neither a placeholder nor plainly a name, a type or a path of code."""
    value = NEXT.split(value.rstrip(".:"), maxsplit=1)[0]
    is_identifier = re.fullmatch(r"[A-Za-z_]+(?:[._-][A-Za-z_]+)*", value) is not None
    return (
        is_given(value)
        and not (is_identifier and (value.islower() or "." in value or "_" in value or len(value) > 24))
        and len(value) >= 6
        and not value.startswith("/")
    )


NEXT = re.compile(r"&(?:amp;)?\w+=")
"""The next parameter of an address."""


def _is_strong(value: str) -> bool:
    """In a sentence: a digit or a sign must show that it is not the next word of it."""
    value = value.rstrip(".,;:!?)")
    return len(value) >= 6 and is_given(value) and any(not character.isalpha() for character in value[1:])


def _is_token(value: str) -> bool:
    """After `key =` and the like: letters and digits mixed, random, and not a path, a version, a host or words joined by dashes."""
    value = value[:LOOKED_AT]
    if _PLACEHOLDER.search(value) or not re.search(r"\d", value) or not re.search(r"[A-Za-z]", value):
        return False
    pieces = re.split(r"[_./-]", value.strip("="))
    longest = max(len(piece) for piece in pieces)
    mixed = sum(1 for piece in pieces if re.search(r"\d", piece) and re.search(r"[A-Za-z]", piece))
    is_uuid = re.fullmatch(r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", value) is not None
    return _entropy(value) >= 3.0 and not _is_made_up(value) and (is_uuid or longest >= 16 or (mixed >= 2 and longest >= 8))


def _has_session(value: str) -> bool:
    """Whether one of the first cookies holds what is random."""
    cookies = [cookie.partition("=")[2] for cookie in value[: 4 * LOOKED_AT].split(";")[:8]]
    return any(len(cookie) >= SHORTEST and _is_token(cookie) for cookie in cookies)


def _is_encoded_login(value: str) -> bool:
    """`user:password` in base64, as the settings of a registry have it."""
    user, _, password = decoded(value).partition(":")
    return bool(user) and is_given(password)


_ACCOUNT = re.compile(r"[a-z]+(?:_[a-z]+)+")
_CLOCK = re.compile(r"\+(?:%[A-Za-z]|[-:/._TZ)])+")
"""How `date -u` is told what to print: `+%Y-%m-%dT%H:%M:%SZ`."""


def _is_login(value: str) -> bool:
    """`user:password` on a command line."""
    user, _, password = value.partition(":")
    password = password.strip("{}\"'")
    is_a_variable = _PLACEHOLDER.search(user) and not _ACCOUNT.fullmatch(user)
    if not is_given(password) or is_a_variable or user == password or password.isdigit() or _CLOCK.fullmatch(value):
        return False
    return any(not character.isalpha() for character in password) or _entropy(password) >= 3.0
