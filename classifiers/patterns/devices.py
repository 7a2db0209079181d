"""Devices: phones, SIM cards, serial and advertising numbers."""
# ruff: noqa: E501 - a pattern stays on one line: broken in two it is harder to read than long

from stdnum import luhn, meid

from classifiers.patterns.checks import NUMBER, SEPARATORS, compact, has_digits
from classifiers.patterns.prose import IN_PROSE, in_prose
from classifiers.patterns.worded import named
from classifiers.scan import Row

_PHONE = r"imei|meid|esn\b|handset|device|phone|mobile|handy|gerät\w*|appareil|teléfono|dispositivo|sim\b|\*#06#"
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


_DEVICE_ID = r"(?:idfa|idfv|gaid|aaid|advertising[ _-]id|ad[ _-]id|device[ _-]id|android[ _-]id)"

MEID = r"\b[A-F][0-9A-F](?: ?[0-9A-F]{2}){6}(?: ?[0-9A-F])?\b"


def rows() -> tuple[Row, ...]:
    """Numbers of phones and SIM cards by check digit, the others by the word before them."""
    return (
        Row("imei", r"\b\d{2}-\d{6}-\d{6}-\d\b", compact(luhn.is_valid), stands_alone=True, gate=NUMBER),
        Row("imei", r"\b\d{15}\b", is_imei, confidence=0.8, stands_alone=True, gate=NUMBER, also=IN_PROSE, fits=in_prose),
        Row("imei", r"\b\d{2}[ -]?\d{6}[ -]?\d{6}[ -]?\d\b", compact(luhn.is_valid), _PHONE, stands_alone=True, gate=NUMBER),
        Row("imei", r"\b\d{15,16}\b", None, r"imei|imsi", stands_alone=True, gate=NUMBER),
        Row("iccid", r"\b89\d{2}[ ]?(?:\d{4}[ ]?){3}\d{2,4}\b", compact(luhn.is_valid), stands_alone=True, gate=NUMBER),
        Row("meid", MEID, _is_meid, stands_alone=True),
        Row("meid", r"\b\d{5} ?\d{5} ?\d{4} ?\d{4}(?: ?\d)?\b", meid.is_valid, _PHONE, stands_alone=True, gate=NUMBER),
        Row("mac_address", r"(?i)\b[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}\b", has_digits, r"mac\b|interface|switch|vlan|hardware|ether\w*"),
        named(
            "device_serial",
            r"serial|s/n|sn|seriennummer|geräte-?(?:nummer|id)|numéro de série|n[uú]mero de serie|numero di serie|serienummer|device[ _-]id\w*|asset tag|udid|hardware id",
            r"[a-z0-9]{0,8}\d[a-z0-9-]{4,24}",
            _is_serial,
        ),
        Row("advertising_id", rf"(?i)\b{_DEVICE_ID}\b[\"' :=]{{1,6}}(?:is )?({_UUID}|[0-9a-f]{{16}})\b", gate=rf"(?i){_DEVICE_ID}"),
    )  # fmt: skip


def is_imei(value: str) -> bool:
    """Luhn, and a type allocation code of a body that gives them out: 01, 35, 86, 98, 99 and others of GSMA TS.06."""
    return value[:2] in _BODIES and luhn.is_valid(value)


_BODIES = frozenset({"01", "10", "33", "35", "44", "45", "49", "50", "51", "52", "53", "54", "86", "91", "98", "99"})


def _is_meid(value: str) -> bool:
    digits = value.translate(SEPARATORS)
    return len(digits) in {14, 15} and has_digits(digits) and bool(meid.is_valid(value))


def _is_serial(value: str) -> bool:
    """Six characters or more, three of them digits; not a year or a date."""
    return len(value) >= 6 and sum(map(str.isdigit, value)) >= 3 and not value.startswith(("19", "20"))
