"""What machines write about people, by the place in the message: HL7, FHIR, DICOM, X12, EDIFACT, SWIFT, and the lines of travel documents."""
# ruff: noqa: E501 - a pattern stays on one line: broken in two it is harder to read than long

from collections.abc import Callable
from itertools import cycle

from classifiers.patterns.checks import has_digits
from classifiers.scan import Row


def rows() -> tuple[Row, ...]:
    """The name of a segment says what stands in which place. A segment about a patient is one finding: all of it is about somebody."""
    return (
        _row("medical_record", r"\b(?:PID|NK1|IN1|IN2|GT1|MRG)\|\d{0,3}\|[^\r\n]*", _has_components, r"\b(?:PID|NK1|IN1|IN2|GT1|MRG)\|\d{0,3}\|"),
        _row("health_insurance", r"\bNM1\*(?:IL|QC|74|03|S3|EI)\*1\*[^~\r\n]+", None, r"\bNM1\*"),
        _row("date_of_birth", r"\bDMG\*D8\*(\d{8})\b", None, r"\bDMG\*"),
        _row("us_ssn", r"\bREF\*SY\*(\d{3}-?\d{2}-?\d{4})\b", None, r"\bREF\*"),
        _row("health_insurance", r"\bREF\*(?:0F|1L|1W|IG|EJ|Y4)\*([\w-]+)", has_digits, r"\bREF\*"),
        _row("address", r"\bN3\*([^~\r\n]+)~", _is_street, r"\bN3\*"),
        _row("address", r"\bNAD\+[A-Z]{2,3}(?:\+[^'+\r\n]*){5,8}", _is_street, r"\bNAD\+"),
        _row("medical_record", r"\bPNA\+PAT\+[^'\r\n]+", None, r"\bPNA\+"),
        _row("date_of_birth", r"\bDTM\+329:(\d{8})", None, r"\bDTM\+329:"),
        _row("medical_record", r"\"code\"\s?:\s?\"(?:MRN?|SS|NI|PPN|DL|MB|MC|PI|AN|TAX)\"[^{]*?\"value\"\s?:\s?\"([^\"]+)\"", has_digits, r"\"code\"\s?:\s?\"(?:MRN?|SS|NI|PPN|DL|MB|MC|PI|AN|TAX)\""),
        _row("medical_record", r"\(0010,0020\)[^\[\r\n]*\[([^\]\r\n]+)\]", None, r"\(0010,0"),
        _row("date_of_birth", r"\(0010,0030\)[^\[\r\n]*\[(\d{8})", None, r"\(0010,0"),
        _row("bank_account", r"(?:^|[\r\n]):(?:25|50[AFK]?|59[AF]?):/?(?:[A-Z0-9]{8,11}/)?([A-Z0-9-]{6,34})", has_digits, r"(?:^|[\r\n]):(?:25|5[09])[AFK]?:"),
        _row("passport", r"\b[PIACV][A-Z<][A-Z]{3}[A-Z]+(?:<[A-Z]+)*<<[A-Z<]+", _is_line, r"[A-Z]<<[A-Z<]"),
        _row("passport", r"\b[A-Z0-9][A-Z0-9<]{8}\d[A-Z<]{3}\d{7}[MFX<]\d{7}", _is_read_by_machines, r"\d{7}[MFX<]\d{7}"),
        _row("passport", r"\b[IAC][A-Z<][A-Z<]{3}[A-Z0-9][A-Z0-9<]{8}\d<", _is_card, r"\d<"),
        _row("date_of_birth", r"\b\d{7}[MFX<]\d{7}[A-Z<]{3}", _has_days, r"\d{7}[MFX<]\d{7}"),
    )  # fmt: skip


def _row(category: str, pattern: str, is_valid: Callable[[str], bool] | None, gate: str) -> Row:
    return Row(category, pattern, is_valid, confidence=0.9, is_bounded=False, gate=gate)


def _has_components(value: str) -> bool:
    """`PID|1|...` is the number of a process too; a name or a number of a patient has components."""
    return "^" in value and sum(map(str.isalnum, value)) >= FEWEST


def _is_street(value: str) -> bool:
    """A number and a word."""
    return any(map(str.isdigit, value)) and sum(map(str.isalpha, value)) >= FEWEST


FEWEST = 8


def _is_line(value: str) -> bool:
    """As long as the shortest line with a name, filled up."""
    return len(value) >= SHORTEST and value.endswith("<")


SHORTEST = 30


def _is_read_by_machines(value: str) -> bool:
    """The number of the document and both days have their check digits (ICAO 9303)."""
    return _checks(value[:10]) and _has_days(value[13:])


def _is_card(value: str) -> bool:
    return _checks(value[5:15])


def _has_days(value: str) -> bool:
    return _checks(value[:7]) and _checks(value[8:15])


def _checks(field: str) -> bool:
    """Weights 7 3 1, letters from 10 on, filler 0, modulo 10."""
    points = (0 if each == "<" else int(each, 36) for each in field[:-1])
    return sum(point * weight for point, weight in zip(points, cycle((7, 3, 1)), strict=False)) % 10 == int(field[-1])
