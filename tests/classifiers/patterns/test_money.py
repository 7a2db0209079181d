import pytest

from classifiers.patterns import money
from classifiers.table import Table

TABLE = Table("table", money.rows())


def found(text: str) -> list[tuple[str, str]]:
    return [(span.category, text[span.start : span.end]) for span in TABLE.detect(text)]


@pytest.mark.parametrize(
    ("text", "category", "value"),
    [
        pytest.param("pay with 4111111111111111 now", "card", "4111111111111111", id="visa"),
        pytest.param("pay with 4111 1111 1111 1111 12/25 123", "card", "4111 1111 1111 1111", id="visa in groups, date behind"),
        pytest.param("4111-1111-1111-1111", "card", "4111-1111-1111-1111", id="visa with dashes"),
        pytest.param("5555 5555 5555 4444", "card", "5555 5555 5555 4444", id="mastercard"),
        pytest.param("2223003122003222", "card", "2223003122003222", id="mastercard of the second series"),
        pytest.param("3782 822463 10005", "card", "3782 822463 10005", id="american express"),
        pytest.param("3056 930902 5904", "card", "3056 930902 5904", id="diners club"),
        pytest.param("6011000990139424", "card", "6011000990139424", id="discover"),
        pytest.param("3530111333300000", "card", "3530111333300000", id="jcb"),
        pytest.param("to GB29 NWBK 6016 1331 9268 19 please", "iban", "GB29 NWBK 6016 1331 9268 19", id="iban in groups"),
        pytest.param("to DE89370400440532013000 then some more", "iban", "DE89370400440532013000", id="iban with words behind"),
        pytest.param("de89 3704 0044 0532 0130 00", "iban", "de89 3704 0044 0532 0130 00", id="iban in small letters"),
        pytest.param("routing: 021000021", "us_routing", "021000021", id="routing number"),
        pytest.param("account number is 4514795202", "bank_account", "4514795202", id="account number"),
    ],
)
def test_found(text: str, category: str, value: str) -> None:
    assert (category, value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("4111111111111112", id="wrong check digit"),
        pytest.param("1111111111111117", id="no issuer"),
        pytest.param("0.4111111111111111", id="a decimal"),
        pytest.param("GB29 NWBK 6016 1331 9268 18", id="iban with a wrong check digit"),
        pytest.param("AB12 are the words that come before", id="an article number"),
        pytest.param("ZZ12 3456 7890 1234", id="too short for an iban"),
        pytest.param("021000021", id="a routing number that nobody calls one"),
        pytest.param("routing 021000022", id="a wrong routing number"),
        pytest.param("account for 3 of them", id="an account of something else"),
    ],
)
def test_not_found(text: str) -> None:
    assert found(text) == []
