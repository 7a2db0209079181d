"""Ways to reach a person or a machine, phones aside: e-mail, IP and MAC addresses."""

# ruff: noqa: E501 - a pattern stays on one line: broken in two it is harder to read than long

import ipaddress
import re

from classifiers.scan import Row

_FILES = ("png", "jpg", "jpeg", "gif", "svg", "webp", "ico", "js", "ts", "css", "mjs", "tsx", "py")
"""`icon@2x.png` is not an address."""

_UNREAD = frozenset({"git", "noreply", "no-reply", "no_reply", "donotreply", "do-not-reply", "do_not_reply"})
"""Nobody reads mail there: `git@github.com:owner/name` is how a repository is cloned, `noreply@` is what programs sign with. Coding agents
tell the model to sign so in every request: who took it for somebody's address would keep all their work at home."""

COLONS = r"(?i)::|[0-9a-f]{2}[:-][0-9a-f]{2}[:-][0-9a-f]{2}|:[0-9a-f]{1,4}:[0-9a-f]"


def rows() -> tuple[Row, ...]:
    """All of them are known by their form."""
    return (
        Row(
            "email",
            r"(?i)[\pL\pN_.%+'-]+@(?:[\pL\pN-]+\.)+(?:xn--[a-z0-9-]{2,30}|\pL{2,24})",
            _is_email,
            is_bounded=False,
            confidence=0.95,
            gate="@",
        ),
        Row(
            "ip_address",
            r"\b(?:\d{1,3}\.){3}\d{1,3}\b",
            _is_ipv4,
            stands_alone=True,
            confidence=0.8,
            gate=r"\d\.\d{1,3}\.\d",
            fits=_is_no_version,
        ),
        Row("ip_address", r"(?i)\b(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}\b", _is_written_in_hexadecimal, confidence=0.9, gate=COLONS),
        Row(
            "ip_address",
            r"(?i)\b(?:[23][0-9a-f]{3}|f[cd][0-9a-f]{2}|fe80)(?::[0-9a-f]{1,4}){0,6}::(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){0,6})?",
            _is_ipv6,
            gate=COLONS,
        ),
        Row(
            "mac_address",
            r"(?i)\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b|\b(?:[0-9a-f]{2}-){5}[0-9a-f]{2}\b",
            _is_mac,
            stands_alone=True,
            confidence=0.8,
            gate=COLONS,
        ),
    )


def _is_email(value: str) -> bool:
    local, _, domain = value.partition("@")
    return local.lower() not in _UNREAD and domain.rpartition(".")[2].lower() not in _FILES


def _is_ipv4(value: str) -> bool:
    """Private addresses count: they tell about the inside of a network. Loopback, wildcard, masks, those of manuals and small section numbers do not."""
    octets = [int(octet) for octet in value.split(".")]
    if any(octet > 255 for octet in octets) or octets[0] in {0, 127, 255}:
        return False
    return (
        max(octets) >= 10
        and not value.startswith(_DOCUMENTED)
        and not any(len(octet) > 1 and octet[0] == "0" for octet in value.split("."))
    )


_DOCUMENTED = ("192.0.2.", "198.51.100.", "203.0.113.")
"""RFC 5737: nobody's, for manuals. RFC 3849 has the same for 2001:db8::/32. Fictional people's addresses and phones count: who types one means it."""


def _is_no_version(before: str, after: str) -> bool:
    """`version 10.11.12.13`, `JDK 17.0.54.1+9` and `numpy==10.11.12.13` are software."""
    return _VERSION.search(before) is None and not after.startswith("+")


_VERSION = re.compile(
    r"(?i)(?:\b(?:v|ver|versions?|releases?|builds?|jdk|jre|java|sdk|drivers?|firmware|kernel|chrome|chromium|edge|safari|firefox|windows|android|ios|macos|up(?:grad|dat)\w*|downgrad\w*|patch|ec|section|chapter|§)[ :/]{1,2}(?:(?:from|to|is|number|v|no\.?)[ :]{1,2}){0,2}|[=~^>@]=?\s?)$"
)


def _is_written_in_hexadecimal(value: str) -> bool:
    """A letter, or four digits together: `1:8:28:56:70:56:28:8` are coefficients."""
    return not _is_of_manuals(value) and (any(map(str.isalpha, value)) or any(len(group) == 4 for group in value.split(":")))


def _is_ipv6(value: str) -> bool:
    try:
        ipaddress.IPv6Address(value)
    except ValueError:
        return False
    return not _is_of_manuals(value)


def _is_of_manuals(value: str) -> bool:
    return value.lower().startswith(("2001:db8:", "2001:0db8:"))


def _is_mac(value: str) -> bool:
    """At least one letter, else six two-digit numbers in a row (a time with a date) would do; not the broadcast address."""
    return any(character.isalpha() for character in value) and len(set(value.lower())) > 2
