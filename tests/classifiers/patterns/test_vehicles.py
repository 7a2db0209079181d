from collections.abc import Callable

import pytest

from classifiers.patterns import vehicles
from classifiers.table import Table
from tests.fakes.checked import completed, spoilt

TABLE = Table("table", vehicles.rows())
FORM = "1HGCM826?3A004352"
VIN = completed(FORM, vehicles.is_vin, "0123456789X")
WRONG = spoilt(FORM, vehicles.is_vin, "0123456789X")


def found(text: str) -> list[tuple[str, str]]:
    return [(span.category, text[span.start : span.end]) for span in TABLE.detect(text)]


@pytest.mark.parametrize(
    ("text", "category", "value"),
    [
        pytest.param(f"it is {VIN} there", "vin", VIN, id="a vehicle by its check digit"),
        pytest.param(f"VIN {WRONG} there", "vin", WRONG, id="a european vehicle, after a word"),
        pytest.param("license plate is 7ABC123", "license_plate", "7ABC123", id="american, after a word"),
        pytest.param("Kennzeichen: M-AB 1234", "license_plate", "M-AB 1234", id="german, after a word"),
        pytest.param("my car, AB12 CDE, is parked", "license_plate", "AB12 CDE", id="british, beside a word"),
        pytest.param("das Auto B-MW 4455", "license_plate", "B-MW 4455", id="german, beside a word"),
        pytest.param("la voiture AB-123-CD", "license_plate", "AB-123-CD", id="french"),
        pytest.param("el coche 1234 BCD", "license_plate", "1234 BCD", id="spanish"),
        pytest.param("a car MH 12 AB 1234 there", "license_plate", "MH 12 AB 1234", id="indian"),
        pytest.param("o carro ABC1D23", "license_plate", "ABC1D23", id="brazilian"),
    ],
)
def test_found(text: str, category: str, value: str) -> None:
    assert (category, value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"it is {WRONG} there", id="a wrong check digit"),
        pytest.param("it is ABCDEFGHJKLMNPRST there", id="letters alone"),
        pytest.param("it is AB12 CDE there", id="a plate without a word"),
        pytest.param("a BMW X5 is a car", id="a model"),
        pytest.param("number plates are made of tin", id="no plate"),
        pytest.param("registration is open", id="a word that is short for nothing"),
    ],
)
def test_not_found(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("check", "value", "is_valid"),
    [
        pytest.param(vehicles.is_vin, VIN, True, id="right"),
        pytest.param(vehicles.is_vin, WRONG, False, id="wrong"),
        pytest.param(vehicles.is_vin, "1HGCM82633A00435A", False, id="a letter at the end"),
    ],
)
def test_checks(check: Callable[[str], bool], value: str, is_valid: bool) -> None:
    assert check(value) is is_valid
