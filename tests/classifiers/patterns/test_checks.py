from collections.abc import Callable

import pytest

from classifiers.patterns import checks


@pytest.mark.parametrize(
    ("check", "value", "is_valid"),
    [
        pytest.param(checks.is_card, "4111 1111 1111 1111", True, id="card"),
        pytest.param(checks.is_card, "411111111111111", False, id="card of a length that its issuer has not"),
        pytest.param(checks.is_ssn, "078-05-1120", True, id="the number of a specimen card counts"),
        pytest.param(checks.is_ssn, "000-12-3456", False, id="ssn of no area"),
        pytest.param(checks.is_ssn, "666-12-3456", False, id="ssn of an area that is not issued"),
        pytest.param(checks.is_ssn, "900-12-3456", False, id="ssn that would be an itin"),
        pytest.param(checks.is_ssn, "123-00-3456", False, id="ssn of no group"),
        pytest.param(checks.is_ssn, "123-45-0000", False, id="ssn without a serial number"),
        pytest.param(checks.is_medicare, "2123 45670 1", True, id="medicare"),
        pytest.param(checks.is_medicare, "2123 45671 1", False, id="medicare with a wrong check digit"),
        pytest.param(checks.is_medicare, "9123 45670 1", False, id="medicare beginning wrongly"),
        pytest.param(checks.is_rvnr, "15 070649 C 103", True, id="pension insurance"),
        pytest.param(checks.is_rvnr, "15 070649 C 104", False, id="pension insurance with a wrong check digit"),
        pytest.param(checks.is_rvnr, "15 071349 C 103", False, id="pension insurance in a thirteenth month"),
        pytest.param(checks.is_rvnr, "15 450649 C 103", False, id="pension insurance on a forty-fifth day"),
        pytest.param(checks.is_nino, "AB123456C", True, id="nino"),
        pytest.param(checks.is_nino, "GB123456C", False, id="nino of a prefix that is not issued"),
        pytest.param(checks.is_routing, "021000021", True, id="routing"),
        pytest.param(checks.is_routing, "021000022", False, id="routing with a wrong check digit"),
        pytest.param(checks.has_digits, "AB-12-34", True, id="four digits"),
        pytest.param(checks.has_digits, "BSD-3-Clause", False, id="one digit"),
    ],
)
def test_checks(check: Callable[[str], bool], value: str, is_valid: bool) -> None:
    assert check(value) is is_valid


def test_compact_takes_separators_out() -> None:
    assert checks.compact(str.isdigit)("1 2-3.4/5\u00a06")


def test_a_place_in_china_that_nobody_lists_is_no_place_and_no_error() -> None:
    assert not checks.is_ric("141111111111111116")
    assert checks.is_ric("360426199101010071")


@pytest.mark.parametrize(
    ("value", "is_one"),
    [
        pytest.param("180219d", True, id="a company of today"),
        pytest.param("93363z", True, id="one of five digits"),
        pytest.param("180219e", False, id="a letter that none has"),
        pytest.param("180218d", False, id="the letter of another"),
        pytest.param("180219D", False, id="a capital"),
        pytest.param("180219", False, id="no letter"),
    ],
)
def test_an_austrian_company(value: str, is_one: bool) -> None:
    assert checks.is_firmenbuch(value) is is_one


@pytest.mark.parametrize(
    ("value", "is_one"),
    [
        pytest.param("196716012345678", True, id="a person born in 1967"),
        pytest.param("001216098765432", True, id="a firm of 2012"),
        pytest.param("40802000015003900001", True, id="an authority's branch"),
        pytest.param("408020000150039", True, id="an authority"),
        pytest.param("459020000150039", False, id="an authority of no province"),
        pytest.param("196759012345678", False, id="a person of no province"),
        pytest.param("167716012345678", False, id="a year of long ago"),
        pytest.param("796716012345678", False, id="of no kind"),
        pytest.param("1967160123456789", False, id="sixteen digits"),
    ],
)
def test_an_algerian_tax_number(value: str, is_one: bool) -> None:
    assert checks.is_dz_nif(value) is is_one
