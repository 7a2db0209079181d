"""Credentials: keys in the formats of their providers, and secrets that an assignment, a URL or a command line gives away."""
# ruff: noqa: E501 - a pattern stays on one line: broken in two it is harder to read than long

import math
import re
from collections import Counter

from classifiers.scan import Row

CREDENTIAL = "credential"

_ENTROPY = 2.9
"""Bits per character that a random token of 16 characters or more has nearly always; words repeated and runs of one letter have less."""


def rows() -> tuple[Row, ...]:
    """Formats first: they are the surest."""
    return (*_formats(), *_contexts())


def _formats() -> tuple[Row, ...]:
    return tuple(
        Row(CREDENTIAL, pattern, _is_random, confidence=0.95, is_bounded=False, gate=GATES.get(pattern, "")) for pattern in FORMATS
    ) + tuple(Row(CREDENTIAL, pattern, confidence=0.98, is_bounded=False) for pattern in CERTAIN)


FORMATS = (
    r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b",  # AWS access key id
    r"\bgh[pousr]_[A-Za-z0-9]{36,255}\b|\bgithub_pat_[A-Za-z0-9_]{22,255}\b",  # GitHub
    r"\bgl(?:pat|ptt|dt|rt|cbt|ft|soat|agent|imt|oas)-[\w.-]{20,}\b",  # GitLab
    r"\b[sr]k_(?:test|live|prod)_[A-Za-z0-9]{10,99}\b",  # Stripe
    r"\bsk-(?:ant-(?:api|admin)\d\d-[\w-]{80,}|(?:proj|svcacct|admin|or-v1)-[\w-]{20,}|[A-Za-z0-9]{20,})",  # Anthropic, OpenAI and those who copy its format
    r"\bAIza[\w-]{35}\b|\bGOCSPX-[\w-]{28}\b|\bya29\.[\w-]{20,}",  # Google
    r"\bhf_[A-Za-z]{34}\b|\bapi_org_[A-Za-z]{34}\b",  # Hugging Face
    r"\bnpm_[A-Za-z0-9]{36}\b",
    r"\bpypi-AgE[\w-]{50,}",
    r"\bSG\.[\w-]{16,32}\.[\w-]{16,64}",  # SendGrid
    r"\b(?:SK|AC)[0-9a-f]{32}\b",  # Twilio
    r"\bAccountKey=[A-Za-z0-9+/]{86}==",  # Azure storage
    _ENTRA := r"(?:^|[^\w~.-])([\w~.-]{3}\dQ~[\w~.-]{26,34})",  # Entra client secret
    r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}(?:\.[\w-]*)?|\bops_eyJ[\w-]{20,}",  # JSON web token; 1Password service account
    r"\bglsa_[A-Za-z0-9]{32}_[0-9a-fA-F]{8}\b|\bglc_[A-Za-z0-9+/]{32,}={0,2}",  # Grafana
    _HASHICORP := r"\b[A-Za-z0-9]{14}\.atlasv1\.[\w-]{60,70}",  # HashiCorp
    r"\bhv[sbr]\.[\w-]{24,}",  # Vault
    r"\bdapi[0-9a-f]{32}\b",  # Databricks
    r"\bntn_[0-9]{11}[A-Za-z0-9]{35}\b",  # Notion
    r"\bFlyV1 fm\d[a-z]?_[\w+/=-]{40,}|\bfo1_[\w-]{43}\b",  # Fly.io
    r"\bsq0(?:atp|csp)-[\w-]{22,43}|\bEAAA[\w-]{56,60}\b",  # Square
    _FACEBOOK := r"\b\d{15,16}\|[\w-]{27}\b",  # Facebook
    r"\bdop_v1_[0-9a-f]{64}\b|\bshp(?:at|ss|ca|pa)_[0-9a-fA-F]{32}\b|\blin_api_[A-Za-z0-9]{40}\b|\bPMAK-[0-9a-f]{24}-[0-9a-f]{34}\b",  # DigitalOcean, Shopify, Linear, Postman
    r"\brdme_[a-z0-9]{70}\b|\bpul-[0-9a-f]{40}\b|\bpnu_[A-Za-z0-9]{36}\b|\brubygems_[0-9a-f]{48}\b|\bdckr_pat_[\w-]{27}\b",  # ReadMe, Pulumi, Prefect, RubyGems, Docker
    r"\bgsk_[A-Za-z0-9]{40,}\b|\bxai-[A-Za-z0-9]{60,}\b|\bpplx-[A-Za-z0-9]{40,}\b|\br8_[A-Za-z0-9]{37}\b",  # Groq, xAI, Perplexity, Replicate
    _TELEGRAM := r"\b\d{8,10}:AA[\w-]{33}\b",  # Telegram
    r"\bAGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}\b",
)
"""Provider formats; what they match must also look random, so that `ghp_xxxxxxxx...` in a manual stays out."""

GATES = {_ENTRA: r"\dQ~", _HASHICORP: r"\.atlasv1\.", _FACEBOOK: r"\d\|", _TELEGRAM: r"\d:AA"}
"""Of those that begin like any word or number."""

CERTAIN = (
    r"-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----(?:[\s\\rn\"'+,]*[A-Za-z0-9+/=]{16,})*(?:[\s\\rn\"'+,]*-----END [A-Z ]*PRIVATE KEY(?: BLOCK)?-----)?",
    r"\bxox[abeoprs]-(?:\d-)?\d{6,14}-\d{5,14}-[0-9-]*[A-Za-z][A-Za-z0-9-]*|\bxapp-\d-[A-Z0-9]{9,12}-\d{9,14}-[0-9a-f]{32,}\b",  # Slack
    r"(?i)\bhooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9+/_-]{20,}|\bdiscord(?:app)?\.com/api/webhooks/\d{17,20}/[\w-]{60,}",
    r"\"type\": ?\"service_account\"",  # the head of a Google service account's key file
)
"""Formats that need no further look."""

_SEP = r"[\"'`\]]{0,2}[ \t]{0,8}(?:=>|:=|\?=|\|\|:|:|=|,|to\b)[ \t]{0,8}(?:[\"'`(\[]){0,2}"
_WORDS = r"(?:password|passwd|passphrase|passwort|kennwort|contraseña|mot de passe|pwd)"
_KEYS = (
    r"(?:api|app|access|auth|secret|client|private|encryption|signing|session|bearer|master|account|service|license)[_. -]?(?:key|token|secret|auth)|"
    r"secret|token|credentials?|[a-z]+_(?:key|token|auth|secret)|_?authtoken|accesskey|apikey|client_?srt"
)
_KEY_GATE = r"(?i)(?:key|token|secret|auth|credentials?|client_?srt)[\"'`\]]{0,2}[ \t]{0,8}(?:[=:?|,]|to\b)"


def _contexts() -> tuple[Row, ...]:
    """What is said to be secret, when it looks it."""
    value = r"([^\s\"'`,;<>(){}\[\]]{6,200})"
    token = r"([A-Za-z0-9_.~+/=-]{16,400})"  # noqa: S105  # a pattern
    return (
        Row(CREDENTIAL, rf"(?i){_WORDS}{_SEP}{value}", _is_password, confidence=0.85, is_bounded=False),
        Row(
            CREDENTIAL,
            rf"(?i)\b{_WORDS}\b[^\n:=]{{0,30}}? (?:is|was|ist|est|es|to):? [\"'`]?([^\s\"'`]{{6,64}})",
            _is_strong,
            confidence=0.8,
            is_bounded=False,
        ),
        Row(CREDENTIAL, rf"(?i)(?:{_KEYS}){_SEP}{token}", _is_token, confidence=0.8, is_bounded=False, gate=_KEY_GATE),
        Row(
            CREDENTIAL,
            r"(?i)\bauthorization[\"']?[ \t]{0,4}[:=][ \t]{0,4}[\"']?(?:bearer|basic|token)[ \t]+([A-Za-z0-9._~+/=-]{12,})",
            _is_random,
            is_bounded=False,
        ),
        Row(CREDENTIAL, r"(?i)\b[a-z][a-z0-9+.-]*://[^\s:@/\"'<>]*:([^\s@/\"'<>]+)@[\w.-]+", _is_given, confidence=0.9, is_bounded=False),
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


_PLACEHOLDER = re.compile(
    r"(?i)your|example|placeholder|redacted|changeme|change_me|insert|replace|dummy|sample|todo|xxx|\*\*\*|\.\.\.|\bnull\b|\bnone\b|\btrue\b|\bfalse\b|"
    r"\benv\b|process\.|os\.|getenv|secrets?\.|vault|var\.|config\.|self\.|this\.|<|\$\{|\$\(|\{\{|%[({s]|^\$[A-Za-z_]|\$[A-Z_]{3,}|^\$?[A-Z]+(?:_[A-Z]+)+$"
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
    tail = re.sub(r"^[A-Za-z0-9]{2,8}[-_.]", "", value)
    return _entropy(tail) >= _ENTROPY and "xxxx" not in tail.lower() and "1234567890123" not in value


def _is_given(value: str) -> bool:
    """Whether a password is one, not a placeholder for one."""
    return len(value) >= 3 and value.strip("[]").lower() not in _COMMON and not _PLACEHOLDER.search(value) and len(set(value)) > 2


def _is_password(value: str) -> bool:
    """After `password =`: anything that is neither a placeholder nor plainly a name, a type or a path of code."""
    value = value.rstrip(".:")
    is_identifier = re.fullmatch(r"[A-Za-z_]+(?:[._-][A-Za-z_]+)*", value) is not None
    return (
        _is_given(value)
        and not (is_identifier and (value.islower() or "." in value or "_" in value or len(value) > 24))
        and len(value) >= 6
        and not value.startswith("/")
    )


def _is_strong(value: str) -> bool:
    """In a sentence: a digit or a sign must show that it is not the next word of it."""
    value = value.rstrip(".,;:!?)")
    return len(value) >= 6 and _is_given(value) and any(not character.isalpha() for character in value[1:])


def _is_token(value: str) -> bool:
    """After `key =` and the like: letters and digits mixed, random, and not a path, a version, a host or words joined by dashes."""
    if _PLACEHOLDER.search(value) or not re.search(r"\d", value) or not re.search(r"[A-Za-z]", value):
        return False
    pieces = re.split(r"[_./-]", value.strip("="))
    longest = max(len(piece) for piece in pieces)
    mixed = sum(1 for piece in pieces if re.search(r"\d", piece) and re.search(r"[A-Za-z]", piece))
    is_uuid = re.fullmatch(r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", value) is not None
    return _entropy(value) >= 3.0 and (is_uuid or longest >= 16 or (mixed >= 2 and longest >= 8))


def _is_login(value: str) -> bool:
    """`user:password` on a command line."""
    user, _, password = value.partition(":")
    password = password.strip("{}\"'")
    if not _is_given(password) or _PLACEHOLDER.search(user) or user == password or password.isdigit():
        return False
    return any(not character.isalpha() for character in password) or _entropy(password) >= 3.0
