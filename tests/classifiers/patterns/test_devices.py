import uuid

import pytest
from stdnum import luhn, meid

from classifiers.patterns import devices
from classifiers.patterns.checks import compact
from classifiers.table import Table
from tests.fakes.checked import completed, spoilt

TABLE = Table("table", devices.rows())


def found(text: str) -> list[tuple[str, str]]:
    return [(span.category, text[span.start : span.end]) for span in TABLE.detect(text)]


IMEI = completed("35686800004141?", luhn.is_valid)
GROUPED = completed("35-686800-004141-?", compact(luhn.is_valid))
ICCID = completed("89 4910 1234 5678 9012 3?".replace(" ", ""), luhn.is_valid)
MEID = completed("A000000123456?"[:13] + "?", meid.is_valid, "0123456789ABCDEF")
DECIMAL = completed("29360 87365 0070 3710 ?", meid.is_valid)
MAC = "00:1b".replace(":", "") + "." + "44" + "11." + "3ab7"


@pytest.mark.parametrize(
    ("text", "category", "value"),
    [
        pytest.param(f"it is {GROUPED} there", "imei", GROUPED, id="a phone in groups"),
        pytest.param(f"it is {IMEI} there", "imei", IMEI, id="a phone in a sentence"),
        pytest.param(f"imei={IMEI}", "imei", IMEI, id="a phone as a field"),
        pytest.param("IMSI 310150123456789", "imei", "310150123456789", id="a subscriber"),
        pytest.param(f"it is {ICCID} there", "iccid", ICCID, id="a SIM card"),
        pytest.param(f"it is {MEID} there", "meid", MEID, id="a phone in hexadecimal digits"),
        pytest.param(f"handset {DECIMAL} there", "meid", DECIMAL, id="a phone in decimal digits"),
        pytest.param(f"interface {MAC} is up", "mac_address", MAC, id="an address with dots"),
        pytest.param("serial number C02XK1PHJGH5", "device_serial", "C02XK1PHJGH5", id="a serial number"),
        pytest.param("Seriennummer: 5CG1234XYZ", "device_serial", "5CG1234XYZ", id="a serial number in german"),
        pytest.param(f"IDFA: {uuid.UUID(int=7 << 100)}", "advertising_id", str(uuid.UUID(int=7 << 100)), id="for advertising"),
    ],
)
def test_found(text: str, category: str, value: str) -> None:
    assert (category, value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"it is {spoilt('35-686800-004141-?', compact(luhn.is_valid))} there", id="a wrong check digit"),
        pytest.param(f"it is {completed('75686800004141?', luhn.is_valid)} there", id="a body that gives none out"),
        pytest.param(f"x = {IMEI} * 2", id="a number of a program"),
        pytest.param(f"{spoilt('8949101234567890123?', luhn.is_valid)}", id="a wrong SIM card"),
        pytest.param("it is ABCDEF01 23456789", id="hexadecimal, too long"),
        pytest.param("it is AABBCCDDEEFFAABB there", id="hexadecimal without digits"),
        pytest.param(f"see {MAC} there", id="an address that nobody calls one"),
        pytest.param("interface cafe.babe.dead", id="words in hexadecimal"),
        pytest.param("serial 2024-01-15", id="a serial of a date"),
        pytest.param("serial episode 12", id="a serial to watch"),
        pytest.param(f"id: {uuid.UUID(int=7 << 100)}", id="some id"),
    ],
)
def test_not_found(text: str) -> None:
    assert found(text) == []
